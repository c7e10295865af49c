"""Decisions about a made codec: one pixel that fades with the knob, read by a made observer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, strategies as st

from jndkit.codecs import Codec, codec as named_codec
from jndkit.codecs.contract import Knob
from jndkit.codecs.spec import Grammar
from jndkit.errors import CodecError
from jndkit.observers import Box, Reading
from jndkit.observers.contract import is_noisy
from jndkit.observers.cvvdp import Cvvdp
from jndkit.picture import Picture
from jndkit.picturewise import decision
from jndkit.picturewise.decision import cheapest, decide, leaves_chroma, predict_decision
from jndkit.picturewise.prediction import Prediction
from jndkit.picturewise.probing import Prober

TARGET = 0.5
GRAMMAR = Grammar("made", (), "q")
QUALITY = Knob("quality", 0, 99, 1, True)
BLANK = Picture(np.zeros((8, 8, 3), np.uint8))


@dataclass
class Made:
    """Its file is the number of the knob's step."""

    name: str = "made"
    spec: str = "made:444"
    suffix: str = ".made"
    chroma: str = "444"
    knob: Knob = QUALITY
    carries: frozenset[str] = frozenset()
    options: tuple[str, ...] = ()
    lossless: str | None = None
    block_limit: int | None = None
    grammar: Grammar = GRAMMAR

    def encode(self, picture: Picture, value: float) -> bytes:
        return bytes([int(value)])

    def decode(self, data: bytes) -> Picture:
        return replace(BLANK, rgb=np.full((8, 8, 3), data[0], np.uint8))


@dataclass(frozen=True)
class MadeWatched:
    """Reads of step `n` what `read` says."""

    read: Callable[[int], float]

    def __call__(self, decoded: Picture) -> Reading:
        jnd = self.read(int(decoded.rgb[0, 0, 0]))
        return Reading(jnd, jnd, Box(0, 0, 8, 8), (jnd / 2, jnd * 2))

    def map(self, decoded: Picture) -> npt.NDArray[np.float32]:
        return np.full(decoded.rgb.shape[:2], self(decoded).jnd, np.float32)


def expecting(curve: list[float], source: str = "made", sigma: float = 0.2) -> Callable[[object], Prediction]:
    return lambda codec: Prediction(tuple(map(float, range(len(curve)))), tuple(curve), (sigma,) * len(curve), source)


def prober(read: Callable[[int], float], *, noisy: bool = False, curve: list[float] | None = None) -> Prober:
    straight = [float(value) for value in np.linspace(math.log(8.0), math.log(0.05), 100)]
    return Prober(BLANK, MadeWatched(read), expecting(curve or straight), TARGET, 5, noisy)


def test_a_true_prediction_needs_one_encode() -> None:
    curve = [1.5 - 0.04 * step for step in range(100)]
    decision = decide(prober(lambda step: math.exp(curve[step]), curve=curve), Made(), chroma_free=True)
    assert decision.stop == "window"
    assert len(decision.probes) == 1
    assert decision.searched == decision.probes
    assert decision.probes[0].interval == pytest.approx((decision.probes[0].jnd / 2, decision.probes[0].jnd * 2))
    assert decision.prediction is not None
    assert decision.prediction.source == "made"


@pytest.mark.parametrize("shift", [-2.0, 2.0])
def test_a_prediction_far_off_still_ends_on_a_file_that_passes(shift: float) -> None:
    curve = [1.5 - 0.04 * step for step in range(100)]
    wrong = [value + shift for value in curve]
    decision = decide(prober(lambda step: math.exp(curve[step]), curve=wrong), Made(), chroma_free=True)
    assert decision.choice is not None
    assert decision.choice.reading.jnd <= TARGET


@given(boundary=st.integers(0, 99), first=st.integers(0, 20), gap=st.integers(5, 30))
def test_a_noisy_observer_is_voted_on(boundary: int, first: int, gap: int) -> None:
    """What is returned was read as invisible, near the boundary, though every `gap`-th answer is wrong."""
    wrong = set(range(first, 100, gap))
    asked: list[int] = []

    def read(step: int) -> float:
        asked.append(step)
        return 1.0 if (step < boundary) != (step in wrong) else 0.1

    decision = decide(prober(read, noisy=True), Made(), chroma_free=True)
    assert len(set(asked)) == len(asked) == len(decision.probes) <= 40
    if decision.choice is None:
        assert boundary >= 98
        return
    assert decision.stop == "boundary"
    assert decision.choice.reading.jnd <= TARGET
    assert abs(decision.choice.value - boundary) <= 3
    assert decision.choice.data == bytes([int(decision.choice.value)])


def test_a_noisy_observer_that_sees_everything() -> None:
    decision = decide(prober(lambda step: 1.0, noisy=True), Made(), chroma_free=True)
    assert (decision.choice, decision.stop) == (None, "unreachable")


def test_observers_are_not_noisy_unless_they_say_so() -> None:
    class Noisy(Cvvdp):
        noisy = True

    assert not is_noisy(Cvvdp())
    assert is_noisy(Noisy())


def test_a_prediction_is_the_cheapest_step_expected_to_pass() -> None:
    curve = [1.5 - 0.04 * step for step in range(100)]
    decision = predict_decision(Made(), expecting(curve), TARGET, chroma_free=True)
    assert decision.value == next(step for step in range(100) if curve[step] <= math.log(TARGET))
    assert decision.codec.spec == "made:444"
    assert decision.notes == ()


def test_a_prediction_takes_full_chroma_where_half_of_it_should_show() -> None:
    def of(codec: Codec) -> Prediction:
        left = 0.3 if codec.chroma == "420" else 0.01
        curve = [max(1.5 - 0.04 * step, math.log(left)) for step in range(100)]
        return expecting(curve)(codec)

    assert predict_decision(named_codec("jpeg"), of, TARGET, chroma_free=True).codec.spec == "jpeg:444"
    kept = predict_decision(named_codec("jpeg"), of, TARGET, chroma_free=False)
    assert (kept.codec.spec, kept.notes) == ("jpeg:420", ())
    assert predict_decision(named_codec("jpeg"), of, 0.7, chroma_free=True).codec.spec == "jpeg:420"


def test_a_prediction_goes_lossless_where_the_format_can() -> None:
    seen = expecting([1.0] * 100)
    webp = predict_decision(named_codec("webp"), seen, TARGET, chroma_free=True)
    assert (webp.codec.spec, webp.value, webp.prediction) == ("webp:m4,lossless", 0, None)
    assert "lossless" in webp.notes[-1]
    assert predict_decision(named_codec("webp"), seen, TARGET, chroma_free=False).prediction is None
    first = predict_decision(
        named_codec("webp"), expecting([-3.0] * 100), TARGET, chroma_free=True, lossless_first=True
    )
    assert first.codec.spec == "webp:m4,lossless"
    assert predict_decision(Made(), seen, TARGET, chroma_free=True).value is None
    png = predict_decision(named_codec("png"), seen, TARGET, chroma_free=True)
    assert (png.codec.spec, png.prediction, png.notes) == ("png", None, ())


def halved(codec: Codec, chroma: str) -> Callable[[Codec], Prediction]:
    """Of the codec itself 4:2:0 alone takes most of the target; its other options can pass."""

    def of(asked: Codec) -> Prediction:
        left = 0.4 if asked.chroma == chroma else 0.01
        curve = [max(1.5 - 0.04 * step, math.log(left)) for step in range(len(asked.knob.grid))]
        return Prediction(asked.knob.grid, tuple(curve), (0.2,) * len(curve), "made")

    return of


def test_webp_takes_sharp_chroma_before_it_loses_nothing_at_all() -> None:
    webp = named_codec("webp")
    if "webp:m4,sharp" not in webp.options:
        pytest.skip("needs pip install 'jndkit[webp]'")
    found = predict_decision(webp, halved(webp, "420"), TARGET, chroma_free=True)
    assert (found.codec.spec, found.codec.chroma) == ("webp:m4,sharp", "sharp")
    assert found.notes == ("sharp chroma, since 4:2:0 alone is expected to read 0.40 JND",)
    assert leaves_chroma("webp:m6")
    assert not leaves_chroma("webp:sharp")


@dataclass
class Faded(Made):
    """Reads less where its chroma is whole."""

    def encode(self, picture: Picture, value: float) -> bytes:
        return bytes([int(value)]) * (2 if self.chroma == "444" else 1)


@pytest.mark.parametrize(("chroma_jnd", "tried"), [(0.3, ["a:444", "b:444", "b:420"]), (0.6, ["a:444", "b:444"])])
def test_best_effort_tries_no_option_twice_and_none_whose_chroma_shows(
    monkeypatch: pytest.MonkeyPatch, chroma_jnd: float, tried: list[str]
) -> None:
    options = ("a:444", "b:444", "b:420")
    made = {spec: Faded(spec=spec, chroma=spec[2:], options=options) for spec in ("a:420", *options)}
    monkeypatch.setattr(decision, "named_codec", made.__getitem__)
    asked = prober(lambda step: 1.4 - 0.01 * step)
    asked.chroma_jnd = chroma_jnd
    first = decide(asked, made["a:420"], chroma_free=True)
    assert first.choice is not None
    assert first.choice.codec.spec == "a:444"
    best = cheapest(asked, made["a:420"], first)
    assert list(dict.fromkeys(probe.spec for probe in asked.probes)) == tried
    assert best.choice is not None
    assert best.choice.codec.spec == ("b:420" if "b:420" in tried else "a:444")
    assert best.probes == tuple(asked.probes)


def test_an_option_whose_encoder_fails_loses(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(Faded):
        def encode(self, picture: Picture, value: float) -> bytes:
            raise CodecError("the b encoder failed: no memory")

    made = {"a:444": Faded(spec="a:444", options=("b:444",)), "b:444": Failing(spec="b:444")}
    monkeypatch.setattr(decision, "named_codec", made.__getitem__)
    asked = prober(lambda step: 1.4 - 0.01 * step)
    first = decide(asked, made["a:444"], chroma_free=True)
    assert cheapest(asked, made["a:444"], first).choice == first.choice
