"""Tables of how well the knob is predicted, from rows alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from jndkit.errors import UsageError
from jndkit.evaluation.intervals import Mean
from jndkit.evaluation.noise.published import PREDICTED
from jndkit.evaluation.picturewise.methods import ORDER
from jndkit.evaluation.picturewise.rows import METHODS, TRUTH, KnobRow
from jndkit.evaluation.picturewise.scores import Case, Standing, cases, standings
from jndkit.evaluation.picturewise.subjective import People, truths

_COLUMNS = (
    ("knob error", "error", 1.0, 2),
    ("levels told right, %", "right", 100.0, 1),
    ("near the boundary, %", "near", 100.0, 1),
    ("interval holds, %", "held", 100.0, 0),
    ("SUR error", "sur", 1.0, 3),
    ("visible, %", "seen", 100.0, 0),
    ("encodes", "encodes", 1.0, 1),
    ("saved, %", "saved", 100.0, 1),
    ("against quality 90, %", "over90", 100.0, 1),
    ("against the default, %", "default", 100.0, 1),
)


def checked(rows: Sequence[KnobRow]) -> None:
    """Raises UsageError where the rows differ in what may not be averaged, or say one thing twice."""
    good = [row for row in rows if row.error is None]
    kinds = {"protocol": {row.protocol for row in rows}}
    for method in sorted({row.method for row in good}):
        kinds[f"what answered as {method}"] = {row.source for row in good if row.method == method}
    for display in sorted({row.viewing for row in rows}):
        some = [row for row in rows if row.viewing == display]
        kinds[f"the display called {display}"] = {f"{row.ppd:g} pixels per degree" for row in some}
        kinds["target"] = {", ".join(f"{jnd:g} JND" for jnd in row.targets.values()) for row in some}
    for what, found in kinds.items():
        if len(found) > 1:
            raise UsageError(f"these rows cannot stand in one table: they differ in {what}: {'; '.join(sorted(found))}")
    (pair, count), *_ = Counter((row.input, row.part) for row in rows).most_common(1) or [(("", ""), 0)]
    if count > 1:
        raise UsageError(f"these rows cannot stand in one table: {pair[0]}, {pair[1]} is there {count} times")


def markdown(rows: Sequence[KnobRow], asked: People | None = None) -> str:
    """All tables with what they are of, in Markdown.

    asked: people whose answers are the truth, in the place of the observer's readings.
    Raises UsageError, see `checked`, and for rows without a result.
    """
    checked(rows)
    ranked = [
        (case, standings(scores), len({score.picture for score in scores}))
        for case, scores in cases(rows, None if asked is None else truths(asked, list(rows)))
    ]
    if not ranked:
        raise UsageError("there is no row with a result")
    return "\n".join(
        [
            _heading(rows, asked),
            "",
            *_matrix(ranked),
            *(["", *_published(ranked, asked)] if asked else []),
            *(
                line
                for pair in _pairs(ranked)
                for line in ("", f"**{_title(pair, rows)}**", "", *_details(pair, ranked))
            ),
        ]
    )


def _heading(rows: Sequence[KnobRow], asked: People | None) -> str:
    sources = {row.method: row.source for row in rows if row.error is None}
    truth = f"answers of people ({asked.name})" if asked else f"readings of {sources.get(TRUTH, TRUTH)}"
    who = "".join(f" {name}: {sources[name]}." for name in METHODS[1:] if name in sources)
    failed = sum(row.error is not None for row in rows)
    return f"Truth: {truth}. Protocol {rows[0].protocol}.{who} Brackets: 95 % interval over pictures." + (
        f" {failed} rows failed." if failed else ""
    )


Ranked = Sequence[tuple[Case, list[Standing], int]]


def _matrix(ranked: Ranked) -> list[str]:
    """Mean error of the knob, a line for each codec, display and share of viewers; (n) where not of all pictures."""
    there = [name for name in ORDER if any(each.method == name for _, found, _ in ranked for each in found)]
    lines = [
        f"| mean knob error | viewers, % | pictures | no level will do | {' | '.join(there)} |",
        f"|{'---|' * (4 + len(there))}",
    ]
    for (spec, display, share), found, count in ranked:
        cells = {each.method: _short(each.of("error"), count) for each in found}
        never = max(each.never for each in found)
        lines.append(
            f"| {spec}, {display} | {share} | {count} | {never} | {' | '.join(cells.get(name, '') for name in there)} |"
        )
    return lines


def _pairs(ranked: Ranked) -> list[tuple[str, str]]:
    return list(dict.fromkeys((spec, display) for (spec, display, _), _, _ in ranked))


def _title(pair: tuple[str, str], rows: Sequence[KnobRow]) -> str:
    ppd = next(row.ppd for row in rows if row.viewing == pair[1])
    return f"{pair[0]}, {pair[1]} ({ppd:.1f} pixels per degree)"


def _details(pair: tuple[str, str], ranked: Ranked) -> list[str]:
    heads = [head for head, *_ in _COLUMNS]
    lines = [
        f"| viewers, % | method | pictures | no level will do: told | {' | '.join(heads)} |",
        f"|{'---|' * (4 + len(heads))}",
    ]
    for (spec, display, share), found, _ in ranked:
        if (spec, display) != pair:
            continue
        for each in found:
            told = "" if each.found is None else f"{each.found} of {each.never}"
            cells = [_cell(each.of(name), scale, digits, name) for _, name, scale, digits in _COLUMNS]
            lines.append(f"| {share} | {each.method} | {each.pictures} | {told} | {' | '.join(cells)} |")
    return lines


def _published(ranked: Ranked, asked: People) -> list[str]:
    """The figures of papers beside ours, at 50 % of viewers, which is where their single answer stands."""
    lines = [
        "| predictor | pictures | levels told right, % | knob error | saved against the lowest distortion, % |",
        "|---|---|---|---|---|",
    ]
    for each in PREDICTED:
        if each.pictures == asked.name:
            right = "" if each.right is None else f"{100.0 * each.right:.2f}"
            error = "" if each.error is None else f"{each.error:.2f}"
            lines.append(
                f"| {each.paper} | {each.pictures}, {each.codec} | {right} | {error} | {100.0 * each.saved:.2f} |"
            )
    for (spec, _, share), found, count in ranked:
        for one in found:
            cells = [
                _cell(one.of(name), scale, 2) for name, scale in (("right", 100.0), ("error", 1.0), ("saved", 100.0))
            ]
            lines.append(f"| ours, {one.method}, {share} % of viewers | {count}, {spec} | {' | '.join(cells)} |")
    return lines


def _cell(found: Mean | None, scale: float, digits: int, name: str = "") -> str:
    if found is None:
        return ""
    if name == "error":
        return _ranged(found)
    return f"{scale * found.value:.{digits}f}"


def _short(found: Mean | None, count: int) -> str:
    if found is None:
        return ""
    return f"{found.value:.2f}" if found.n == count else f"{found.value:.2f} ({found.n})"


def _ranged(found: Mean) -> str:
    return f"{found.value:.2f} [{found.value - found.half:.2f}, {found.value + found.half:.2f}]"
