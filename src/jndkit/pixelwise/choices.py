"""One sentence for every name that does not exist."""

from __future__ import annotations

from collections.abc import Iterable

from jndkit.errors import UsageError


def check_choice(what: str, name: object, names: Iterable[str]) -> None:
    """Raises UsageError listing `names` unless `name` is one of them. `what` is the thing chosen: "model"."""
    choices = list(names)
    if name not in choices:
        raise UsageError(f"unknown {what} {name!r}: choose {', '.join(choices)}")
