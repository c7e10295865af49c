"""The learned codec starts where JPEG is, its entropy model is exact in every runtime, and training lowers the loss."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from jndkit import inference
from jndkit.codecs.jndlic import layout
from jndkit.errors import UsageError
from jndkit.picture import Pixels
from jndkit.training.recipe import Recipe, load_recipe

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train

EXAMPLE = Path(__file__).parents[3] / "examples" / "lake.png"
TINY = {"width": 8, "blocks": 0, "decoder_width": 8, "decoder_blocks": 0, "refinement": 4, "hyper": 6, "features": 8}


@pytest.fixture(scope="module")
def photo() -> Pixels:
    return np.ascontiguousarray(np.asarray(Image.open(EXAMPLE).convert("RGB"))[40:136, 100:228])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, photo: Pixels) -> Path:
    home = tmp_path_factory.mktemp("jndlic")
    for index in range(2):
        Image.fromarray(photo[:, 16 * index :][:, :96]).save(home / f"{index}.png")
    return home


def made(**further: Any) -> Any:
    from jndkit.training.networks import network

    torch.manual_seed(0)
    return network("jndlic", {**TINY, "context": 16, **further})


def recipe(home: Path, *settings: str) -> Recipe:
    return load_recipe("debug-jndlic", (f"data.train={home}", f"data.valid={home}", *settings))


def given(photo: Pixels, knob: float) -> tuple[Any, ...]:
    from jndkit.training.jndlic.task import jnd_maps
    from jndkit.training.sampling import to_tensor

    picture = to_tensor(photo[None])
    return picture, jnd_maps(picture), torch.tensor([knob])


class TestTransform:
    def test_the_channels_are_jpegs_frequencies(self) -> None:
        from jndkit.training.jndlic.transform import annex_k, dct_kernels, zigzag

        assert zigzag()[:6] == ((0, 0), (0, 1), (1, 0), (2, 0), (1, 1), (0, 2))
        assert zigzag()[-2:] == ((7, 6), (7, 7))
        steps = annex_k().tolist()
        assert steps[:6] == [16, 17, 17, 11, 18, 18]
        assert steps[-3:] == [99, 99, 99]
        kernels = dct_kernels().flatten(1)
        np.testing.assert_allclose((kernels @ kernels.T).numpy(), np.eye(192), atol=1e-5)

    def test_at_step_0_it_is_jpegs_transform(self, photo: Pixels) -> None:
        from jndkit.training.jndlic.transform import perceptual_table, zigzag

        model, (picture, jnd, knob) = made(), given(photo, 32.0)
        with torch.no_grad():
            latent, _ = model.analysis(picture, jnd, knob, model.unit(knob))
        luma = photo @ np.array([0.299, 0.587, 0.114]) - 128.0
        block = cv2.dct(luma[16:24, 40:48])
        wanted = [block[at] for at in zigzag()] / (perceptual_table()[::3].double().numpy() * 0.5)
        np.testing.assert_allclose(latent[0, ::3, 2, 5].numpy(), wanted, atol=2e-3)

    def test_fine_steps_give_the_picture_back(self, photo: Pixels) -> None:
        model, (picture, jnd, knob) = made(), given(photo, 60.0)
        with torch.no_grad():
            coded = model(picture, jnd, knob)
            coarse = model(picture, jnd, torch.tensor([0.0]))
        assert float((coded.picture - picture).abs().mean()) < 0.7 / 255
        assert 2 / 255 < float((coarse.picture - picture).abs().mean()) < 20 / 255
        assert float(coarse.bits) < float(coded.bits)
        assert not coded.step.any()

    def test_colours_go_there_and_back(self) -> None:
        from jndkit.training.jndlic.transform import to_rgb, to_ycc

        colours = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(1))
        np.testing.assert_allclose(to_rgb(to_ycc(colours)).numpy(), colours.numpy(), atol=1e-5)
        white = to_ycc(torch.ones(1, 3, 1, 1))
        np.testing.assert_allclose(white.flatten().numpy(), [127, 0, 0], atol=1e-3)

    def test_the_context_is_what_a_change_can_reach(self) -> None:
        model = made(refinement=4, decoder_blocks=1).double()
        for layer in (model.synthesis.stage.out, model.synthesis.refinement.layers[-1]):
            torch.nn.init.normal_(layer.weight)
        random = torch.Generator().manual_seed(2)
        symbols = torch.randint(-3, 4, (1, 192, 32, 32), generator=random).double()
        changed = symbols.clone()
        changed[..., 16, 16] += 5
        step, knob = torch.zeros(1, layout.GROUPS, 32, 32).double(), torch.tensor([30.0]).double()
        with torch.no_grad():
            apart = [model.synthesis(each, step, knob, model.unit(knob)) for each in (symbols, changed)]
        moved = (apart[0] - apart[1]).abs()[0].amax(dim=0).nonzero() - 16 * 8
        assert int(moved.min()) >= -model.reach()[1]
        assert int(moved.max()) < model.reach()[1] + 8
        assert int(-moved.min()) > model.reach()[1] - 32


class TestWholeNumbers:
    def test_a_layer_is_integer_arithmetic(self) -> None:
        from jndkit.training.jndlic.integer import IntegerConv

        torch.manual_seed(3)
        layer = IntegerConv(40, 12)
        torch.nn.init.normal_(layer.bias, 0.0, 4.0)
        values = torch.randint(0, 256, (2, 40, 5, 7))
        weight, bias, power = (each.detach() for each in layer.whole())
        assert int(weight.abs().max()) in range(32, 64)
        sums = torch.einsum("oi,nihw->nohw", weight[:, :, 0, 0].long(), values) + bias.long()[:, None, None]
        wanted = torch.div(sums, power.long(), rounding_mode="floor").clamp(0, 255)
        found = layer(values.float())
        assert torch.equal(found, wanted.float())
        assert torch.equal(layer.folded()(values.float()), found)
        assert len(found.unique()) > 20

    def test_sums_that_could_leave_float32_are_refused(self) -> None:
        from jndkit.training.jndlic.integer import IntegerConv

        IntegerConv(900, 1)
        with pytest.raises(UsageError, match="sums could leave float32"):
            IntegerConv(1100, 1)
        with pytest.raises(UsageError, match="a kernel of 5"):
            IntegerConv(64, 1, 5)

    def test_slopes_lead_back_inside(self) -> None:
        from jndkit.training.jndlic.integer import clipped, rounded

        value = torch.tensor([-2.0, -2.0, 0.4, 9.0, 9.0], requires_grad=True)
        out = clipped(rounded(value), 0.0, 5.0)
        assert out.tolist() == [0, 0, 0, 5, 5]
        out.backward(torch.tensor([1.0, -1.0, 1.0, 1.0, -1.0]))
        assert value.grad.tolist() == [0, -1, 1, 1, 0]

    def test_only_what_is_known_decides(self) -> None:
        """A pass sees its own slice's earlier passes and earlier slices, and nothing else."""
        model = made()
        random = torch.Generator().manual_seed(4)
        features = torch.randint(0, 256, (1, 8, 6, 8), generator=random).float()
        symbols = torch.randint(-9, 10, (1, 192, 6, 8), generator=random).float()
        for index, ((begin, end), passes) in enumerate(zip(layout.SLICES, layout.PHASES, strict=True)):
            context = model.contexts[index]
            torch.nn.init.normal_(context.mean.weight, 0.0, 1.0)
            later = symbols.clone()
            later[:, end:] = 77.0
            earlier = symbols.clone()
            if begin:
                earlier[:, begin - 1] += 5.0
            where = torch.from_numpy(layout.places(6, 8, passes[0]))
            with torch.no_grad():
                found, same, other = (
                    torch.cat(context(features, each, torch.zeros(1), where)) for each in (symbols, later, earlier)
                )
                turned = torch.cat(context(features, symbols, torch.ones(1), where))
            assert torch.equal(found, same)
            assert torch.equal(found, other) == (begin == 0)
            assert not torch.equal(found, turned)
            assert torch.equal(found, found.round())

    def test_the_passes_cover_every_place_once(self) -> None:
        for passes in layout.PHASES:
            every = np.concatenate([layout.places(6, 8, phases) for phases in passes])
            assert sorted(every.tolist()) == list(range(48))
        assert layout.SLICES[0][0] == 0
        assert layout.SLICES[-1][1] == layout.CHANNELS
        assert [layout.scale_of(knob) for knob in (16, 24, 32)] == [2.0, 1.0, 0.5]


class TestLikelihood:
    def test_the_symbols_of_a_place_add_up_to_one(self) -> None:
        from jndkit.training.jndlic.likelihood import SCALES, symbol_bits

        symbols = torch.arange(-3000.0, 3001.0).double()
        for scale in (0, 9, 30, SCALES - 1):
            for mean in (-4.0, 0.0, 3.0):
                every = torch.full_like(symbols, mean), torch.full_like(symbols, float(scale))
                assert float(torch.exp2(-symbol_bits(symbols, *every)).sum()) == pytest.approx(1.0, abs=1e-3)

    def test_tables_are_the_likelihoods(self) -> None:
        from jndkit.training.jndlic.likelihood import TOTAL, symbol_bits, symbol_tables

        tables = symbol_tables()
        assert tables.shape == (64, 8, 512)
        assert bool((tables.sum(dim=2) == TOTAL).all())
        assert not bool(tables[:, :, 510].any())
        used = tables > 0
        assert bool((used[:, :, :511] == used[:, :, :511].flip(-1)).all())
        assert used[:, 0, :511].sum(dim=1).tolist() == sorted(used[:, 0, :511].sum(dim=1).tolist())
        assert bool(used[:, :, 511].all())
        for row, fraction, difference in ((20, 4, 0), (20, 4, 1), (33, 0, -2), (50, 7, 9)):
            told = torch.tensor([float(difference)]), torch.tensor([fraction - 4.0]), torch.tensor([float(row)])
            share = float(tables[row, fraction, 255 + difference]) / TOTAL
            assert -np.log2(share) == pytest.approx(float(symbol_bits(*told)), abs=0.02)

    def test_the_hyper_latents_tables_are_its_likelihood(self) -> None:
        from jndkit.training.jndlic.likelihood import TOTAL, HyperPrior, to_frequencies

        torch.manual_seed(5)
        prior = HyperPrior(3)
        torch.nn.init.normal_(prior.mean)
        knob = torch.tensor([20.0])
        with torch.no_grad():
            counts = to_frequencies(prior.tables(knob).double())
            bits = prior.bits(torch.full((1, 3, 1, 1), 2.0), knob)[0, :, 0, 0]
        assert bool((counts.sum(dim=1) == TOTAL).all())
        assert bool((counts >= 1).all())
        told = -torch.log2(counts[:, layout.Z_LIMIT + 2] / TOTAL)
        np.testing.assert_allclose(told.numpy(), bits.numpy(), atol=0.05)

    def test_rounding_weighs_bits_against_error(self) -> None:
        from jndkit.training.jndlic.network import choose

        value = torch.tensor([0.45, 0.55, 0.95, -0.55, 3.0], requires_grad=True)
        mean, scale = torch.zeros(5), torch.full((5,), 10.0)
        symbols, bits = choose(value, mean, scale)
        assert symbols.tolist() == pytest.approx([0.0, 0.0, 1.0, 0.0, 3.0])
        assert bits.argmin() in (0, 1, 3)
        bits.sum().backward()
        assert float(value.grad[2]) > 0  # fewer bits nearer to the mean
        assert choose(value, mean + 16.0, 0.0 * scale)[0].tolist() == pytest.approx([2.0] * 5)


@pytest.mark.slow
@pytest.mark.parametrize("steps", ["derived", "coded"])
def test_graphs_are_exact_in_every_runtime(steps: str, tmp_path: Path) -> None:
    """Random inputs and the most extreme ones: what decides symbols agrees bit by bit."""
    from jndkit.training.export import publish

    model = made(steps=steps)
    for context in model.contexts:
        torch.nn.init.normal_(context.mean.weight, 0.0, 3.0)
    if model.decoder.step is not None:
        torch.nn.init.normal_(model.decoder.step.weight, 0.0, 3.0)
    random = torch.Generator().manual_seed(6)

    def whole(low: int, high: int, *shape: int) -> Any:
        return torch.randint(low, high + 1, shape, generator=random).float()

    channels, where = model.prior.mean.shape[0], torch.from_numpy(layout.places(8, 4, layout.PHASES[1][1]))
    extreme = layout.SYMBOL_LIMIT * whole(0, 1, 1, 192, 8, 4).mul(2).sub(1)
    inputs: dict[str, list[tuple[Any, ...]]] = {
        "hyper": [(whole(-31, 31, 1, channels, 2, 1), torch.tensor([knob])) for knob in (0.0, 33.0, 60.0)],
        "context": [
            (whole(0, 255, 1, 8, 8, 4), whole(-20, 20, 1, 192, 8, 4), torch.tensor([1.0]), where),
            (torch.full((1, 8, 8, 4), 255.0), extreme, torch.tensor([0.0]), where[:3]),
        ],
        "tables": [(torch.tensor([knob]),) for knob in (0.0, 60.0)],
    }
    seen = set()
    for name, part in model.parts():
        if name.split("-")[0] not in inputs:
            continue
        card = publish(part, tmp_path, name, {"architecture": "jndlic", "licence": "none", "summary": "for a test"})
        assert set(card.parity) == set(inference.available())
        for values in inputs[name.split("-")[0]]:
            with torch.no_grad():
                own = part(*values)
            for runtime in inference.available():
                found = inference.session(tmp_path / f"{name}.onnx", runtime=runtime)(*(v.numpy() for v in values))
                for mine, theirs in zip(own, found, strict=True):
                    assert np.array_equal(mine.numpy(), theirs), (name, runtime)
                    assert np.array_equal(theirs, np.floor(theirs))
        seen.add(name)
    assert seen == {"hyper", "tables", *(f"context-{index}" for index in range(5))}


@pytest.mark.parametrize(
    "changed", [{"steps": "coded"}, {"steps": "fixed"}, {"jnd": False}, {"feature_transform": False}]
)
def test_ablations_run_and_learn(changed: dict[str, Any], photo: Pixels) -> None:
    model, values = made(**changed), given(photo, 30.0)
    if model.analysis.field is not None:
        torch.nn.init.normal_(model.analysis.field.weight)
    coded = model(*values)
    (coded.picture.sum() + coded.bits.sum() + coded.side_bits.sum()).backward()
    still = {name for name, each in model.named_parameters() if each.grad is None}
    assert not {name for name in still if not name.endswith("table")}
    assert coded.step.shape[1] == layout.GROUPS
    assert bool(coded.step.any()) == (changed.get("steps") == "coded")


def test_arguments_that_make_no_sense() -> None:
    with pytest.raises(UsageError, match="choose derived, coded, fixed"):
        made(steps="guessed")
    with pytest.raises(UsageError, match="needs the JND"):
        made(steps="coded", jnd=False)


def test_twenty_steps_lower_the_loss(home: Path, tmp_path: Path) -> None:
    from jndkit.training.loop import Run
    from jndkit.training.tasks import task

    run = Run(recipe(home), tmp_path / "run")
    feeder = task(run.recipe)
    seen = [feeder.batch(torch.Generator().manual_seed(seed)) for seed in range(4)]
    assert all(float(knob) == round(float(knob)) for batch in seen for knob in batch[2])

    def loss() -> float:
        with torch.no_grad():
            return sum(float(feeder.loss(run.model, batch)) for batch in seen)

    before = loss()
    scores = run.train()
    assert loss() < before
    assert 0 < scores["side_28"] < scores["bits_28"]
    assert scores["db_16"] < scores["db_28"] < scores["db_40"]


def test_errors_where_the_jnd_is_high_cost_less(home: Path, photo: Pixels) -> None:
    from jndkit.training.jndlic.task import JndLicTask

    feeder, (picture, _, _) = JndLicTask(recipe(home)), given(photo, 30.0)
    changed = picture + 0.02
    low, high = (feeder.error(changed, picture, torch.full_like(picture[:, :1], jnd)) for jnd in (3.0, 12.0))
    assert float(high) == pytest.approx(float(low) / 4.0, rel=1e-3)


@pytest.fixture(scope="module")
def corner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("corner")
    Image.fromarray(np.asarray(Image.open(EXAMPLE).convert("RGB"))[:160, :160]).save(home / "0.png")
    return home


@pytest.mark.parametrize("judge", ["observed", "scored", "chroma"])
def test_what_a_judge_sees_counts_by_its_share(judge: str, corner: Path) -> None:
    from jndkit.training.tasks import task

    losses, model = {}, made()
    for share in (0.0, 0.5, 1.0):
        feeder = task(recipe(corner, "crop=128", f"data.{judge}={share}"))
        batch = feeder.batch(torch.Generator().manual_seed(0))
        losses[share] = float(feeder.loss(model, batch).detach())
    assert losses[0.5] == pytest.approx((losses[0.0] + losses[1.0]) / 2, rel=1e-4)
    assert 0.2 < losses[1.0] / losses[0.0] < 3.0


def test_judges_share_the_loss_and_the_score(corner: Path) -> None:
    from jndkit.training.tasks import task

    shares = {"observed": 0.3, "scored": 0.4, "chroma": 0.2}
    feeder = task(recipe(corner, "crop=128", *(f"data.{name}={share}" for name, share in shares.items())))
    model = made()
    feeder.loss(model, feeder.batch(torch.Generator().manual_seed(0))).backward()
    slopes = [each.grad for each in model.parameters() if each.grad is not None]
    assert all(bool(torch.isfinite(each).all()) for each in slopes)
    with torch.no_grad():
        scores = feeder.validate(model.eval())
    weighted = np.mean([scores[f"weighted_{knob}"] for knob in (16, 28, 40)])
    wanted = 0.1 * weighted + sum(share * scores[f"saving_{name}"] for name, share in shares.items())
    assert scores["saving"] == pytest.approx(wanted, abs=1e-9)


def test_shares_that_make_no_sense(corner: Path) -> None:
    from jndkit.training.tasks import task

    with pytest.raises(UsageError, match="the observer needs 128 pixels"):
        task(recipe(corner, "crop=64", "data.observed=1.0"))
    for settings in (("data.observed=0.7", "data.scored=0.4"), ("data.chroma=-0.1",)):
        with pytest.raises(UsageError, match="shares are wanted, 1 at most together"):
            task(recipe(corner, "crop=128", *settings))


def test_the_published_size_runs() -> None:
    from jndkit.training.networks import network

    torch.manual_seed(7)
    model = network("jndlic-paper", {"width": 12, "hyper": 4, "step_width": 4, "step_latent": 4, "kernel": 3})
    values = torch.rand(1, 3, 256, 256), 10.0 * torch.rand(1, 1, 256, 256), torch.tensor([30.0])
    coded = model(*values)
    assert coded.picture.shape == values[0].shape
    assert coded.symbols.shape == (1, 12, 16, 16)
    (coded.picture.sum() + coded.bits.sum() + coded.side_bits.sum()).backward()
    assert all(each.grad is not None for each in model.parameters())
    latent, hyper = torch.randn(1, 12, 4, 4), torch.randn(1, 24, 4, 4)
    later = latent.clone()
    later[0, 6, 2, 1:] += 1.0
    later[0, 7:] += 1.0
    with torch.no_grad():
        found, other = model.context(latent, hyper), model.context(later, hyper)
    assert torch.equal(found[0, :, :6], other[0, :, :6])
    assert torch.equal(found[0, :, 6, 2, :2], other[0, :, 6, 2, :2])
    assert not torch.equal(found[0, :, 6, 2, 2:], other[0, :, 6, 2, 2:])
    with pytest.raises(UsageError, match="such as 12, 48, 192"):
        network("jndlic-paper", {"width": 64})
