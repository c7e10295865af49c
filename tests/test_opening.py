"""One way to open a file, whatever wrote it: the streams of our own codecs take part wherever pictures do."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import jndkit
from jndkit import codecs, opening
from jndkit.batch import gather
from jndkit.cli import main
from jndkit.errors import DamagedError, FormatError
from jndkit.picture import Picture

EXAMPLE = Path(__file__).parents[1] / "examples" / "lake.png"
STREAMS = [name for name in ("jndlic", "vvc", "bpg") if codecs.available()[name] == ""]


@pytest.fixture(scope="module", params=STREAMS)
def stream(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stream of our own without a mark, of a part of the example photograph."""
    whole = jndkit.load(EXAMPLE)
    crop = Picture(np.ascontiguousarray(whole.rgb[100:228, 200:392]))
    codec = codecs.codec(request.param)
    path: Path = tmp_path_factory.mktemp("streams") / f"photo{codec.suffix}"
    path.write_bytes(codec.encode(crop, codec.knob.grid[-5]))
    return path


def test_a_stream_of_ours_can_be_encoded_and_predicted(stream: Path) -> None:
    done = jndkit.encode(stream, min_saving=0, force=True)
    assert done.data is not None
    assert done.row.codec == "jpeg:tuned,420"
    assert done.row.input_bytes == stream.stat().st_size
    assert (done.row.width, done.row.height) == (192, 128)
    predicted = jndkit.predict(stream, encode=False)
    assert predicted.status == "predicted"


def test_the_command_names_its_output_as_of_any_picture(
    stream: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(stream, tmp_path)
    assert main(["encode", stream.name, "--force"]) == 0
    assert f"{stream.name} -> photo.jpg: " in capsys.readouterr().out
    Path("photo.jpg").unlink()
    assert main(["predict", stream.name, "--no-encode"]) == 0
    assert main(["inject", stream.name, "-o", "noisy.png", "--model", "wu2017", "--strength", "1"]) == 0
    assert main(["compare", stream.name, "noisy.png"]) == 0
    # In its own format its own name is taken by itself.
    assert main(["encode", stream.name, "--force", "--effort", "fast", "-o", f"again{stream.suffix}"]) == 0
    assert sorted(path.name for path in Path().iterdir()) == [f"again{stream.suffix}", "noisy.png", stream.name]


def test_a_folder_of_streams_is_a_folder_of_pictures(stream: Path, tmp_path: Path) -> None:
    shutil.copy(stream, tmp_path)
    (tmp_path / "notes.txt").write_text("no picture")
    assert [one.path.name for one in gather([tmp_path])] == [stream.name]


def test_a_damaged_stream_is_refused_by_name(stream: Path, tmp_path: Path) -> None:
    cut = tmp_path / stream.name
    cut.write_bytes(stream.read_bytes()[:-20])
    with pytest.raises(DamagedError, match=stream.name):
        jndkit.encode(cut)


def test_a_name_alone_makes_no_stream(tmp_path: Path) -> None:
    path = tmp_path / "a.jlic"
    path.write_bytes(b"no stream at all, though it is called one")
    with pytest.raises(FormatError, match="in no known picture format"):
        opening.load(path)
