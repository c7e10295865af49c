"""Rows of pictures that never were."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def row(name: str = "a.png", **changes: Any) -> dict[str, Any]:
    """What `jnd encode --json` prints of a picture."""
    made: dict[str, Any] = {
        **{"input": name, "output": f"{name}.jpg", "status": "written", "codec": "jpeg:420"},
        **{"knob": {"name": "quality", "value": 86}, "bytes": 20_000, "input_bytes": 100_000},
        **{"width": 96, "height": 80, "jnd": 0.45, "where": [0, 0, 96, 80], "viewers": 76.0, "interval": [56.0, 98.0]},
        **{"target": {"viewers": 75.0, "jnd": 0.4725}, "encodes": 2, "seconds": 0.5, "observer": "cvvdp 0.5.7"},
        **{"protocol": "aic", "viewing": "desktop", "ppd": 37.84, "domain": "photo", "error": None, "notes": []},
        "probes": [
            {"codec": "jpeg:420", "value": 80, "bytes": 16_000, "jnd": 0.6},
            {"codec": "jpeg:420", "value": 86, "bytes": 20_000, "jnd": 0.45},
        ],
        "versions": {"jndkit": "0.1.0", "pillow": "13.0.0"},
    }
    return made | changes


def failed(name: str, message: str, kind: str = "FormatError") -> dict[str, Any]:
    return {"input": name, "status": "failed", "error": {"type": kind, "message": message}, "notes": []}


def write(path: Path, rows: list[dict[str, Any]], end: str = "\n") -> Path:
    path.write_text("\n".join(json.dumps(item) for item in rows) + end, encoding="utf-8")
    return path
