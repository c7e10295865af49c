"""What mkdocstrings asks for: docstrings of the house as lists, one line an argument.

Docstrings here put several arguments in one line where they fit, two spaces apart; that reads well in the source, and
as one long sentence in a page.
"""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension

_NAMES = r"[a-z_]\w*(?:, [a-z_]\w*)*"
_STARTS = re.compile(rf"(?:^|\n|(?<=\.)  )({_NAMES}): ")
_PARTS = re.compile(r"\n(?=Raises |Source: |Differs: )")


class ArgumentLists(Extension):  # type: ignore[misc]  # which the checker looks at as if it were absent
    """Every docstring with its arguments as a list."""

    def on_object(self, *, obj: Any, **_: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = listed(obj.docstring.value)


def listed(docstring: str) -> str:
    """Markdown of a docstring whose lines have lost their common indent."""
    parts = [part for paragraph in docstring.split("\n\n") for part in _PARTS.split(paragraph)]
    return "\n\n".join(_as_list(part) if _STARTS.match(part) else part for part in parts)


def _as_list(paragraph: str) -> str:
    _, *fields = _STARTS.split(paragraph)
    pairs = zip(fields[::2], fields[1::2], strict=True)
    return "\n".join(f"- `{names}`: {' '.join(text.split())}" for names, text in pairs)
