"""The structure network learns, folds to the same function, and is scored beside baselines anyone can recompute."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from jndkit.errors import InputError, UsageError
from jndkit.training.recipe import Recipe, load_recipe

pytestmark = pytest.mark.train

torch = pytest.importorskip("torch")
nn: Any = pytest.importorskip("torch.nn")


def recipe(vvc_pairs: Path, *settings: str) -> Recipe:
    return load_recipe("debug-shen2020", (f"data.train={vvc_pairs}", f"data.valid={vvc_pairs}", *settings))


class Same(nn.Module):
    """Gives back what it is given, brighter and with more contrast: the same structure."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, patch: Any) -> Any:
        return patch * 1.5 + 0.1


def test_twenty_steps_lower_the_loss(vvc_pairs: Path, tmp_path: Path) -> None:
    from jndkit.training.loop import Run
    from jndkit.training.tasks import task

    run = Run(recipe(vvc_pairs), tmp_path / "run")
    feeder = task(run.recipe)
    seen = [feeder.batch(torch.Generator().manual_seed(seed)) for seed in range(4)]

    def loss() -> float:
        with torch.no_grad():
            return sum(float(feeder.loss(run.model, batch)) for batch in seen)

    before = loss()
    scores = run.train()
    assert loss() < before
    assert feeder.score_name in scores
    assert Run(run.recipe, tmp_path / "run").step == 20  # it resumes


def test_batches_are_the_generators_alone(vvc_pairs: Path) -> None:
    from jndkit.training.tasks import task

    for settings in ((), ("data.augment=false",)):
        first, second = (task(recipe(vvc_pairs, *settings)) for _ in range(2))
        generator = torch.Generator().manual_seed(4)
        for a, b in zip(first.batch(generator), second.batch(torch.Generator().manual_seed(4)), strict=True):
            assert torch.equal(a, b)
            assert a.shape == (8, 1, 64, 64)
            assert a.dtype == torch.float32
            assert a.abs().max() <= 1.2
        reference, wanted = second.batch(generator)
        assert not torch.equal(reference, first.batch(torch.Generator().manual_seed(4))[0])
        assert torch.allclose(reference.mean((1, 2, 3)), wanted.mean((1, 2, 3)), atol=1e-5)
        assert torch.allclose(reference.std((1, 2, 3)), wanted.std((1, 2, 3)), rtol=1e-4)
        assert not torch.allclose(reference, wanted, atol=1e-2)


def test_without_augmentation_patches_are_those_of_the_grid(vvc_pairs: Path) -> None:
    from jndkit.training.tasks import task

    grey = [
        cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2GRAY) for path in sorted((vvc_pairs / "pristine").iterdir())
    ]
    known = [plane[top : top + 64, left : left + 64] for plane in grey for top in (0, 50) for left in (0, 50)]
    batch, _ = task(recipe(vvc_pairs, "data.augment=false")).batch(torch.Generator().manual_seed(1))
    for patch in (batch[:, 0].numpy() + 1) * 127.5:
        assert min(float(np.abs(patch - each).max()) for each in known) <= 1.01  # luma rounds another way


def test_the_same_structure_gains_nothing_and_blur_wins_on_blurred_pictures(vvc_pairs: Path) -> None:
    from jndkit.training.shen2020.task import StructureTask, gain

    feeder = StructureTask(recipe(vvc_pairs))
    scores = feeder.validate(Same())
    assert scores["gain_over_identity_percent"] == pytest.approx(0, abs=0.01)
    assert scores["blur_sigma"] == pytest.approx(0.6)
    assert scores["blur_percent"] > 40
    assert len(feeder.errors(Same()).absolute) == len(feeder.identity().absolute) == 3
    zero, one = np.zeros(2), np.ones(2)
    assert gain(zero, one).tolist() == [100, 100]
    assert gain(zero, zero).tolist() == [0, 0]


def test_the_error_is_that_of_the_structure_in_code_values(vvc_pairs: Path) -> None:
    """Recomputed from the files with nothing of ours but luma."""
    from jndkit.picture import load
    from jndkit.pixelwise.terms.luma import luma
    from jndkit.training.shen2020.task import StructureTask

    def plain(path: Path) -> npt.NDArray[np.float64]:
        return luma(load(path).rgb).astype(np.float64)

    found = StructureTask(recipe(vvc_pairs)).identity().absolute
    for index in range(3):
        pristine, jnd = (plain(vvc_pairs / side / f"{index}.png") for side in ("pristine", "jnd"))
        errors = []
        for top in (0, 50):
            for left in (0, 50):
                a, b = (x[top : top + 64, left : left + 64] for x in (pristine, jnd))
                a, b = a - a.mean(), b - b.mean()
                errors.append(np.abs(a - b / np.linalg.norm(b) * np.linalg.norm(a)).mean())
        assert found[index] == pytest.approx(np.mean(errors), rel=1e-4)


@pytest.mark.parametrize("gain", [1.0, 0.1])
def test_folding_keeps_the_function(gain: float) -> None:
    from jndkit.training.networks import network

    torch.manual_seed(1)
    model = network("shen2020", {"base": 4, "gain": gain})
    with torch.no_grad():
        model.attention.gamma.fill_(0.7)
        model.tail[1].weight.normal_(0, 0.05)
        for _ in range(3):
            model(torch.rand(4, 1, 64, 64) * 2 - 1)  # batch norms and spectral norms learn
        model.eval()
        patch = torch.rand(3, 1, 64, 64) * 2 - 1
        plain = model.folded()
        assert torch.allclose(plain(patch), model(patch), atol=1e-5)
        assert not torch.allclose(plain(patch), patch, atol=1e-3)
        assert torch.allclose(plain(patch)[1:2], plain(patch[1:2]), atol=1e-5)  # patches do not know of each other
    kinds = {type(module).__name__ for module in plain.modules()}
    assert not {kind for kind in kinds if "BatchNorm" in kind or "Parametri" in kind or "Spectral" in kind}


def test_the_published_network_is_as_wide_as_published() -> None:
    from jndkit.training.networks import network

    model = network("shen2020", {})
    widths = [module.conv.out_channels for module in model.encoder]
    assert widths == [32, 64, 128, 256, 512]
    assert model.attention.query.out_channels == 64
    with torch.no_grad():
        singular = torch.linalg.matrix_norm(model.encoder[4].eval().conv.weight.flatten(1), 2)
        assert float(singular) == pytest.approx(1, abs=0.1)
        assert network("shen2020", {"base": 4, "gain": 0.1})(torch.full((1, 1, 64, 64), 0.3)).allclose(
            torch.full((1, 1, 64, 64), 0.3), atol=0.05
        )


def test_the_linear_schedule() -> None:
    from jndkit.training.loop import learning_rate

    published = load_recipe("shen2020")
    assert learning_rate(published, 0) == learning_rate(published, 56280) == 1e-4
    assert learning_rate(published, 84420) == pytest.approx(5e-5)
    assert 0 < learning_rate(published, 112559) < 1e-8


def test_what_is_wrong_with_the_data_is_said(vvc_pairs: Path, tmp_path: Path) -> None:
    from jndkit.training.tasks import task

    with pytest.raises(UsageError, match=r"data\.tarin"):
        task(recipe(vvc_pairs, "data.tarin=1"))
    for side in ("pristine", "jnd"):
        (tmp_path / side).mkdir()
        Image.new("RGB", (63, 200)).save(tmp_path / side / "small.png")
    with pytest.raises(InputError, match="no pair is as large as a patch"):
        task(recipe(tmp_path))
    Image.new("RGB", (200, 63)).save(tmp_path / "jnd" / "small.png")
    with pytest.raises(InputError, match="differs in size"):
        task(recipe(tmp_path))
