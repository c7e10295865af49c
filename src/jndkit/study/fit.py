"""What the answers of a study say: who was screened, what each picture takes, and how far all of it may be off."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from jndkit.errors import InputError
from jndkit.study import triplets
from jndkit.study.intervals import accelerated, drawn, percentiles
from jndkit.study.likelihood import Shape, counted, fitted
from jndkit.study.plan import Plan, Stimulus
from jndkit.study.population import Profile, profile
from jndkit.study.psychometric import Floats, phi
from jndkit.study.screening import Screened, Sitting, judge_agreement, screened

DRAWS = 1000
_OUTLYING = 3.5  # robust standard deviations
_PROBIT_75 = 0.6744897501960817


@dataclass(frozen=True)
class Found:
    """A number and the ends of its 90 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class LevelFit:
    """index, knob, reading: of the plan.  jnd: what people see in it, JND; satisfied: share who see no difference."""

    index: int
    knob: float
    reading: float
    jnd: Found
    satisfied: Found


@dataclass(frozen=True)
class StimulusFit:
    """d50: our observer's reading, JND, at which half of the viewers notice.  knob: the setting that reads so.

    spread: of ln(threshold) over viewers; None where the method does not tell.  outlying: far from the others.
    """

    stimulus: Stimulus
    d50: Found
    knob: float
    spread: float | None
    viewers: int
    answers: int
    levels: tuple[LevelFit, ...]
    outlying: bool = False


@dataclass(frozen=True)
class CodecFit:
    """All pictures of one codec, or of all: `codec` is "all".

    d50: over pictures, geometric mean; its interval draws viewers and pictures.  spread: over viewers of one picture.
    pictures: standard deviation of ln(d50) over pictures, that of their errors taken off.
    """

    codec: str
    d50: Found
    spread: Found | None
    pictures: float
    stimuli: int


@dataclass
class Fit:
    """viewers: everybody.  shapes: of thresholds, by codec.  scale: of triplets.

    outlying: sessions that were kept although their answers are far more or less likely than those of the others.
    """

    plan: Plan
    viewers: list[Screened]
    stimuli: list[StimulusFit] = field(default_factory=list)
    codecs: list[CodecFit] = field(default_factory=list)
    shapes: dict[str, Shape] = field(default_factory=dict)
    scale: triplets.Scale | None = None
    outlying: list[int] = field(default_factory=list)

    @property
    def kept(self) -> int:
        return sum(viewer.kept for viewer in self.viewers)


def fit(plan: Plan, sittings: Sequence[tuple[int, Sitting]], *, draws: int = DRAWS, seed: int = 0) -> Fit:
    """Screen, fit and draw anew.

    sittings: number of each session, and its answered trials.  draws: of the bootstrap.
    Raises InputError where fewer than two viewers are left.
    """
    result = Fit(plan, screened(plan, sittings))
    groups = _groups(plan)
    ask = _Triplets if plan.method == "triplet" else _Thresholds
    models = {codec: ask(plan, stimuli, sittings) for codec, stimuli in groups.items()}
    _agree(result, list(models.values()))
    kept = [sitting for sitting, viewer in zip(sittings, result.viewers, strict=True) if viewer.kept]
    if len(kept) < 2:
        raise InputError(
            plan.folder, f"{len(kept)} of {len(sittings)} viewers are left after screening; two are needed"
        )
    chance = np.random.default_rng((plan.seed, seed))
    viewers = drawn(len(kept), draws, chance)
    middles, again, picks = [], [], []
    for codec, stimuli in groups.items():
        # Where nobody is left out, what agreement was judged by is the fit.
        model = models[codec] if len(kept) == len(sittings) else ask(plan, stimuli, kept)
        pictures = drawn(len(stimuli), draws, chance)
        made = model.fitted(viewers, pictures, chance)
        _keep(result, codec, made, pictures, len(kept))
        middles.append(made.middle)
        again.append(made.drawn)
        picks.append(pictures)
    if len(groups) > 1:
        spread = None if result.codecs[0].spread is None else result.codecs
        joined = _codec(
            "all", np.concatenate(middles), np.concatenate(again, axis=1), np.concatenate(picks, axis=1), len(kept)
        )
        result.codecs.append(joined if spread is None else _with_spread(joined, spread))
    _mark(result)
    return result


@dataclass(frozen=True)
class _Made:
    """middle: ln(reading) at which half notice (stimuli,); drawn: the same of each draw (draws, stimuli).

    spread: the number, that of each draw, and those without each viewer.
    """

    stimuli: list[Stimulus]
    middle: Floats
    drawn: Floats
    spread: tuple[float, Floats, Floats] | None
    distance: tuple[Floats, Floats] | None
    answers: Floats
    viewers: Floats
    shape: Shape | None = None
    scale: triplets.Scale | None = None


class _Thresholds:
    """Of two alternatives and of sliders."""

    def __init__(self, plan: Plan, stimuli: list[Stimulus], sittings: Sequence[tuple[int, Sitting]]) -> None:
        self._stimuli = stimuli
        self._counted = counted(stimuli, [sitting for _, sitting in sittings], slider=plan.method == "flicker")
        self._known: tuple[Shape, Profile] | None = None

    def ratios(self, used: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """Log-likelihood of each viewer by the fit of those used, over random clicks; and how many answers it is of."""
        shape, _ = self._known = fitted(self._counted.of(used))
        everybody = profile(self._counted.logged(shape))
        likeliest = Profile(everybody.logged[used], everybody.answered[used]).likeliest()
        return everybody.of_viewers(likeliest) - self._counted.at_random(), self._counted.counts.sum(axis=(1, 2, 3))

    def fitted(self, viewers: Floats, pictures: Floats, chance: np.random.Generator) -> _Made:
        shape, likelihoods = self._known or fitted(self._counted)
        found, again = likelihoods.likeliest(), likelihoods.likeliest(viewers, pictures)
        answers = self._counted.counts.sum(axis=(0, 2, 3))
        seen = likelihoods.answered.sum(axis=0)
        without = likelihoods.likeliest(1.0 - np.eye(len(viewers[0])))
        spread = float(found.spread), again.spread, without.spread
        return _Made(self._stimuli, found.middle, again.middle, spread, None, answers, seen, shape=shape)


class _Triplets:
    def __init__(self, plan: Plan, stimuli: list[Stimulus], sittings: Sequence[tuple[int, Sitting]]) -> None:
        self._stimuli = stimuli
        self._compared = triplets.compared(stimuli, [sitting for _, sitting in sittings])
        self._known: triplets.Scale | None = None

    def ratios(self, used: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
        scale = self._known = triplets.reconstructed(self._compared.of(used))
        ratio = triplets.of_viewers(self._compared, scale) - self._compared.at_random()
        return ratio, self._compared.counts.sum(axis=(1, 2, 3))

    def fitted(self, viewers: Floats, pictures: Floats, chance: np.random.Generator) -> _Made:
        scale = self._known or triplets.reconstructed(self._compared)
        again = triplets.redrawn(self._compared, scale, viewers, chance)
        readings = self._compared.readings
        middle = np.array([_log_reading(*pair) for pair in zip(readings, scale.distance, strict=True)])
        drawn_middles = np.array(
            [[_log_reading(*pair) for pair in zip(readings, distance, strict=True)] for distance in again.distance]
        )
        counts = self._compared.counts.sum(axis=(2, 3))
        distance = scale.distance, again.distance
        return _Made(
            self._stimuli,
            middle,
            drawn_middles,
            None,
            distance,
            counts.sum(axis=0),
            (counts > 0).sum(axis=0),
            scale=scale,
        )


def _log_reading(readings: Floats, distance: Floats) -> float:
    return math.log(max(triplets.reading_at(readings, distance), 1e-3))


def _groups(plan: Plan) -> dict[str, list[Stimulus]]:
    groups: dict[str, list[Stimulus]] = {}
    for stimulus in plan.stimuli:
        groups.setdefault(stimulus.codec, []).append(stimulus)
    return groups


def _agree(result: Fit, models: Sequence[_Thresholds | _Triplets]) -> None:
    """Judge everybody by the fit of those whom the other rules keep."""
    used = np.array([viewer.kept for viewer in result.viewers])
    if used.sum() < 2:
        return
    parts = [model.ratios(used) for model in models]
    ratio, answers = (np.sum([part[index] for part in parts], axis=0) for index in (0, 1))
    for viewer, each, count in zip(result.viewers, ratio, answers, strict=True):
        if count > 0:
            judge_agreement(result.plan, viewer, float(each / count))


def _keep(result: Fit, codec: str, made: _Made, pictures: Floats, viewers: int) -> None:
    low, high = percentiles(made.drawn, viewers)
    for index, stimulus in enumerate(made.stimuli):
        d50 = Found(*(math.exp(value) for value in (made.middle[index], low[index], high[index])))
        spread = None if made.spread is None else made.spread[0]
        levels = _levels(made, index, viewers)
        knob = _knob(stimulus, d50.value)
        result.stimuli.append(
            StimulusFit(stimulus, d50, knob, spread, int(made.viewers[index]), int(made.answers[index]), levels)
        )
    joined = _codec(codec, made.middle, made.drawn, pictures, viewers)
    if made.spread is not None:
        value, again, without = made.spread
        over = Found(value, *accelerated(again, value, without))
        joined = CodecFit(codec, joined.d50, over, joined.pictures, joined.stimuli)
    result.codecs.append(joined)
    if made.shape is not None:
        result.shapes[codec] = made.shape
    result.scale = made.scale or result.scale


def _levels(made: _Made, index: int, viewers: int) -> tuple[LevelFit, ...]:
    fits = []
    for place, level in enumerate(made.stimuli[index].levels):
        if made.distance is not None:
            value, again = made.distance[0][index, place], made.distance[1][:, index, place]
            shares = 2.0 * (1.0 - phi(_PROBIT_75 * again)), float(2.0 * (1.0 - phi(_PROBIT_75 * np.asarray(value))))
        else:
            assert made.spread is not None
            value, again = level.jnd / math.exp(made.middle[index]), level.jnd / np.exp(made.drawn[:, index])
            share = 1.0 - phi(np.log(value) / made.spread[0])
            shares = 1.0 - phi(np.log(again) / made.spread[1]), float(share)
        low, high = percentiles(again, viewers)
        least, most = percentiles(shares[0], viewers)
        fits.append(
            LevelFit(
                level.index,
                level.knob,
                level.jnd,
                Found(float(value), float(low), float(high)),
                Found(shares[1], float(least), float(most)),
            )
        )
    return tuple(fits)


def _codec(codec: str, middle: Floats, again: Floats, pictures: Floats, viewers: int) -> CodecFit:
    """d50 over pictures, drawn with them."""
    over = (again * pictures).sum(axis=1) / pictures.sum(axis=1)
    low, high = percentiles(over, min(viewers, len(middle)) if len(middle) > 1 else viewers)
    errors = float(again.var(axis=0).mean())
    between = math.sqrt(max(float(middle.var(ddof=1)) - errors, 0.0)) if len(middle) > 1 else 0.0
    d50 = Found(math.exp(float(middle.mean())), math.exp(float(low)), math.exp(float(high)))
    return CodecFit(codec, d50, None, between, len(middle))


def _with_spread(joined: CodecFit, parts: Sequence[CodecFit]) -> CodecFit:
    """Spreads of codecs, averaged over their stimuli."""
    weights = np.array([part.stimuli for part in parts], np.float64)
    found = [part.spread for part in parts if part.spread is not None]
    value, low, high = (
        float(np.average([getattr(spread, end) for spread in found], weights=weights))
        for end in ("value", "low", "high")
    )
    return CodecFit(joined.codec, joined.d50, Found(value, low, high), joined.pictures, joined.stimuli)


def _knob(stimulus: Stimulus, reading: float) -> float:
    """The setting that reads so, between two levels by the logarithm; that of the nearest level beyond them."""
    logged = [math.log(level.jnd) for level in stimulus.levels]
    return float(np.interp(math.log(reading), logged, [level.knob for level in stimulus.levels]))


def _mark(result: Fit) -> None:
    """Say which pictures and viewers lie far from the others. They stay in."""
    for codec in {stimulus.stimulus.codec for stimulus in result.stimuli}:
        places = [i for i, found in enumerate(result.stimuli) if found.stimulus.codec == codec]
        logged = np.array([math.log(result.stimuli[i].d50.value) for i in places])
        for i, far in zip(places, _far(logged), strict=True):
            if far:
                found = result.stimuli[i]
                result.stimuli[i] = StimulusFit(
                    found.stimulus,
                    found.d50,
                    found.knob,
                    found.spread,
                    found.viewers,
                    found.answers,
                    found.levels,
                    True,
                )
    kept = [viewer for viewer in result.viewers if viewer.kept and viewer.agreement is not None]
    ratios = np.array([viewer.agreement for viewer in kept], np.float64)
    result.outlying = [viewer.number for viewer, far in zip(kept, _far(ratios), strict=True) if far]


def _far(values: Floats) -> list[bool]:
    """Which lie more than 3.5 robust standard deviations from the median."""
    if len(values) < 5:
        return [False] * len(values)
    centre = float(np.median(values))
    scale = 1.4826 * float(np.median(np.abs(values - centre)))
    return [scale > 0.0 and abs(value - centre) > _OUTLYING * scale for value in values.tolist()]
