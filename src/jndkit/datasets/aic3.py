"""JPEG AIC-3: triplet comparisons, plain and boosted; which of two versions differs more from the one between them?

Layout: a table whose name ends in `response_data.csv`, or in `response_data_DATE.csv`, one line an answer, with columns
`worker`, `method` (BTC boosted, PTC plain), `img_num`, `codec_left`, `codec_right`, `dlevel_left`, `dlevel_pivot`,
`dlevel_right`, `is_bias`, `is_trap` and `response` (left, right, not sure), others beside them. Level 0 is the source.

Source: jpeg-aic/dataset-BTC-PTC-24; Testolina et al., "Fine-grained subjective visual quality assessment for
high-fidelity compressed images", DCC 2025.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from jndkit.datasets.ratings import Inventory, find, read_columns, read_point
from jndkit.errors import InputError

TABLE = "*response_data*.csv"
Response = Literal["left", "right", "not sure"]
RESPONSES: tuple[Response, ...] = ("left", "right", "not sure")

_METHODS = {"btc": True, "ptc": False}
_MOST = 1000  # pictures, codecs or levels: more are none
_COLUMNS = (
    *("worker", "method", "img_num", "codec_left", "codec_right"),
    *("dlevel_left", "dlevel_pivot", "dlevel_right", "is_bias", "is_trap", "response"),
)


@dataclass(frozen=True)
class Triplet:
    """One answer. worker, source: as the table calls them.  codecs, levels: left and right.  pivot: level between them.

    boosted: the pictures were enlarged, with their artefacts amplified.  plain: a question about people, not one that
    checks them, of two equal pictures or with an obvious answer.
    """

    worker: str
    source: int
    codecs: tuple[int, int]
    levels: tuple[int, int]
    pivot: int
    boosted: bool
    plain: bool
    response: Response


def triplets(folder: str | Path) -> list[Triplet]:
    """Every answer, in the order of the table. Raises InputError for a folder without one, and for a malformed one."""
    path = find(folder, TABLE)
    if path is None:
        raise InputError(folder, f"it holds no {TABLE}, the answers of JPEG AIC-3")
    return [_triplet(path, number, row) for number, row in read_columns(path, _COLUMNS)]


def inventory(folder: str | Path) -> Inventory:
    """What a folder holds of JPEG AIC-3. Raises InputError for a malformed table and where there is no such folder."""
    contents = Inventory()
    if find(folder, TABLE) is None:
        contents.missing.append(f"{TABLE}: the answers")
        return contents
    answers = triplets(folder)
    kinds = Counter("boosted" if answer.boosted else "plain" for answer in answers)
    for kind, count in sorted(kinds.items()):
        contents.held.append(f"{kind} triplets: {count} answers")
    sources, workers = ({getattr(answer, name) for answer in answers} for name in ("source", "worker"))
    unsure = sum(answer.response == "not sure" for answer in answers)
    contents.held.append(f"{len(workers)} viewers, {len(sources)} sources, {unsure} answers of who is not sure")
    return contents


def _triplet(path: Path, number: int, row: dict[str, str]) -> Triplet:
    method, said = row["method"].lower(), row["response"].lower()
    if method not in _METHODS:
        raise InputError(path, f"row {number} is of {row['method'][:20]!r}, neither BTC nor PTC")
    response = next((name for name in RESPONSES if name == said), None)
    if response is None:
        raise InputError(
            path, f"row {number} has the response {row['response'][:20]!r}, none of {', '.join(RESPONSES)}"
        )

    def whole(name: str, low: int = 0) -> int:
        return int(read_point(path, number, row[name], low, _MOST))

    return Triplet(
        worker=row["worker"],
        source=whole("img_num"),
        codecs=(whole("codec_left"), whole("codec_right")),
        levels=(whole("dlevel_left"), whole("dlevel_right")),
        pivot=whole("dlevel_pivot"),
        boosted=_METHODS[method],
        plain=row["is_bias"] in _NO and row["is_trap"] in _NO,
        response=response,
    )


_NO = ("0", "false", "False", "FALSE", "0.0")
