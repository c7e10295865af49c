"""The tables of frequencies are the likelihoods that training counted bits by."""

from __future__ import annotations

import numpy as np
import pytest

from jndkit.codecs.jndlic import layout

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train


def test_the_symbols_of_a_place_add_up_to_one() -> None:
    from jndkit.training.jndlic.likelihood import SCALES, symbol_bits

    symbols = torch.arange(-3000.0, 3001.0).double()
    for scale in (0, 9, 30, SCALES - 1):
        for mean in (-4.0, 0.0, 3.0):
            every = torch.full_like(symbols, mean), torch.full_like(symbols, float(scale))
            assert float(torch.exp2(-symbol_bits(symbols, *every)).sum()) == pytest.approx(1.0, abs=1e-3)


def test_tables_are_the_likelihoods() -> None:
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


def test_the_hyper_latents_tables_are_its_likelihood() -> None:
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
