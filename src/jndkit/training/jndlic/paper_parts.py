"""The graphs that the published JND-LIC is used through; see `codecs.jndlic.published` for their order."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor, nn

from jndkit.codecs.jndlic.layout import KNOB_HIGH, SERIAL_BLOCK, SERIAL_MULTIPLE, SERIAL_REACH
from jndkit.training.contract import Contract
from jndkit.training.jndlic.integer import frozen
from jndkit.training.jndlic.parts import Part, TablesPart

_KNOB = "float32 (1,), the knob, 0..60"
_LATENTS = {2: "h", 3: "w"}
_LARGE = 64.0  # latents before rounding
_AND_KNOB: tuple[dict[int, str], ...] = (_LATENTS, {})
_PAST = (2 * SERIAL_REACH + 1) ** 3 // 2


class AnalysisPart(Part):
    def __init__(self, model: nn.Module) -> None:
        inputs = "float32 (1, 3, H, W), RGB in 0..1; (1, 1, H, W), JND in code values"
        output = (
            "float32, before rounding: latent (1, C, H/16, W/16), hyper-latent (1, Z, H/64, W/64), step map's latent "
            "(1, S, H/64, W/64) and hyper-latent (1, T, H/256, W/256)"
        )
        sides = SERIAL_MULTIPLE * 4, SERIAL_MULTIPLE * 5
        example = (1, 3, *sides), (1, 1, *sides)
        contract = Contract(inputs, output, example, (_LATENTS, _LATENTS), SERIAL_MULTIPLE, size=_LARGE)
        super().__init__(contract, model.encoder, model.halve, model.hyper, model.steps.analysis, model.steps.hyper)
        self.model = model

    def examples(self, random: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return random[0], 20.0 * random[1]

    def forward(self, picture: Tensor, jnd: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.model.analysed(picture, jnd))


class BothTables(Part):
    """Frequencies of symbols, of the hyper-latent, and of the step map's hyper-latent."""

    def __init__(self, model: nn.Module) -> None:
        output = "float32 (64, 8, 512), frequencies of symbols; (Z, 63) and (T, 63), of both hyper-latents; whole"
        super().__init__(Contract(_KNOB, output, ((1,),), ({},)), model.prior, model.steps.prior)
        self.first, self.second = TablesPart(model), TablesPart(model.steps)

    def examples(self, random: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return self.first.examples(random)

    def forward(self, knob: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        symbols, hyper = self.first(knob)
        return symbols, hyper, self.second(knob)[1]


class ScalesPart(Part):
    def __init__(self, model: nn.Module) -> None:
        channels, latent = model.steps.prior.mean.shape[0], model.step_latent
        inputs = f"float32 (1, {channels}, h, w), whole, -31..31; {_KNOB}"
        output = f"float32 (1, {latent}, 4 h, 4 w), indices of scales; whole, 1..63"
        example = ((1, channels, 2, 3), (1,))
        super().__init__(
            Contract(inputs, output, example, _AND_KNOB, pixels=6 * 16 * SERIAL_MULTIPLE**2), model.steps.scales
        )
        self.scales = frozen(model.steps.scales)

    def examples(self, random: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (8.0 * random[0] - 4.0).round(), (KNOB_HIGH * random[1]).round()

    def forward(self, z: Tensor, knob: Tensor) -> Tensor:
        scales: Tensor = self.scales(z, knob)
        return scales


class StepsPart(Part):
    def __init__(self, model: nn.Module) -> None:
        inputs = f"float32 (1, {model.step_latent}, h, w), symbols of the step map; {_KNOB}"
        output = f"float32 (1, {model.latent}, 4 h, 4 w), steps of the latents"
        example = ((1, model.step_latent, 4, 5), (1,))
        contract = Contract(inputs, output, example, _AND_KNOB, pixels=20 * SERIAL_MULTIPLE**2)
        super().__init__(contract, model.steps.synthesis, model.enlarge)
        self.model = model

    def examples(self, random: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        # A fine knob: the tolerance of an export is of numbers of the order of 1.
        return (4.0 * random[0] - 2.0).round(), 40.0 + (20.0 * random[1]).round()

    def forward(self, symbols: Tensor, knob: Tensor) -> Tensor:
        steps: Tensor = self.model.step_map(symbols, knob)
        return steps


class HyperPart(Part):
    def __init__(self, model: nn.Module) -> None:
        channels = model.prior.mean.shape[0] + model.step_latent
        inputs = f"float32 (1, {channels}, h, w), hyper-latents, then the step map's symbols, whole, -31..31; {_KNOB}"
        output = f"float32 (1, {model.latent}, 4 h, 4 w), a number for each symbol; whole, 0..255"
        example = ((1, channels, 3, 4), (1,))
        super().__init__(Contract(inputs, output, example, _AND_KNOB, pixels=12 * SERIAL_MULTIPLE**2), model.unhyper)
        self.decoder = frozen(model.unhyper)

    def examples(self, random: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (8.0 * random[0] - 4.0).round(), (KNOB_HIGH * random[1]).round()

    def forward(self, z: Tensor, knob: Tensor) -> Tensor:
        features: Tensor = self.decoder(z, knob)[0]
        return features


class SerialPart(Part):
    def __init__(self, model: nn.Module) -> None:
        inputs = f"float32 (n,), the numbers for n symbols, whole; (n, {_PAST}), the symbols before each, whole"
        output = "float32 (n,), means in eighths of a symbol; (n,), indices of scales, 1..63; whole"
        example, axes = ((64,), (64, _PAST)), ({0: "s"}, {0: "s"})
        # A latent has as many symbols as there are channels.
        contract = Contract(inputs, output, example, axes, pixels=max(1, 64 * SERIAL_BLOCK**2 // model.latent))
        super().__init__(contract, model.context)
        self.context = frozen(model.context)

    def examples(self, random: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (255.0 * random[0]).round(), (8.0 * random[1] - 4.0).round()

    def forward(self, features: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
        mean, scale = self.context.at(features, before)
        return mean, scale


class SynthesisPart(Part):
    def __init__(self, model: nn.Module) -> None:
        inputs = f"float32 (1, {model.latent}, h, w), symbols; the same, their steps"
        output = f"float32 (1, 3, {SERIAL_BLOCK} h, {SERIAL_BLOCK} w), RGB in 0..1"
        example = ((1, model.latent, 8, 12), (1, model.latent, 8, 12))
        contract = Contract(inputs, output, example, (_LATENTS, _LATENTS), pixels=8 * 12 * SERIAL_BLOCK**2)
        super().__init__(contract, model.decoder, model.paint)
        self.model = model

    def examples(self, random: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (4.0 * random[0] - 2.0).round(), 0.2 + 0.1 * random[1]

    def forward(self, symbols: Tensor, step: Tensor) -> Tensor:
        return self.model.painted(symbols, step).clamp(0.0, 1.0)


def parts(model: nn.Module) -> Iterator[tuple[str, Part]]:
    """The graphs by what is put behind the name of the weights."""
    model = model.to("cpu").eval()
    yield "analysis", AnalysisPart(model)
    yield "tables", BothTables(model)
    yield "scales", ScalesPart(model)
    yield "steps", StepsPart(model)
    yield "hyper", HyperPart(model)
    yield "serial", SerialPart(model)
    yield "synthesis", SynthesisPart(model)
