"""The command `jnd`: verbs, printing, exit codes. No logic of its own."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `jnd` with these arguments, by default the process's own, and return its exit code."""
    try:
        from jndkit.cli.app import run

        return run(arguments)
    except KeyboardInterrupt:  # while loading
        return 130
