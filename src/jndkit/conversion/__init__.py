"""Many pictures: find them, name their outputs before any work, run them side by side, lose none."""

from jndkit.batch.inputs import Found, gather
from jndkit.conversion.attempts import Outcome, attempt, store
from jndkit.conversion.outputs import Plan, Task, codec_for, destination, plan, suffixes_of
from jndkit.conversion.patience import Wait, longest_wait
from jndkit.conversion.runs import run_all

__all__ = [
    "Found",
    "Outcome",
    "Plan",
    "Task",
    "Wait",
    "attempt",
    "codec_for",
    "destination",
    "gather",
    "longest_wait",
    "plan",
    "run_all",
    "store",
    "suffixes_of",
]
