"""The figures of docs/http.md and docs/serve.md are those of the committed rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import page
import serve

DOCS = Path(__file__).parents[2] / "docs"


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_service_under_load() -> None:
    known = rows(serve.ROWS)
    assert serve.table(known) in (DOCS / "http.md").read_text(encoding="utf-8")
    assert {status for row in known if row["part"] == "load" for status in row["answers"]} <= {"200", "429"}
    (killed,) = (row for row in known if row["part"] == "killed")
    assert killed["alive"]
    assert set(killed["answers"]) <= {"200", "429", "507"}


def test_the_page() -> None:
    assert page.table(rows(page.ROWS)) in (DOCS / "serve.md").read_text(encoding="utf-8")
