from __future__ import annotations

import math

import numpy as np
import pytest

import jndkit
from jndkit.codecs import Codec, available, codec
from jndkit.errors import InputError
from jndkit.picture import Picture
from jndkit.picturewise.curves import likeness, typical_curve
from jndkit.picturewise.knob import FEATURES, KNOTS, PPD, Knob, features, place
from jndkit.picturewise.responses import BANDS, RESPONSES, WatchedSample, responses, sample
from jndkit.protocols import protocol
from jndkit.viewing import DISPLAYS, viewing
from jndkit.visibility import jnd_for
from jndkit.weights import find

DESKTOP = DISPLAYS["desktop"]


def spec(name: str) -> str:
    """A codec's spec from its name in the table: some have but one chroma sampling, which no option names."""
    return name.partition(":")[0] if name in ("webp:420", "jxl:444") else name


def answer(knob: Knob, asked: Codec) -> tuple[list[float], list[float]]:
    """The curve and its error of a codec that the network was taught."""
    curves = knob.of(asked)
    assert curves is not None
    return curves


@pytest.fixture(scope="module")
def lake() -> Picture:
    return jndkit.load("examples/lake.png")


@pytest.fixture(scope="module")
def knob(lake: Picture) -> Knob:
    return Knob(lake, DESKTOP)


def test_it_is_taught_every_codec_that_has_a_curve_of_its_own() -> None:
    for name, knots in KNOTS.items():
        if available()[name.partition(":")[0]]:
            continue
        asked = codec(spec(name))
        assert f"{asked.name}:{asked.chroma}" == name
        assert list(knots) == sorted(knots)
        assert asked.knob.low <= knots[0] < knots[-1] <= asked.knob.high
    assert {name.partition(":")[0] for name in KNOTS} == {"jpeg", "webp", "avif", "heic", "jxl"}
    assert {len(knots) for knots in KNOTS.values()} == {8}


@pytest.mark.parametrize("option", ["webp:m6", "avif:s4", "jpeg:420"])
def test_options_that_change_the_bytes_alone_share_a_row(option: str) -> None:
    plain = codec(option.partition(":")[0])
    assert place(codec(option)) == place(plain) is not None


def test_a_codec_it_was_not_taught_is_left_to_others(knob: Knob) -> None:
    if available()["vvc"]:
        pytest.skip(available()["vvc"])
    assert place(codec("vvc")) is None
    assert knob.of(codec("vvc")) is None


@pytest.mark.parametrize(
    ("name", "settings"),
    [*((name, (60.0, 75.0, 88.0)) for name in ("jpeg", "webp", "avif")), ("bpg", (32.0, 26.0, 20.0))],
)
def test_it_comes_nearer_to_what_is_read_than_the_typical_curve(
    lake: Picture, knob: Knob, name: str, settings: tuple[float, ...]
) -> None:
    from jndkit.observers.cvvdp.observer import WatchedCvvdp

    if available()[name]:
        pytest.skip(available()[name])
    asked = codec(name)
    curve, sigma = answer(knob, asked)
    grid = asked.knob.grid
    assert len(curve) == len(sigma) == len(grid)
    typical = typical_curve(asked, DESKTOP)
    watched = WatchedCvvdp(lake, DESKTOP)
    own, plain = [], []
    for value in settings:
        step = min(range(len(grid)), key=lambda index: abs(grid[index] - value))
        read = math.log(watched(asked.decode(asked.encode(lake, grid[step]))).jnd)
        own.append(abs(curve[step] - read))
        plain.append(abs(typical[step] - read))
    assert np.mean(own) < (0.25 if name == "bpg" else 0.15)
    assert np.mean(own) < np.mean(plain)


@pytest.mark.skipif(available()["bpg"] != "", reason="needs jndkit[vvc]")
@pytest.mark.parametrize("chroma", ["420", "444"])
def test_bpg_is_told_by_a_codec_that_finds_the_same_pictures_hard(knob: Knob, chroma: str) -> None:
    """As far from its typical curve as WebP is from its own where both read alike, and less surely."""
    bpg, webp = codec(f"bpg:{chroma}"), codec("webp")
    assert place(bpg) is None
    like = likeness(bpg)
    assert like is not None
    assert like[0] == "webp"
    assert likeness(webp) is None
    (curve, sigma), (their_curve, their_sigma) = answer(knob, bpg), answer(knob, webp)
    typical, their_typical = np.array(typical_curve(bpg, DESKTOP)), np.array(typical_curve(webp, DESKTOP))
    away, their_away = np.array(curve) - typical, np.array(their_curve) - their_typical
    for level in (math.log(2.0), math.log(0.7), math.log(0.3)):
        step, their_step = (int(np.argmin(np.abs(each - level))) for each in (typical, their_typical))
        assert away[step] == pytest.approx(their_away[their_step], abs=0.05)
        assert sigma[step] == pytest.approx(math.hypot(their_sigma[their_step], like[1]), abs=0.03)


def test_its_error_is_a_small_positive_number(knob: Knob) -> None:
    for name in KNOTS:
        if available()[name.partition(":")[0]] == "":
            _, sigma = answer(knob, codec(spec(name)))
            assert 0.01 < min(sigma) <= max(sigma) < 3.0


@pytest.mark.parametrize("side", [1, 8, 63])
def test_a_picture_too_small_to_say_anything_is_refused(side: int) -> None:
    with pytest.raises(InputError, match="under 64"):
        Knob(Picture(rgb=np.zeros((side, 200, 3), np.uint8)), DESKTOP)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_flat_picture_gets_finite_answers(level: int) -> None:
    knob = Knob(Picture(rgb=np.full((96, 96, 3), level, np.uint8)), DESKTOP)
    curve, sigma = answer(knob, codec("jpeg"))
    assert np.isfinite(curve).all()
    assert np.isfinite(sigma).all()
    assert min(sigma) > 0.0


def test_features_tell_the_reading_its_bands_its_channels_and_the_display() -> None:
    energy = np.zeros((2, RESPONSES, BANDS, 3))
    energy[1, 0, 2, 1] = 0.5
    inputs = features(energy, viewing(2 * DESKTOP.ppd))
    assert inputs.shape == (2, FEATURES)
    assert inputs.dtype == np.float32
    assert inputs[:, -1] == pytest.approx(1.0)
    assert inputs[0, :-1] == pytest.approx(math.log(0.01))
    parts = inputs[1, :-1].reshape(RESPONSES, -1)
    louder = np.flatnonzero(parts[0] > math.log(0.02)).tolist()
    assert louder == [0, 1 + 2, BANDS + 1]  # all of it, the third band, the second channel
    assert parts[1:] == pytest.approx(math.log(0.01))


@pytest.mark.parametrize(("ppd", "end"), [(5.0, PPD[0]), (300.0, PPD[1])])
def test_beyond_the_displays_it_was_taught_the_nearest_is_asked(ppd: float, end: float) -> None:
    energy = np.zeros((1, RESPONSES, BANDS, 3))
    assert features(energy, viewing(ppd))[0, -1] == features(energy, viewing(end))[0, -1]


def test_the_worst_window_decides() -> None:
    """Fine detail in one corner of a large calm picture is told as it would be alone, not as the mean of it all."""
    calm = np.full((512, 768, 3), 128, np.uint8)
    busy = calm.copy()
    busy[:256, :256] = np.clip(128 + 40 * np.random.default_rng(0).standard_normal((256, 256, 1)), 0, 255)
    display = viewing(20.0)
    assert len(responses(WatchedSample(sample(busy), display)).energy) > 1
    whole, _ = answer(Knob(Picture(rgb=busy), display), codec("jpeg"))
    alone, _ = answer(Knob(Picture(rgb=calm), display), codec("jpeg"))
    step = codec("jpeg").knob.grid.index(60.0)
    assert whole[step] > alone[step] + 0.3


def test_the_weights_ship() -> None:
    assert find("knob").card.architecture == "knob"


def _seen(picture: Picture, name: str, value: float) -> float:
    from jndkit.observers.cvvdp.observer import WatchedCvvdp

    fit, shown = protocol("side-by-side")
    asked = codec(name)
    return math.log(WatchedCvvdp(picture, shown, fit)(asked.decode(asked.encode(picture, value))).jnd)


@pytest.mark.parametrize(("name", "most"), [("jpeg", 0.06), ("webp", 0.25)])
def test_it_predicts_what_people_see_who_look_from_place_to_place(lake: Picture, name: str, most: float) -> None:
    fit, shown = protocol("side-by-side")
    target = jnd_for(75.0, fit)
    asked = codec(name)
    curve, sigma = answer(Knob(lake, shown, fit, near=(target,)), asked)
    plain, _ = answer(Knob(lake, shown), asked)
    step = next(step for step, ln_jnd in enumerate(curve) if ln_jnd <= math.log(target))
    true = _seen(lake, name, asked.knob.grid[step])
    assert abs(curve[step] - true) < most
    assert abs(curve[step] - true) < abs(plain[step] - true)
    assert min(sigma) > 0.0


def test_it_is_surest_where_it_was_asked(lake: Picture) -> None:
    fit, shown = protocol("side-by-side")
    jpeg = codec("jpeg")
    _, plain = answer(Knob(lake, shown, fit), jpeg)
    curve, sigma = answer(Knob(lake, shown, fit, near=(1.2,)), jpeg)
    step = next(step for step, ln_jnd in enumerate(curve) if ln_jnd <= math.log(1.2))
    assert sigma[step] < 0.9 * plain[step]


@pytest.mark.parametrize("target", [1e-6, 1e6])
def test_a_target_beyond_the_knob_is_no_reason_to_stop(lake: Picture, target: float) -> None:
    fit, shown = protocol("side-by-side")
    curve, sigma = answer(Knob(lake, shown, fit, near=(target,)), codec("jpeg"))
    assert np.isfinite(curve).all()
    assert np.isfinite(sigma).all()


def test_a_flat_picture_hides_nothing() -> None:
    fit, shown = protocol("side-by-side")
    curve, sigma = answer(Knob(Picture(rgb=np.full((96, 96, 3), 90, np.uint8)), shown, fit, near=(1.3,)), codec("jpeg"))
    assert np.isfinite(curve).all()
    assert min(sigma) > 0.0


@pytest.mark.parametrize("name", ["jpeg:jpegli", "jpeg:jpegli,444", "jpeg:moz", "jpeg:moz,444"])
def test_encoders_of_others_are_foretold_by_what_is_known_of_libjpeg(lake: Picture, knob: Knob, name: str) -> None:
    from jndkit.codecs.jpeg.codec import encoder
    from jndkit.observers.cvvdp.observer import WatchedCvvdp

    other = encoder(name.partition(":")[2].partition(",")[0])
    if not other.present():
        pytest.skip(f"needs {other.install}")
    asked = codec(name)
    curve, sigma = answer(knob, asked)
    watched = WatchedCvvdp(lake, DESKTOP)
    for value in (70, 85):
        read = math.log(watched(asked.decode(asked.encode(lake, value))).jnd)
        assert abs(curve[value - 1] - read) < min(0.35, 3 * sigma[value - 1])


def test_side_by_side_only_libjpegs_own_tables_are_quantised_with(lake: Picture) -> None:
    """Another encoder's curve is moved by what the picture masks, as any codec's is."""
    from jndkit.codecs.jpeg.codec import encoder

    if not encoder("moz").present():
        pytest.skip(f"needs {encoder('moz').install}")
    fit, shown = protocol("side-by-side")
    asked = Knob(lake, shown, fit, near=(1.0,))
    moved, error = answer(asked, codec("jpeg:moz"))
    plain, alone = answer(Knob(lake, shown), codec("jpeg:moz"))
    assert np.all(np.array(error) > alone)
    # No kinks where libjpeg's qualities were read.
    assert np.abs(np.diff(np.array(moved) - plain, 2)).max() < 0.05
