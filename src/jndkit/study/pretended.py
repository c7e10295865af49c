"""A plan without pictures, for simulated studies: its levels read what the method asks for; nothing can be shown."""

from __future__ import annotations

from jndkit.study.making.make import schedule
from jndkit.study.methods import METHODS
from jndkit.study.plan import Display, Level, Method, Plan, Schedule, Screening, Shown, Stimulus, Texts

_NO_FILE = Shown("nothing.png", "0" * 64)


def pretended(method: Method, *, pictures: int, minutes: float | Schedule = 40.0, seed: int = 0) -> Plan:
    """minutes: of a sitting, or how it is spent.  pictures: one stimulus each, as one codec."""
    spent = minutes if isinstance(minutes, Schedule) else schedule(method, minutes, pictures)
    return Plan(
        "simulated",
        method,
        "2000-01-01T00:00:00+00:00",
        seed,
        "none",
        spent,
        Display("desktop", 37.84, 1.25, 1, 1, flicker=METHODS[method].flicker),
        Screening(),
        Texts("", ""),
        {},
        tuple(_stimulus(f"simulated-{number:03d}", method) for number in range(pictures)),
    )


def _stimulus(name: str, method: Method) -> Stimulus:
    levels = tuple(
        Level(index, -float(index), "nothing.jpg", "0" * 64, 1, jnd, _NO_FILE, _NO_FILE)
        for index, jnd in enumerate(METHODS[method].jnd, 1)
    )
    return Stimulus(name, name, "jpeg:420", "quality", 1, 1, _NO_FILE, levels, _NO_FILE)
