"""A JND map as a picture people can read, and as a file."""

from __future__ import annotations

import io
import math
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from jndkit.errors import OutputError, UsageError
from jndkit.picture import Picture, Pixels, png_bytes, write_atomic
from jndkit.pixelwise.terms.luma import Map

SUFFIXES = (".npy", ".tiff", ".tif", ".png")
TITLE = "just noticeable difference, 8-bit code values"
# The end of the scale and the distance of its ticks, to be multiplied by a power of ten.
SCALES = ((1.0, 0.2), (1.5, 0.5), (2.0, 0.5), (2.5, 0.5), (3.0, 1.0), (4.0, 1.0), (5.0, 1.0), (6.0, 2.0), (8.0, 2.0))
NARROWEST = 320  # pixels, of the scale
PAPER = (255, 255, 255)
INK = (32, 32, 32)


def render(jnd: Map, *, beside: Picture | None = None, title: str = TITLE, least: float = 0.0) -> Pixels:
    """The map in the colours of Viridis, its scale below, uint8 (H', W', 3), sRGB-encoded.

    jnd: float (H, W), code values; of a map (H, W, 3) the mean of the planes is drawn.
    beside: a picture of the same size to put on the left.  title: what the scale shows, with its unit.
    Colours run from 0 to a round number above the 99.5th percentile, at least `least`; larger values take the last one.
    Every pixel of the map is one pixel of the rendering, from its upper left corner on where the map is at least
    320 pixels wide.
    Raises UsageError for another shape, values that are not finite, or sizes that differ.
    """
    plane = _plane(jnd)
    if beside is not None and beside.rgb.shape[:2] != plane.shape:
        height, width = plane.shape
        raise UsageError(f"a map of {width} x {height} cannot stand beside {beside.width} x {beside.height} pixels")
    top, tick = scale(plane, least)
    panels = [coloured(plane, top)]
    if beside is not None:
        gap = max(4, plane.shape[1] // 64)
        panels = [beside.rgb, np.full((plane.shape[0], gap, 3), PAPER, np.uint8), *panels]
    drawing = np.concatenate(panels, axis=1)
    bar = _scale_bar(max(NARROWEST, drawing.shape[1]), top, tick, title, clipped=bool(plane.max() > top))
    canvas: Pixels = np.full((drawing.shape[0] + bar.shape[0], bar.shape[1], 3), PAPER, np.uint8)
    left = (bar.shape[1] - drawing.shape[1]) // 2
    canvas[: drawing.shape[0], left : left + drawing.shape[1]] = drawing
    canvas[drawing.shape[0] :] = bar
    return canvas


def scale(plane: Map, least: float = 0.0) -> tuple[float, float]:
    """The end of the scale, a round number from the 99.5th percentile or `least` up, and the distance of its ticks."""
    high = max(least, float(np.percentile(plane, 99.5)))
    if high <= 0:
        return 1.0, 0.2
    power = 10.0 ** math.floor(math.log10(high))
    for top, tick in SCALES:
        if high <= top * power * (1 + 1e-6):  # 10.0 ** -1 and the like are not exact
            return top * power, tick * power
    return 10 * power, 2 * power


def coloured(plane: npt.NDArray[np.floating], top: float) -> Pixels:
    """The colours of 0 .. top, uint8 (H, W, 3), sRGB-encoded."""
    level = np.clip(plane * (255 / top), 0, 255)
    colours: Pixels = cv2.applyColorMap((level + 0.5).astype(np.uint8), cv2.COLORMAP_VIRIDIS)
    return np.ascontiguousarray(colours[..., ::-1])  # OpenCV has blue first


def write_map(
    jnd: Map,
    path: str | Path,
    *,
    beside: Picture | None = None,
    title: str = TITLE,
    least: float = 0.0,
    force: bool = False,
) -> None:
    """Writes a map by the suffix of its file's name.

    jnd: float32 (H, W) or (H, W, 3), code values.
    path: .npy and .tiff hold the numbers as float32; .png is a rendering, alone or beside a picture.
    title, least: of the rendering's scale, as in `render`.
    Raises UsageError for another suffix, OutputError where the file exists (unless `force`) or cannot be written.
    """
    path = Path(path)
    suffix = check_name(path)
    if beside is not None and suffix != ".png":
        raise UsageError(f"{path}: only a .png can show the picture beside its map")
    numbers = np.ascontiguousarray(jnd, np.float32)
    _plane(numbers)
    if suffix == ".npy":
        memory = io.BytesIO()
        np.save(memory, numbers, allow_pickle=False)
        data = memory.getvalue()
    elif suffix == ".png":
        data = png_bytes(render(numbers, beside=beside, title=title, least=least), effort="quick")
    else:
        data = _tiff(path, numbers)
    write_atomic(path, data, force=force)


def check_name(path: str | Path) -> str:
    """The suffix a map will be written by. Raises UsageError for one that is none of SUFFIXES."""
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"{path}: a map is written as {', '.join(SUFFIXES)} (.png is a rendering), not {suffix!r}")
    return suffix


def _plane(jnd: Map) -> Map:
    if jnd.ndim not in (2, 3) or (jnd.ndim == 3 and jnd.shape[2] != 3) or jnd.size == 0:
        raise UsageError(f"a map is an array (H, W) or (H, W, 3), not {jnd.shape}")
    plane: Map = jnd if jnd.ndim == 2 else jnd.mean(axis=2)
    if not np.isfinite(plane).all():
        raise UsageError("the map holds values that are not finite")
    return plane


def _tiff(path: Path, numbers: Map) -> bytes:
    # OpenCV takes three channels in reversed order.
    reversed_order = np.ascontiguousarray(numbers[..., ::-1]) if numbers.ndim == 3 else numbers
    done, data = cv2.imencode(".tiff", reversed_order)
    if not done:
        raise OutputError(path, f"OpenCV cannot encode {numbers.shape[1]} x {numbers.shape[0]} numbers as TIFF")
    return bytes(data.tobytes())


def _scale_bar(width: int, top: float, tick: float, title: str, *, clipped: bool) -> Pixels:
    """The scale from 0 to `top` with its ticks and title, uint8 (h, width, 3)."""
    size = max(12, min(48, width // 64))
    font = ImageFont.load_default(size)
    margin, thick = 3 * size, size
    length = width - 2 * margin
    sheet = Image.new("RGB", (width, 5 * size), PAPER)
    ramp = coloured(np.broadcast_to(np.linspace(0, top, length), (thick, length)), top)
    sheet.paste(Image.fromarray(ramp), (margin, size))
    draw = ImageDraw.Draw(sheet)
    for i in range(round(top / tick) + 1):
        x = margin + round(i * tick / top * (length - 1))
        label = f"{i * tick:.6g}" + ("+" if clipped and i == round(top / tick) else "")
        draw.line([(x, size + thick), (x, size + thick + size // 3)], fill=INK, width=max(1, size // 12))
        draw.text((x, size + thick + size // 2), label, font=font, fill=INK, anchor="mt")
    draw.text((width // 2, 3.6 * size), title, font=font, fill=INK, anchor="mt")
    return np.asarray(sheet)
