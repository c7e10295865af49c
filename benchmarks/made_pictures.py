"""Pictures made by drawing: photograph-like ones and every kind that lies outside the domain of photographs.

`made(kind, seed, largest)` returns uint8 (H, W, 3). Nothing is read from disk, and a seed always gives the same picture
with the same versions of Pillow, OpenCV and NumPy.
"""

from __future__ import annotations

import io
import string
from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Pixels = npt.NDArray[np.uint8]
Field = npt.NDArray[np.float32]
Colour = tuple[int, int, int]
Rng = np.random.Generator

_LETTERS = np.array(list("etaoinshrdlcumwfgypbvkjxqz"))
_FREQUENCIES = np.array([12.7, 9.1, 8.2, 7.5, 7, 6.7, 6.3, 6.1, 6, 4.3, 4, 2.8, 2.8, 2.4, 2.4, 2.2, 2, 2, 1.9, 1.5])
_FREQUENCIES = np.concatenate([_FREQUENCIES, [1, 0.8, 0.2, 0.2, 0.1, 0.1]])
_FREQUENCIES /= _FREQUENCIES.sum()


# Files of the shared picture folder that are drawings, charts and pages themselves, found by looking at all of them: to
# recognise these is right. Collages of photographs and lettering, renderings and paintings count as photographs.
DRAWINGS = frozenset(
    {
        "train/cid22/1454613116.webp",
        "train/cid22/1536017106.webp",
        "train/cid22/3DPieChart.webp",
        "train/cid22/Abstract-Art-1.webp",
        "train/cid22/AgilityCourseElements.webp",
        "train/cid22/Beam-Space-Processing.webp",
        "train/cid22/Boxplot.webp",
        "train/cid22/EPICA Delta D Plot.webp",
        "train/cid22/Lungs-Cross-Section-Illustration.webp",
        "train/cid22/No-interference.webp",
        "train/cid22/Performance-Graph.webp",
        "train/cid22/StockQuoteGraph-20120521.webp",
        "train/cid22/Temperament-pie-chart-according-to-Eysenck.webp",
        "train/cid22/Verkehrstote Deutschland 1953-2012.webp",
        "train/cid22/adriankierman-report-page.webp",
        "train/cid22/akfcrc022.webp",
        "train/cid22/klepas-Gentle-giants-of-the-sea-3.webp",
        "train/cid22/newplot (1).webp",
        "train/cid22/newplot.webp",
        "train/cid22/nicubunu_Game_baddie_Policeman.webp",
        "train/cid22/ularapi_Semarang_City_Logo.webp",
        "train/clic25val_crops/4cd6910a_0.webp",
        "train/clic25val_crops/4cd6910a_1.webp",
        "train/wallpapers/buddieso_geo-forest_868a32.webp",
        "train/wallpapers/buddieso_valley-midnight_e6000e.webp",
        "train/wallpapers/buddieso_waves-midnight_43dd95.webp",
        "train/wallpapers/buddieso_waves-slate_b6f8e8.webp",
        "train/wallpapers/pop-os_kate-hazen-COSMIC-desktop-wallpaper_c173bf.webp",
        "train/wallpapers/pop-os_kate-hazen-pop-m3lvin_25f0d9.webp",
        "train/wallpapers/pop-os_kate-hazen-pop-space_803dea.webp",
        "train/wallpapers/pop-os_kate-hazen-unleash-your-robot-blue_007647.webp",
    }
)


# ---------------------------------------------------------------------------------------------------- photographs


def _clouds(rng: Rng, height: int, width: int, roughness: float) -> Field:
    """float32 (height, width), zero mean, unit variance: octaves of smooth noise, amplitude ~ scale ** roughness."""
    field = np.zeros((height, width), np.float32)
    scale = 1.0
    while scale < max(height, width):
        size = (max(2, round(width / scale)), max(2, round(height / scale)))
        octave = rng.standard_normal((size[1], size[0]), dtype=np.float32)
        if scale > 1:
            octave = cv2.resize(octave, (width, height), interpolation=cv2.INTER_CUBIC)
        field += scale**roughness * octave
        scale *= 2.0
    return np.asarray((field - field.mean()) / (field.std() + 1e-6), np.float32)


def _photo(rng: Rng, height: int, width: int) -> Pixels:
    """Textured objects that hide each other under uneven light, slightly out of focus, with sensor noise."""
    objects = Image.new("I", (width, height), 0)
    draw = ImageDraw.Draw(objects)
    count = int(rng.integers(2, 160))
    extent = max(height, width)
    for label in range(1, count):
        radius = extent * 0.5 * max(0.015, 1 - label / count * 0.97) * rng.uniform(0.3, 1)
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        turn = rng.uniform(0, 2 * np.pi, int(rng.integers(3, 14)))
        turn.sort()
        reach = radius * rng.uniform(0.5, 1.2, turn.size)
        if rng.random() < 0.5:
            draw.ellipse((x - radius, y - radius * 0.6, x + radius, y + radius * 0.6), fill=label)
        else:
            draw.polygon(list(zip(x + reach * np.cos(turn), y + reach * np.sin(turn), strict=True)), fill=label)
    labels = np.asarray(objects)
    grey = rng.normal(rng.uniform(70, 180), rng.uniform(20, 60), (count, 1))
    base = grey + rng.normal(0, rng.uniform(5, 35), 3) + rng.normal(0, rng.uniform(3, 25), (count, 3))
    texture = _clouds(rng, height, width, rng.uniform(-0.1, 0.4))
    depth = (rng.uniform(0.2, 1, count) * rng.uniform(10, 60)).astype(np.float32)
    light = 1 + rng.uniform(0.05, 0.3) * _clouds(rng, height, width, 1.6)
    rgb = np.stack([(base[labels, c] + texture * depth[labels]) * light for c in range(3)], axis=2)
    rgb = cv2.GaussianBlur(rgb.astype(np.float32), (0, 0), rng.uniform(0.35, 1.0))
    if rng.random() < 0.3:  # a plain sky or a blown-out background
        horizon = int(height * rng.uniform(0.2, 0.6))
        ramp = np.linspace(rng.uniform(150, 300), rng.uniform(150, 300), horizon, dtype=np.float32)[:, None, None]
        rgb[:horizon] = ramp * rng.uniform(0.7, 1, 3)
    rgb += rng.standard_normal(rgb.shape, dtype=np.float32) * rng.uniform(0.5, 5)
    return np.asarray(np.clip(np.rint(rgb), 0, 255), np.uint8)


def _near_black(rng: Rng, height: int, width: int) -> Pixels:
    """A night scene whose exposure failed: a photograph at a few per cent of its light, sensor noise on top."""
    scene = _photo(rng, height, width).astype(np.float32)
    noise = rng.standard_normal((height, width, 3), dtype=np.float32) * rng.uniform(0.3, 2.5)
    dark = scene * rng.uniform(0.0, 0.05) + rng.uniform(0, 3) + noise
    for _ in range(int(rng.integers(0, 4))):  # a distant lamp
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        cv2.circle(dark, (x, y), int(rng.integers(1, max(2, height // 60))), (200.0, 190.0, 150.0), -1, cv2.LINE_AA)
    return np.clip(np.rint(dark), 0, 255).astype(np.uint8)


def _extreme(rng: Rng, height: int, width: int) -> Pixels:
    """A banner or panorama: a strip of a photograph at least 8.5 times as long as wide, or as wide as long."""
    short = int(rng.integers(64, max(66, height // 8)))
    long = int(short * rng.uniform(8.5, 16))
    strip = _photo(rng, short, long)
    return np.ascontiguousarray(strip.transpose(1, 0, 2)) if rng.random() < 0.3 else strip


def _tiny(rng: Rng, height: int, width: int) -> Pixels:
    """A thumbnail of a photograph, an icon or a thin ornament: one side at least below 64 pixels."""
    if rng.random() < 0.4:
        side = int(rng.choice([16, 20, 24, 32, 48, 60]))
        canvas = _Canvas(rng, side, side, plain(rng, light=True))
        canvas.icon(0, 0, side)
        return canvas.pixels()
    short, long = int(rng.integers(1, 64)), int(rng.integers(8, 200))
    scene = _photo(rng, 128, 192)
    size = (short, long) if rng.random() < 0.5 else (long, short)
    return np.asarray(Image.fromarray(scene).resize(size, Image.Resampling.LANCZOS))


# -------------------------------------------------------------------------------------------------- drawing tools


def plain(rng: Rng, light: bool) -> Colour:
    """A background colour: pure white or black half the time, else a grey or a pale or deep tint."""
    if rng.random() < 0.5:
        return (255, 255, 255) if light else (0, 0, 0)
    grey = int(rng.integers(225, 256)) if light else int(rng.integers(0, 50))
    tint = rng.integers(-12, 13, 3) if rng.random() < 0.5 else np.zeros(3, int)
    red, green, blue = (int(v) for v in np.clip(grey + tint, 0, 255))
    return red, green, blue


def vivid(rng: Rng) -> Colour:
    """Any colour, as accents, icons and chart series have."""
    red, green, blue = (int(v) for v in rng.integers(0, 256, 3))
    return red, green, blue


def words(rng: Rng, count: int) -> str:
    """Random words with the letter frequencies of English."""
    lengths = rng.integers(1, 11, count)
    letters = "".join(rng.choice(_LETTERS, int(lengths.sum()), p=_FREQUENCIES))
    ends = np.cumsum(lengths)
    return " ".join(letters[end - length : end] for end, length in zip(ends, lengths, strict=True)).capitalize()


class _Canvas:
    """A screen that is drawn on. `light` says which theme; `ink` is the main text colour."""

    def __init__(self, rng: Rng, height: int, width: int, background: Colour) -> None:
        self.rng = rng
        self.image = Image.new("RGB", (width, height), background)
        self.draw = ImageDraw.Draw(self.image)
        self.width, self.height = width, height
        self.light = sum(background) > 380
        self.ink: Colour = plain(rng, light=not self.light)
        self.smoothing = str(rng.choice(["grey", "grey", "subpixel", "none"]))
        self.draw.fontmode = "1" if self.smoothing == "none" else "L"

    def text(self, x: float, y: float, line: str, size: float, fill: Colour | None = None, bold: bool = False) -> int:
        """Draws one line with its top left at (x, y); returns its width in pixels."""
        colour = fill or self.ink
        stroke = int(size >= 20) if bold else 0
        font = ImageFont.load_default(size)
        if self.smoothing == "subpixel" and not stroke:
            return self._subpixel(int(x), int(y), line, size, colour)
        self.draw.text((x, y), line, fill=colour, font=font, stroke_width=stroke)
        return int(font.getlength(line))

    def _subpixel(self, x: int, y: int, line: str, size: float, colour: Colour) -> int:
        """Text as screens with red, green and blue stripes smooth it: a third of a pixel between the channels."""
        font = ImageFont.load_default(size * 3)
        width, height = int(font.getlength(line)) // 3 + 3, int(size * 1.5) + 1
        mask = Image.new("L", (width * 3, height * 3))
        ImageDraw.Draw(mask).text((0, 0), line, fill=255, font=font)
        cover = np.asarray(mask, np.float32).reshape(height, 3, width * 3).mean(1)
        cover = cv2.blur(cover, (3, 1)).reshape(height, width, 3) / 255
        box = (x, y, x + width, y + height)
        under = np.asarray(self.image.crop(box), np.float32)
        mixed = under + (np.array(colour, np.float32) - under) * cover
        self.image.paste(Image.fromarray(np.rint(mixed).astype(np.uint8)), box)
        return width

    def paragraph(
        self, x: float, y: float, width: float, bottom: float, size: float, fill: Colour | None = None
    ) -> float:
        """Fills a column with ragged lines of words down to `bottom`; returns where it ended."""
        per_line = max(1, int(width / (size * 3.1)))
        spacing = self.rng.uniform(1.25, 1.7)
        while y + size * 1.2 < bottom:
            last = self.rng.random() < 0.12
            line = words(self.rng, max(1, int(per_line * self.rng.uniform(0.1, 0.8))) if last else per_line)
            limit = int(width / (size * 0.5))
            self.text(x, y, line[:limit], size, fill)
            y += size * spacing * (1.5 if last else 1)
        return y

    def gradient(self, box: tuple[int, int, int, int], first: Colour, second: Colour) -> None:
        """A linear gradient down the box."""
        height, width = box[3] - box[1], box[2] - box[0]
        ramp = np.linspace(first, second, height)[:, None, :]
        self.image.paste(Image.fromarray(np.rint(np.broadcast_to(ramp, (height, width, 3))).astype(np.uint8)), box[:2])

    def shadow(self, box: tuple[int, int, int, int], radius: int) -> None:
        """A soft shadow below and around the box."""
        mask = Image.new("L", self.image.size)
        ImageDraw.Draw(mask).rectangle((box[0], box[1] + radius // 2, box[2], box[3] + radius), fill=90)
        self.image.paste((0, 0, 0), (0, 0), mask.filter(ImageFilter.GaussianBlur(radius)))

    def icon(self, x: float, y: float, side: float) -> None:
        """A rounded tile with a symbol on it."""
        self.draw.rounded_rectangle((x, y, x + side - 1, y + side - 1), side * 0.2, fill=vivid(self.rng))
        inner = (x + side * 0.25, y + side * 0.25, x + side * 0.75, y + side * 0.75)
        shape = self.rng.integers(0, 4)
        if shape == 0:
            self.draw.ellipse(inner, outline=(255, 255, 255), width=max(1, int(side / 12)))
        elif shape == 1:
            self.draw.polygon(
                [(inner[0], inner[3]), (inner[2], inner[3]), ((x + side / 2), inner[1])], fill=vivid(self.rng)
            )
        elif shape == 2:
            self.draw.line(inner, fill=(255, 255, 255), width=max(1, int(side / 10)))
        else:
            self.text(
                x + side * 0.3,
                y + side * 0.15,
                str(self.rng.choice(list(string.ascii_uppercase))),
                side * 0.6,
                (255, 255, 255),
            )

    def pixels(self) -> Pixels:
        return np.array(self.image)


# ------------------------------------------------------------------------------------------------------ screenshots


def _desktop(rng: Rng, height: int, width: int) -> Pixels:
    """Icons and windows with shadows on a plain, graded or photographed wallpaper."""
    canvas = _Canvas(rng, height, width, plain(rng, light=bool(rng.random() < 0.5)))
    wallpaper = rng.random()
    if wallpaper < 0.5:
        canvas.gradient((0, 0, width, height), vivid(rng), vivid(rng))
    elif wallpaper < 0.7:
        canvas.image.paste(Image.fromarray(_photo(rng, height, width)))
    for row in range(int(rng.integers(0, 6))):
        canvas.icon(16, 16 + row * 76, 44)
        canvas.text(16, 64 + row * 76, words(rng, 1)[:8], 11, (255, 255, 255))
    for _ in range(int(rng.integers(1, 4))):
        w, h = int(width * rng.uniform(0.55, 0.85)), int(height * rng.uniform(0.55, 0.85))
        x, y = int(rng.uniform(0, width - w)), int(rng.uniform(0, height - h))
        box = (x, y, x + w, y + h)
        canvas.shadow(box, int(rng.integers(4, 16)))
        canvas.draw.rectangle(box, fill=plain(rng, canvas.light), outline=(128, 128, 128))
        canvas.draw.rectangle((x, y, x + w, y + 26), fill=plain(rng, canvas.light))
        canvas.text(x + 10, y + 5, words(rng, 3), 13)
        for button in range(3):
            canvas.draw.ellipse((x + w - 60 + 18 * button, y + 8, x + w - 49 + 18 * button, y + 19), fill=vivid(rng))
        canvas.paragraph(x + 12, y + 36, w - 24, y + h - 6, rng.uniform(10, 18))
    canvas.draw.rectangle((0, height - 30, width, height), fill=plain(rng, canvas.light))
    for place in range(6):
        canvas.icon(10 + place * 34, height - 27, 24)
    return canvas.pixels()


def _editor(rng: Rng, height: int, width: int) -> Pixels:
    """Source code with coloured words and line numbers, dark or light."""
    canvas = _Canvas(rng, height, width, plain(rng, light=bool(rng.random() < 0.4)))
    size = rng.uniform(10, 20)
    contrast = []
    for _ in range(5):
        red, green, blue = (int(v) for v in rng.integers(0, 120, 3) + (0 if canvas.light else 130))
        contrast.append((red, green, blue))
    y = 6.0
    for number in range(1, 200):
        canvas.text(4, y, f"{number:3d}", size, (128, 128, 128))
        x = 3 * size + int(rng.integers(0, 5)) * 2 * size
        for _ in range(int(rng.integers(0, 8))):
            word = words(rng, 1).lower() + str(rng.choice(["", "()", " =", ":", "[0]", ", ", "{", ";"]))
            x += canvas.text(x, y, word, size, contrast[int(rng.integers(0, 5))]) + size * 0.5
            if x > width:
                break
        y += size * 1.4
        if y > height:
            break
    if rng.random() < 0.5:
        canvas.draw.rectangle((width - 20, 0, width, height), fill=plain(rng, canvas.light))
    return canvas.pixels()


def _terminal(rng: Rng, height: int, width: int) -> Pixels:
    """A console with a bitmap font, one or several colours, sometimes enlarged by a whole number."""
    zoom = int(rng.integers(1, 3))
    w, h = width // zoom, height // zoom
    canvas = _Canvas(rng, h, w, plain(rng, light=bool(rng.random() < 0.2)))
    font = ImageFont.load_default_imagefont()
    bright = [tuple(int(v) for v in rng.integers(0, 90, 3) + (0 if canvas.light else 150)) for _ in range(4)]
    for y in range(2, h, 13):
        if rng.random() < 0.1:
            continue
        line = words(rng, int(rng.integers(2, max(3, w // 40)))) + f" {int(rng.integers(0, 10**6))}"
        canvas.draw.text(
            (3, y), line, fill=bright[int(rng.integers(0, 4))] if rng.random() < 0.4 else canvas.ink, font=font
        )
    return canvas.pixels().repeat(zoom, axis=0).repeat(zoom, axis=1)


def _spreadsheet(rng: Rng, height: int, width: int) -> Pixels:
    """Ruled cells with numbers and labels, some of them coloured."""
    canvas = _Canvas(rng, height, width, plain(rng, light=bool(rng.random() < 0.8)))
    cell_w, cell_h = int(rng.integers(50, 120)), int(rng.integers(16, 34))
    rule = (200, 200, 200) if canvas.light else (70, 70, 70)
    for top in range(0, height, cell_h):
        for left in range(0, width, cell_w):
            if rng.random() < 0.05 or top == 0:
                canvas.draw.rectangle((left, top, left + cell_w, top + cell_h), fill=plain(rng, canvas.light))
            canvas.draw.rectangle((left, top, left + cell_w, top + cell_h), outline=rule)
            if rng.random() < 0.7:
                value = f"{rng.uniform(0, 10**4):.2f}" if rng.random() < 0.8 else words(rng, 1)
                canvas.text(left + 4, top + 2, value[: cell_w // 8], cell_h * 0.6)
    return canvas.pixels()


def _slide(rng: Rng, height: int, width: int) -> Pixels:
    """A title, bullets and a coloured figure on a plain or graded page."""
    canvas = _Canvas(rng, height, width, plain(rng, light=bool(rng.random() < 0.7)))
    if rng.random() < 0.4:
        red, green, blue = plain(rng, canvas.light)
        darker = int(red * 0.8), int(green * 0.8), int(blue * 0.8)
        canvas.gradient((0, 0, width, height), (red, green, blue), darker)
    canvas.text(width * 0.06, height * 0.06, words(rng, 3)[:26], height * 0.08, vivid(rng), bold=True)
    for row in range(int(rng.integers(2, 6))):
        y = height * (0.25 + 0.12 * row)
        canvas.draw.ellipse(
            (width * 0.06, y + height * 0.012, width * 0.06 + 8, y + height * 0.012 + 8), fill=canvas.ink
        )
        canvas.text(width * 0.09, y, words(rng, 5)[:34], height * 0.045)
    box = (int(width * 0.6), int(height * 0.3), int(width * 0.95), int(height * 0.8))
    canvas.draw.rounded_rectangle(box, 12, fill=vivid(rng), outline=vivid(rng), width=3)
    canvas.text(box[0] + 8, box[1] + 8, words(rng, 2)[:12], height * 0.05, (255, 255, 255))
    return canvas.pixels()


def _chart(rng: Rng, height: int, width: int) -> Pixels:
    """Axes with labels and bars, lines, points or a pie."""
    canvas = _Canvas(rng, height, width, plain(rng, light=bool(rng.random() < 0.75)))
    left, top, right, bottom = width * 0.1, height * 0.12, width * 0.95, height * 0.88
    canvas.text(left, height * 0.02, words(rng, 3)[:30], max(10.0, height * 0.05))
    for step in range(6):
        y = bottom - (bottom - top) * step / 5
        canvas.draw.line((left, y, right, y), fill=(190, 190, 190) if canvas.light else (80, 80, 80))
        canvas.text(4, y - 7, str(step * 20), 11)
    form = rng.integers(0, 4)
    count = int(rng.integers(4, 14))
    places = np.linspace(left + 10, right - 10, count)
    if form == 3:
        edges = np.sort(rng.uniform(0, 360, 5))
        radius = (bottom - top) * 0.45
        middle = ((left + right) / 2, (top + bottom) / 2)
        box = (middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius)
        for start, stop in zip(edges, np.append(edges[1:], edges[0] + 360), strict=True):
            canvas.draw.pieslice(box, start, stop, fill=vivid(rng), outline=(255, 255, 255))
        return canvas.pixels()
    for _ in range(int(rng.integers(1, 5))):
        colour, levels = vivid(rng), bottom - (bottom - top) * rng.uniform(0.05, 1, count)
        if form == 0:
            wide = (right - left) / count * 0.3
            for x, y in zip(places, levels, strict=True):
                canvas.draw.rectangle((x - wide, y, x + wide, bottom), fill=colour)
        elif form == 1:
            canvas.draw.line(list(zip(places, levels, strict=True)), fill=colour, width=int(rng.integers(1, 4)))
        else:
            for x, y in zip(rng.uniform(left, right, 80), rng.normal(levels.mean(), height / 9, 80), strict=True):
                canvas.draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill=colour)
    for x in places:
        canvas.text(x - 8, bottom + 4, str(int(rng.integers(1990, 2030))), 10)
    return canvas.pixels()


def _map(rng: Rng, height: int, width: int) -> Pixels:
    """A street map: areas, water, roads with edges, names."""
    canvas = _Canvas(rng, height, width, plain(rng, light=bool(rng.random() < 0.8)))
    reach = max(height, width)
    for _ in range(int(rng.integers(8, 40))):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        turn = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(4, 9))))
        radius = rng.uniform(0.02, 0.18) * reach
        corners = list(zip(x + radius * np.cos(turn), y + radius * np.sin(turn), strict=True))
        canvas.draw.polygon(corners, fill=tuple(int(v) for v in rng.integers(170, 245, 3)))
    for _ in range(int(rng.integers(6, 26))):
        line = [tuple(rng.uniform(-0.1, 1.1, 2) * (width, height)) for _ in range(3)]
        wide = int(rng.integers(2, 10))
        canvas.draw.line(line, fill=(150, 150, 150), width=wide + 2, joint="curve")
        canvas.draw.line(
            line, fill=(255, 255, 255) if rng.random() < 0.7 else (250, 220, 120), width=wide, joint="curve"
        )
    for _ in range(int(rng.integers(6, 26))):
        canvas.text(rng.uniform(0, width), rng.uniform(0, height), words(rng, 1), rng.uniform(9, 17), (60, 60, 60))
    return canvas.pixels()


def _pixel_art(rng: Rng, height: int, width: int) -> Pixels:
    """Sprites and tiles of few colours, every pixel enlarged by a whole number."""
    zoom = int(rng.integers(3, 12))
    w, h = width // zoom + 1, height // zoom + 1
    palette = rng.integers(0, 256, (int(rng.integers(4, 17)), 3), dtype=np.uint8)
    tile = rng.integers(0, len(palette), (8, 8))
    art = np.tile(tile if rng.random() < 0.4 else np.zeros_like(tile), (h // 8 + 1, w // 8 + 1))[:h, :w].copy()
    for _ in range(int(rng.integers(5, 60))):
        half = rng.integers(0, len(palette), (int(rng.integers(4, 14)), int(rng.integers(2, 7))))
        sprite = np.concatenate([half, half[:, ::-1]], axis=1)
        y, x = int(rng.integers(0, h)), int(rng.integers(0, w))
        place = art[y : y + sprite.shape[0], x : x + sprite.shape[1]]
        place[...] = sprite[: place.shape[0], : place.shape[1]]
    return palette[art].repeat(zoom, axis=0).repeat(zoom, axis=1)[:height, :width]


def _web_page(rng: Rng, height: int, width: int) -> Pixels:
    """A page with a menu, headings, text and photographs on up to about 40 % of it."""
    canvas = _Canvas(rng, height, width, plain(rng, light=bool(rng.random() < 0.75)))
    bar = max(24, height // 14)
    canvas.draw.rectangle((0, 0, width, bar), fill=vivid(rng))
    x = 10
    for _ in range(5):
        x += canvas.text(x, bar * 0.25, words(rng, 1), bar * 0.45, (255, 255, 255)) + 18
    photo_w, photo_h = int(width * rng.uniform(0.2, 0.6)), int(height * rng.uniform(0.2, 0.6))
    photo = Image.fromarray(_photo(rng, photo_h, photo_w))
    left = bool(rng.random() < 0.5)
    canvas.image.paste(photo, (12 if left else width - photo_w - 12, bar + 12))
    column = 24 + photo_w if left else 12
    canvas.text(column, bar + 10, words(rng, 2)[:16], max(14.0, height / 22), bold=True)
    canvas.paragraph(column, bar + 20 + height / 18, width - photo_w - 40, bar + photo_h + 8, rng.uniform(10, 17))
    canvas.paragraph(12, bar + photo_h + 24, width - 24, height - 8, rng.uniform(10, 17))
    return canvas.pixels()


def _chat(rng: Rng, height: int, width: int) -> Pixels:
    """Speech bubbles with little text on much background, as on a telephone."""
    canvas = _Canvas(rng, height, width, plain(rng, light=bool(rng.random() < 0.5)))
    y, size = 12.0, rng.uniform(12, 22)
    while y < height:
        line = words(rng, int(rng.integers(1, 6)))[: int(width * 0.6 / size / 0.5)]
        wide = len(line) * size * 0.55 + 24
        x = 14 if rng.random() < 0.5 else width - wide - 14
        canvas.draw.rounded_rectangle((x, y, x + wide, y + size * 2), size * 0.8, fill=vivid(rng))
        canvas.text(x + 12, y + size * 0.4, line, size, (255, 255, 255) if rng.random() < 0.7 else (0, 0, 0))
        y += size * rng.uniform(2.4, 4)
    return canvas.pixels()


# ------------------------------------------------------------------------------------------------------------- text


def _page(rng: Rng, height: int, width: int) -> Pixels:
    """A rendered page: one or two columns of text, headings, sometimes white on black."""
    canvas = _Canvas(rng, height, width, plain(rng, light=bool(rng.random() < 0.8)))
    size = rng.uniform(9, 26) * (2 if width > 800 and rng.random() < 0.3 else 1)
    margin = width * rng.uniform(0.03, 0.12)
    columns = 2 if width > 500 and rng.random() < 0.4 else 1
    top = margin
    if rng.random() < 0.6:
        canvas.text(margin, margin, words(rng, 4)[: int(width / size)], size * 1.6, bold=True)
        top += size * 2.6
    column = (width - margin * (columns + 1)) / columns
    bottom = height - margin if rng.random() < 0.8 else height * rng.uniform(0.5, 0.9)
    for place in range(columns):
        canvas.paragraph(margin + place * (column + margin), top, column, bottom, size)
    return canvas.pixels()


def _notes(rng: Rng, height: int, width: int) -> Pixels:
    """Slanted script in coloured ink on blank or ruled paper."""
    paper = np.full((height, width, 3), plain(rng, light=True), np.uint8)
    scale = rng.uniform(0.5, 1.2)
    gap = int(38 * scale)
    for y in range(gap, height, gap) if rng.random() < 0.6 else ():
        cv2.line(paper, (0, y + 6), (width, y + 6), (170, 190, 220), 1)
    ink = tuple(int(v) for v in rng.integers(0, 110, 3))
    for y in range(gap, height - 4, gap):
        line = words(rng, max(2, int(width / (90 * scale))))
        cv2.putText(
            paper, line, (12, y), cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, scale, ink, int(rng.integers(1, 3)), cv2.LINE_AA
        )
    return paper


def _scan(rng: Rng, page: Pixels) -> Pixels:
    """The page as a scanner or a camera sees it: tinted, turned, unevenly lit, blurred, noisy."""
    height, width = page.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-3, 3), 1.05)
    seen = cv2.warpAffine(page, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    grey = seen.astype(np.float32)
    tint = np.array([1, rng.uniform(0.93, 1), rng.uniform(0.8, 1)], np.float32)
    black, white = rng.uniform(0, 50), rng.uniform(200, 252)
    grey = (black + grey * (white - black) / 255) * tint
    light = 1 - rng.uniform(0, 0.25) * np.linspace(0, 1, width, dtype=np.float32)[None, :, None]
    grain = _clouds(rng, height, width, 0.2)[:, :, None] * rng.uniform(0, 3)
    grey = cv2.GaussianBlur(grey * light + grain, (0, 0), rng.uniform(0.3, 1.0))
    grey += rng.standard_normal(grey.shape, dtype=np.float32) * rng.uniform(0, 4)
    return np.asarray(np.clip(np.rint(grey), 0, 255), np.uint8)


# ------------------------------------------------------------------------------------------------------------ doors

_SCREENS: dict[str, Callable[[Rng, int, int], Pixels]] = {
    "desktop": _desktop,
    "editor": _editor,
    "terminal": _terminal,
    "spreadsheet": _spreadsheet,
    "slide": _slide,
    "chart": _chart,
    "map": _map,
    "pixel art": _pixel_art,
    "web page": _web_page,
    "chat": _chat,
}
_SCENES: dict[str, Callable[[Rng, int, int], Pixels]] = {
    "photo": _photo,
    "near-black": _near_black,
    "extreme": _extreme,
    "tiny": _tiny,
}
KINDS = (*_SCENES, "screenshot", "text")
SCREENS = tuple(_SCREENS)
TEXTS = ("page", "notes", "scan")


def resaved(pixels: Pixels, quality: int, subsampling: int = 2) -> Pixels:
    """The picture after a stay in a JPEG file; subsampling as Pillow counts it (2 is 4:2:0)."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=subsampling)
    return np.array(Image.open(file))


def _travelled(rng: Rng, pixels: Pixels) -> Pixels:
    """What happens to pictures on their way: 20 % are resized, a third are saved as JPEG of quality 80 to 95."""
    if rng.random() < 0.2:
        size = tuple(max(200, round(side * rng.uniform(0.6, 1.5))) for side in pixels.shape[1::-1])
        pixels = np.array(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))
    if rng.random() < 0.35:
        pixels = resaved(pixels, int(rng.integers(80, 96)), int(rng.choice([0, 2])))
    return pixels


def made(kind: str, seed: int, largest: int = 1920) -> Pixels:
    """uint8 (H, W, 3): the picture number `seed` of a kind in KINDS, or of one form in SCREENS or TEXTS.

    largest: the longest side at most, in pixels, before any later resizing; the sides start at 200.
    """
    form = seed % len(SCREENS) if kind == "screenshot" else seed % len(TEXTS)
    rng = np.random.default_rng([seed, sum(kind.encode())])
    width, height = int(rng.integers(200, largest + 1)), int(rng.integers(200, max(201, largest * 9 // 16 + 1)))
    height = max(height, width // 6)  # extreme shapes are a kind of their own
    if rng.random() < 0.25:
        width, height = height, width
    if kind in _SCENES:
        return _SCENES[kind](rng, height, width)
    name = SCREENS[form] if kind == "screenshot" else TEXTS[form] if kind == "text" else kind
    if name in _SCREENS:
        return _travelled(rng, _SCREENS[name](rng, height, width))
    if name == "scan":
        drawn = _scan(rng, _page(rng, height, width) if rng.random() < 0.8 else _notes(rng, height, width))
    else:
        drawn = _page(rng, height, width) if name == "page" else _notes(rng, height, width)
    return _travelled(rng, drawn)
