"""Many pictures into files: name the outputs before any work, know what earlier runs did, write each file whole.

`plan` gives every input its task and every output its name; `run_all` does the tasks by `batch`. What an earlier run
did is told from its files alone, which say of what they were made and how: there is no other record to lose.
"""

from jndkit.conversion.attempts import Outcome, attempt, store
from jndkit.conversion.outputs import Plan, Task, codec_for, destination, plan
from jndkit.conversion.patience import Wait, longest_wait
from jndkit.conversion.runs import run_all

__all__ = [
    "Outcome",
    "Plan",
    "Task",
    "Wait",
    "attempt",
    "codec_for",
    "destination",
    "longest_wait",
    "plan",
    "run_all",
    "store",
]
