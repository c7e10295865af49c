"""Tables of observers and measures against people, from rows alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from jndkit.errors import UsageError, check_choice
from jndkit.evaluation.observers import differences, population, preference, shares, thresholds, units
from jndkit.evaluation.observers.rows import ScoreRow
from jndkit.evaluation.tables import check_alike, check_once, head, line

Column = tuple[str, Callable[[ScoreRow], float | None], str]


def _score(name: str) -> Callable[[ScoreRow], float | None]:
    return lambda row: row.scores.get(name)


def _constant(name: str) -> Callable[[ScoreRow], float | None]:
    return lambda row: row.constants.get(name)


_TOLD: tuple[Column, ...] = (
    ("log-likelihood", _score("log_likelihood"), ".0f"),
    ("intervals hold, %", lambda row: _percent(row.scores.get("coverage")), ".0f"),
    ("stated ones", lambda row: _percent(row.scores.get("stated")), ".0f"),
)
_COLUMNS: dict[str, tuple[Column, ...]] = {
    shares.TABLE: (
        ("error", _score("rmse"), ".3f"),
        ("JPEG", _score("rmse jpeg"), ".3f"),
        ("WebP", _score("rmse webp-off"), ".3f"),
        ("bias, JPEG", _score("bias jpeg"), "+.3f"),
        ("bias, WebP", _score("bias webp-off"), "+.3f"),
        ("linear", _score("linear"), ".2f"),
        ("rank within a setting", _score("rank"), ".2f"),
        *_TOLD,
        ("half notice at", _constant("d50"), ".3g"),
        ("spread", _constant("spread"), ".2f"),
        ("of it between pictures", _constant("between"), ".2f"),
    ),
    units.TABLE: (
        ("error, JND", _score("rmse"), ".3f"),
        *((f"bias, {codec}", _score(f"bias {codec}"), "+.2f") for codec in units.CODECS.values()),
        ("linear", _score("linear"), ".3f"),
        ("rank within a source", _score("rank"), ".3f"),
        *_TOLD,
        ("of the worst source", lambda row: _percent(row.scores.get("stated worst source")), ".0f"),
        ("of the worst codec", lambda row: _percent(row.scores.get("stated worst codec")), ".0f"),
    ),
    preference.TABLE: (
        ("residual, Elo", _score("residual"), ".0f"),
        ("bias, libjpeg", _score("bias libjpeg"), "+.0f"),
        ("bias, jpegli", _score("bias jpegli"), "+.0f"),
        ("libjpeg less jpegli", _score("bias"), "+.0f"),
        ("linear", _score("linear"), ".3f"),
        ("rank", _score("rank"), ".3f"),
        ("bits of jpegli at equal measure, %", _score("bits measure"), "+.0f"),
    ),
    population.TABLE: (
        ("standard deviation", _score("sd"), ".1f"),
        ("least", _score("least"), ".0f"),
        *((f"{part} of pictures", _score(part), ".0f") for part in ("10 %", "50 %", "90 %")),
        ("most", _score("most"), ".0f"),
        ("distance to people", _score("distance"), ".1f"),
        ("curve off by", _score("curve"), ".4f"),
        ("half notice at", _constant("d50"), ".3g"),
        ("spread", _constant("spread"), ".2f"),
    ),
    thresholds.TABLE: (
        ("error, JND", _score("rmse"), ".3f"),
        ("linear within a codec", _score("linear"), ".2f"),
        ("rank within a codec", _score("rank"), ".2f"),
        *_TOLD,
        ("half notice at", _constant("d50"), ".3g"),
    ),
    differences.TABLE: (
        ("error, JND", _score("rmse"), ".3f"),
        ("linear", _score("linear"), ".3f"),
        ("rank within a source", _score("rank"), ".3f"),
        *_TOLD,
    ),
}
_ORDER = {
    shares.TABLE: "rmse",
    units.TABLE: "rmse",
    preference.TABLE: "residual",
    population.TABLE: "distance",
    thresholds.TABLE: "log_likelihood",
    differences.TABLE: "log_likelihood",
}


def check(rows: Sequence[ScoreRow]) -> None:
    """Raises UsageError where the rows differ in what may not stand in one table, or say one thing twice."""
    for table in dict.fromkeys(row.table for row in rows):
        own = [row for row in rows if row.table == table]
        check_alike(
            {
                f"people's answers of {table}": {row.people for row in own},
                f"the display of {table}": {row.viewing for row in own if row.viewing},
            }
        )
        check_choice("table", table, _COLUMNS)
    check_once(f"{row.measure} of {row.table}" for row in rows)


def markdown(rows: Sequence[ScoreRow]) -> str:
    """A table for each of people's, the best measure first, in Markdown. Raises UsageError, see `check`."""
    check(rows)
    good = [row for row in rows if row.error is None]
    if not good:
        raise UsageError("there is no row with a result")
    parts = [_table(table, [row for row in good if row.table == table]) for table in _COLUMNS]
    return "\n\n".join(part for part in parts if part)


def _table(table: str, rows: list[ScoreRow]) -> str:
    if not rows:
        return ""
    columns = [column for column in _columns(table, rows) if any(column[1](row) is not None for row in rows)]
    # What has no error of its own, as people themselves, comes first.
    sign = -1.0 if _ORDER[table] == "log_likelihood" else 1.0
    rows = sorted(rows, key=lambda row: (sign * row.scores.get(_ORDER[table], -1.0), row.measure))
    lines = [_heading(table, rows), "", *head(("measure", *(title for title, _, _ in columns)))]
    lines += [line((row.measure, *(_cell(row, *column[1:]) for column in columns))) for row in rows]
    return "\n".join(lines)


def _columns(table: str, rows: Sequence[ScoreRow]) -> tuple[Column, ...]:
    """Those of a table; of a study with the biases of its codecs, which are its own."""
    first, *others = _COLUMNS[table]
    if table not in (thresholds.TABLE, differences.TABLE):
        return first, *others
    biases = dict.fromkeys(name for row in rows for name in row.scores if name.startswith("bias "))
    return first, *((name.replace("bias ", "bias, ", 1), _score(name), "+.2f") for name in biases), *others


def _heading(table: str, rows: Sequence[ScoreRow]) -> str:
    pictures, stimuli = (max(getattr(row, name) for row in rows) for name in ("pictures", "stimuli"))
    seen = next((row.viewing for row in rows if row.viewing), "")
    if table == shares.TABLE:
        return (
            f"**Side by side: the share of viewers who notice. MIDD-GAR, {pictures} pictures, {stimuli} versions, read "
            f"at {seen}.** Every constant is fitted without the picture that is judged."
        )
    if table == units.TABLE:
        return (
            f"**In flicker and zoom: JND of the AIC-4 sample, {pictures} sources, {stimuli} versions.** The metrics' "
            "values are those published with it; the curve is fitted without the source that is judged."
        )
    if table in (thresholds.TABLE, differences.TABLE):
        viewers, answers = (max(getattr(row, name) for row in rows) for name in ("viewers", "answers"))
        what = "JND of triplets" if table == differences.TABLE else "where half of the viewers notice"
        return (
            f"**A study of your own: {what}. {viewers} viewers, {answers} answers, {pictures} pictures, {stimuli} "
            f"stimuli, read at {seen}.** Every constant is fitted without the picture that is judged."
        )
    if table == preference.TABLE:
        bits = [row.scores["bits people"] for row in rows if "bits people" in row.scores]
        people = f" At equal Elo: {bits[0]:+.0f} % bits of jpegli against libjpeg." if bits else ""
        return (
            f"**Forced choice: Elo of {stimuli} settings of JPEG encoders, read on {pictures} pictures at {seen}.** "
            f"A quadratic in the mean over half of the pictures, judged on the others.{people}"
        )
    return (
        "**Side by side, a large screen: JPEG quality from which on 75 % of viewers see nothing, over pictures. "
        f"MCL-JCI, {next((row.pictures for row in rows if row.measure == population.PEOPLE), 0)} pictures, against "
        f"{max((row.pictures for row in rows if row.constants), default=0)} other photographs read at {seen}.** Both "
        "constants are fitted to the mean curve of the same people."
    )


def _cell(row: ScoreRow, value: Callable[[ScoreRow], float | None], form: str) -> str:
    number = value(row)
    if number is None:
        return ""
    text = format(number, form)
    return text if float(text) else format(0.0, form)  # no minus before zero


def _percent(share: float | None) -> float | None:
    return None if share is None else 100.0 * share
