"""Is this a photograph? The scale of visibility was fitted on photographs and says little about anything else.

The rule is a handful of thresholds on shares of pixels, nothing trained. Tuned by hand on photographs, on charts, logos
and pages among them, and on drawn screens and pages; `benchmarks/domain.py` counts its mistakes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.picture import Picture, Pixels

SMALLEST_SIDE = 64  # pixels: below, the observer's pyramid has no bands left at the frequencies the eye sees best
LONGEST_ASPECT = 8.0  # beyond, no pooling window of the scale's 3:2 shape fits
DARK_CODE = 20  # luma: some 1.4 cd/m2 on a 200 cd/m2 display, about twice its own black and reflections
DARK_SHARE = 0.98  # of the pixels: a few lamps or stars do not make a picture visible

EDGE = 48  # luma range in 7 x 7 pixels from which there is an edge that no noise makes
STEP = 48  # luma step between neighbours that an optical blur seldom leaves

# Text: strokes on an even ground. Closing (or opening) with 13 x 13 pixels removes strokes thinner than that; on a page,
# scanned or rendered, hardly any edge is left, in a photograph the edges of larger things are. Photographs of the
# training and tuning pictures reach 0.943 (98 in 100), pages start at 0.963.
TEXT_INK = 0.97
TEXT_EDGES = 0.10  # birds in a clear sky are strokes on an even ground, too, but few
TEXT_TWO_TONE = 0.28

# Drawings: areas that are exactly even, and edges between two tones without the shades between them. Each way asks more
# of one where it asks less of the other. Clipped areas (sky, night, a white studio) are even in photographs as well.
DRAWN_EVEN, DRAWN_EVEN_TWO_TONE = 0.40, 0.40  # even areas that are not clipped: 0.24 in 98 of 100 photographs
DRAWN_FLAT, DRAWN_FLAT_TWO_TONE = 0.30, 0.55  # even areas, clipped ones included
DRAWN_SHARP, DRAWN_SHARP_EVEN, DRAWN_SHARP_TWO_TONE = 0.07, 0.04, 0.50  # hard steps: pages with photographs, maps
BLANK = 0.98  # nothing but one even area

_TILE = 256
_TILES = 64  # 64 tiles of 256 x 256: 4.2 megapixels, however large the picture
_CLIP_LOW, _CLIP_HIGH = 2, 253

Mask = npt.NDArray[np.bool_]


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
      screenshot  drawn content: windows, web pages, slides, charts, maps, logos, pixel art, flat illustrations. The same,
                  and readers magnify it. A page that holds photographs counts while drawn parts cover much of it.
    reasons: one sentence each, for every kind that applies, the deciding one first; empty for a photograph.
    """

    kind: str
    reasons: tuple[str, ...] = ()

    @property
    def inside(self) -> bool:
        """Whether the scale of visibility was made for such pictures."""
        return self.kind == "photo"


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

    Looks at 4.2 megapixels at most, in tiles at full resolution. Mirrored pictures get the same verdict.
    """
    found: list[tuple[str, str]] = []
    short, long = sorted((picture.width, picture.height))
    if short < SMALLEST_SIDE:
        found.append(("tiny", f"the shorter side has {short} pixels, fewer than {SMALLEST_SIDE}"))
    if long > LONGEST_ASPECT * short:
        found.append(("extreme", f"{long / short:.1f} times as long as wide, more than {LONGEST_ASPECT:g}"))
    measured = shares(picture.rgb)
    if measured.dark >= DARK_SHARE:
        found.append(("near-black", f"{measured.dark:.1%} of the pixels are darker than code {DARK_CODE}"))
    if picture.bits > 8:
        found.append(("deep", f"{picture.bits}-bit input"))
    if measured.dark < DARK_SHARE:
        found += _drawn(measured)
    return Domain(found[0][0] if found else "photo", tuple(reason for _, reason in found))


def _drawn(s: Shares) -> Iterator[tuple[str, str]]:
    if s.ink >= TEXT_INK and s.edges >= TEXT_EDGES and s.two_tone >= TEXT_TWO_TONE:
        yield "text", f"thin strokes on an even ground make {s.ink:.0%} of the edges"
    if s.flat >= BLANK:
        yield "screenshot", f"{s.flat:.0%} of the picture is one even area"
    elif (
        (s.even >= DRAWN_EVEN and s.two_tone >= DRAWN_EVEN_TWO_TONE)
        or (s.flat >= DRAWN_FLAT and s.two_tone >= DRAWN_FLAT_TWO_TONE)
        or (s.sharp >= DRAWN_SHARP and s.even >= DRAWN_SHARP_EVEN and s.two_tone >= DRAWN_SHARP_TWO_TONE)
    ):
        yield (
            "screenshot",
            f"{s.flat:.0%} of the picture is exactly even and {s.two_tone:.0%} of its edges have two tones",
        )


def shares(rgb: Pixels) -> Shares:
    """The shares the rule looks at, of uint8 (H, W, 3)."""
    counts = np.sum([_counts(tile) for tile in _tiles(rgb)], axis=0)
    pixels, dark, flat, even, edges, two_tone, closed, opened, steps = (float(count) for count in counts)
    some = max(edges, 1.0)
    return Shares(
        dark=dark / pixels,
        flat=flat / pixels,
        even=even / pixels,
        edges=edges / pixels,
        two_tone=two_tone / some,
        ink=max(closed, opened) / some,
        sharp=steps / some,
    )


def _tiles(rgb: Pixels) -> Iterator[Pixels]:
    """The whole picture, or for a large one tiles at places that mirror each other."""
    height, width = rgb.shape[:2]
    if height * width <= _TILES * _TILE * _TILE:
        yield rgb
        return
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


def _count(mask: Mask) -> int:
    return int(np.count_nonzero(mask))


def _counts(rgb: Pixels) -> list[float]:
    """Pixels, then those that are dark, flat, even, edges, two-tone, closed ink, opened ink; then hard steps."""
    rgb = np.ascontiguousarray(rgb)
    luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    low, high = _range(rgb, 3)
    red, green, blue = cv2.split(cv2.absdiff(high, low))
    flat = (red | green | blue) == 0
    low, high = _range(luma, 7)
    spread = high - low
    edge = spread >= EDGE
    near = cv2.min(luma - low, high - luma) <= spread >> 3
    ink = []
    for operation in (cv2.MORPH_CLOSE, cv2.MORPH_OPEN):
        ground = _range(cv2.morphologyEx(luma, operation, np.ones((13, 13), np.uint8)), 7)
        ink.append(_count((ground[1] - ground[0] <= spread >> 2) & edge))
    across = _count(cv2.absdiff(luma[:, 1:], luma[:, :-1]) >= STEP) if luma.shape[1] > 1 else 0
    down = _count(cv2.absdiff(luma[1:], luma[:-1]) >= STEP) if luma.shape[0] > 1 else 0
    unclipped = (luma > _CLIP_LOW) & (luma < _CLIP_HIGH)
    return [
        luma.size,
        _count(luma < DARK_CODE),
        _count(flat),
        _count(flat & unclipped),
        _count(edge),
        _count(near & edge),
        *ink,
        (across + down) / 2,
    ]
