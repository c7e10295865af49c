"""The second witness: asked once, of the file that was chosen, by the picture that its decoder showed already."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import jndkit
from jndkit.codecs import available, codec
from jndkit.observers import Box, Map, Observer, Reading, Watched, observer
from jndkit.observers.cvvdp import Cvvdp
from jndkit.observers.ssimulacra2 import Ssimulacra2
from jndkit.picture import Picture, from_bytes, load
from jndkit.picturewise import decision
from jndkit.picturewise.choosing import Chooser, Chosen
from jndkit.picturewise.decision import Choice
from jndkit.picturewise.domain import Domain
from jndkit.picturewise.goal import Goal
from jndkit.picturewise.prediction import predictor
from jndkit.picturewise.witness import second_witness
from jndkit.protocols import AIC, Protocol, protocol
from jndkit.viewing import DISPLAYS, Viewing

EXAMPLE = Path(__file__).parents[2] / "examples" / "lake.png"
DESKTOP = DISPLAYS["desktop"]


@dataclass
class Asked:
    """An observer that always reads the same, and remembers what it was shown."""

    jnd: float = 0.1
    name: str = "asked"
    version: str = "1"
    shown: list[Picture] = field(default_factory=list)

    def watch(self, reference: Picture, viewing: Viewing, protocol: Protocol = AIC) -> Watched:
        return self

    def __call__(self, decoded: Picture) -> Reading:
        self.shown.append(decoded)
        return Reading(self.jnd, self.jnd, Box(0, 0, 8, 8), (0.9 * self.jnd, 1.1 * self.jnd))

    def map(self, decoded: Picture) -> Map:
        return np.zeros(decoded.rgb.shape[:2], np.float32)


@pytest.fixture(scope="module")
def crop() -> Picture:
    return Picture(np.ascontiguousarray(load(EXAMPLE).rgb[100:292, 200:456]))


@pytest.fixture
def decodes(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The JPEG files that were decoded."""
    decoded: list[bytes] = []
    kind = type(codec("jpeg"))
    decode = kind.decode

    def counted(self: Any, data: bytes) -> Picture:
        decoded.append(data)
        return decode(self, data)

    monkeypatch.setattr(kind, "decode", counted)
    return decoded


def chosen(picture: Picture, specs: list[str], second: Observer | None, *, auto: bool = False, **more: Any) -> Chosen:
    goal = Goal(75.0, AIC, DESKTOP, Domain("photo"))
    predict = predictor(picture, DESKTOP, near=(goal.jnd,))
    return Chooser(picture, goal, Cvvdp(), predict, second=second, **more).smallest(specs, auto=auto)


def test_what_was_decoded_for_the_probe_is_what_it_sees(crop: Picture, decodes: list[bytes]) -> None:
    second = Asked()
    done = chosen(crop, ["jpeg"], second)
    assert len(decodes) == done.encodes
    (shown,) = second.shown
    assert done.second is not None
    assert (done.second.observer, done.second.jnd) == ("asked 1", 0.1)
    assert done.second.least == pytest.approx(0.09)
    assert np.array_equal(shown.rgb, codec("jpeg").decode(done.choice.data).rgb)


def test_what_is_too_large_to_keep_is_decoded_again(
    crop: Picture, decodes: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decision, "_KEPT_PIXELS", 100)
    second = Asked()
    done = chosen(crop, ["jpeg"], second)
    assert len(decodes) == done.encodes + 1
    assert decodes[-1] == done.choice.data
    assert len(second.shown) == 1


def test_of_several_codecs_it_sees_the_file_that_won_alone(crop: Picture) -> None:
    second = Asked()
    done = chosen(crop, ["jpeg", "avif"], second, auto=True, effort="best")
    assert done.encodes > 2
    (shown,) = second.shown
    assert np.array_equal(shown.rgb, done.choice.codec.decode(done.choice.data).rgb)


def test_a_file_that_shows_the_very_pixels_is_not_looked_at(crop: Picture) -> None:
    second = Asked(jnd=5.0)
    done = chosen(crop, ["png"], second)
    assert (done.second, second.shown) == (("asked 1", 0.0, 0.0), [])


@pytest.mark.skipif(available()["webp"] != "", reason="needs WebP")
def test_other_transparency_is_another_picture(crop: Picture) -> None:
    alpha = np.full(crop.rgb.shape[:2], 255, np.uint8)
    held = replace(crop, alpha=alpha)
    goal = Goal(75.0, AIC, DESKTOP, Domain("photo"))
    reading = Reading(0.0, 0.0, Box(0, 0, 8, 8), (0.0, 0.0))
    second = Asked()
    for original, shown, looks in ((held, held, 0), (held, replace(held, alpha=alpha - 9), 1), (crop, held, 1)):
        second.shown.clear()
        second_witness(second, original, Choice(codec("webp"), 80, b"", reading, shown), goal)
        assert len(second.shown) == looks


def test_a_display_at_which_its_scale_does_not_hold_has_no_second_witness(crop: Picture) -> None:
    goal = Goal(75.0, AIC, DISPLAYS["4k"], Domain("photo"))
    reading = Cvvdp().watch(crop, DISPLAYS["4k"])(crop)
    assert second_witness(Ssimulacra2(), crop, Choice(codec("jpeg"), 80, b"", reading, crop), goal) is None
    assert second_witness(None, crop, Choice(codec("jpeg"), 80, b"", reading, crop), goal) is None
    assert jndkit.predict(crop, viewing="4k").second is None


@pytest.mark.parametrize(
    ("judge", "second"), [("cvvdp", "ssimulacra2"), ("ssimulacra2", "cvvdp"), ("wu2017", "ssimulacra2")]
)
def test_the_row_says_what_it_read_of_the_file(crop: Picture, judge: str, second: str) -> None:
    done = jndkit.encode(crop, observer=judge, min_saving=0.0)
    assert done.data is not None
    expected = observer(second).watch(crop, DESKTOP)(from_bytes(done.data)).jnd
    said = done.row.second
    assert said is not None
    assert said.keys() == {"observer", "jnd", "agrees"}
    assert said["observer"].startswith(f"{second} ")
    assert said["jnd"] == pytest.approx(expected, abs=1e-9)
    assert done.row.panel is None


def test_it_looks_as_the_people_of_the_protocol_do(crop: Picture) -> None:
    done = jndkit.encode(crop, protocol="side-by-side", min_saving=0.0)
    fit, display = protocol("side-by-side")
    assert done.data is not None
    plain = observer("ssimulacra2").watch(crop, display, fit)(from_bytes(done.data)).jnd
    assert done.row.second is not None
    assert done.row.second["jnd"] != pytest.approx(plain, rel=0.01)


def test_an_objection_is_noted_and_changes_nothing(crop: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    before = jndkit.encode(crop, min_saving=0.0)
    monkeypatch.setattr("jndkit.pipeline.second_to", lambda name: Asked(jnd=1.5))
    done = jndkit.encode(crop, min_saving=0.0)
    assert done.data == before.data
    assert done.row.second == {"observer": "asked 1", "jnd": 1.5, "agrees": False}
    note = "the second observer reads 1.50 JND: asked 1 objects, since that is above 0.47 by more than its own error"
    assert note in done.row.notes


def test_the_command_line_says_so(
    crop: Picture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from jndkit.cli import main

    Image.fromarray(crop.rgb).save(tmp_path / "a.png")
    assert main(["predict", str(tmp_path / "a.png")]) == 0
    assert "  second observer ssimulacra2 2.1-1: " in capsys.readouterr().out
    monkeypatch.setattr("jndkit.pipeline.second_to", lambda name: Asked(jnd=1.5))
    assert main(["predict", str(tmp_path / "a.png")]) == 0
    said = capsys.readouterr()
    assert "  second observer asked 1: 1.50 JND, objects\n" in said.out
    assert "a.png: the second observer reads 1.50 JND" in said.err
    assert main(["encode", str(tmp_path / "a.png"), "-o", str(tmp_path / "a.jpg"), "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["second"]["agrees"] is False
    assert "a.png: the second observer reads 1.50 JND" in said.err


def test_without_an_encode_nobody_is_asked(crop: Picture) -> None:
    assert jndkit.predict(crop, encode=False).second is None
