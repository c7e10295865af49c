"""Tables of how well the knob is predicted, from rows alone."""

from __future__ import annotations

from collections.abc import Sequence

from jndkit.errors import UsageError
from jndkit.evaluation.intervals import Mean
from jndkit.evaluation.picturewise.estimates import ORDER
from jndkit.evaluation.picturewise.published import PREDICTED
from jndkit.evaluation.picturewise.rows import GROUND_TRUTH, METHODS, KnobRow
from jndkit.evaluation.picturewise.scores import Case, cases
from jndkit.evaluation.picturewise.subjective import SubjectiveSet, ground_truths
from jndkit.evaluation.picturewise.summary import Summary, check, summaries
from jndkit.evaluation.tables import head, line, ranged

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


Summarised = Sequence[tuple[Case, list[Summary], int]]
"""Every case with its methods, and how many pictures it has."""


def markdown(rows: Sequence[KnobRow], judged: SubjectiveSet | None = None) -> str:
    """All tables with what they are of, in Markdown.

    judged: the set of pictures that people judged, whose answers then are the ground truth, not the observer's
        readings.
    Raises UsageError, see `summary.check`, and for rows without a result.
    """
    check(rows)
    summarised = [
        (case, summaries(scores), len({score.picture for score in scores}))
        for case, scores in cases(rows, None if judged is None else ground_truths(judged, rows))
    ]
    if not summarised:
        raise UsageError("there is no row with a result")
    lines = [_heading(rows, judged), "", *_matrix(summarised)]
    if judged is not None:
        lines += ["", *_published(summarised, judged)]
    for spec, display in dict.fromkeys((spec, display) for (spec, display, _), _, _ in summarised):
        ppd = next(row.ppd for row in rows if row.viewing == display)
        title = f"**{spec}, {display} ({ppd:.1f} pixels per degree)**"
        lines += ["", title, "", *_details(spec, display, summarised)]
    return "\n".join(lines)


def _heading(rows: Sequence[KnobRow], judged: SubjectiveSet | None) -> str:
    sources = {row.method: row.source for row in rows if row.error is None}
    truth = (
        f"answers of people ({judged.name}, {judged.codec})"
        if judged
        else f"readings of {sources.get(GROUND_TRUTH, GROUND_TRUTH)}"
    )
    who = "".join(f" {name}: {sources[name]}." for name in METHODS[1:] if name in sources)
    failed = sum(row.error is not None for row in rows)
    return f"Truth: {truth}. Protocol {rows[0].protocol}.{who} Brackets: 95 % interval over pictures." + (
        f" {failed} rows failed." if failed else ""
    )


def _matrix(summarised: Summarised) -> list[str]:
    """Mean error of the knob, a line for each codec, display and share of viewers; (n) where not of all pictures."""
    there = {summary.method for _, of_methods, _ in summarised for summary in of_methods}
    methods = [name for name in ORDER if name in there]
    lines = head(("mean knob error", "viewers, %", "pictures", "no level will do", *methods))
    for (spec, display, share), of_methods, count in summarised:
        errors = {summary.method: _short(summary.of("error"), count) for summary in of_methods}
        unreachable = max(summary.unreachable for summary in of_methods)
        cells = (f"{spec}, {display}", share, str(count), str(unreachable))
        lines.append(line((*cells, *(errors.get(name, "") for name in methods))))
    return lines


def _details(spec: str, display: str, summarised: Summarised) -> list[str]:
    titles = ("viewers, %", "method", "pictures", "no level will do: told")
    lines = head((*titles, *(title for title, *_ in _COLUMNS)))
    for (of_spec, at_display, share), of_methods, _ in summarised:
        if (of_spec, at_display) != (spec, display):
            continue
        for summary in of_methods:
            recognised = "" if summary.recognised is None else f"{summary.recognised} of {summary.unreachable}"
            cells = (_cell(summary.of(name), scale, digits, name) for _, name, scale, digits in _COLUMNS)
            lines.append(line((share, summary.method, str(summary.pictures), recognised, *cells)))
    return lines


def _published(summarised: Summarised, judged: SubjectiveSet) -> list[str]:
    """The figures of papers beside ours, at 50 % of viewers, which is where their single answer stands."""
    titles = ("predictor", "pictures", "levels told right, %", "knob error")
    lines = head((*titles, "saved against the lowest distortion, %"))
    for study in PREDICTED:
        if study.pictures == judged.name and study.codec.lower() == judged.codec.partition(":")[0]:
            right = "" if study.right is None else f"{100.0 * study.right:.2f}"
            error = "" if study.error is None else f"{study.error:.2f}"
            pictures = f"{study.pictures}, {study.codec}"
            lines.append(line((study.paper, pictures, right, error, f"{100.0 * study.saved:.2f}")))
    for (spec, _, share), of_methods, count in summarised:
        for summary in of_methods:
            cells = (
                _cell(summary.of(name), scale, 2)
                for name, scale in (("right", 100.0), ("error", 1.0), ("saved", 100.0))
            )
            lines.append(line((f"ours, {summary.method}, {share} % of viewers", f"{count}, {spec}", *cells)))
    return lines


def _cell(mean: Mean | None, scale: float, digits: int, name: str = "") -> str:
    if mean is None:
        return ""
    return ranged(mean) if name == "error" else f"{scale * mean.value:.{digits}f}"


def _short(mean: Mean | None, count: int) -> str:
    if mean is None:
        return ""
    return f"{mean.value:.2f}" if mean.n == count else f"{mean.value:.2f} ({mean.n})"
