"""The learned codec JND-LIC, `small`: JPEG's transform and quantisation with everything beside it learned.

Source: Pan, Zhang, Peng, Lei, Xie, Wang, Ling, "JND-LIC: Learned Image Compression via Just Noticeable Difference for
Human Visual Perception", IEEE Trans. Broadcasting 71(1):217-228, 2025, and its code.
Differs: see `transform` and `entropy`; one network for all qualities; the step field is derived from the
hyper-latent, or sent in it; the published network is `paper`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from jndkit.codecs.jndlic.layout import BENT, CHANNELS, GROUPS, LAYOUTS, ROUNDING, SYMBOL_LIMIT, Layout, places
from jndkit.errors import UsageError
from jndkit.training.jndlic.coded import Coded
from jndkit.training.jndlic.entropy import HyperDecoder, SliceContext, bounded
from jndkit.training.jndlic.integer import rounded
from jndkit.training.jndlic.likelihood import FRACTIONS, HyperPrior, symbol_bits
from jndkit.training.jndlic.means import MeanContext
from jndkit.training.jndlic.parts import Part, parts
from jndkit.training.jndlic.sides import SideContext
from jndkit.training.jndlic.signed import SignedContext
from jndkit.training.jndlic.transform import (
    Refinement,
    Stage,
    asinh,
    beneath,
    dct_kernels,
    heeded,
    in_float32,
    perceptual_table,
    spread,
    to_rgb,
    to_ycc,
)

STEPS = ("derived", "coded", "fixed")
_BIAS = 4.0  # bits; a fresh model, which is often wrong, must not talk all symbols away
_SLOPE = 8.0  # bits, beyond which one symbol more is an accident
_LEARNING = 0.001  # of the transforms, beside all else: what they multiply is large


class Analysis(nn.Module):
    """Picture (N, 3, H, W), JND map (N, 1, H, W) in code values and knob (N,) to latent and hyper-latent.

    steps: as of JndLic; "coded" takes the last channels of the hyper-latent from the features of the JND alone.
    bend: of the layout; see `heeded`.
    """

    def __init__(
        self, width: int, blocks: int, hyper: int, steps: str, jnd: bool, feature_transform: bool, bend: float
    ) -> None:
        super().__init__()
        self.bend = bend
        self.register_buffer("dct", dct_kernels(), persistent=False)
        self.learned = nn.Parameter(torch.zeros(CHANNELS, 3, 8, 8))
        self.stage = Stage(width, blocks, feature_transform and jnd)
        self.jnd = jnd
        self.inside = nn.Conv2d(2 * CHANNELS, width, 1)
        self.down = nn.ModuleList([nn.Conv2d(width, width, 3, stride=2, padding=1) for _ in range(2)])
        self.hyper = nn.Conv2d(width, hyper, 1)
        self.field = nn.Conv2d(width, GROUPS, 4, stride=4) if steps == "coded" and jnd else None

    def forward(self, picture: Tensor, jnd: Tensor, knob: Tensor, unit: Tensor) -> tuple[Tensor, Tensor]:
        """unit: the quantisation steps, (N, 192, 1, 1)."""
        with in_float32(picture.device.type):
            kernels = self.dct + _LEARNING * self.learned
            scaled = F.conv2d(to_ycc(picture.float()), kernels, stride=8) / unit
            guide = None
            if self.jnd:  # the same transform, of a map that has but luma
                guide = F.conv2d(F.pad(4.0 * jnd.float(), (0, 0, 0, 0, 0, 2)), kernels, stride=8) / unit
        residual, guided = self.stage(asinh(scaled), None if guide is None else asinh(guide), knob)
        latent = scaled + heeded(knob, self.bend) * residual
        small = asinh(latent.clamp(-SYMBOL_LIMIT, SYMBOL_LIMIT))
        falling = self.inside(torch.cat([small, small.abs()], dim=1))
        for layer in self.down:
            falling = layer(F.relu(falling))
        z = self.hyper(falling)
        if self.field is not None and guided is not None:
            z = torch.cat([z[:, :-GROUPS], self.field(guided)], dim=1)
        return latent.float(), z.float()


class Synthesis(nn.Module):
    """Symbols (N, 192, h, w), step field (N, GROUPS, h, w) and knob (N,) to RGB (N, 3, H, W)."""

    def __init__(self, width: int, blocks: int, refinement: int, feature_transform: bool, bend: float) -> None:
        super().__init__()
        self.bend = bend
        self.register_buffer("dct", dct_kernels(), persistent=False)
        self.learned = nn.Parameter(torch.zeros(CHANNELS, 3, 8, 8))
        self.stage = Stage(width, blocks, feature_transform)
        self.refinement = Refinement(refinement) if refinement else None

    def forward(self, symbols: Tensor, step: Tensor, knob: Tensor, unit: Tensor) -> Tensor:
        field = spread(step) / 16.0
        scaled = symbols * torch.exp2(field)
        residual, _ = self.stage(asinh(scaled), field, knob)
        with in_float32(symbols.device.type):
            latent = (scaled + heeded(knob, self.bend) * torch.exp2(field) * residual) * unit
            planes = F.conv_transpose2d(latent, self.dct + _LEARNING * self.learned, stride=8)
        if self.refinement is not None:
            # Half of the octaves: what it gives is in pixels, of which low frequencies have their share.
            planes = self.refinement(
                planes, unit[:, :1] * torch.exp2(0.5 * beneath(knob, self.bend))[:, None, None, None]
            )
        with in_float32(symbols.device.type):
            return to_rgb(planes.float())


class JndLic(nn.Module):
    """forward(picture, jnd, knob) gives what the codec makes of a batch, with symbols as a file holds them.

    width, blocks: of the encoder's stage.  decoder_width, decoder_blocks: of the decoder's.  refinement: channels of
    the picture's, 0 for none.  hyper: channels of the hyper-latent.  features: of the hyper-decoder.  context: width
    of the networks a slice; in version 4 that of the means', and `signed` that of the others.  steps: "derived" from
    the hyper-latent, "coded" in channels of it that come from the JND alone, or "fixed".  jnd: whether the encoder sees
    the JND map.  feature_transform: whether the JND feature transforms are there.  version: of the format that its
    files are in; see `codecs.jndlic.layout`.
    """

    def __init__(
        self,
        width: int = 64,
        blocks: int = 1,
        decoder_width: int = 64,
        decoder_blocks: int = 2,
        refinement: int = 24,
        hyper: int = 48,
        features: int = 64,
        context: int = 96,
        signed: int = 192,
        steps: str = "derived",
        jnd: bool = True,
        feature_transform: bool = True,
        version: int = 1,
    ) -> None:
        super().__init__()
        if version not in LAYOUTS:
            raise UsageError(f"version = {version}: choose {', '.join(map(str, LAYOUTS))}")
        if steps not in STEPS:
            raise UsageError(f"steps = {steps!r}: choose {', '.join(STEPS)}")
        if steps == "coded" and not jnd:
            raise UsageError("steps = 'coded' needs the JND: choose derived or fixed")
        hyper += GROUPS if steps == "coded" else 0
        self.register_buffer("table", perceptual_table(), persistent=False)
        self.offsets = nn.Parameter(torch.zeros(CHANNELS))
        self.layout = LAYOUTS[version]
        self.analysis = Analysis(width, blocks, hyper, steps, jnd, feature_transform, self.layout.bend)
        self.synthesis = Synthesis(decoder_width, decoder_blocks, refinement, feature_transform, self.layout.bend)
        self.decoder = HyperDecoder(hyper, features, steps)
        self.contexts = nn.ModuleList(_contexts(self.layout, features, context, signed))
        self.hyper = hyper
        self.prior = SideContext(hyper, self.layout.sides) if self.layout.sides else HyperPrior(hyper)

    def reach(self) -> tuple[int, int]:
        """Pixels around a place that decide what is made of it: by the encoder, and by the decoder."""
        stages = self.analysis.stage, self.synthesis.stage
        # In blocks of 8 pixels: two for the stem and for every part of the body, three for a feature transform.
        own = [len(stage.body) * 2 + 2 + 3 * (stage.transform is not None) for stage in stages]
        hyper = 4 if self.decoder.steps == "coded" else 3
        return 8 * (own[0] + hyper + 1), 8 * (own[1] + 1) + (6 if self.synthesis.refinement is not None else 0)

    def parts(self) -> Iterator[tuple[str, Part]]:
        """The graphs it is used through, by what is put behind the name of its weights."""
        return parts(self)

    def unit(self, knob: Tensor) -> Tensor:
        """Quantisation steps at step field 0, code values, (N, 192, 1, 1)."""
        steps = self.table * torch.exp2(self.offsets)
        level = knob - BENT * (self.layout.bend - knob).clamp_min(0.0)  # as `layout.level_of`
        return (steps * torch.exp2((24.0 - level[:, None]) / 8.0))[:, :, None, None]

    def forward(self, picture: Tensor, jnd: Tensor, knob: Tensor) -> Coded:
        unit = self.unit(knob)
        latent, z = self.analysis(picture, jnd, knob, unit)
        with in_float32(picture.device.type):
            z = rounded(bounded(z))
            side_bits = self.prior.bits(z, knob).sum(dim=(1, 2, 3))
            features, step = self.decoder(z, knob)
            symbols, bits = self.coded(latent * torch.exp2(-spread(step) / 16.0), features, step)
        return Coded(self.synthesis(symbols, step, knob, unit), bits, side_bits, symbols, step)

    def adapted(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """The weights of a network of an earlier version for this one, where what is new is as it was drawn."""
        own = self.state_dict()
        if self.layout.version > 1 and "contexts.0.beside.weight" in state:
            state = _with_means(state, own)
        if self.layout.sides and "prior.weight" in state:
            moved = {name: each for name, each in state.items() if not name.startswith("prior.")}
            moved |= {name: each for name, each in own.items() if name.startswith("prior.")}
            for index, context in enumerate(self.contexts):
                if isinstance(context, SignedContext):
                    begin = f"contexts.{index}."
                    narrow = {name: moved.pop(name) for name in state if name.startswith(begin)}
                    grown = context.grown({name.removeprefix(begin): each for name, each in narrow.items()})
                    moved |= {begin + name: each for name, each in grown.items()}
            return moved
        return state

    def coded(self, values: Tensor, features: Tensor, step: Tensor) -> tuple[Tensor, Tensor]:
        """Symbols of the latents in steps, rounded pass by pass as an encoder does, and their bits (N,)."""
        height, width = values.shape[2:]
        known, bits = torch.zeros_like(values), torch.zeros_like(values[:, 0, 0, 0])
        flat, slices = values.flatten(2), []
        for (begin, end), passes, context in zip(self.layout.slices, self.layout.passes, self.contexts, strict=True):
            before, parts, order = context.before(features, step, known), [], []
            for index, phases in enumerate(passes):
                where = torch.from_numpy(places(height, width, phases)).to(values.device)
                turn = torch.full((1,), float(index), device=values.device)
                mean, scale = context.at(before, known, turn, where)
                value = flat[:, begin:end].index_select(2, where)
                symbol, spent = choose(value, mean, scale)
                bits = bits + spent.sum(dim=(1, 2))
                # Contexts see symbols as they are: no slope leads back through them.
                known.flatten(2)[:, begin:end].index_copy_(2, where, symbol.detach())
                parts.append(symbol)
                order.append(where)
            back = torch.argsort(torch.cat(order))  # from the order of coding to that of places
            slices.append(torch.cat(parts, dim=2).index_select(2, back))
        return torch.cat(slices, dim=1).unflatten(2, (height, width)), bits

    def bits_of(self, symbols: Tensor, features: Tensor, step: Tensor, slices: Sequence[int]) -> list[Tensor]:
        """Bits of symbols as they are, (N, channels, h * w) for each of the slices; symbols (N, 192, h, w), whole."""
        height, width = symbols.shape[2:]
        found = []
        for part in slices:
            (begin, end), context = self.layout.slices[part], self.contexts[part]
            own = symbols[:, begin:end].flatten(2)
            known, bits = symbols.clone(), torch.zeros_like(own)
            known[:, begin:] = 0.0
            before = context.before(features, step, known)
            for index, phases in enumerate(self.layout.passes[part]):
                where = torch.from_numpy(places(height, width, phases)).to(symbols.device)
                turn = torch.full((1,), float(index), device=symbols.device)
                mean, scale = context.at(before, known, turn, where)
                mine = own.index_select(2, where)
                bits = bits.index_copy(2, where, symbol_bits(mine, mean, scale))
                known = known.flatten(2)
                known[:, begin:end].index_copy_(2, where, mine)
                known = known.unflatten(2, (height, width))
            found.append(bits)
        return found


def _contexts(layout: Layout, features: int, context: int, signed: int) -> Iterator[nn.Module]:
    """What predicts each slice."""
    for index, channels in enumerate(layout.slices):
        if layout.graphs[index].startswith("means"):
            yield MeanContext(*channels, features, context)
        elif layout.stepped[index]:
            yield SignedContext(channels, features, signed)
        else:
            yield SliceContext(channels, features, context)


def _with_means(state: dict[str, Tensor], own: dict[str, Tensor]) -> dict[str, Tensor]:
    """Of version 1, with parts for the means, as `own` has them, in the place of its first context."""
    moved = {name: each for name, each in own.items() if name.startswith(("contexts.0.", "contexts.1."))}
    for name, each in state.items():
        if not name.startswith("contexts."):
            moved[name] = each
        elif not name.startswith("contexts.0."):
            _, index, rest = name.split(".", 2)
            moved[f"contexts.{int(index) + 1}.{rest}"] = each
    return moved


def choose(value: Tensor, mean: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    """The symbols that cost least, in bits and in squared error, and their bits; all of one shape.

    What is not coded is its prediction. The slope of the symbols is 1, that of the bits what one symbol more costs.
    """
    below = torch.floor(value.detach().clamp(-SYMBOL_LIMIT, SYMBOL_LIMIT - 1.0))
    lower, upper = symbol_bits(below, mean, scale), symbol_bits(below + 1.0, mean, scale)
    dearer = (upper - lower).detach()
    above = ROUNDING * (1.0 - 2.0 * (value.detach() - below)) + dearer.clamp(-_BIAS, _BIAS) < 0
    chosen = torch.where(scale == 0, torch.floor(mean.detach() / FRACTIONS + 0.5), below + above)
    moved = value - value.detach()
    return chosen + moved, torch.where(above, upper, lower) + dearer.clamp(-_SLOPE, _SLOPE) * moved
