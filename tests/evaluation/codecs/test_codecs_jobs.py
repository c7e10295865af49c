"""The work on a picture: what its rows say is what the codec, the observer and the command do."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

import jndkit
from jndkit.batch import run
from jndkit.codecs import CODECS, available, codec
from jndkit.errors import MissingError, UsageError
from jndkit.evaluation.codecs import prepared, settings as module
from jndkit.evaluation.codecs.jobs import Job, jobs_left
from jndkit.evaluation.codecs.rows import LEVELS, CodecRow, order
from jndkit.evaluation.codecs.settings import Settings, present
from jndkit.observers.cvvdp import Cvvdp
from jndkit.observers.ssimulacra2.measure import Prepared, prepare
from jndkit.picture import Pixels, save_png
from jndkit.viewing import DISPLAYS

ONE = Settings(codecs=("jpeg",))


def rows_of(path: Path, settings: Settings = ONE) -> list[CodecRow]:
    return list(run([Job(str(path), path.name, settings.codecs, settings)], 1))


def test_levels_are_files_that_were_read(picture: Path) -> None:
    (row,) = rows_of(picture)
    assert row.error is None
    assert (row.width, row.height, row.spec, row.part) == (96, 72, "jpeg:420", "jpeg")
    assert row.versions.keys() >= {"jndkit", "pillow"}
    loaded = jndkit.load(picture)
    watched, likeness = Cvvdp().watch(loaded, DISPLAYS["desktop"]), prepare(loaded.rgb)
    jpeg = codec("jpeg")
    for place, value in enumerate(CODECS["jpeg"].sweep):
        level = {name: row.levels[name][place] for name in LEVELS}
        data = jpeg.encode(loaded, value)
        decoded = jpeg.decode(data)
        assert (level["value"], level["bytes"]) == (value, len(data))
        assert level["jnd"] == pytest.approx(watched(decoded).jnd, abs=1e-5)
        assert level["ssimulacra2"] == pytest.approx(likeness.read(decoded.rgb), abs=1e-4)
        assert level["psnr"] == pytest.approx(cv2.PSNR(loaded.rgb, decoded.rgb), abs=1e-3)
        assert level["encode"] > 0.0
        assert level["decode"] > 0.0
    assert row.seconds is not None
    assert row.seconds > sum(row.levels["encode"])


def test_answers_are_what_the_command_does(picture: Path) -> None:
    (row,) = rows_of(picture)
    assert set(row.answers) == {"75", "50"}
    for share, answer in row.answers.items():
        done = jndkit.encode(
            picture, codec="jpeg", viewers=float(share), min_saving=0, force=True, keep_metadata="none"
        ).row
        assert done.knob is not None
        assert (answer["codec"], answer["value"], answer["bytes"]) == (done.codec, done.knob["value"], done.bytes)
        assert answer["jnd"] == done.jnd


def test_a_panel_may_judge(picture: Path) -> None:
    (row,), (alone,) = rows_of(picture, replace(ONE, observer="panel")), rows_of(picture)
    assert row.error is None
    assert row.source == alone.source.replace("cvvdp 0", "panel 1: cvvdp 0").replace(
        " from", " + ssimulacra2 2.1-1 from"
    )
    assert row.levels["ssimulacra2"] == alone.levels["ssimulacra2"]
    assert all(more >= less for more, less in zip(row.levels["jnd"], alone.levels["jnd"], strict=True))
    assert replace(ONE, observer="panel").in_use([row, alone]) == [row]
    with pytest.raises(UsageError, match="panel knows no display"):
        replace(ONE, observer="panel", viewing="4k")


def test_chroma_that_is_asked_for_is_kept(picture: Path) -> None:
    rows = rows_of(picture, Settings(codecs=("jpeg", "jpeg:420")))
    assert [row.part for row in rows] == ["jpeg", "jpeg:420"]
    assert rows[1].answers["50"].get("codec", "jpeg:tuned,420") == "jpeg:tuned,420"
    assert rows[0].levels["bytes"] == rows[1].levels["bytes"]


def test_the_picture_is_prepared_once(picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Pixels] = []

    def counted(rgb: Pixels) -> Prepared:
        seen.append(rgb)
        return prepare(rgb)

    monkeypatch.setattr(prepared, "prepare", counted)
    assert [row.error for row in rows_of(picture, Settings(codecs=("jpeg", "webp")))] == [None, None]
    assert len(seen) == 1


def test_transparency_is_judged_where_a_codec_has_it(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    plane = cv2.GaussianBlur(random.normal(0, 90, (64, 64, 4)).astype(np.float32), (0, 0), 2.0) * 2 + 128
    save_png(np.clip(plane, 0, 255).astype(np.uint8), tmp_path / "t.png")
    jpeg, webp = rows_of(tmp_path / "t.png", Settings(codecs=("jpeg", "webp")))
    assert jpeg.error is None, jpeg.error
    assert webp.error is None, webp.error
    assert jpeg.levels["jnd"][-1] < jpeg.levels["jnd"][0]
    assert webp.levels["jnd"][-1] < webp.levels["jnd"][0]


def test_rows_survive_json_and_processes(picture: Path, tmp_path: Path) -> None:
    other = tmp_path / "b.png"
    other.write_bytes(picture.read_bytes())
    work = jobs_left([(picture, "a.png"), (other, "b.png")], replace(ONE, processes=2), [])
    together = sorted(run(work, 2), key=lambda row: row.input)
    assert [row.processes for row in together] == [2, 2]
    alone = [row for job in jobs_left([(picture, "a.png")], replace(ONE, processes=2), []) for row in job.rows()]
    assert alone[0].processes == 1
    assert alone[0].answers == together[0].answers == together[1].answers
    assert CodecRow.from_json(json.loads(alone[0].to_json())) == alone[0]


def test_what_is_no_row_is_refused(row: Callable[..., CodecRow]) -> None:
    with pytest.raises(UsageError, match="another kind"):
        CodecRow.from_json({"input": "a.png", "model": "flat"})
    kept = json.loads(row("a.png", "jpeg").to_json())
    kept["levels"]["psnr"].pop()
    with pytest.raises(UsageError, match=r"a\.png, jpeg lacks some"):
        CodecRow.from_json(kept)
    assert CodecRow.from_json(json.loads(row("a.png", "jpeg", error=MemoryError("none")).to_json())).error


def test_what_is_known_is_not_made_again(picture: Path) -> None:
    settings = Settings(codecs=("jpeg", "webp"))
    pictures = [(picture, "a.png")]
    known = [settings.row("a.png", spec) for spec in settings.codecs]
    for row in known:
        row.input_sha256 = rows_of(picture)[0].input_sha256
    assert jobs_left(pictures, settings, known) == []
    stale = replace(known[1], versions={**known[1].versions, "libwebp": "0.1"})
    assert jobs_left(pictures, settings, [known[0], stale])[0].left == ("webp",)
    assert jobs_left(pictures, settings, [known[0], replace(known[1], source="cvvdp 0.1")])[0].left == ("webp",)
    newer = [replace(row, versions={**row.versions, "jndkit": "9"}) for row in known]
    assert jobs_left(pictures, settings, newer) == []
    picture.write_bytes(picture.read_bytes() + b"\0")
    assert jobs_left(pictures, settings, known)[0].left == ("jpeg", "webp")


def test_a_bad_picture_and_a_bad_codec_fail_alone(picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object, picture: object, value: float) -> bytes:
        raise RuntimeError("out of order")

    monkeypatch.setattr(type(codec("webp")), "encode", broken)
    settings = Settings(codecs=("jpeg", "webp"))
    jpeg, webp = rows_of(picture, settings)
    assert jpeg.error is None
    assert webp.error is not None
    assert "a.png, webp" in webp.error["message"]
    picture.write_bytes(b"no picture")
    assert [row.error["type"] if row.error else None for row in rows_of(picture, settings)] == ["FormatError"] * 2


def test_a_target_that_no_setting_meets_is_an_answer(picture: Path) -> None:
    random = np.random.default_rng(5)
    save_png(random.integers(0, 256, (64, 64, 3), np.uint8), picture, force=True)
    (row,) = rows_of(picture, Settings(codecs=("jpeg:420",)))
    assert row.error is None
    assert row.answers["75"]["value"] is None
    assert "does not reach 75 % of viewers" in str(row.answers["75"]["error"])


@pytest.mark.parametrize("name", order())
def test_settings_are_the_codecs_own(name: str) -> None:
    if available()[name]:
        pytest.skip(f"{name} is not installed")
    grid = codec(name).knob.grid
    steps = [grid.index(value) for value in CODECS[name].sweep]
    assert steps == sorted(set(steps))


def test_what_is_asked_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    for settings, match in (
        ({"codecs": ("png",)}, "one setting"),
        ({"codecs": ("jp2",)}, "unknown codec"),
        ({"codecs": ("jpeg:q75",)}, "names a setting"),
        ({"viewing": "cinema"}, "unknown viewing"),
    ):
        with pytest.raises(UsageError, match=match):
            Settings(**settings)
    monkeypatch.setattr(module, "available", lambda: {name: "pip" if name == "heic" else "" for name in order()})
    assert present() == tuple(name for name in order() if name != "heic")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingError):
        Settings(codecs=("heic",))
