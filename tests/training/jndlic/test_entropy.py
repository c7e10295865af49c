"""A symbol is predicted from what a decoder knows by then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from jndkit.codecs.jndlic import layout

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train

Build = Callable[..., Any]


def test_only_what_is_known_decides(build: Build) -> None:
    """A pass sees its own slice's earlier passes and earlier slices, and nothing else."""
    model = build()
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


def test_means_are_predicted_from_earlier_passes_in_one_unit(build: Build) -> None:
    """What a later pass codes changes nothing, what an earlier one does; nor do steps, where the values stay."""
    model = build(version=2)
    second, random = layout.LAYOUTS[2], torch.Generator().manual_seed(4)
    features = torch.randint(0, 256, (1, 8, 20, 24), generator=random).float()
    symbols = torch.randint(-9, 10, (1, 192, 20, 24), generator=random).float()
    step = torch.zeros(1, layout.GROUPS, 20, 24)
    for index in (0, 1):
        context, (begin, end) = model.contexts[index], second.slices[index]
        for turn, phases in enumerate(second.passes[index]):
            where = torch.from_numpy(layout.places(20, 24, phases))
            earlier = [places for passes in second.passes[index][:turn] for places in passes]
            known = np.zeros(480, bool)
            known[layout.places(20, 24, tuple(earlier)) if earlier else []] = True
            known = torch.from_numpy(known.reshape(20, 24))
            later, moved = symbols.clone(), symbols.clone()
            later[:, begin:end, ~known] = 77.0
            later[:, end:] = -5.0
            moved[:, begin:end, known] += 8.0
            at = torch.full((1,), float(turn))
            with torch.no_grad():
                found, same, other = (context(features, step, each, at, where)[0] for each in (symbols, later, moved))
                halved = symbols.clone()
                halved[:, :end, ::2] *= 0.5
                finer = step.clone()
                finer[:, :, ::2] = 16.0
                again = context(features, finer, halved, at, where)[0]
            assert torch.equal(found, same)
            assert torch.equal(found, found.round())
            if turn:
                # All neighbours eight symbols higher: so is the mean.
                assert torch.equal(other, found + 64.0)
                own = 1.0 - 0.5 * (where // 24 % 2 == 0).float()
                assert float((again - found * own).abs().max()) <= 1.0


def test_the_passes_cover_every_place_once() -> None:
    for passes in layout.PHASES:
        every = np.concatenate([layout.places(6, 8, phases) for phases in passes])
        assert sorted(every.tolist()) == list(range(48))
    assert layout.SLICES[0][0] == 0
    assert layout.SLICES[-1][1] == layout.CHANNELS
    assert [layout.scale_of(knob) for knob in (16, 24, 32)] == [2.0, 1.0, 0.5]
