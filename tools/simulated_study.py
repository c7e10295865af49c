"""Answer a study by simulated viewers, as the page would, for `jnd study fit`. No people are asked.

    jnd study make examples -o DIR --pictures 3
    python tools/simulated_study.py DIR --viewers 25
    jnd study fit DIR

The study's name must say that it is simulated, so that nobody takes its protocol for one of people.
"""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path

import numpy as np

from jndkit.errors import UsageError
from jndkit.study.answers import Answers
from jndkit.study.plan import read_plan
from jndkit.study.simulation import sit, truth, viewers


def answer(folder: Path, count: int, seed: int, d50: float) -> None:
    """Raises UsageError for a study whose name does not say that it is simulated."""
    plan = read_plan(folder)
    if "simulated" not in plan.name:
        raise UsageError(f"{folder}: the study is called {plan.name!r}; make it with --name 'simulated ...'")
    chance = np.random.default_rng(seed)
    population = truth(plan, chance, d50=d50)
    with closing(Answers(folder, plan)) as answers:
        for viewer in viewers(population, count, chance):
            session = answers.begin()
            answers.checked(session, {"simulated": True})
            for trial, given in sit(plan, session.number, viewer):
                answers.give(session, trial)
                answers.answer(session, given)
            answers.finish(session)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--viewers", type=int, default=25)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--d50", type=float, default=1.1, help="JND that half of the viewers notice, over pictures")
    options = parser.parse_args()
    answer(options.folder, options.viewers, options.seed, options.d50)


if __name__ == "__main__":
    main()
