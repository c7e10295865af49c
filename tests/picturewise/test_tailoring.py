from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from jndkit.codecs import codec
from jndkit.codecs.jpeg import read
from jndkit.codecs.jpeg.codec import Jpeg
from jndkit.codecs.jpeg.tables import GROUPS, tables
from jndkit.observers.cvvdp import Cvvdp
from jndkit.picture import Picture, load
from jndkit.picturewise.prediction import predictor
from jndkit.picturewise.tailoring import _searched, _Tried, tailored
from jndkit.pipeline import predict
from jndkit.protocols import protocol as named_protocol
from jndkit.viewing import DISPLAYS

TARGET = 0.4721
DESKTOP = DISPLAYS["desktop"]
LAKE = Path(__file__).parents[2] / "examples" / "lake.png"


def photo(width: int, height: int) -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(load(LAKE).rgb[40 : 40 + height, 60 : 60 + width])


def red(picture: npt.NDArray[np.uint8]) -> Picture:
    """Fine red detail on a calm ground, which chroma alone tells."""
    rng = np.random.default_rng(5)
    rgb = np.full(picture.shape, 110.0) + 0.1 * picture
    fine = np.kron(rng.normal(size=(picture.shape[0] // 2, picture.shape[1] // 2)), np.ones((2, 2)))
    rgb += fine[..., None] * np.array([60.0, -30.0, -3.0])
    return Picture(np.clip(rgb, 0, 255).astype(np.uint8))


def tailor(picture: Picture, spec: str = "jpeg:tuned,444") -> tuple[Jpeg, float]:
    coder = codec(spec)
    made, expected = tailored(
        coder, predictor(picture, DESKTOP)(coder), picture=picture, viewing=DESKTOP, target=TARGET
    )
    assert isinstance(made, Jpeg)
    value = expected.knob(TARGET).value
    assert value is not None
    return made, value


def test_groups_cover_every_frequency_once() -> None:
    for number in range(3):
        every = np.sum([inside for component, inside in GROUPS if component == number], axis=0)
        assert (every == 1).all()


def test_what_is_expected_is_near_what_is_read() -> None:
    picture = Picture(photo(384, 256))
    made, value = tailor(picture)
    read_jnd = Cvvdp().watch(picture, DESKTOP)(made.decode(made.encode(picture, value))).jnd
    assert 0.75 * TARGET < read_jnd < 1.25 * TARGET


def test_what_is_expected_of_people_who_look_from_place_to_place_is_what_they_read() -> None:
    picture, coder = Picture(photo(256, 192)), codec("jpeg:tuned,444")
    protocol, viewing = named_protocol("side-by-side", "desktop")
    prediction = predictor(picture, viewing, protocol)(coder)
    made, expected = tailored(coder, prediction, picture=picture, viewing=viewing, target=1.0, look=protocol.look)
    value = expected.knob(1.0).value
    assert value is not None
    read_jnd = Cvvdp().watch(picture, viewing, protocol)(made.decode(made.encode(picture, value))).jnd
    at = expected.curve[expected.grid.index(value)]
    assert read_jnd == pytest.approx(np.exp(at), rel=0.05)


def test_a_picture_of_fine_colours_gets_finer_steps_for_them() -> None:
    picture = red(photo(256, 256))
    made, _ = tailor(picture)
    ordinary, own = tables(80, "444"), [part.table for part in read(made.encode(picture, 80)).components]
    assert own[2].mean() < 0.9 * ordinary[2].mean()
    assert made.spec == "jpeg:tuned,444"


@pytest.mark.parametrize(
    ("best", "gone"),
    [(-1.0, 0.0), (0.1, 0.0), (0.5, 0.5), (1.1, 1.0), (3.0, 2.0)],
)
def test_a_move_is_gone_as_far_as_it_saves(best: float, gone: float) -> None:
    move = np.array([0.0] + [1.0] * (len(GROUPS) - 1))
    made = _searched(lambda at: _Tried(at, float((at[1] - best) ** 2 + abs(at[0])), 0.0), move)
    assert made.move[1] == gone
    assert made.move[0] == 0.0


def test_the_mean_of_luma_gets_coarser_where_that_saves() -> None:
    made = _searched(lambda at: _Tried(at, -float(at[0]), float(at[0])), np.zeros(len(GROUPS)))
    assert made.move[0] > 0.0
    dear = _searched(lambda at: _Tried(at, -float(at[0]), 3.0 * float(at[0])), np.zeros(len(GROUPS)))
    assert dear.move[0] == 0.0


@pytest.mark.parametrize("kind", ["grey", "small"])
def test_grey_and_small_pictures_keep_the_fitted_steps(kind: str) -> None:
    small, whole = Picture(photo(40, 80)), Picture(np.repeat(photo(96, 96)[..., :1], 3, axis=2), grey=True)
    coder, picture = codec("jpeg:tuned"), small if kind == "small" else whole
    prediction = predictor(picture, DESKTOP)(coder)
    made = tailored(coder, prediction, picture=picture, viewing=DESKTOP, target=TARGET)
    assert made == (coder, prediction)


@pytest.mark.parametrize("spec", ["jpeg:plain", "webp", "avif"])
def test_other_codecs_are_left_as_they_are(spec: str) -> None:
    coder, picture = codec(spec), Picture(photo(96, 96))
    prediction = predictor(picture, DESKTOP)(coder)
    assert tailored(coder, prediction, picture=picture, viewing=DESKTOP, target=TARGET) == (coder, prediction)


def test_a_picture_of_which_the_steps_leave_nothing_is_predicted() -> None:
    """Noise hides so much that it is expected to need steps at which nothing of it is left; a flat one has nothing."""
    noise = np.random.default_rng(64).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    for pixels in (noise, np.full((64, 64, 3), (200, 120, 40), np.uint8)):
        assert predict(Picture(pixels), encode=False).knob is not None
