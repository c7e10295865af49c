"""The work on a picture: what its rows say is what the codec and the observer do."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import jndkit
from jndkit.batch import run
from jndkit.codecs import Codec, codec
from jndkit.errors import UsageError
from jndkit.evaluation import search as sources
from jndkit.evaluation.picturewise import methods
from jndkit.evaluation.picturewise.ground_truth import observed_ground_truth
from jndkit.evaluation.picturewise.jobs import Job, jobs_left
from jndkit.evaluation.picturewise.rows import METHODS, KnobRow
from jndkit.evaluation.picturewise.settings import Settings
from jndkit.observers import OBSERVERS, Reading
from jndkit.observers.cvvdp import Cvvdp
from jndkit.protocols import PROTOCOLS
from jndkit.viewing import DISPLAYS

ONE = Settings(codecs=("jpeg",), methods=("cvvdp",))
GRID = codec("jpeg").knob.grid


def rows_of(path: Path, settings: Settings = ONE) -> list[KnobRow]:
    return list(run([Job(str(path), path.name, tuple(settings.parts), settings)], 1))


def test_the_boundary_is_that_of_reading_every_level(folder: Path) -> None:
    (row,) = rows_of(folder / "0.png")
    assert row.error is None
    picture = jndkit.load(folder / "0.png")
    watched = Cvvdp().watch(picture, DISPLAYS["desktop"])
    jpeg = codec("jpeg")
    jnd = np.array([watched(jpeg.decode(jpeg.encode(picture, value))).jnd for value in GRID])
    truth = observed_ground_truth(row, GRID, PROTOCOLS["aic"][0])
    for share, target in row.targets.items():
        last = np.flatnonzero(jnd > target)
        assert truth.boundary[share] == (last[-1] + 1 if len(last) else 0)
    for value, read, size in zip(row.levels["value"], row.levels["jnd"], row.levels["bytes"], strict=True):
        assert read == pytest.approx(jnd[GRID.index(value)], abs=1e-5)
        assert size == len(jpeg.encode(picture, value))
    assert row.levels["psnr"] == sorted(row.levels["psnr"])
    assert 0.9 < row.levels["ssim"][-1] <= 1.0


def test_each_level_is_coded_once_for_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    encode = type(codec("jpeg")).encode

    def counted(self: Codec, picture: jndkit.Picture, value: float) -> bytes:
        asked.append(value)
        return encode(self, picture, value)

    monkeypatch.setattr(type(codec("jpeg")), "encode", counted)
    rows = rows_of(folder / "1.png", replace(ONE, viewings=("desktop", "4k"), methods=("cvvdp", "knob")))
    assert [row.part for row in rows] == [
        "jpeg:420 desktop cvvdp", "jpeg:420 desktop knob", "jpeg:420 4k cvvdp", "jpeg:420 4k knob"
    ]  # fmt: skip
    assert len(asked) == len(set(asked))


def test_knob_and_search_are_what_the_commands_do(folder: Path) -> None:
    knob, search = rows_of(folder / "2.png", replace(ONE, methods=("knob", "search")))
    assert knob.error is None
    assert search.error is None
    predicted = jndkit.predict(folder / "2.png", codec="jpeg:plain,420", encode=False)
    assert predicted.prediction is not None
    assert knob.answers["75"] == {key: predicted.prediction[key] for key in ("value", "low", "high")} | {"encodes": 0}
    done = jndkit.encode(folder / "2.png", codec="jpeg", min_saving=0, force=True, keep_metadata="none").row
    assert search.answers["75"]["bytes"] == done.bytes
    assert search.answers["75"]["codec"] == done.codec
    assert done.knob is not None
    assert search.answers["75"]["value"] == done.knob["value"]
    assert set(search.answers) == {"75", "50", "90"}


def test_the_learned_observer_is_searched_by_blocks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An observer that reads a quarter less than cvvdp, and says how unsure it is."""

    class Learned:
        name, version = "vpjnd", "test"

        def watch(self, picture: jndkit.Picture, viewing: object, protocol: object) -> Learned:
            self.look = Cvvdp().watch(picture, DISPLAYS["desktop"])
            return self

        def with_spread(self, decoded: jndkit.Picture) -> tuple[Reading, float]:
            reading = self.look(decoded)
            return replace(reading, jnd=0.75 * reading.jnd), 0.1

    monkeypatch.setattr(methods, "named_observer", lambda name: Learned() if name == "vpjnd" else Cvvdp())
    monkeypatch.setattr(sources, "named_observer", lambda name: Learned() if name == "vpjnd" else Cvvdp())
    truth, learned = rows_of(folder / "0.png", replace(ONE, methods=("cvvdp", "vpjnd")))
    assert learned.error is None
    assert learned.source == "vpjnd test"
    assert learned.levels["sigma"] == pytest.approx([0.1] * len(learned.levels["value"]))
    held = observed_ground_truth(truth, GRID, PROTOCOLS["aic"][0])
    target = truth.targets["75"]
    levels = dict(zip(truth.levels["value"], truth.levels["jnd"], strict=True))
    answer = learned.answers["75"]
    value, low, high, encodes = (answer[name] for name in ("value", "low", "high", "encodes"))
    assert isinstance(value, float | int)
    assert isinstance(low, float | int)
    assert isinstance(high, float | int)
    assert isinstance(encodes, int)
    assert value <= GRID[held.boundary["75"]]
    assert low <= value <= high
    assert 5 <= encodes <= 30
    assert levels[min(levels, key=lambda level: abs(level - value))] == pytest.approx(target / 0.75, rel=0.2)


def test_rows_survive_json_and_processes(folder: Path) -> None:
    work = jobs_left([(folder / f"{n}.png", f"{n}.png") for n in range(2)], replace(ONE, methods=("knob",)), [])
    alone, together = list(run(work, 1)), list(run(work, 2))
    assert sorted((row.input, str(row.answers)) for row in alone) == sorted(
        (row.input, str(row.answers)) for row in together
    )
    assert KnobRow.from_json(json.loads(alone[0].to_json())) == alone[0]
    with pytest.raises(UsageError, match="another kind"):
        KnobRow.from_json({"input": "a.png", "model": "flat"})


def test_what_is_known_is_not_made_again(folder: Path) -> None:
    settings = replace(ONE, methods=("knob", "search"))
    pictures = [(folder / "0.png", "0.png")]
    known = rows_of(folder / "0.png", settings)
    assert jobs_left(pictures, settings, known) == []
    known[0].source = "knob.of.v0"
    assert jobs_left(pictures, settings, known)[0].left == (("jpeg:420", "desktop", "knob"),)
    (folder / "0.png").write_bytes((folder / "1.png").read_bytes())
    assert len(jobs_left(pictures, settings, known)[0].left) == 2


def test_a_bad_picture_and_a_bad_codec_fail_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "1.png").write_bytes(b"no picture")
    rows = rows_of(folder / "1.png", replace(ONE, methods=("cvvdp", "knob")))
    assert [row.error["type"] if row.error else None for row in rows] == ["FormatError", "FormatError"]

    def broken(row: KnobRow, *others: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr("jndkit.evaluation.picturewise.jobs.BY_NAME", {**methods.BY_NAME, "search": broken})
    truth, search = rows_of(folder / "0.png", replace(ONE, methods=("knob", "search")))
    assert truth.error is None
    assert search.error is not None
    assert "0.png, jpeg:420, search" in search.error["message"]
    assert "bug" in search.error["message"]


def test_what_is_asked_is_checked() -> None:
    for settings, match in (
        ({"methods": ("nobody",)}, "unknown method"),
        ({"codecs": ("png",)}, "one setting"),
        ({"codecs": ("jp2",)}, "unknown codec"),
        ({"viewings": ("cinema",)}, "unknown viewing"),
        ({"protocol": "mcl-jci", "viewings": ("phone",)}, "no fit"),
    ):
        with pytest.raises(UsageError, match=match):
            Settings(**settings)
    assert Settings(codecs=("jpeg",), protocol="konjnd").row("a", ("jpeg:420", None, "cvvdp")).targets == {"50": 1.83}
    assert set(METHODS) == set(methods.BY_NAME)


def test_a_method_that_is_not_there_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(OBSERVERS.table, "vpjnd")
    with pytest.raises(UsageError, match="no weights"):
        Settings(methods=("vpjnd",))


def test_side_by_side_is_read_as_its_people_look(folder: Path) -> None:
    """The truth is what `compare` reads under that protocol, the predicted knob what `predict` says there."""
    asked = replace(ONE, methods=("cvvdp", "knob"), protocol="side-by-side")
    truth, knob = rows_of(folder / "2.png", asked)
    assert truth.error is None
    assert knob.error is None
    fit = PROTOCOLS["side-by-side"][0]
    assert truth.targets["50"] == fit.d50
    picture = jndkit.load(folder / "2.png")
    coded = codec("jpeg").decode(codec("jpeg").encode(picture, truth.levels["value"][3]))
    seen = Cvvdp().watch(picture, DISPLAYS["desktop"], fit)(coded)
    assert truth.levels["jnd"][3] == pytest.approx(seen.jnd, abs=1e-5)
    assert seen.jnd != pytest.approx(seen.raw, rel=0.01)
    for share in ("75", "50"):
        predicted = jndkit.predict(
            folder / "2.png", codec="jpeg:plain,420", encode=False, protocol="side-by-side", viewers=float(share)
        )
        assert predicted.prediction is not None
        expected = {key: predicted.prediction[key] for key in ("value", "low", "high")}
        assert knob.answers[share] == expected | {"encodes": 0}
