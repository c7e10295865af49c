"""Many pictures into files: name the outputs before any work, know what earlier runs did, write each file whole.

`plan` gives every input its task and every output its name; `run_all` does the tasks by `batch`. What an earlier run
did is told from its files alone, which say of what they were made and how: there is no other record to lose.

`corpus.encoded` is the same for any number of pictures in any place, with a ledger at the destination: listed, planned,
done and told of as a stream. `corpus.predicted` and `comparisons.corpus` keep decisions and readings likewise.
"""

from jndkit.conversion.attempts import Outcome, attempt, store
from jndkit.conversion.outputs import Plan, Task, codec_for, destination, plan, tasks_without_files
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
    "tasks_without_files",
]
