"""The choice among codecs: what fails, what is refused, and what stands in the row of the one that is taken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jndkit.codecs import available
from jndkit.errors import CodecError, TargetError
from jndkit.observers.cvvdp import Cvvdp
from jndkit.picture import Picture, Source, load
from jndkit.picturewise.choosing import Chooser, predict_choice
from jndkit.picturewise.decision import leaves_chroma
from jndkit.picturewise.domain import Domain, domain
from jndkit.picturewise.goal import Goal
from jndkit.picturewise.prediction import predictor
from jndkit.protocols import protocol
from jndkit.visibility import jnd_for

AIC, DESKTOP = protocol("aic")


def goal(viewers: float = 75.0, kind: Domain | None = None) -> Goal:
    return Goal(viewers, AIC, DESKTOP, kind or Domain("photo"))


def chooser(picture: Picture, asked: Goal) -> Chooser:
    return Chooser(picture, asked, Cvvdp(), predictor(picture, DESKTOP, near=(asked.jnd,), widen=asked.widen))


@pytest.fixture(scope="module")
def long() -> Picture:
    """Wider than a WebP file can be, and so far from any photograph."""
    ramp = np.add.outer(np.arange(64), np.arange(16_400) // 16).astype(np.uint8)
    return Picture(np.repeat(ramp[..., None], 3, axis=2), source=Source("long.png", "PNG", 1, "0" * 64))


def test_outside_the_domain_half_of_the_target_and_twice_the_interval_hold() -> None:
    inside, outside = goal(), goal(kind=Domain("text", ("thin strokes",)))
    assert inside.jnd == jnd_for(75.0, AIC)
    assert (outside.jnd, outside.widen) == (inside.jnd / 2, 2.0)
    assert inside.caveats(lossless=False) == inside.caveats(lossless=True) == []
    assert outside.caveats(lossless=True) == [
        "outside the domain of the scale (text: thin strokes): coded without loss",
    ]
    assert "held to half of the target" in outside.caveats(lossless=False)[0]
    assert str(inside) == "75 % of viewers (0.47 JND)"


def test_a_codec_that_people_see_sooner_is_held_to_less() -> None:
    stricter = replace(goal(), protocol=replace(AIC, factors=(("jpeg", 0.5),)))
    assert stricter.of("jpeg").jnd == pytest.approx(0.5 * goal().jnd)
    assert stricter.of("webp").jnd == goal().jnd
    lake = Image.open(Path(__file__).parents[2] / "examples" / "lake.png").convert("RGB")
    picture = Picture(np.asarray(lake.crop((192, 60, 448, 252))), source=Source("a.png", "PNG", 1, "0" * 64))
    plain, held = (chooser(picture, asked).smallest(["jpeg:420"]) for asked in (goal(), stricter))
    assert held.choice.reading.jnd <= 0.5 * goal().jnd
    assert held.decision.size > plain.decision.size
    expected = [predict_choice(picture, "jpeg:420", asked, predictor(picture, DESKTOP)) for asked in (goal(), stricter)]
    assert expected[0].value is not None
    assert expected[1].value is not None
    assert expected[1].value > expected[0].value


@pytest.mark.parametrize(
    ("spec", "free"), [("jpeg", True), ("avif:s6", True), ("jpeg:420", False), ("avif:s6,444", False), ("jxl:e7", True)]
)
def test_chroma_is_ours_to_choose_unless_the_spec_says(spec: str, free: bool) -> None:
    assert leaves_chroma(spec) is free


@pytest.mark.skipif(available()["webp"] != "", reason="needs WebP")
def test_a_codec_that_fails_is_named_alone_and_passed_over_among_others(long: Picture) -> None:
    asked = goal(kind=domain(long))
    assert asked.domain.kind == "extreme"
    with pytest.raises(CodecError, match=r"^long\.png: "):
        chooser(long, asked).smallest(["webp"])
    chosen = chooser(long, asked).smallest(["webp", "jpeg"], auto=True)
    assert chosen.choice.codec.name in ("jpeg", "png")
    assert any("outside the domain of the scale (extreme: " in note for note in chosen.decision.notes)
    assert chosen.encodes >= 2


def test_what_no_codec_meets_is_said_of_each() -> None:
    stripes = np.zeros((96, 96, 3), np.uint8)
    stripes[:, ::2] = (255, 0, 0)
    stripes[:, 1::2] = (0, 90, 255)
    picture = Picture(stripes, source=Source("stripes.png", "PNG", 1, "0" * 64))
    with pytest.raises(TargetError, match=r"^stripes\.png: jpeg:420 does not reach 90 % .*; avif:420 does not reach"):
        chooser(picture, goal(90.0)).smallest(["jpeg:420", "avif:420"])


def test_a_prediction_says_what_the_codec_leaves_out() -> None:
    rgb = np.random.default_rng(0).integers(90, 160, (80, 96, 3), np.uint8)
    picture = Picture(rgb, alpha=np.full((80, 96), 200, np.uint8))
    decision = predict_choice(picture, "jpeg", goal(), predictor(picture, DESKTOP))
    assert decision.value is not None
    assert "jpeg has no transparency: composited over white" in decision.notes


@pytest.mark.skipif(available()["jxl"] != "", reason="needs jndkit[codecs]")
@pytest.mark.parametrize("quality", [25, 60, 80, 95])
def test_a_jpeg_is_carried_where_that_is_smaller(tmp_path: Path, quality: int) -> None:
    lake = Image.open(Path(__file__).parents[2] / "examples" / "lake.png").convert("RGB")
    lake.crop((192, 60, 448, 252)).save(tmp_path / "a.jpg", quality=quality)
    picture, asked = load(tmp_path / "a.jpg"), goal()
    predict = predictor(picture, DESKTOP, near=(asked.jnd,), widen=asked.widen)
    plain = Chooser(picture, asked, Cvvdp(), predict).smallest(["jxl"])
    either = Chooser(picture, asked, Cvvdp(), predict, carry=True).smallest(["jxl"])
    assert either.encodes == plain.encodes + 1
    assert either.choice.reading.jnd <= asked.jnd
    if either.choice.codec.spec == "jxl:jpeg":
        assert either.decision.size < plain.decision.size
        assert either.decision.stop == "lossless"
    else:
        assert either.choice.data == plain.choice.data
    assert (either.choice.codec.spec == "jxl:jpeg") == (quality < 80)


@pytest.mark.skipif(available()["jxl"] != "", reason="needs jndkit[codecs]")
def test_a_jpeg_outside_the_domain_is_carried_and_not_coded_anew(tmp_path: Path) -> None:
    page = np.full((200, 320, 3), 245, np.uint8)
    page[20:180:9, 20:300:3] = 10
    Image.fromarray(page).save(tmp_path / "a.jpg", quality=75, comment=b"a page")
    picture = load(tmp_path / "a.jpg")
    asked = goal(kind=Domain("text", ("thin strokes",)))
    predict = predictor(picture, DESKTOP, near=(asked.jnd,), widen=asked.widen)
    chosen = Chooser(picture, asked, Cvvdp(), predict, carry=True).smallest(["jxl"])
    assert [probe.spec for probe in chosen.decision.probes] == ["jxl:e7,lossless", "jxl:jpeg"]
    assert chosen.choice.codec.spec == "jxl:jpeg"
    assert chosen.decision.notes[0].endswith("coded without loss")
