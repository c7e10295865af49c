"""The choice for one picture among the codecs and the ways to prepare it: the smallest file that looks the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from jndkit.codecs import card as named_card, codec as named_codec, preferred
from jndkit.codecs.contract import Codec
from jndkit.errors import CodecError, TargetError
from jndkit.observers.contract import Observer, Witness, is_noisy
from jndkit.picture import Picture
from jndkit.picturewise.decision import (
    BUDGET,
    Choice,
    Decision,
    PredictedDecision,
    carried_jpeg,
    cheapest,
    decide,
    leaves_chroma,
    predict_decision,
    suited,
)
from jndkit.picturewise.goal import Goal
from jndkit.picturewise.hdr import loses_hdr, passed_over, refusal
from jndkit.picturewise.history import nearest_quality
from jndkit.picturewise.prediction import Prediction
from jndkit.picturewise.prefilter import Prefiltered, form_for, prefilter_within
from jndkit.picturewise.probing import Prober, Told
from jndkit.picturewise.requantisation import expected
from jndkit.picturewise.tailoring import tailor_for
from jndkit.picturewise.watching import watch_under
from jndkit.picturewise.witness import second_witness

_UNDECIDED = Decision(None, "unreachable")  # of a codec that may only carry the JPEG file


@dataclass(frozen=True)
class Chosen:
    """The decision with the smallest file, that file, and how the picture was prefiltered, if it was.

    encodes: how many were made for all codecs together, those included that lost or failed.
    own_jnd: as of `Prober`, for this codec.
    second: what the second witness says of the file; None where there is none, or its scale does not hold.
    """

    decision: Decision
    choice: Choice
    prefiltered: Prefiltered | None
    encodes: int
    own_jnd: float = 0.0
    second: Witness | None = None


class Chooser:
    """Chooses for one picture, which is watched once as it is and, where a codec has no transparency, once without."""

    def __init__(
        self,
        picture: Picture,
        goal: Goal,
        observer: Observer,
        predict: Callable[[Codec], Prediction],
        *,
        effort: str = "normal",
        prefilter: str | None = None,
        carry: bool = False,
        second: Observer | None = None,
        original: Picture | None = None,
        told: Told = None,
    ) -> None:
        """goal: what the file is held to.  predict: what a codec is expected to do to the picture.

        effort: a key of BUDGET.  prefilter: the JND model within whose map the picture is smoothed before it is coded.
        carry: a JPEG file that the picture was read from may be carried as it is, with all that stands in it.
        second: who else is asked of the file that is chosen; its word changes nothing.
        original: what is watched, where that is not the picture itself.  told: as of `Prober`.
        """
        self._picture, self._goal, self._observer, self._predict = picture, goal, observer, predict
        self._effort, self._model, self._second = effort, prefilter, second
        self._carry = carry and prefilter is None
        self._original, self._told = original, told
        # By whether transparency was left out: then another picture is watched.
        self._probers: dict[bool, Prober] = {}
        self._prefiltered: dict[tuple[bool, bool, str], Prefiltered | None] = {}
        self._encodes = 0

    def smallest(self, specs: Iterable[str], *, auto: bool = False) -> Chosen:
        """The smallest file over some codecs, each held to the goal.

        auto: the caller named no codec. Then one that fails is passed over, and a picture outside the domain of the
            scale may become a PNG.
        Raises CodecError where a codec that was named fails, TargetError where no codec meets the goal, and where the
        picture itself reads more against its original.
        """
        best: tuple[Decision, Choice, Prefiltered | None] | None = None
        own_jnd = 0.0
        reference = self._picture
        refused: list[str] = []
        unheld: list[str] = []  # codecs whose files cannot hold the gain map
        for spec in (*specs, "png") if auto and not self._goal.domain.inside else specs:
            codec = named_codec(preferred(spec) if self._goal.domain.inside else spec)
            held = not loses_hdr(self._picture, codec)
            if not held and not (self._carry and named_card(codec.name).jpeg_mode):
                unheld.append(codec.name)
                continue
            prober = self._prober(codec)
            try:
                decision, prefiltered = self._decided(prober, codec, spec) if held else (_UNDECIDED, None)
            except CodecError as error:
                if not auto:
                    raise type(error)(f"{self._picture.name}: {error}") from error
                refused.append(str(error))
                continue
            decision = self._requantised(prober, codec, spec, decision)
            notes = prober.picture.notes
            carried = self._carried(prober, codec, decision)
            if carried is not None:  # with the colour profile and whatever else the codec leaves out
                decision, notes = carried, self._picture.notes
            if decision.choice is None and not held:
                unheld.append(codec.name)
            elif decision.choice is None:
                refused.append(self._refusal(spec, decision))
            elif best is None or decision.size < best[0].size:
                caveats = self._goal.caveats(lossless=decision.stop == "lossless")
                noted = replace(decision, notes=(*notes, *caveats, *decision.notes))
                best, own_jnd = (noted, decision.choice, prefiltered), prober.own_jnd
                reference = self._reference(codec)
        if best is None:
            refused += [refusal(unheld)] if unheld else []
            raise TargetError(f"{self._picture.name}: {'; '.join(refused)}")
        decision, choice, prefiltered = best
        if unheld:
            decision = replace(decision, notes=(*decision.notes, passed_over(unheld)))
        second = second_witness(self._second, reference, choice, self._goal.of(choice.codec.name))
        return Chosen(decision, choice, prefiltered, self._encodes, own_jnd, second)

    def _prober(self, codec: Codec) -> Prober:
        """What probes the picture as this codec can hold it."""
        picture = suited(self._picture, codec)
        opaque = picture.alpha is None
        twin = self._probers.get(opaque)
        goal, observer = self._goal.of(codec.name), self._observer
        watched = twin.watched if twin else watch_under(observer, self._reference(codec), goal.viewing, goal.protocol)
        budget = BUDGET[self._effort]
        tailor = tailor_for(picture, goal)
        more: dict[str, Any] = {"noisy": is_noisy(observer), "tailor": tailor, "told": self._told}
        prober = Prober(picture, watched, self._predict, goal.jnd, budget, **more)
        if twin:
            prober.chroma_jnd, prober.own_jnd = twin.chroma_jnd, twin.own_jnd
        elif self._original is not None:
            prober.own_jnd = self._read_itself(prober, self._original)
        self._probers[opaque] = prober
        return prober

    def _reference(self, codec: Codec) -> Picture:
        """What is watched, as the codec can hold it."""
        return suited(self._original or self._picture, codec)

    def _read_itself(self, prober: Prober, original: Picture) -> float:
        """JND of the picture before it is coded again. Raises TargetError where that is more than the goal."""
        jnd = prober.watched(prober.picture).jnd
        if jnd > prober.target:
            raise TargetError(
                f"{self._picture.name}: against {original.name} it reads {jnd:.2f} JND already, more than the goal of "
                f"{self._goal}: nothing made of it can look the same; encode {original.name} instead"
            )
        return jnd

    def _decided(self, prober: Prober, codec: Codec, spec: str) -> tuple[Decision, Prefiltered | None]:
        """The decision for one codec, on the prefiltered picture where that was asked for and gives a file."""
        if self._model is None:
            return self._searched(prober, codec, spec), None
        if not self._goal.domain.inside:
            reason = "the scale of visibility does not hold for this picture"
            return _unfiltered(self._searched(prober, codec, spec), reason), None
        smoothed = self._smoothed(prober, codec, self._model)
        if smoothed is None:
            reason = f"{self._model} leaves nothing to smooth unseen"
            return _unfiltered(self._searched(prober, codec, spec), reason), None
        filtered, prefiltered = self._searched(smoothed[0], codec, spec), smoothed[1]
        passed = filtered.choice is not None and filtered.stop != "lossless"
        if passed and self._effort != "best":
            return filtered, prefiltered
        plain = self._searched(prober, codec, spec)
        probes = (*filtered.probes, *plain.probes)
        if passed and filtered.size <= plain.size:
            return replace(filtered, probes=probes), prefiltered
        reason = "the file is smaller without" if passed else "no lossy setting met the target with it"
        return _unfiltered(replace(plain, probes=probes), reason), None

    def _searched(self, prober: Prober, codec: Codec, spec: str) -> Decision:
        inside = self._goal.domain.inside
        try:
            decision = decide(prober, codec, chroma_free=leaves_chroma(spec), lossless_first=not inside)
            return cheapest(prober, codec, decision) if self._effort == "best" and inside else decision
        finally:  # of a codec that fails too: the row says how many encodes were made, not how many helped
            self._encodes += len(prober.probes)

    def _carried(self, prober: Prober, codec: Codec, decision: Decision) -> Decision | None:
        """The decision for the JPEG file as it is, where the codec carries it in fewer bytes than were decided on."""
        spec = named_card(codec.name).jpeg_mode
        source = self._picture.source
        # A lossless mode that was named is what was asked for.
        if not (self._carry and spec and source and source.format == "JPEG") or codec.spec == codec.lossless:
            return None
        carrier = named_codec(spec)
        self._encodes += 1
        try:
            data = carrier.encode(self._picture, carrier.knob.grid[-1])
            carried = carried_jpeg(prober, carrier, data) if len(data) < decision.size else None
        except CodecError:  # an odd file; the codec itself did what was asked for
            return None
        return None if carried is None or carried.choice is None else carried

    def _requantised(self, prober: Prober, codec: Codec, spec: str, decision: Decision) -> Decision:
        """The decision, or that for the coefficients of the picture's own JPEG file, rounded further, where smaller."""
        again, source = named_card(codec.name).jpeg_again, self._picture.source
        # An encoder or a sampling that was named is what was asked for; and smoothed pixels are no file's.
        jpeg = None if source is None else source.jpeg
        if not again or jpeg is None or spec != codec.name or self._model is not None:
            return decision
        quality = nearest_quality(jpeg.tables).value
        rounding = named_codec(again)
        likely = expected(prober.predict(_unhalved(codec)), quality, rounding.knob.grid)
        alone = replace(prober, probes=[], most=decision.size, tailor=None, predict=lambda _: likely)
        try:
            other = self._searched(alone, rounding, again)
        except CodecError:  # an odd file; the codec itself did what was asked for
            return decision
        smaller = other if other.size <= decision.size and other.choice is not None else decision
        return replace(smaller, probes=(*decision.probes, *other.probes))

    def _smoothed(self, prober: Prober, codec: Codec, model: str) -> tuple[Prober, Prefiltered] | None:
        """A prober that codes a smoothed picture and still watches the original; None where smoothing shows."""
        form = form_for(codec.name)
        key = prober.picture.alpha is None, prober.picture.native is None, form
        if key not in self._prefiltered:
            self._prefiltered[key] = prefilter_within(prober.picture, model, prober.watched, prober.target, form=form)
        prefiltered = self._prefiltered[key]
        if prefiltered is None:
            return None
        picture = replace(prober.picture, rgb=prefiltered.picture.rgb, native=prefiltered.picture.native)
        # Chroma is not smoothed, so that halving it reads as of the original.
        return replace(prober, picture=picture, chroma_jnd=prober.reduced_chroma(), probes=[]), prefiltered

    def _refusal(self, spec: str, decision: Decision) -> str:
        best = decision.best
        tried = f"the best tried, {best.spec} at {best.value:g}, reads {best.jnd:.2f} JND" if best else "nothing tried"
        return f"{spec} does not reach {self._goal.of(spec.partition(':')[0])}: {tried}"


def _unhalved(codec: Codec) -> Codec:
    """The codec with full chroma: rounding coefficients further halves nothing once more."""
    fuller = codec.spec.replace("420", "444")
    return named_codec(fuller) if fuller in codec.options else codec


def _unfiltered(decision: Decision, reason: str) -> Decision:
    return replace(decision, notes=(*decision.notes, f"not prefiltered: {reason}"))


def predict_choice(
    picture: Picture, spec: str, goal: Goal, predict: Callable[[Codec], Prediction]
) -> PredictedDecision:
    """What a codec would come to, from what is predicted of the picture, without an encode.

    Raises TargetError where no setting is expected to meet the goal.
    """
    codec = named_codec(preferred(spec) if goal.domain.inside else spec)
    if loses_hdr(picture, codec):
        raise TargetError(f"{picture.name}: {refusal([codec.name])}")
    picture, goal = suited(picture, codec), goal.of(codec.name)
    free = leaves_chroma(spec) and not picture.grey
    inside = goal.domain.inside
    decision = predict_decision(
        codec,
        predict,
        goal.jnd,
        chroma_free=free,
        lossless_first=not inside,
        picture=picture,
        tailor=tailor_for(picture, goal),
    )
    prediction = decision.prediction
    if decision.value is None and prediction is not None:
        best = f"the best setting, {prediction.grid[-1]:g}, should read {math.exp(prediction.curve[-1]):.2f} JND"
        raise TargetError(f"{picture.name}: {decision.codec.spec} is not expected to reach {goal}: {best}")
    return replace(decision, notes=(*picture.notes, *goal.caveats(lossless=prediction is None), *decision.notes))
