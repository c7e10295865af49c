"""What is outside the domain of photographs is recognised, and photographs are not."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

import made_pictures
from jndkit.picture import Picture, Pixels
from jndkit.picturewise.domain import Domain, domain, shares

COUNT = 30  # made pictures a class; benchmarks/domain.py looks at more and larger ones, with other seeds
LARGEST = 640


def seen(pixels: Pixels, **more: Any) -> Domain:
    return domain(Picture(np.ascontiguousarray(pixels), **more))


@pytest.mark.parametrize(
    ("kind", "verdicts"),
    [
        ("tiny", {"tiny"}),
        ("extreme", {"extreme"}),
        ("near-black", {"near-black"}),
        ("text", {"text", "screenshot", "near-black"}),
        ("screenshot", {"text", "screenshot", "near-black"}),
    ],
)
def test_outside(kind: str, verdicts: set[str]) -> None:
    found = [seen(made_pictures.made(kind, seed, LARGEST)) for seed in range(COUNT)]
    missed = [seed for seed, one in enumerate(found) if one.inside]
    assert len(missed) < COUNT // 10, f"missed {missed}"
    assert {one.kind for one in found} <= verdicts | {"photo"}
    assert all(one.reasons for one in found if not one.inside)


def test_photographs_are_inside() -> None:
    flagged = [seed for seed in range(COUNT) if not seen(made_pictures.made("photo", seed, LARGEST)).inside]
    assert not flagged


@pytest.mark.parametrize("quality", [75, 95])
def test_photographs_from_jpeg_files_are_inside(quality: int) -> None:
    made = (made_pictures.made("photo", seed, LARGEST) for seed in range(10))
    assert all(seen(made_pictures.resaved(pixels, quality)).inside for pixels in made)


@pytest.mark.parametrize("border", [0, 255])
def test_a_photograph_in_a_frame_is_inside(border: int) -> None:
    made = (made_pictures.made("photo", seed, 400) for seed in range(10))
    framed = (np.pad(pixels, ((60, 60), (90, 20), (0, 0)), constant_values=border) for pixels in made)
    assert all(seen(pixels).inside for pixels in framed)


@pytest.mark.parametrize("form", ["terminal", "editor", "spreadsheet", "chat", "page", "notes"])
def test_a_screen_stays_one_in_a_jpeg_file(form: str) -> None:
    found = [seen(made_pictures.resaved(made_pictures.made(form, seed, LARGEST), 80)).inside for seed in range(6)]
    assert sum(found) <= 1


def test_sizes() -> None:
    scene = made_pictures.made("photo", 1, LARGEST)
    scene = np.asarray(Image.fromarray(scene).resize((640, 640)))
    assert seen(scene[:64]).kind == "extreme"
    assert seen(scene[:80]).inside  # 8 times as long as wide, no more
    assert seen(scene[:63]).kind == "tiny"
    assert len(seen(scene[:63]).reasons) == 2  # extreme as well
    assert seen(scene[:1, :1]).kind == "tiny"
    assert seen(scene[:, :63]).reasons[0].startswith("the shorter side has 63 pixels")


def test_deep_input() -> None:
    scene = made_pictures.made("photo", 2, LARGEST)
    assert seen(scene, bits=16) == Domain("deep", ("16-bit input",))
    assert "16-bit input" in seen(scene[:40], bits=16).reasons
    assert seen(scene, bits=8).inside


@pytest.mark.parametrize(
    ("level", "kind"), [(0, "near-black"), (19, "near-black"), (20, "screenshot"), (255, "screenshot")]
)
def test_one_plain_colour(level: int, kind: str) -> None:
    assert seen(np.full((200, 300, 3), level, np.uint8)).kind == kind


def test_a_few_lamps_do_not_light_a_night_but_a_moonlit_one_is_a_photograph() -> None:
    scene = made_pictures.made("photo", 3, LARGEST)
    night = (scene * 0.06).astype(np.uint8)
    night[:10, : night.shape[1] // 10] = 240
    assert seen(night).kind == "near-black"
    assert seen((scene * 0.4).astype(np.uint8)).inside


def test_shares_of_a_known_picture() -> None:
    plane = np.full((100, 200, 3), 10, np.uint8)
    plane[:, 100:] = 200
    measured = shares(plane)
    assert measured.dark == 0.5
    assert measured.edges == 6 / 200  # three columns on either side see both tones within 7 x 7 pixels
    assert measured.flat == measured.even == 198 / 200
    assert measured.two_tone == 1
    assert measured.ink == 0  # neither tone is a stroke
    assert measured.sharp == 0.5 / 6  # one step in six pixels of a line, none down the columns
    plane[:, 100:] = 255
    assert shares(plane).even == 99 / 200


def test_ink_is_what_is_thinner_than_13_pixels() -> None:
    page = np.full((300, 300, 3), 240, np.uint8)
    page[40:260:20, 20:280] = 30
    assert shares(page).ink == 1
    page[:, 150:170] = 30
    assert shares(page).ink < 0.9


@settings(max_examples=25, deadline=None)
@given(
    kind=st.sampled_from(["photo", "near-black", "screenshot", "text", "extreme", "tiny"]), seed=st.integers(0, 10**6)
)
def test_mirrored_pictures_measure_the_same(kind: str, seed: int) -> None:
    pixels = made_pictures.made(kind, seed, 300)
    verdict = seen(pixels)
    for mirrored in (pixels[::-1], pixels[:, ::-1], pixels[::-1, ::-1]):
        assert shares(mirrored) == shares(pixels)
        assert seen(mirrored) == verdict


@pytest.mark.parametrize("kind", ["photo", "screenshot", "text", "near-black"])
def test_grey_and_its_three_equal_planes_are_one(kind: str) -> None:
    for seed in range(5):
        grey = cv2.cvtColor(made_pictures.made(kind, seed, 400), cv2.COLOR_RGB2GRAY)
        pixels = np.repeat(grey[:, :, None], 3, axis=2)
        assert seen(pixels, grey=True) == seen(pixels, grey=False)
        assert shares(pixels).edges == shares(pixels[:, :, ::-1]).edges


@pytest.mark.parametrize("kind", ["photo", "screenshot"])
def test_alpha_is_ignored(kind: str) -> None:
    for seed in range(3):
        picture = Picture(made_pictures.made(kind, seed, 400))
        alpha = np.random.default_rng(seed).integers(0, 256, picture.rgb.shape[:2], dtype=np.uint8)
        assert domain(dataclasses.replace(picture, alpha=alpha)) == domain(picture)


@pytest.mark.parametrize(("kind", "inside"), [("photo", True), ("terminal", False), ("page", False)])
def test_large_pictures_are_sampled(kind: str, inside: bool) -> None:
    """The same content repeated to over 4.2 megapixels keeps its verdict; a mirrored one too."""
    pixels = made_pictures.made(kind, 4, LARGEST)
    large = np.tile(pixels, (2200 // pixels.shape[0] + 1, 2600 // pixels.shape[1] + 1, 1))
    assert seen(large).inside is inside
    assert shares(large[::-1]) == shares(large) == shares(large[:, ::-1])


@pytest.mark.shared
@pytest.mark.slow
def test_the_shared_folder(shared: Path) -> None:
    """Under 2 % of the photographs are flagged, and the drawings among them are found."""
    verdicts = {}
    for folder in ("train", "valid", "kodak"):
        for file in sorted((shared / "data" / folder).rglob("*.*")):
            with Image.open(file) as opened:
                name = file.relative_to(shared / "data").as_posix()
                verdicts[name] = seen(np.array(opened.convert("RGB"))).inside
    flagged = [name for name, inside in verdicts.items() if not inside and name not in made_pictures.DRAWINGS]
    missed = [name for name, inside in verdicts.items() if inside and name in made_pictures.DRAWINGS]
    assert len(verdicts) == 462
    assert len(flagged) < 0.02 * (len(verdicts) - len(made_pictures.DRAWINGS)), flagged
    assert len(missed) < 0.1 * len(made_pictures.DRAWINGS), missed
