"""What is predicted of a picture: by the network where it is there and knows, else by the typical curve."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from jndkit.codecs import available, codec
from jndkit.errors import DamagedError, InputError, MissingError, UsageError
from jndkit.picture import Picture
from jndkit.picturewise import prediction
from jndkit.picturewise.curves import is_known, reach, typical_curve, typical_sigma
from jndkit.picturewise.prediction import PredictedKnob, Prediction, predictor
from jndkit.viewing import DISPLAYS, viewing

DESKTOP = DISPLAYS["desktop"]
SPECS = ("jpeg:420", "jpeg:444", "webp", "avif", "avif:444", "heic", "jxl", "vvc", "bpg", "bpg:444", "webp:lossless")


def specs() -> list[str]:
    present = available()
    return [spec for spec in SPECS if present[spec.partition(":")[0]] == ""]


@pytest.fixture
def without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> Any:
        raise MissingError(name, "pip install jndkit")

    monkeypatch.setattr(prediction, "find", find)


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Picture]]:
    """network(of) puts a made network in place whose answers `of` gives; returns the pictures it was shown."""

    def put(of: Callable[[Any], Any]) -> list[Picture]:
        shown: list[Picture] = []

        class Knob:
            def __init__(self, picture: Picture, display: Any, protocol: Any, near: Any) -> None:
                shown.append(picture)
                if picture.width < 8:
                    raise InputError(picture.name, "it is too small")

            def of(self, asked: Any) -> Any:
                return of(asked)

        module = ModuleType("jndkit.picturewise.knob")
        vars(module)["Knob"] = Knob
        monkeypatch.setitem(sys.modules, module.__name__, module)
        card = SimpleNamespace(name="knob.made.v1")
        monkeypatch.setattr(prediction, "find", lambda name: SimpleNamespace(card=card))
        return shown

    return put


def plain(size: int = 16, **more: Any) -> Picture:
    return Picture(np.full((size, size, 3), 90, np.uint8), **more)


def straight(steps: int = 100, sigma: float = 0.2) -> Prediction:
    curve = np.linspace(math.log(8.0), math.log(0.05), steps)
    return Prediction(tuple(map(float, range(steps))), tuple(map(float, curve)), (sigma,) * steps, "made")


@pytest.mark.usefixtures("without_network")
@pytest.mark.parametrize("spec", specs())
@pytest.mark.parametrize("display", ["desktop", "4k", "laptop", "phone", 12.0])
def test_every_codec_has_an_expectation_at_every_display(spec: str, display: str | float) -> None:
    configured = codec(spec)
    prediction = predictor(plain(), viewing(display))(configured)
    assert prediction.grid == configured.knob.grid
    assert prediction.curve == tuple(typical_curve(configured, viewing(display)))
    assert len(prediction.curve) == len(prediction.sigma) == len(prediction.grid)
    assert all(0.2 < sigma < 1.5 for sigma in prediction.sigma)
    assert prediction.source == ("typical" if is_known(configured) else "unknown")


def test_photographs_differ_more_where_little_is_left_to_see() -> None:
    sigma = typical_sigma(codec("jpeg"), DESKTOP)
    assert sigma[20] < sigma[75] < sigma[95]
    assert 0.4 < sigma[80] < 0.8
    assert 2.0 < reach() < 10.0


def test_an_ordinary_picture_at_quality_eighty_or_so() -> None:
    knob = Prediction(
        codec("jpeg").knob.grid,
        tuple(typical_curve(codec("jpeg"), DESKTOP)),
        tuple(typical_sigma(codec("jpeg"), DESKTOP)),
        "typical",
    ).knob(0.4721)
    assert knob.value is not None
    assert knob.low is not None
    assert 75 <= knob.value <= 90
    assert knob.low < knob.value < (knob.high or 101)


@given(
    target=st.floats(0.01, 20.0),
    level=st.floats(0.01, 0.99),
    sigma=st.floats(0.0, 1.0),
    curve=st.lists(st.floats(-6.0, 3.0), min_size=1, max_size=40),
)
def test_the_knob_is_the_cheapest_step_that_should_pass(
    target: float, level: float, sigma: float, curve: list[float]
) -> None:
    steps = tuple(float(step) for step in range(len(curve)))
    knob = Prediction(steps, tuple(curve), (sigma,) * len(curve), "made").knob(target, level)
    passing = [step for step, mean in zip(steps, curve, strict=True) if mean <= math.log(target)]
    assert knob.value == (passing[0] if passing else None)
    order = [len(curve) if end is None else end for end in (knob.low, knob.value, knob.high)]
    assert order == sorted(order)


def test_the_interval_widens_with_the_level_and_ends_past_the_grid() -> None:
    prediction = straight()
    narrow, wide = prediction.knob(0.5, 0.5), prediction.knob(0.5, 0.9)
    ends = (wide.low, narrow.low, narrow.value, narrow.high, wide.high)
    known = [value for value in ends if value is not None]
    assert len(set(known)) == len(ends)
    assert known == sorted(known)
    assert wide.value == narrow.value
    assert straight(sigma=0.0).knob(0.5) == PredictedKnob(narrow.value, narrow.value, narrow.value)
    assert prediction.knob(0.06).high is None
    assert prediction.knob(0.06).value is not None
    assert prediction.knob(0.01) == PredictedKnob(None, None, None)
    assert prediction.knob(50.0) == PredictedKnob(0.0, 0.0, 0.0)


def test_of_a_distance_the_cheap_end_comes_first() -> None:
    coarse_first = Prediction((3.0, 2.0, 1.0), (0.0, -1.0, -2.0), (0.5, 0.5, 0.5), "made")
    assert coarse_first.knob(math.exp(-1.0)) == PredictedKnob(2.0, 2.0, 1.0)


@pytest.mark.parametrize("wrong", [{"target": 0.0}, {"target": math.nan}, {"target": 0.5, "level": 1.0}])
def test_requests_without_sense(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        straight().knob(**wrong)
    with pytest.raises(UsageError):
        predictor(plain(), DESKTOP, widen=0.5)


def test_the_network_looks_once_and_late(network: Callable[..., list[Picture]]) -> None:
    shown = network(lambda asked: ([1.0] * len(asked.knob.grid), [0.1] * len(asked.knob.grid)))
    of = predictor(plain(), DESKTOP, widen=2.0)
    assert shown == []
    prediction = of(codec("jpeg"))
    of(codec("webp"))
    assert len(shown) == 1
    assert (prediction.source, prediction.curve[0], prediction.sigma[0]) == ("knob.made.v1", 1.0, 0.2)


def test_the_network_sees_srgb_over_white(network: Callable[..., list[Picture]]) -> None:
    shown = network(lambda asked: None)
    clear, native = np.zeros((16, 16), np.uint8), np.zeros((16, 16, 3), np.uint8)
    predictor(plain(alpha=clear, native=native, icc=b"p3"), DESKTOP)(codec("jpeg"))
    assert (shown[0].rgb == 255).all()
    assert (shown[0].alpha, shown[0].native, shown[0].icc) == (None, None, None)


@pytest.mark.parametrize("answer", [None, ([math.nan] * 100, [0.1] * 100), ([0.0] * 100, [math.inf] * 100)])
def test_what_the_network_cannot_say_is_typical(network: Callable[..., list[Picture]], answer: Any) -> None:
    network(lambda asked: answer)
    assert predictor(plain(), DESKTOP)(codec("jpeg")).source == "typical"


def test_a_picture_too_small_for_the_network_is_typical(network: Callable[..., list[Picture]]) -> None:
    network(lambda asked: ([1.0] * 100, [0.1] * 100))
    assert predictor(plain(4), DESKTOP)(codec("jpeg")).source == "typical"


def test_damaged_weights_are_not_passed_over(
    network: Callable[..., list[Picture]], monkeypatch: pytest.MonkeyPatch
) -> None:
    network(lambda asked: None)

    def damaged(name: str) -> Any:
        raise DamagedError("knob.onnx", "it is not what it was")

    monkeypatch.setattr(prediction, "find", damaged)
    with pytest.raises(DamagedError, match=r"knob\.onnx"):
        predictor(plain(), DESKTOP)(codec("jpeg"))


@pytest.mark.parametrize("size", [1, 2, 9, 70])
def test_pictures_of_any_size_have_an_answer(size: int) -> None:
    """With whatever weights are installed."""
    alpha = np.full((size, 2 * size), 100, np.uint8)
    picture = Picture(np.zeros((size, 2 * size, 3), np.uint8), alpha=alpha)
    assert predictor(picture, DESKTOP)(codec("webp")).knob(0.47, 0.9).low is not None
