"""jnd evaluate hvssd: the noise is the published one, and its rows say what was done."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from jndkit.cli import main
from jndkit.injection import signs

GAIN = (0.004, 0.02, 0.0)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder of weights: networks whose map is the picture times GAIN, colour by colour."""
    onnx = pytest.importorskip("onnx")
    from onnx import helper

    def value(name: str, channels: int) -> Any:
        return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n", channels, "h", "w"])

    gain = helper.make_tensor("gain", onnx.TensorProto.FLOAT, [1, 3, 1, 1], GAIN)
    axes = helper.make_tensor("axes", onnx.TensorProto.INT64, [1], [1])
    graphs = {
        "hvssd-degradation": helper.make_graph(
            [
                helper.make_node("ReduceMean", ["picture", "axes"], ["cam"], keepdims=1),
                helper.make_node("Identity", ["picture"], ["gradient"]),
            ],
            *("made", [value("picture", 3)], [value("cam", 1), value("gradient", 3)], [axes]),
        ),
        "hvssd": helper.make_graph(
            [
                helper.make_node("Mul", ["picture", "gain"], ["scaled"]),
                helper.make_node("Sub", ["gradient", "picture"], ["nothing"]),
                helper.make_node("Sub", ["cam", "cam"], ["none"]),
                helper.make_node("Sum", ["scaled", "nothing", "none"], ["jnd"]),
            ],
            *("made", [value("picture", 3), value("cam", 1), value("gradient", 3)], [value("jnd", 3)], [gain]),
        ),
    }
    home = tmp_path_factory.mktemp("home")
    (home / "weights").mkdir()
    for name, graph in graphs.items():
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
        data = model.SerializeToString()
        (home / "weights" / f"{name}.onnx").write_bytes(data)
        card = {"name": name, "architecture": name, "licence": "none", "summary": "made", "input": "", "output": ""}
        lines = [f'{key} = "{said}"' for key, said in {**card, "sha256": hashlib.sha256(data).hexdigest()}.items()]
        (home / "weights" / f"{name}.toml").write_text("\n".join([*lines, f"bytes = {len(data)}"]))
    return home


@pytest.fixture
def pictures(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures set/a.png and set/inside/b.png in the current folder, and the weights."""
    import jndkit.weights

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JNDKIT_HOME", str(weights))
    monkeypatch.setattr(jndkit.weights, "PACKAGED", weights / "none")
    monkeypatch.setattr(jndkit.weights, "CURRENT", {})
    random = np.random.default_rng(0)
    for name in ("set/a.png", "set/inside/b.png"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(60, 180, (24, 40, 3)).astype(np.uint8)).save(name)


@pytest.mark.train
@pytest.mark.usefixtures("pictures")
def test_the_noise_is_the_map_times_the_strength(capsys: Any) -> None:
    assert main(["evaluate", "hvssd", "set", "-o", "out", "--strength", "5", "--seed", "3", "--json"]) == 0
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    before, after = (np.asarray(Image.open(name)).astype(int) for name in ("set/a.png", "out/a.png"))
    wanted = np.clip(before + 5 * signs(24, 40, 3)[..., None] * before * GAIN, 0, 255)
    np.testing.assert_allclose(after, wanted, atol=0.51)
    for channel, name in enumerate(("red", "green")):
        error = np.mean((after - before)[..., channel] ** 2)
        assert row["psnr"][name] == pytest.approx(10 * np.log10(255**2 / error), abs=1e-5)
    assert row["psnr"]["blue"] is None
    assert row["psnr"]["total"] == pytest.approx(10 * np.log10(255**2 / np.mean((after - before) ** 2)), abs=1e-5)
    assert (row["input"], row["strength"], row["seed"], row["error"]) == ("set/a.png", 5.0, 3, None)
    assert row["weights"] == ["hvssd-degradation", "hvssd"]
    assert row["bytes"] == Path("out/a.png").stat().st_size


@pytest.mark.train
@pytest.mark.usefixtures("pictures")
def test_a_table_of_a_tree(capsys: Any) -> None:
    assert main(["evaluate", "hvssd", "set", "-o", "out", "-r"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:]] == ["set/a.png", "set/inside/b.png", "*mean of 2*"]
    assert lines[-1].count("no change") == 1
    assert Path("out/inside/b.png").is_file()


@pytest.mark.train
@pytest.mark.usefixtures("pictures")
def test_one_bad_picture_does_not_stop_it(capsys: Any) -> None:
    Path("set/broken.png").write_bytes(b"nothing")
    assert main(["evaluate", "hvssd", "set", "-o", "out", "--json"]) == 1
    said = capsys.readouterr()
    assert said.err.count("set/broken.png") == 1
    good, bad = map(json.loads, said.out.splitlines())
    assert good["error"] is None
    assert bad["error"]["type"].endswith("Error")
    assert not Path("out/broken.png").exists()
    # What is there is kept, unless it may be replaced.
    assert main(["evaluate", "hvssd", "set/a.png", "-o", "out"]) == 1
    assert "out/a.png" in capsys.readouterr().err
    assert main(["evaluate", "hvssd", "set/a.png", "-o", "out", "--force"]) == 0


@pytest.mark.train
@pytest.mark.usefixtures("pictures")
def test_what_is_refused() -> None:
    Image.new("RGB", (16, 16)).save("set/a.bmp")
    for arguments, code in (
        ((), 2),
        (("set",), 2),
        (("set", "-o", "out"), 2),  # a.png and a.bmp
        (("set/a.png", "-o", "set"), 2),
        (("set/a.png", "-o", "out", "--strength", "0"), 2),
        (("set/a.png", "-o", "out", "-j", "0"), 2),
        (("set/a.png", "-o", "out", "--variant", "book"), 2),
        (("set/a.png", "-o", "out", "--border", "wrap"), 2),
        (("none.png", "-o", "out"), 1),
    ):
        assert main(["evaluate", "hvssd", *arguments]) == code, arguments


@pytest.mark.train
@pytest.mark.usefixtures("pictures")
def test_what_is_there_is_not_done_again(capsys: pytest.CaptureFixture[str]) -> None:
    ask = ["evaluate", "hvssd", "set", "-r", "-o", "out", "--rows", "r.jsonl"]
    assert main(ask) == 0
    rows, table = Path("r.jsonl").read_text(), capsys.readouterr().out
    times = {name: Path(name).stat().st_mtime_ns for name in ("out/a.png", "out/inside/b.png")}
    assert main(ask) == 0
    assert Path("r.jsonl").read_text() == rows
    assert capsys.readouterr().out == table
    assert {name: Path(name).stat().st_mtime_ns for name in times} == times
    # What was written is gone, or another: it is written again.
    Path("out/a.png").unlink()
    assert main(ask) == 0
    assert Path("out/a.png").is_file()
    Path("out/a.png").write_bytes(b"of another hand")
    assert main(ask) == 1
    assert "use --force" in capsys.readouterr().err
    assert Path("out/a.png").read_bytes() == b"of another hand"
    assert main([*ask, "--force"]) == 0
    assert Path("out/a.png").read_bytes().startswith(b"\x89PNG")
    assert main(["evaluate", "hvssd", "--rows", "r.jsonl"]) == 0
    assert capsys.readouterr().out.endswith(table)


@pytest.mark.train
@pytest.mark.usefixtures("pictures")
def test_a_run_cut_off_between_file_and_row_is_gone_on_with() -> None:
    ask = ["evaluate", "hvssd", "set", "-r", "-o", "out", "--rows", "r.jsonl"]
    assert main(ask) == 0
    first, second = Path("r.jsonl").read_text().splitlines()
    Path("r.jsonl").write_text(f"{first}\n{second[:40]}")
    assert main(ask) == 0
    again = [json.loads(line) for line in Path("r.jsonl").read_text().splitlines()]
    assert [row["output_sha256"] for row in again] == [json.loads(line)["output_sha256"] for line in (first, second)]


@pytest.mark.train
@pytest.mark.usefixtures("pictures")
def test_rows_of_other_settings_are_not_added_to(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "hvssd", "set", "-o", "out", "--rows", "r.jsonl"]) == 0
    before = Path("r.jsonl").read_bytes()
    for other in (["--strength", "2"], ["--seed", "1"], ["--border", "zero"]):
        assert main(["evaluate", "hvssd", "set", "-o", "other", "--rows", "r.jsonl", *other]) == 2
        assert "cannot stand in one table" in capsys.readouterr().err
    assert Path("r.jsonl").read_bytes() == before
    assert not Path("other").exists()


def test_side_by_side_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the weights that are packaged: other processes know nothing of what a test puts in their place."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(1)
    Path("set").mkdir()
    for name in ("a.png", "b.png"):
        Image.fromarray(random.integers(60, 180, (24, 40, 3)).astype(np.uint8)).save(Path("set", name))
    assert main(["evaluate", "hvssd", "set", "-o", "alone"]) == 0
    assert main(["evaluate", "hvssd", "set", "-o", "together", "-j", "2"]) == 0
    for name in ("a.png", "b.png"):
        assert Path("alone", name).read_bytes() == Path("together", name).read_bytes()


def test_without_weights_it_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    import jndkit.weights

    monkeypatch.setenv("JNDKIT_HOME", str(tmp_path))
    monkeypatch.setattr(jndkit.weights, "PACKAGED", tmp_path / "none")
    monkeypatch.setattr(jndkit.weights, "CURRENT", {})
    Image.new("RGB", (16, 16)).save(tmp_path / "a.png")
    assert main(["evaluate", "hvssd", str(tmp_path / "a.png"), "-o", str(tmp_path / "out")]) == 3
    assert "a network called hvssd is not installed" in capsys.readouterr().err
