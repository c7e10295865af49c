"""Two judges in one: a panel passes what its first member passes and its second does not object to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from PIL import Image

import jndkit
from jndkit.cli import main
from jndkit.codecs import codec
from jndkit.errors import UsageError
from jndkit.observers import Map, Observer, Reading, Watched, observer
from jndkit.observers.contract import Box, holds_at
from jndkit.observers.objection import factor, insisted
from jndkit.observers.panel import Panel
from jndkit.picture import Picture, save_png
from jndkit.picturewise.watching import watch_under
from jndkit.protocols import AIC, Protocol, protocol
from jndkit.settings import Settings
from jndkit.viewing import DISPLAYS, Viewing

EXAMPLE = Path(__file__).parents[2] / "examples" / "lake.png"
DESKTOP = DISPLAYS["desktop"]


@dataclass(frozen=True)
class Made:
    """An observer that always reads the same, watched by itself."""

    jnd: float
    name: str
    x: int = 0
    error: float = 0.4
    version: str = "1"

    def watch(self, reference: Picture, viewing: Viewing, protocol: Protocol = AIC) -> Watched:
        return self

    def __call__(self, decoded: Picture) -> Reading:
        between = max(0.0, self.jnd - self.error), self.jnd + self.error
        return Reading(self.jnd, 2.0 * self.jnd, Box(self.x, 0, 4, 4), between)

    def map(self, decoded: Picture) -> Map:
        return np.full(decoded.rgb.shape[:2], self.jnd, np.float32)


BLANK = Picture(np.zeros((8, 8, 3), np.uint8))


def panel(first: float, second: float) -> Watched:
    members: tuple[Observer, Observer] = Made(first, "cvvdp"), Made(second, "made", x=4)
    return Panel(first=members[0], second=members[1]).watch(BLANK, DESKTOP)


@pytest.fixture(scope="module")
def crop() -> Picture:
    return Picture(np.ascontiguousarray(jndkit.load(EXAMPLE).rgb[100:292, 200:456]))


def coded(picture: Picture, quality: int) -> Picture:
    jpeg = codec("jpeg")
    return jpeg.decode(jpeg.encode(picture, quality))


@given(first=st.floats(0.0, 3.0), second=st.floats(0.0, 3.0), target=st.floats(0.05, 3.0))
def test_it_passes_where_the_first_passes_and_the_second_does_not_object(
    first: float, second: float, target: float
) -> None:
    reading = panel(first, second)(BLANK)
    objects = insisted(Made(second, "made")(BLANK), 1.0) > target
    assert (reading.jnd <= target) == (first <= target and not objects)
    assert reading.interval[0] <= reading.jnd <= reading.interval[1]
    assert [said.jnd for said in reading.witnesses] == [first, second]


def test_without_an_objection_it_reads_what_the_first_reads(crop: Picture) -> None:
    test = coded(crop, 86)
    reading = Panel().watch(crop, DESKTOP)(test)
    first, second = (observer(name).watch(crop, DESKTOP)(test) for name in ("cvvdp", "ssimulacra2"))
    assert insisted(second, factor("ssimulacra2")) < first.jnd
    assert (reading.jnd, reading.interval, reading.where) == (first.jnd, first.interval, first.where)
    assert [(said.observer.split()[0], said.jnd) for said in reading.witnesses] == [
        ("cvvdp", first.jnd),
        ("ssimulacra2", second.jnd),
    ]


def test_an_objection_is_what_it_reads_there_by_the_place_of_the_second() -> None:
    reading = panel(0.3, 1.0)(BLANK)
    assert reading.jnd == pytest.approx(0.6)
    assert reading.jnd_local == pytest.approx(1.2)
    assert reading.where.x == 4
    assert reading.interval == (0.0, 1.4)
    assert [said.least for said in reading.witnesses] == [0.3, pytest.approx(0.6)]
    shown = panel(0.3, 1.0).map(BLANK)
    assert shown.shape == (8, 8)
    assert shown.dtype == np.float32
    assert shown[0, 0] == pytest.approx(0.6)
    assert panel(0.8, 1.0).map(BLANK)[0, 0] == pytest.approx(0.8)
    assert panel(0.0, 0.0).map(BLANK)[0, 0] == 0.0


def test_what_one_judge_does_not_see_the_other_may() -> None:
    """A flat picture, brighter by twelve code values: nothing to ColorVideoVDP, whose eye adapts to it."""
    flat = np.full((256, 256, 3), 120, np.uint8)
    reading = Panel().watch(Picture(flat), DESKTOP)(Picture(flat + 12))
    first, second = reading.witnesses
    assert first.jnd == 0.0
    assert 0.0 < reading.jnd < second.jnd


def test_equal_pictures_read_nothing(crop: Picture) -> None:
    assert Panel().watch(crop, DESKTOP)(crop).jnd == 0.0


def test_both_look_as_the_people_of_a_protocol_do(crop: Picture) -> None:
    fit, display = protocol("side-by-side")
    test = coded(crop, 40)
    reading = watch_under(Panel(), crop, display, fit)(test)
    members = [watch_under(observer(name), crop, display, fit)(test) for name in ("cvvdp", "ssimulacra2")]
    assert [said.jnd for said in reading.witnesses] == pytest.approx([member.jnd for member in members])
    assert reading.raw != reading.jnd


def test_an_objection_under_a_protocol_keeps_what_was_read_before_it(crop: Picture) -> None:
    fit, display = protocol("side-by-side")
    odd = Panel(first=Made(0.01, "made"), second=observer("ssimulacra2"))
    reading = watch_under(odd, crop, display, fit)(coded(crop, 5))
    second = watch_under(observer("ssimulacra2"), crop, display, fit)(coded(crop, 5))
    assert reading.jnd == pytest.approx(insisted(second, factor("ssimulacra2")))
    assert reading.raw / reading.jnd == pytest.approx(second.raw / second.jnd)


@pytest.mark.parametrize("name", ["panel", "ssimulacra2"])
def test_displays_at_which_a_scale_does_not_hold_are_refused_before_work(name: str) -> None:
    asked = observer(name)
    assert holds_at(asked, DESKTOP)
    assert not holds_at(asked, DISPLAYS["phone"])
    assert holds_at(observer("cvvdp"), DISPLAYS["phone"])
    for refused in (
        lambda: asked.watch(BLANK, DISPLAYS["4k"]),
        lambda: watch_under(asked, BLANK, DISPLAYS["4k"], protocol("side-by-side")[0]),
        lambda: Settings(observer=name, viewing="4k"),
        lambda: Settings(observer=name, protocol="mcl-jci"),
    ):
        with pytest.raises(UsageError, match=f"{name} knows no display .*, not at 4k"):
            refused()


def test_version_and_card_name_both_members() -> None:
    assert Panel().version == f"1: cvvdp {observer('cvvdp').version} + ssimulacra2 {observer('ssimulacra2').version}"
    assert jndkit.models()["observers"]["panel"].summary


def test_the_command_line_takes_it(tmp_path: Path, crop: Picture, capsys: pytest.CaptureFixture[str]) -> None:
    reference, version, out = (str(tmp_path / name) for name in ("reference.png", "version.png", "out.jpg"))
    save_png(crop.rgb, Path(reference))
    Image.fromarray(coded(crop, 60).rgb).save(version)
    assert main(["compare", reference, version, "--observer", "panel", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert [said["observer"].split()[0] for said in row["panel"]] == ["cvvdp", "ssimulacra2"]
    assert row["observer"] == f"panel {Panel().version}"
    assert row["second"]["jnd"] == row["panel"][1]["jnd"]
    assert main(["compare", reference, version, "--observer", "panel"]) == 0
    said = capsys.readouterr().out
    assert f"ssimulacra2 2.1-1 reads {row['second']['jnd']:.2f} JND" in said
    assert main(["encode", reference, "-o", out, "--observer", "panel", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["jnd"] <= row["target"]["jnd"]
    assert row["second"] == {**row["panel"][1], "agrees": True}
    assert main(["compare", reference, version, "--observer", "panel", "--viewing", "phone"]) == 2
    assert "not at phone" in capsys.readouterr().err
