"""Typical curves: which row is a codec's, and whose answers it shares."""

from __future__ import annotations

import numpy as np
import pytest

from jndkit.codecs import Codec, codec
from jndkit.codecs.jpeg.codec import encoder
from jndkit.codecs.webp_sharp import present as sharp_present
from jndkit.picturewise.curves import is_known, likeness, typical_curve, typical_sigma
from jndkit.viewing import DISPLAYS, Viewing, viewing

DESKTOP = DISPLAYS["desktop"]
OTHERS = {
    "jpeg:jpegli,420": "jpeg:420",
    "jpeg:jpegli,444": "jpeg:444",
    "jpeg:moz,420": "jpeg:420",
    "jpeg:moz,444": "jpeg:444",
    "webp:sharp": "webp",
}


@pytest.fixture(params=OTHERS)
def other(request: pytest.FixtureRequest) -> Codec:
    spec = str(request.param)
    word = spec.partition(":")[2].partition(",")[0]
    if not (sharp_present() if word == "sharp" else encoder(word).present()):
        pytest.skip("needs pip install 'jndkit[jpeg]'")
    return codec(spec)


@pytest.mark.parametrize("spec", ["jpeg:420", "jpeg:444", "webp", "webp:m6", "avif:s4,444"])
def test_what_was_taught_is_like_no_other(spec: str) -> None:
    assert likeness(codec(spec)) is None


def test_a_row_is_found_by_the_words_of_the_spec() -> None:
    assert typical_curve(codec("jpeg"), DESKTOP) == typical_curve(codec("jpeg:420"), DESKTOP)
    assert typical_curve(codec("jpeg:444"), DESKTOP) != typical_curve(codec("jpeg:420"), DESKTOP)
    assert typical_curve(codec("avif:s4,444"), DESKTOP) == typical_curve(codec("avif:s6,444"), DESKTOP)
    assert not is_known(codec("png"))


@pytest.mark.parametrize("display", [DESKTOP, DISPLAYS["4k"], viewing(55.0)])
def test_an_encoder_of_others_has_a_curve_of_its_own_and_a_likeness(other: Codec, display: Viewing) -> None:
    taught = OTHERS[other.spec.replace("m4,", "")]
    like = likeness(other)
    assert like is not None
    assert like[0] == taught
    assert 0.0 < like[1] < 0.5
    assert is_known(other)
    own = typical_curve(other, display)
    assert own != typical_curve(codec(taught), display)
    assert np.all(np.diff(own) < 0.0)
    assert min(typical_sigma(other, display)) > 0.0
