"""Pictures as a page carries them: exact ones, small ones, and maps in colours with their scale."""

from __future__ import annotations

import base64
import io
import math
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from jndkit.observers import Map
from jndkit.picture import Picture, Pixels, flatten, png_bytes
from jndkit.pixelwise.render import coloured, scale

LABEL = "Where a difference is seen"
UNIT = "JND"
_WEBP_SIDE = 16_383  # pixels, the largest that the format holds
_MAP_PIXELS = 1_000_000  # of an overlay, which is smooth and drawn over the picture
_STOPS = 9  # colours of a legend
_COVER = 217  # of 255, of what is seen most; the picture shows through
_FULL = 0.5  # of the scale, from which on as much is covered


@dataclass(frozen=True)
class Image64:
    """A picture file in base64. type: its media type."""

    type: str
    text: str

    @property
    def url(self) -> str:
        """As the source of an img element."""
        return f"data:{self.type};base64,{self.text}"


@dataclass(frozen=True)
class Overlay:
    """A map in colours, transparent where it is 0, so that the picture shows.

    top: the value of the last colour.  colours: of the legend, from 0 to `top`, as CSS has them.
    """

    image: Image64
    top: float
    colours: tuple[str, ...]

    def about(self, name: str) -> dict[str, object]:
        """What the look is told of it. name: the id of the element that holds the picture."""
        return {"id": name, "label": LABEL, "top": self.top, "unit": UNIT, "colours": self.colours}


def exact(picture: Picture) -> Image64:
    """A file from which every browser decodes these very samples; with alpha where the picture has some."""
    pixels = picture.rgb if picture.alpha is None else np.dstack([picture.rgb, picture.alpha])
    if max(picture.width, picture.height) > _WEBP_SIDE:
        return _image64("image/png", png_bytes(np.ascontiguousarray(pixels), effort="quick"))
    # A quarter smaller than PNG in the same time; more effort gives 5 % and takes four times as long.
    return _webp(pixels, lossless=True, exact=True, quality=0, method=0)


def small(picture: Picture, side: int) -> Image64:
    """The picture over white, no side longer than `side` pixels."""
    part = min(1.0, side / max(picture.width, picture.height))
    size = max(1, round(part * picture.width)), max(1, round(part * picture.height))
    return _webp(cv2.resize(flatten(picture, 255), size, interpolation=cv2.INTER_AREA), quality=50)


def overlay(jnd: Map) -> Overlay:
    """A map of visible difference, float32 (H, W), in JND, as an overlay."""
    top, _ = scale(jnd, 1.0)
    height, width = jnd.shape
    part = min(1.0, math.sqrt(_MAP_PIXELS / jnd.size))
    if part < 1.0:
        size = max(1, round(part * width)), max(1, round(part * height))
        jnd = cv2.resize(jnd, size, interpolation=cv2.INTER_AREA)
    ramp = _covering(np.linspace(0.0, top, _STOPS, dtype=np.float32)[None], top)[0]
    colours = tuple(f"#{bytes(colour).hex()}" for colour in ramp.tolist())
    return Overlay(_webp(_covering(jnd, top), quality=90), top, colours)


def _covering(jnd: Map, top: float) -> Pixels:
    """The colours of a map and how much they cover, uint8 (H, W, 4)."""
    cover = np.clip(jnd * (_COVER / (_FULL * top)), 0.0, _COVER)
    return np.dstack([coloured(jnd, top), (cover + 0.5).astype(np.uint8)])


def _webp(pixels: Pixels, **settings: object) -> Image64:
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "WEBP", **settings)
    return _image64("image/webp", out.getvalue())


def _image64(kind: str, data: bytes) -> Image64:
    return Image64(kind, base64.b64encode(data).decode("ascii"))
