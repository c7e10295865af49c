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


def test_slices_are_predicted_from_signed_neighbours_in_one_unit(build: Build) -> None:
    """Nothing later decides, signs of all around do, and where steps change but values do not, the means stay."""
    model, fourth = build(version=4, signed=24), layout.LAYOUTS[4]
    random = torch.Generator().manual_seed(4)
    features = torch.randint(0, 256, (1, 8, 6, 8), generator=random).float()
    symbols = torch.randint(-9, 10, (1, 192, 6, 8), generator=random).float()
    step = torch.zeros(1, layout.GROUPS, 6, 8)
    for index in range(2, 6):
        context, (begin, end) = model.contexts[index], fourth.slices[index]
        torch.nn.init.normal_(context.mean.weight, 0.0, 1.0)
        known, later, mirrored = symbols.clone(), symbols.clone(), symbols.clone()
        known[:, begin:] = later[:, begin:] = mirrored[:, begin:] = 0.0
        later[:, end:] = 77.0
        mirrored[:, begin - 1, 0, 1] *= -1.0
        mirrored[:, begin - 1, 0, 1] += mirrored[:, begin - 1, 0, 1] == 0
        where = torch.tensor([8])  # below and to the left of what was changed
        with torch.no_grad():
            found, same, other = (
                torch.cat(context(features, step, each, torch.zeros(1), where)) for each in (known, later, mirrored)
            )
        assert torch.equal(found, same)
        assert not torch.equal(found, other)
        assert torch.equal(found, found.round())
        halved, coarser = known.clone(), step.clone()
        halved[:, :, :, 4:] = (halved[:, :, :, 4:] / 2.0).round()
        known[:, :, :, 4:] = halved[:, :, :, 4:] * 2.0
        coarser[:, :, :, 4:] = 16.0
        with torch.no_grad():
            before, after = (
                context._signed(each[:, : context.looked], field, torch.arange(0, 4))
                for each, field in ((known, step), (halved, coarser))
            )
        assert all(torch.equal(*pair) for pair in zip(before, after, strict=True))


def test_hyper_latents_are_predicted_from_those_known_around_them(build: Build) -> None:
    side, random = build(version=4).prior, torch.Generator().manual_seed(4)
    torch.nn.init.normal_(side.mean.weight, 0.0, 1.0)
    z, knob = torch.randint(-9, 10, (1, 6, 4, 5), generator=random).float(), torch.tensor([30.0])
    far, near = z.clone(), z.clone()
    far[..., 2, :] += 3.0
    near[..., 1, :] += 3.0
    with torch.no_grad():
        found, same, other = (torch.cat(side(each, knob, torch.zeros(1), torch.tensor([2]))) for each in (z, far, near))
        coarse, bits = torch.cat(side(z, knob - 20.0, torch.zeros(1), torch.tensor([2]))), side.bits(z, knob)
    assert torch.equal(found, same)
    assert not torch.equal(found, other)
    assert not torch.equal(found, coarse)
    assert float(found[1].min()) >= 1.0
    assert bits.shape == z.shape
    assert float(bits.min()) > 0.0


def test_the_passes_cover_every_place_once() -> None:
    for passes in layout.PHASES:
        every = np.concatenate([layout.places(6, 8, phases) for phases in passes])
        assert sorted(every.tolist()) == list(range(48))
    assert layout.SLICES[0][0] == 0
    assert layout.SLICES[-1][1] == layout.CHANNELS
    assert [layout.scale_of(knob) for knob in (16, 24, 32)] == [2.0, 1.0, 0.5]


def test_below_the_bend_steps_grow_faster(build: Build) -> None:
    """As the files' description says, in the network too."""
    second, fourth = build(version=2), build(version=4)
    knobs = (0.0, 7.0, 12.0, 40.0)
    for knob in knobs:
        told = torch.tensor([knob])
        ratio = float((fourth.unit(told) / second.unit(told)).detach().mean())
        assert ratio == pytest.approx(layout.scale_of(knob, 12.0) / layout.scale_of(knob))
    assert [layout.level_of(knob, 12.0) for knob in knobs] == [-18.0, -0.5, 12.0, 40.0]
