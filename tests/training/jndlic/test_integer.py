"""Whole numbers stay whole numbers, and pass their slopes on."""

from __future__ import annotations

import pytest

from jndkit.errors import UsageError

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train


def test_a_layer_is_integer_arithmetic() -> None:
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


def test_sums_that_could_leave_float32_are_refused() -> None:
    from jndkit.training.jndlic.integer import IntegerConv

    IntegerConv(900, 1)
    with pytest.raises(UsageError, match="sums could leave float32"):
        IntegerConv(1100, 1)
    with pytest.raises(UsageError, match="a kernel of 5"):
        IntegerConv(64, 1, 5)


def test_slopes_lead_back_inside() -> None:
    from jndkit.training.jndlic.integer import clipped, rounded

    value = torch.tensor([-2.0, -2.0, 0.4, 9.0, 9.0], requires_grad=True)
    out = clipped(rounded(value), 0.0, 5.0)
    assert out.tolist() == [0, 0, 0, 5, 5]
    out.backward(torch.tensor([1.0, -1.0, 1.0, 1.0, -1.0]))
    assert value.grad.tolist() == [0, -1, 1, 1, 0]
