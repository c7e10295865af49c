"""The graphs that a trained JND-LIC is used through, each with its contract; see `codecs/jndlic` for their order."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from jndkit.codecs.jndlic.layout import BLOCK, CHANNELS, GROUPS, KNOB_HIGH, MULTIPLE, SIDE
from jndkit.training.contract import Contract
from jndkit.training.jndlic.integer import frozen
from jndkit.training.jndlic.likelihood import TOTAL, symbol_tables, to_frequencies

_KNOB = "float32 (1,), the knob, 0..60"
_LATENTS = {2: "h", 3: "w"}


class Part(nn.Module):
    """A graph with fixed examples and a contract. learned: numbers in it that training changes."""

    def __init__(self, contract: Contract, *learned: nn.Module | nn.Parameter) -> None:
        super().__init__()
        self._contract = contract
        self.learned = sum(
            part.numel() if isinstance(part, Tensor) else sum(weight.numel() for weight in part.parameters())
            for part in learned
        )

    def contract(self) -> Contract:
        return self._contract


class AnalysisPart(Part):
    def __init__(self, model: nn.Module) -> None:
        inputs = f"float32 (1, 3, H, W), RGB in 0..1; (1, 1, H, W), JND in code values; {_KNOB}"
        output = "float32 (1, 192, H/8, W/8), in steps; hyper-latent (1, C, H/32, W/32); both before rounding"
        example = ((1, 3, 2 * MULTIPLE, 3 * MULTIPLE), (1, 1, 2 * MULTIPLE, 3 * MULTIPLE), (1,))
        axes: tuple[dict[int, str], ...] = (_LATENTS, _LATENTS, {})
        contract = Contract(inputs, output, example, axes, MULTIPLE, model.reach()[0], halves=True)
        super().__init__(contract, model.analysis, model.offsets)
        self.model = model

    def examples(self, random: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        picture, jnd, knob = random
        return picture, 20.0 * jnd, (KNOB_HIGH * knob).round()

    def forward(self, picture: Tensor, jnd: Tensor, knob: Tensor) -> tuple[Tensor, Tensor]:
        latent, z = self.model.analysis(picture, jnd, knob, self.model.unit(knob))
        return latent, z


class TablesPart(Part):
    """Frequencies as constants; of the hyper-latent, those of each knob."""

    symbols: Tensor
    hyper: Tensor

    def __init__(self, model: nn.Module) -> None:
        output = "float32 (64, 8, 512), frequencies of symbols; (C, 63), of the hyper-latent; whole"
        super().__init__(Contract(_KNOB, output, ((1,),), ({},)), model.prior)
        with torch.no_grad():
            every = [
                to_frequencies(model.prior.tables(torch.tensor([float(knob)])).double())
                for knob in range(KNOB_HIGH + 1)
            ]
            symbols = symbol_tables()
        # Sixteen bits hold what is below TOTAL.
        self.register_buffer("symbols", (symbols - TOTAL // 2).to(torch.int16))
        self.register_buffer("hyper", (torch.stack(every) - TOTAL // 2).to(torch.int16))

    def examples(self, random: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return ((KNOB_HIGH * random[0]).round(),)

    def forward(self, knob: Tensor) -> tuple[Tensor, Tensor]:
        half = float(TOTAL // 2)
        index = torch.floor(knob + 0.5).clamp(0, KNOB_HIGH).to(torch.int64)
        return self.symbols.float() + half + 0.0 * knob, self.hyper.index_select(0, index)[0].float() + half


class SymbolTablesPart(Part):
    """Frequencies of symbols alone, where hyper-latents are predicted too."""

    symbols: Tensor
    channels: Tensor

    def __init__(self, model: nn.Module) -> None:
        output = "float32 (64, 8, 512), frequencies of symbols and of hyper-latents; (1,), their channels; whole"
        super().__init__(Contract(_KNOB, output, ((1,),), ({},)))
        self.register_buffer("channels", torch.tensor([float(model.hyper)]))
        with torch.no_grad():
            symbols = symbol_tables()
        self.register_buffer("symbols", (symbols - TOTAL // 2).to(torch.int16))

    def examples(self, random: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return ((KNOB_HIGH * random[0]).round(),)

    def forward(self, knob: Tensor) -> tuple[Tensor, Tensor]:
        return self.symbols.float() + float(TOTAL // 2) + 0.0 * knob, self.channels + 0.0 * knob


class SidePart(Part):
    """What predicts hyper-latents."""

    def __init__(self, model: nn.Module) -> None:
        inputs = (
            f"float32 (1, {model.hyper}, H/32, W/32), whole, -31..31, 0 where unknown; {_KNOB}; (1,), the turn; "
            "int64 (n,), places"
        )
        output = (
            f"float32 (1, {model.hyper}, n), means in eighths of one; (1, {model.hyper}, n), indices of scales; whole"
        )
        example = ((1, model.hyper, 4, 6), (1,), (1,), (6,))
        axes: tuple[dict[int, str], ...] = (_LATENTS, {}, {}, {0: "n"})
        super().__init__(Contract(inputs, output, example, axes, pixels=6 * MULTIPLE**2), model.prior)
        self.context = frozen(model.prior)

    def examples(self, random: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        z, knob, turn, where = random
        index = torch.arange(len(where)) * (z[0, 0].numel() // len(where))
        return (8.0 * z - 4.0).round(), (KNOB_HIGH * knob).round(), turn.round(), index

    def forward(self, z: Tensor, knob: Tensor, turn: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
        mean, scale = self.context(z, knob, turn, places)
        return mean, scale


class HyperPart(Part):
    def __init__(self, model: nn.Module) -> None:
        channels = model.hyper
        inputs = f"float32 (1, {channels}, H/32, W/32), whole, -31..31; {_KNOB}"
        output = f"float32 (1, F, H/8, W/8), whole, 0..255; step field (1, {GROUPS}, H/8, W/8), whole, -32..32"
        example = ((1, channels, 3, 4), (1,))
        super().__init__(Contract(inputs, output, example, (_LATENTS, {}), pixels=12 * MULTIPLE**2), model.decoder)
        self.decoder = frozen(model.decoder)

    def examples(self, random: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        z, knob = random
        return (8.0 * z - 4.0).round(), (KNOB_HIGH * knob).round()

    def forward(self, z: Tensor, knob: Tensor) -> tuple[Tensor, Tensor]:
        features, step = self.decoder(z, knob)
        return features, step


class PredictionPart(Part):
    """What predicts a slice, whatever it is told."""

    def __init__(self, model: nn.Module, index: int) -> None:
        features, stepped = model.decoder.last.weight.shape[0], model.layout.stepped[index]
        field = f"step field (1, {GROUPS}, h, w); " if stepped else ""
        inputs = (
            f"float32 (1, {features}, h, w), whole; {field}symbols (1, {CHANNELS}, h, w), whole, 0 where unknown; "
            "(1,), the turn; int64 (n,), places"
        )
        output = "float32 (1, own, n), means in eighths of a symbol; (1, own, n), indices of scales; whole"
        passes, size = len(model.layout.passes[index]), 8 * 12
        planes = (features, GROUPS, CHANNELS) if stepped else (features, CHANNELS)
        example = (*((1, channels, 8, 12) for channels in planes), (1,), (size // passes,))
        axes: tuple[dict[int, str], ...] = (*(_LATENTS for _ in planes), {}, {0: "n"})
        contract = Contract(inputs, output, example, axes, pixels=size * BLOCK**2 // passes)
        super().__init__(contract, model.contexts[index])
        self.context = frozen(model.contexts[index])

    def examples(self, random: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        features, *step, symbols, turn, where = random
        index = torch.arange(len(where)) * (symbols[0, 0].numel() // len(where))
        field = [(16.0 * each - 8.0).round() for each in step]
        return (features * 255.0).round(), *field, (8.0 * symbols - 4.0).round(), turn.round(), index


class ContextPart(PredictionPart):
    def forward(self, features: Tensor, symbols: Tensor, turn: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
        mean, scale = self.context(features, symbols, turn, places)
        return mean, scale


class SteppedPart(PredictionPart):
    def forward(
        self, features: Tensor, step: Tensor, symbols: Tensor, turn: Tensor, places: Tensor
    ) -> tuple[Tensor, Tensor]:
        mean, scale = self.context(features, step, symbols, turn, places)
        return mean, scale


class SynthesisPart(Part):
    def __init__(self, model: nn.Module) -> None:
        inputs = f"float32 (1, {CHANNELS}, h, w), symbols; (1, {GROUPS}, h, w), step field; {_KNOB}"
        output = f"float32 (1, 3, {BLOCK} h, {BLOCK} w), RGB in 0..1"
        example = ((1, CHANNELS, 8, 12), (1, GROUPS, 8, 12), (1,))
        axes: tuple[dict[int, str], ...] = (_LATENTS, _LATENTS, {})
        pixels = 8 * 12 * BLOCK**2
        contract = Contract(inputs, output, example, axes, 1, model.reach()[1], pixels, halves=True)
        super().__init__(contract, model.synthesis, model.offsets)
        self.model = model

    def examples(self, random: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        symbols, step, knob = random
        return (8.0 * symbols - 4.0).round(), (16.0 * step - 8.0).round(), (KNOB_HIGH * knob).round()

    def forward(self, symbols: Tensor, step: Tensor, knob: Tensor) -> Tensor:
        painted: Tensor = self.model.synthesis(symbols, step, knob, self.model.unit(knob)).clamp(0.0, 1.0)
        return painted


def parts(model: nn.Module) -> Iterator[tuple[str, Part]]:
    """The graphs by what is put behind the name of the weights."""
    model = model.to("cpu").eval()
    yield "analysis", AnalysisPart(model)
    if model.layout.sides:
        yield "tables", SymbolTablesPart(model)
        yield SIDE, SidePart(model)
    else:
        yield "tables", TablesPart(model)
    yield "hyper", HyperPart(model)
    for index, graph in enumerate(model.layout.graphs):
        yield graph, (SteppedPart if model.layout.stepped[index] else ContextPart)(model, index)
    yield "synthesis", SynthesisPart(model)
