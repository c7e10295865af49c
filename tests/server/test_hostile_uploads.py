"""The files that mean harm, over HTTP: each is answered by design, and the server lives."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from tests.cli.hostile_files import Case, everything

_BY_DESIGN = {200, 400, 413, 415, 422, 501, 507}
UPLOADS = 500
_CLIENTS = 4


def uploads() -> list[Case]:
    """The whole table, and of its sound pictures cut ones with bytes of chance behind, as many as it takes."""
    cases = everything()
    random = np.random.default_rng(500)
    sound = [case for case in cases if case.expects == "picture"]
    for number in range(max(0, UPLOADS - len(cases))):
        case = sound[number % len(sound)]
        kept = case.data[: int(random.integers(8, len(case.data)))]
        cases.append(Case(f"chance {number} {case.name}", kept + random.bytes(2_000), case.group))
    return cases


@pytest.mark.slow
def test_every_hostile_file_is_answered(served: Callable[..., Any]) -> None:
    wrong: list[tuple[str, int, str]] = []
    cases = uploads()
    assert len(cases) >= UPLOADS
    with served(limits={"jobs": 2, "seconds": 300.0}) as client:

        def sent(case: Case) -> None:
            answer = client.post("/v1/predict", params={"encode": "false", "name": case.name}, content=case.data)
            private = "jndkit-serve-" in answer.text
            painted = case.expects == "error" and answer.status_code == 200
            if answer.status_code not in _BY_DESIGN or private or painted:
                with lock:
                    wrong.append((case.name, answer.status_code, answer.text[:200]))

        lock = threading.Lock()
        with ThreadPoolExecutor(_CLIENTS) as clients:
            list(clients.map(sent, cases))
        health = client.get("/v1/health").json()
        assert (health["working"], health["waiting"]) == (0, 0)
    assert not wrong
