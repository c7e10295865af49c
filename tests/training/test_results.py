"""A finished run ends as a model of the user's own, under a name that was free."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jndkit.cli import main
from jndkit.codecs import codec
from jndkit.errors import DamagedError, InputError, OutputError, UsageError
from jndkit.picture import Picture
from jndkit.pixelwise import jnd_map
from jndkit.training.recipe import Recipe, load_recipe
from jndkit.weights import find, home, read_card

pytestmark = pytest.mark.train

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")

EXAMPLE = Path(__file__).parents[2] / "examples" / "lake.png"


def settings(cpl_pairs: Path) -> tuple[str, ...]:
    model = ("model.width=8", "steps=4", "validate_every=2", "batch=2", "amp=false")
    return (f"data.train={cpl_pairs}", f"data.valid={cpl_pairs}", *model)


def recipe(cpl_pairs: Path) -> Recipe:
    return load_recipe("debug-resjnd-s", settings(cpl_pairs))


def train(cpl_pairs: Path, folder: Path, *further: str) -> int:
    chosen = [part for setting in settings(cpl_pairs) for part in ("--set", setting)]
    return main(["train", "debug-resjnd-s", *chosen, "--run", str(folder), *further])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, cpl_pairs: Path) -> tuple[Path, Path]:
    """A run with --name mine: its folder, and the data folder."""
    base = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JNDKIT_HOME", str(base / "home"))
        assert train(cpl_pairs, base / "run", "--name", "mine") == 0
    return base / "run", base / "home"


@pytest.fixture
def run(trained: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the run's folder, and of its data folder as ours."""
    shutil.copytree(trained[0], tmp_path / "run")
    shutil.copytree(trained[1], tmp_path / "home")
    monkeypatch.setenv("JNDKIT_HOME", str(tmp_path / "home"))
    return tmp_path / "run"


def test_it_is_a_model(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from safetensors.torch import load_file

    from jndkit.training.networks import network

    found = find("mine")
    for ending in ("onnx", "toml"):
        assert (run / f"mine.{ending}").read_bytes() == (home() / "weights" / f"mine.{ending}").read_bytes()
    assert sorted(path.name for path in (home() / "weights").iterdir()) == ["mine.onnx", "mine.toml"]

    assert main(["map", str(EXAMPLE), "--model", "mine", "-o", str(tmp_path / "map.npy")]) == 0
    assert main(["models"]) == 0
    assert "\n  mine " in capsys.readouterr().out
    jnd = np.load(tmp_path / "map.npy")
    photo = np.asarray(Image.open(EXAMPLE).convert("RGB"))
    assert jnd.shape == photo.shape[:2]

    model = network("resjnd-s", {"width": 8, "blocks": 1})
    model.load_state_dict(load_file(run / "best.safetensors"))
    height, width = (side // 4 * 4 for side in jnd.shape)
    photo = np.ascontiguousarray(photo[:height, :width])
    with torch.no_grad():
        residual = model(torch.from_numpy(photo.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)))
    wanted = np.sqrt(np.mean((255 * residual[0].numpy()) ** 2, axis=0))
    assert wanted.max() > 0.01
    assert np.abs(jnd_map(photo, "mine", border="zero") - wanted).max() < 1e-3
    assert found.card.multiple == 4


def test_the_card_tells_of_the_run(run: Path, cpl_pairs: Path) -> None:
    card = find("mine").card
    events = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    scored = [event for event in events if event["event"] == "validate"]
    best = max(scored, key=lambda event: event["psnr_gain"])
    assert [event["step"] for event in scored] == [2, 4]
    assert (card.name, card.architecture) == ("mine", "resjnd-s")
    assert card.trained["steps"] == best["step"]
    assert card.trained["recipe"] == "resjnd-s"
    assert json.loads(card.trained["settings"])["model"] == {"width": 8, "blocks": 1}
    assert card.scores == {key: best[key] for key in ("psnr_gain", "psnr_gain_interval", "psnr_identity")}
    assert card.data == ({"pictures": str(cpl_pairs), "licence": "unstated"},)


def test_the_best_step_is_told_by_its_score_not_by_the_order_of_keys(run: Path, cpl_pairs: Path) -> None:
    from jndkit.training.results import export_best

    events = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    scored = [event for event in events if event["event"] == "validate"]
    for event, gain, other in zip(scored, (0.1, 0.2), (9.0, 8.0), strict=True):
        rest = {key: value for key, value in event.items() if key not in ("event", "psnr_gain")}
        event.clear()
        event |= {"event": "validate", "another": other, **rest, "psnr_gain": gain}
    (run / "log.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    card = export_best(recipe(cpl_pairs), run)
    assert card is not None
    assert card.trained["steps"] == scored[1]["step"]
    assert card.scores["psnr_gain"] == 0.2


def test_the_same_run_again_and_another_of_the_name(
    run: Path, cpl_pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (home() / "weights" / "mine.onnx").read_bytes()
    assert train(cpl_pairs, run, "--name", "mine") == 0  # nothing is left to train
    assert (home() / "weights" / "mine.onnx").read_bytes() == before
    capsys.readouterr()
    assert train(cpl_pairs, tmp_path / "other", "--name", "mine") == 2
    assert "mine is taken" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()
    assert train(cpl_pairs, run, "--set", "steps=6", "--name", "mine") == 2
    assert (home() / "weights" / "mine.onnx").read_bytes() == before


@pytest.mark.parametrize("name", ["wu2017", "resjnd-s", "../mine", ""])
def test_names_it_may_not_have(name: str, cpl_pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(cpl_pairs, tmp_path / "run", "--name", name) == 2
    assert "name" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_network_no_map_is_made_by(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "debug-hvssd-degradation", "--run", str(tmp_path / "run"), "--name", "mine"]) == 2
    assert "neither jnd map nor jnd encode uses the network hvssd-degradation" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_network_brings_along_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from safetensors.torch import save_file

    from jndkit.pixelwise.hvssd import stages
    from jndkit.training.networks import network
    from jndkit.training.results import export_best

    monkeypatch.setenv("JNDKIT_HOME", str(tmp_path / "home"))
    torch.manual_seed(0)
    save_file(network("hvssd-degradation", {"channels": 4}).state_dict(), tmp_path / "stage-one.safetensors")
    wanted = load_recipe("hvssd", (f"data.degradation={tmp_path / 'stage-one.safetensors'}",))
    (tmp_path / "run").mkdir()
    save_file(network(wanted.name, wanted.model).state_dict(), tmp_path / "run" / "best.safetensors")
    events = (
        {"event": "start", "device": "cpu"},
        {"event": "validate", "step": 1, "seconds": 1.0, "below_chou1995": 0.5},
    )
    (tmp_path / "run" / "log.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    card = export_best(wanted, tmp_path / "run", name="mine")
    assert card is not None
    assert card.needs == "mine-degradation"
    assert [found.card.name for found in stages("mine")] == ["mine-degradation", "mine"]
    photo = np.asarray(Image.open(EXAMPLE).convert("RGB"))[:70, :90]
    jnd = jnd_map(np.ascontiguousarray(photo), "mine")
    assert jnd.shape == (70, 90)
    assert not np.allclose(jnd, jnd_map(np.ascontiguousarray(photo), "hvssd"), atol=0.1)


def test_other_weights_of_the_name_stay(run: Path, cpl_pairs: Path) -> None:
    from jndkit.training.results import export_best

    card = home() / "weights" / "mine.toml"
    digest = read_card(card).sha256
    card.write_text(card.read_text().replace(digest, "0" * 64))
    before = {path.name: path.read_bytes() for path in card.parent.iterdir()}
    with pytest.raises(OutputError, match="other weights have this name"):
        export_best(recipe(cpl_pairs), run, name="mine")
    assert {path.name: path.read_bytes() for path in card.parent.iterdir()} == before


def test_what_is_no_run(run: Path, cpl_pairs: Path) -> None:
    from jndkit.training.results import export_best

    def fails(kind: type[Exception], said: str) -> None:
        with pytest.raises(kind, match=said):
            export_best(recipe(cpl_pairs), run)

    log = (run / "log.jsonl").read_text().splitlines()
    (run / "log.jsonl").write_text(log[0] + "\n")
    fails(InputError, "it records no validation")
    (run / "log.jsonl").write_text(log[0] + "\n" + log[1][:20])  # of a run cut off: what is whole counts
    fails(InputError, "it records no validation")
    (run / "log.jsonl").write_text(log[0] + "\n" + log[1].replace("psnr_gain", "gain") + "\n")
    fails(DamagedError, "it is not the log of a run that was scored by psnr_gain")
    (run / "log.jsonl").write_text("no row\n" + log[0] + "\n" + log[1] + "\n")
    fails(InputError, "line 1 is no row")
    (run / "log.jsonl").unlink()
    fails(InputError, "it records no validation")
    content = (run / "best.safetensors").read_bytes()
    (run / "best.safetensors").write_bytes(content[:-9])
    fails(InputError, "it holds no weights of resjnd-s")
    (run / "best.safetensors").unlink()
    fails(InputError, "there are no weights")
    with pytest.raises(UsageError):
        export_best(recipe(cpl_pairs), run, name="wu2017")


@pytest.mark.slow
def test_a_codec_of_the_users_own(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JNDKIT_HOME", str(tmp_path / "home"))
    run = ("--set", f"data.train={photos}", "--set", f"data.valid={photos}", "--run", str(tmp_path / "run"))
    assert main(["train", "debug-jndlic", "--set", "steps=2", *run, "--name", "mine"]) == 0
    picture = Picture(np.ascontiguousarray(np.asarray(Image.open(EXAMPLE).convert("RGB"))[:48, :64]))
    data = codec("jndlic:mine").encode(picture, 40)
    (tmp_path / "crop.jlic").write_bytes(data)
    assert main(["decode", str(tmp_path / "crop.jlic"), "-o", str(tmp_path / "crop.png")]) == 0
    assert main(["train", "debug-jndlic", *run[:-1], str(tmp_path / "other"), "--name", "mine"]) == 2


def test_a_name_that_a_codec_takes_for_a_setting(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "debug-jndlic", "--run", str(tmp_path / "run"), "--name", "q30"]) == 2
    assert "jndlic:q30 would be a setting" in capsys.readouterr().err
