"""Many pictures: find them, name their outputs before any work, run them side by side, lose none."""

from jndkit.corpus.inputs import Found, gather
from jndkit.corpus.outputs import Plan, Task, plan
from jndkit.corpus.runs import run_all

__all__ = ["Found", "Plan", "Task", "gather", "plan", "run_all"]
