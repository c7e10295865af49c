"""What the page hears of a study, a sitting and a trial: nothing of which picture is which."""

from __future__ import annotations

from typing import Any

from jndkit.study import layout
from jndkit.study.plan import ORIGINAL, Plan, Shown
from jndkit.study.sittings.plates import KINDS
from jndkit.study.trials import UNSURE, Trial

_INSTRUCTIONS = {
    ("2afc", False): (
        "You will see an original and two versions of it. One version is the original again, the other may have been "
        "changed. Say which one differs. When you cannot tell, guess: even then people are right more often than not.",
        "Look anywhere in the pictures, for as long as you like.",
    ),
    ("2afc", True): (
        "You will look at an original and two versions of it, A and B, one at a time in the same place. One version is "
        "the original again, the other may have been changed. Go back and forth, and say which one differs. When you "
        "cannot tell, guess: even then people are right more often than not.",
    ),
    ("flicker", True): (
        "You will see a picture that alternates with a changed version of itself. Where the change is visible, the "
        "picture flickers. The slider makes the change larger or smaller.",
        "Look everywhere in the picture, and find the place of the slider where you only just see it flicker. If it "
        "flickers at no place of the slider, say so.",
    ),
    ("triplet", False): (
        "You will see two versions of one original beside each other. Say which one differs more from the original; "
        "when you cannot tell, say that you are not sure.",
        "Some pairs stand still, and you can switch to the original. Others flicker: those pictures are enlarged, "
        "their differences amplified, and they alternate with the original. There the one that flickers more differs "
        "more. They are shown for some seconds; you may answer afterwards, too.",
    ),
}


def of_study(plan: Plan) -> dict[str, Any]:
    """What a viewer is told before the first trial, and what the page needs to show all others."""
    display, schedule = plan.display, plan.schedule
    width, height = layout.largest(plan.stimuli)
    return {
        "id": plan.digest[:16],
        "name": plan.name,
        "method": plan.method,
        "arrangement": plan.arrangement,
        "texts": {"information": plan.texts.information, "consent": plan.texts.consent, "contact": plan.texts.contact},
        "instructions": _INSTRUCTIONS[plan.method, plan.arrangement == "single"],
        "minutes": round(schedule.minutes),
        "training": schedule.training,
        "flicker": display.flicker,
        "seconds": display.seconds,
        "refresh": display.refresh,
        "ppd": display.ppd,
        "tolerance": display.tolerance,
        "width": width,
        "height": height,
        "layout": {
            "grid": layout.GRIDS[plan.arrangement],
            "gap": layout.GAP,
            "top": layout.TOP,
            "controls": layout.CONTROLS[plan.arrangement],
            "narrow": layout.NARROW,
            "taller": layout.TALLER,
        },
        "window": [display.width, display.height],
        "plates": [f"v1/plates/{number}.png" for number in range(len(KINDS))],
    }


def of_trial(plan: Plan, trial: Trial, total: int) -> dict[str, Any]:
    """total: trials of the sitting, training among them."""
    stimulus = plan.stimulus(trial.stimulus)
    width, height = stimulus.size(boosted=trial.boosted)
    practice, training = plan.schedule.training, trial.kind == "training"
    return {
        "id": trial.id,
        "training": training,
        "number": trial.id + 1 if training else trial.id - practice + 1,
        "total": practice if training else total - practice,
        "rest": trial.rest,
        "boosted": trial.boosted,
        "start": trial.start,
        "width": width,
        "height": height,
        "original": address(stimulus.shown(ORIGINAL, boosted=trial.boosted)),
        "places": [address(stimulus.shown(level, boosted=trial.boosted)) for level in trial.levels],
    }


def of_answer(plan: Plan, trial: Trial, response: int | None) -> dict[str, Any] | None:
    """What a viewer hears of an answer: in training only, and where there is a right one."""
    right = trial.is_right(response) if trial.kind == "training" else None
    return None if right is None else {"right": right, "text": _feedback(plan, trial, response)}


def address(shown: Shown) -> str:
    """Where a picture is found: under its hash, which says nothing of it and never stands for another."""
    return f"v1/pictures/{shown.sha256}.png"


def _feedback(plan: Plan, trial: Trial, response: int | None) -> str:
    if trial.right == (UNSURE,):
        return "Nothing flickered anywhere." if trial.method == "flicker" else "Both were the same."
    if trial.method == "flicker":
        first = next(place for place, level in enumerate(trial.levels) if level != ORIGINAL)
        last = len(trial.levels) - 1
        yours = "nowhere" if response is None else f"at {response / last:.0%}"
        return f"It flickers from {first / last:.0%} of the slider's way on; you said {yours}."
    names = ("A", "B") if plan.arrangement == "single" else ("The left one", "The right one")
    differed = " or ".join(names[place] for place in trial.right if place is not None)
    return f"{differed} {'differed' if trial.method == '2afc' else 'differed more'} from the original."
