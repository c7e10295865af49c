"""The codec without one of its parts, how far it sees, how it rounds, and the published one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jndkit.codecs.jndlic import layout
from jndkit.errors import UsageError
from jndkit.picture import Pixels

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train

Build = Callable[..., Any]
Inputs = Callable[[Pixels, float], tuple[Any, ...]]


def test_the_context_is_what_a_change_can_reach(build: Build) -> None:
    model = build(refinement=4, decoder_blocks=1).double()
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


def test_rounding_weighs_bits_against_error() -> None:
    from jndkit.training.jndlic.network import choose

    value = torch.tensor([0.45, 0.55, 0.95, -0.55, 3.0], requires_grad=True)
    mean, scale = torch.zeros(5), torch.full((5,), 10.0)
    symbols, bits = choose(value, mean, scale)
    assert symbols.tolist() == pytest.approx([0.0, 0.0, 1.0, 0.0, 3.0])
    assert bits.argmin() in (0, 1, 3)
    bits.sum().backward()
    assert float(value.grad[2]) > 0  # fewer bits nearer to the mean
    assert choose(value, mean + 16.0, 0.0 * scale)[0].tolist() == pytest.approx([2.0] * 5)


@pytest.mark.parametrize(
    "changed", [{"steps": "coded"}, {"steps": "fixed"}, {"jnd": False}, {"feature_transform": False}]
)
def test_ablations_run_and_learn(build: Build, inputs: Inputs, changed: dict[str, Any], crop: Pixels) -> None:
    model, values = build(**changed), inputs(crop, 30.0)
    if model.analysis.field is not None:
        torch.nn.init.normal_(model.analysis.field.weight)
    coded = model(*values)
    (coded.picture.sum() + coded.bits.sum() + coded.side_bits.sum()).backward()
    still = {name for name, each in model.named_parameters() if each.grad is None}
    assert not {name for name in still if not name.endswith("table")}
    assert coded.step.shape[1] == layout.GROUPS
    assert bool(coded.step.any()) == (changed.get("steps") == "coded")


def test_arguments_that_make_no_sense(build: Build) -> None:
    with pytest.raises(UsageError, match="choose derived, coded, fixed"):
        build(steps="guessed")
    with pytest.raises(UsageError, match="needs the JND"):
        build(steps="coded", jnd=False)


def test_a_network_goes_on_from_one_of_version_1(build: Build, inputs: Inputs, crop: Pixels, tmp_path: Path) -> None:
    """All that both have is as it was; what is new learns."""
    from safetensors.torch import save_file

    from jndkit.training.networks import load_weights

    first, second, values = build(), build(version=2), inputs(crop, 30.0)
    for layer in (*first.analysis.parameters(), *first.contexts.parameters()):
        layer.data += 0.01 * torch.randn(layer.shape, generator=torch.Generator().manual_seed(1))
    save_file(first.state_dict(), tmp_path / "first.safetensors")
    load_weights(second, tmp_path / "first.safetensors", "jndlic")
    for name, each in first.state_dict().items():
        if not name.startswith("contexts."):
            assert torch.equal(second.state_dict()[name], each)
    for old, new in zip(first.contexts[1:], second.contexts[2:], strict=True):
        assert all(torch.equal(*pair) for pair in zip(old.parameters(), new.parameters(), strict=True))
    second(*values).bits.sum().backward()
    assert all(each.grad is not None for each in second.contexts.parameters())
    with pytest.raises(UsageError, match="choose 1, 2, 4"):
        build(version=3)


def test_version_4_goes_on_from_version_2(build: Build, inputs: Inputs, crop: Pixels, tmp_path: Path) -> None:
    """It predicts what that one did but for what came from raw symbols, and all that is new learns."""
    from safetensors.torch import save_file

    from jndkit.training.networks import load_weights

    second, fourth, values = build(version=2), build(version=4, signed=24), inputs(crop, 30.0)
    for layer in (*second.analysis.parameters(), *second.contexts.parameters()):
        layer.data += 0.01 * torch.randn(layer.shape, generator=torch.Generator().manual_seed(1))
    save_file(second.state_dict(), tmp_path / "second.safetensors")
    load_weights(fourth, tmp_path / "second.safetensors", "jndlic")
    coded = [model(*values) for model in (second, fourth)]
    features, step = second.decoder(torch.zeros(1, 6, 3, 4), values[2])
    spent = [
        model.bits_of(coded[0].symbols.round().detach(), features, step, [0, 1, 3, 4, 5]) for model in (second, fourth)
    ]
    assert all(torch.equal(*pair) for pair in zip(*spent, strict=True))
    (coded[1].bits.sum() + coded[1].side_bits.sum()).backward()
    new = [*fourth.contexts.named_parameters(), *fourth.prior.named_parameters()]
    assert all(each.grad is not None for _, each in new)
