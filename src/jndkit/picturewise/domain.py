"""Is this a photograph? The scale of visibility was fitted on photographs and says little about anything else.

The rule is a handful of thresholds on shares of pixels, nothing trained. Tuned by hand on photographs, on charts, logos
and pages among them, and on drawn screens and pages; `benchmarks/domain.py` counts its mistakes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from jndkit.picture import Picture, Pixels

SMALLEST_SIDE = 64  # pixels: at 37.8 pixels per degree less than two degrees, hardly more than the fovea sees
LONGEST_ASPECT = 8.0  # beyond, no pooling window of the scale's 3:2 shape fits
DARK_CODE = 20  # luma: some 1.4 cd/m2 on a 200 cd/m2 display, about twice its own black and reflections
DARK_SHARE = 0.98  # of the pixels: a few lamps or stars do not make a picture visible

EDGE = 48  # luma range in 7 x 7 pixels from which there is an edge that no noise makes
STEP = 48  # luma step between neighbours that an optical blur seldom leaves

# Text: strokes on an even ground. Closing or opening with 13 x 13 pixels takes away strokes thinner than that, and with
# them nearly every edge of a page, rendered or scanned (96 % at least); in a photograph the edges of larger things stay
# (98 photographs in 100 lose less than 95 %).
TEXT_INK = 0.97
TEXT_EDGES = 0.10  # birds in a clear sky are strokes on an even ground, too, but few
TEXT_TWO_TONE = 0.28  # foliage seen from above: nothing but strokes, but of every shade

# Drawings: areas that are exactly even, and edges between two tones without the shades between them. Each way asks
# more of one where it asks less of the other. Clipped areas (sky, night, a white studio) are even in photographs as
# well, and so is calm sky once it was a JPEG file.
EVEN, EVEN_TWO_TONE = 0.40, 0.45  # even areas that are not clipped: below 0.25 in 98 of 100 photographs
FLAT, FLAT_TWO_TONE = 0.30, 0.55  # even areas, clipped ones included
SHARP, SHARP_FLAT, SHARP_TWO_TONE = 0.12, 0.08, 0.50  # hard steps: pages with photographs on them, maps
BLANK = 0.98  # nothing but one even area
FRAME = 8  # code values: a line at the border that varies less is a frame, not the picture

_TILE = 256
_TILES = 64  # 64 tiles of 256 x 256: 4.2 megapixels, however large the picture
_CLIP_LOW, _CLIP_HIGH = 2, 253  # luma at which an even area may have been clipped


@dataclass(frozen=True)
class Domain:
    """What a picture is, and why.

    kind decides how far a reading can be trusted. Outside "photo" the caller takes the lossless mode where the format
    has one, else a stricter knob (half the target in JND), and gives a wider interval.
      photo       the scale holds.
      tiny        a side under 64 pixels: most of the spatial frequencies it was fitted on do not exist.
      extreme     more than 8 times as long as wide: no pooling window fits, damage is diluted by an unknown amount.
      near-black  nearly all of it as dark as the display's own black and reflections: what is seen depends on the
                  room, and a viewer who brightens the picture sees what the reading calls invisible.
      deep        more than 8 bits a sample (medical, raw, high dynamic range): read as 8 bits, the rest is not judged.
      text        strokes on an even ground, rendered, scanned or photographed: pages, terminals, line charts. Ringing
                  beside strokes is seen on the empty ground sooner than photographs teach.
      screenshot  drawn content: windows, web pages, slides, charts, maps, logos, pixel art, flat illustrations. The
                  same, and people read it closely. A page counts nearly always with photographs on up to 40 % of it,
                  half the time on 70 %, seldom on 90 %.
    reasons: one sentence each, for every kind that applies, the deciding one first; empty for a photograph.
    """

    kind: str
    reasons: tuple[str, ...] = ()

    @property
    def inside(self) -> bool:
        """Whether the scale of visibility was made for such pictures."""
        return self.kind == "photo"

    @property
    def widen(self) -> float:
        """Factor on the interval of a reading: outside the domain the observer's error was never measured."""
        return 1.0 if self.inside else 2.0


@dataclass(frozen=True)
class Shares:
    """What the rule looks at, each a share in 0..1.

    dark: pixels with luma below DARK_CODE.
    flat: pixels exactly equal to their 8 neighbours in all channels.  even: those of them that are not clipped.
    edges: pixels that see a luma range of EDGE within 7 x 7 pixels; the shares below are shares of these.
    two_tone: as near as an eighth of that range to the lightest or darkest luma there.
    ink: where closing or opening with 13 x 13 pixels takes away three quarters of the range.
    sharp: steps of STEP between neighbours, per pixel with an edge.
    """

    dark: float
    flat: float
    even: float
    edges: float
    two_tone: float
    ink: float
    sharp: float


def domain(picture: Picture) -> Domain:
    """What kind of picture this is, judged by `picture.rgb` and `picture.bits`; alpha is ignored.

    Looks at 4.2 megapixels at most, in tiles at full resolution, without plain bars around the picture. Mirrored
    pictures get the same verdict.
    """
    outside: list[tuple[str, str]] = []
    short, long = sorted((picture.width, picture.height))
    if short < SMALLEST_SIDE:
        outside.append(("tiny", f"the shorter side has {short} pixel{'s' * (short > 1)}, fewer than {SMALLEST_SIDE}"))
    if long > LONGEST_ASPECT * short:
        outside.append(("extreme", f"{long / short:.1f} times as long as wide, more than {LONGEST_ASPECT:g}"))
    measured = shares(picture.rgb)
    if measured.dark >= DARK_SHARE:
        outside.append(("near-black", f"{measured.dark:.1%} of the pixels are darker than code {DARK_CODE}"))
    if picture.bits > 8:
        outside.append(("deep", f"{picture.bits}-bit input"))
    if measured.dark < DARK_SHARE:
        outside += _drawn(measured)
    return Domain(outside[0][0] if outside else "photo", tuple(reason for _, reason in outside))


def _drawn(s: Shares) -> Iterator[tuple[str, str]]:
    if s.ink >= TEXT_INK and s.edges >= TEXT_EDGES and s.two_tone >= TEXT_TWO_TONE:
        yield "text", f"thin strokes on an even ground make {s.ink:.0%} of the edges"
    if s.flat >= BLANK:
        yield "screenshot", f"{s.flat:.0%} of the picture is one even area"
    elif (
        (s.even >= EVEN and s.two_tone >= EVEN_TWO_TONE)
        or (s.flat >= FLAT and s.two_tone >= FLAT_TWO_TONE)
        or (s.sharp >= SHARP and s.flat >= SHARP_FLAT and s.two_tone >= SHARP_TWO_TONE)
    ):
        yield (
            "screenshot",
            f"{s.flat:.0%} exactly even areas, {s.two_tone:.0%} of the edges between two tones",
        )


def shares(rgb: Pixels) -> Shares:
    """The shares the rule looks at, of uint8 (H, W, 3); all but `dark` without plain bars at the borders."""
    dark = [np.count_nonzero(_luma(tile) < DARK_CODE) / (tile.size / 3) for tile in _tiles(rgb)]
    counts = np.sum([_counts(tile) for tile in _tiles(_unframed(rgb))], axis=0)
    pixels, flat, even, edges, two_tone, closed, opened, steps = (float(count) for count in counts)
    edged = max(edges, 1.0)  # of a picture without edges all shares of them are 0
    return Shares(
        dark=float(np.mean(dark)),
        flat=flat / pixels,
        even=even / pixels,
        edges=edges / pixels,
        two_tone=two_tone / edged,
        ink=max(closed, opened) / edged,
        sharp=steps / edged,
    )


def _luma(rgb: Pixels) -> Pixels:
    luma: Pixels = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY)
    return luma


def _unframed(rgb: Pixels) -> Pixels:
    """The picture without plain bars and margins at its borders; all of it where nothing else is left."""
    green = rgb[:, :, 1]
    top, bottom = _plain_lines(green), _plain_lines(green[::-1])
    if top == len(green):
        return rgb
    inner = green[top : len(green) - bottom].T
    left, right = _plain_lines(inner), _plain_lines(inner[::-1])
    if left == len(inner):
        return rgb
    return rgb[top : len(green) - bottom, left : len(inner) - right]


def _plain_lines(plane: Pixels) -> int:
    """How many lines from the first on hardly vary within themselves."""
    for count, line in enumerate(plane):
        if int(line.max()) - int(line.min()) > FRAME:
            return count
    return len(plane)


def _tiles(rgb: Pixels) -> Iterator[Pixels]:
    """The whole picture, or for a large one tiles at places that mirror each other."""
    height, width = rgb.shape[:2]
    if height * width <= _TILES * _TILE * _TILE:
        yield rgb
        return
    # Even: mirrored pictures have mirrored tiles.
    rows = int(np.clip(2 * round((_TILES * height / width) ** 0.5 / 2), 2, _TILES // 2))
    for y in _places(height, rows):
        for x in _places(width, _TILES // rows // 2 * 2):
            yield rgb[y : y + _TILE, x : x + _TILE]


def _places(length: int, count: int) -> list[int]:
    """Where an even number of tiles begin, from edge to edge; a tile longer than the picture begins at 0."""
    last = max(0, length - _TILE)
    first = [round(last * place / (count - 1)) for place in range(count // 2)]
    return first + [last - place for place in reversed(first)]


def _range(plane: Pixels, size: int) -> tuple[Pixels, Pixels]:
    """Smallest and largest value within size x size pixels."""
    window = np.ones((size, size), np.uint8)
    return cv2.erode(plane, window), cv2.dilate(plane, window)


def _counts(rgb: Pixels) -> list[float]:
    """Pixels, then those that are flat, even, edges, two-tone, closed ink, opened ink; then hard steps."""
    rgb = np.ascontiguousarray(rgb)
    low, high = _range(rgb, 3)
    red, green, blue = cv2.split(cv2.absdiff(high, low))
    flat = (red | green | blue) == 0
    luma = _luma(rgb)
    low, high = _range(luma, 7)
    spread = high - low
    edge = spread >= EDGE
    near = cv2.min(luma - low, high - luma) <= spread >> 3
    ink = []
    for operation in (cv2.MORPH_CLOSE, cv2.MORPH_OPEN):
        darkest, lightest = _range(cv2.morphologyEx(luma, operation, np.ones((13, 13), np.uint8)), 7)
        ink.append(np.count_nonzero((lightest - darkest <= spread >> 2) & edge))
    turned = np.ascontiguousarray(luma.T)
    steps = sum(np.count_nonzero(cv2.absdiff(one[1:], one[:-1]) >= STEP) for one in (luma, turned) if len(one) > 1)
    unclipped = (luma > _CLIP_LOW) & (luma < _CLIP_HIGH)
    masks = (flat, flat & unclipped, edge, near & edge)
    inks = [int(count) for count in ink]
    return [float(luma.size), *(float(np.count_nonzero(mask)) for mask in masks), *inks, steps / 2]
