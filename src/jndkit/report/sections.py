"""What a report says of many rows: the parts of its page, as HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from jndkit.report.charts import Bar, Mark, bars_of, histogram
from jndkit.report.entries import Entry
from jndkit.report.fixed import QUALITY, Fixed, fixed_settings, is_fixable, step_of
from jndkit.report.page import escaped, named
from jndkit.report.tally import JND_STEP, JND_STEPS, SAMPLE, Asked, Files, Group, Reason, Tally
from jndkit.version import VERSION
from jndkit.wording import size

_REASONS = 50  # that are listed
_FIXED = (
    "Nothing was encoded for this. Where a picture was tried at that very setting, its reading tells. Elsewhere it is "
    "estimated: from the row's own predicted curve, or from the codec's typical curve moved through the readings that "
    "there are. Visible: more JND than was asked for. Wasteful: finer than the setting that was chosen, and below nine "
    "tenths of what was asked for. Bytes are known between two settings that were made."
)


def headline(tally: Tally, sources: Sequence[str]) -> str:
    """What came of it all, in a few figures."""
    names = ", ".join(named(source) for source in sources)
    figures = []
    if tally.before:
        change = 100.0 * (tally.after / tally.before - 1.0)
        figures += [("Bytes", f"{size(tally.before)} → {size(tally.after)}"), ("Change", f"{change:+.1f} %")]
    figures += [(status.capitalize(), f"{count:,}") for status, count in tally.statuses.most_common(8)]
    if tally.encodes:
        figures.append(("Encodes made", f"{tally.encodes:,}"))
    cells = "".join(f"<div><dt>{escaped(name)}</dt><dd>{escaped(value)}</dd></div>" for name, value in figures)
    rows = f"{tally.rows:,} row{'s' if tally.rows != 1 else ''}"
    counted = (
        "<p class=quiet>Bytes are of pictures that were written, now or before, and of those that were kept, which "
        "count as they are.</p>\n"
        if tally.before
        else ""
    )
    return f"<h1>What became of the pictures</h1>\n<p>{rows} of {names}.</p>\n<dl class=figures>{cells}</dl>\n{counted}"


def requests(tally: Tally) -> str:
    """Every request by itself: rows whose viewers, display or observer differ are not counted together."""
    sample = tally.sample
    parts = []
    for number, (asked, group) in enumerate(tally.groups.items()):
        if group.read or group.codecs:
            entries = [entry for entry in sample if _asked(entry) == asked]
            parts.append(_request(number, asked, group, entries, sampled=tally.rows > SAMPLE))
    if tally.grouped_away:
        parts.append(f"<p>{tally.grouped_away:,} rows of further requests are not drawn.</p>\n")
    return "".join(parts)


def failures(tally: Tally) -> str:
    """Why pictures failed, the most frequent reason first."""
    return _reasons("Failures by reason", tally.failures, "No picture failed.")


def kept(tally: Tally) -> str:
    """Why pictures were kept as they are."""
    if not tally.statuses["kept"]:
        return ""
    return _reasons("What was kept, and why", tally.kept, "")


def versions(tally: Tally) -> str:
    """By what the rows were made, and this page."""
    lines = "".join(
        f'<tr><th scope="row">{escaped(name)}</th><td class="number">{count:,}</td></tr>'
        for name, count in tally.versions.most_common(_REASONS)
    )
    head = '<tr><th scope="col">made by</th><th scope="col" class="number">rows</th></tr>'
    table = f"<table><thead>{head}</thead><tbody>{lines}</tbody></table>" if lines else "<p>The rows name none.</p>"
    return f"<h2>Versions</h2>\n{table}\n<p class=quiet>This page was made by jndkit {VERSION}.</p>\n"


def _asked(entry: Entry) -> Asked:
    return Asked(entry.observer, entry.protocol, entry.viewing, None if entry.target is None else entry.target.viewers)


def _request(number: int, asked: Asked, group: Group, entries: list[Entry], *, sampled: bool) -> str:
    viewers = "" if asked.viewers is None else f"{asked.viewers:g} % of viewers see no difference"
    words = [viewers, asked.observer or "nothing read", f"protocol {asked.protocol}", str(asked.viewing)]
    parts = [f"<h2>{escaped(', '.join(filter(None, words)))}</h2>\n"]
    if group.read:
        mean = group.total / group.read
        more = {0: "none reads", 1: "one reads"}.get(group.beyond, f"{group.beyond:,} read")
        beyond = f"; {more} more than was asked for" if asked.viewers is not None else ""
        parts.append(f"<p>{group.read:,} rows were read: {mean:.3f} JND on average{beyond}.</p>\n")
    if group.asked_second:
        parts.append(
            f"<p>A second observer was asked of {group.asked_second:,} and objects to {group.objected:,}.</p>\n"
        )
    parts.append(_savings(group.codecs))
    charts = [_levels(number, group, entries)] if group.read else []
    tables = []
    for place, (spec, files) in enumerate(group.codecs.items()):
        if not is_fixable(spec) and len(files.settings) == 1:
            continue
        own = [entry for entry in entries if entry.codec == spec]
        fixed = fixed_settings(own, _values(files))
        charts.append(_settings(f"settings-{number}-{place}", spec, files, fixed))
        tables += [(spec, files, setting) for setting in fixed if setting.pictures + setting.unknown > 1]
    parts.append(f"<div class=charts>{''.join(charts)}</div>\n")
    tables = [told for told in tables if is_fixable(told[0])]
    parts.append(_fixed(tables, sampled=sampled))
    return "".join(parts)


def _savings(codecs: dict[str, Files]) -> str:
    """Bytes by codec, of files that were written."""
    lines = []
    for spec, files in codecs.items():
        middle = _median(files.settings)
        change = f"{100.0 * (files.after / files.before - 1.0):+.1f} %" if files.before else ""
        sizes = (size(files.before), size(files.after)) if files.before else ("", "")
        cells = "".join(f'<td class="number">{cell}</td>' for cell in (f"{files.count:,}", *sizes, change))
        given = "" if middle is None else f"{escaped(files.knob or '')} {middle:g}"
        lines.append(f'<tr><th scope="row">{escaped(spec)}</th>{cells}<td>{given}</td></tr>')
    if not lines:
        return ""
    names = ("pictures", "before", "after", "change")
    heads = "".join(f'<th scope="col" class="number">{name}</th>' for name in names)
    head = f'<tr><th scope="col">codec</th>{heads}<th scope="col">median setting</th></tr>'
    body = "".join(lines)
    return _scrolls("Bytes by codec", f"<table><thead>{head}</thead><tbody>{body}</tbody></table>")


def _levels(number: int, group: Group, entries: list[Entry]) -> str:
    """The histogram of JND, as far as there are any."""
    last = max(place for place, count in enumerate(group.levels) if count)
    bars = [
        Bar(place * JND_STEP, (place + 1) * JND_STEP, count) for place, count in enumerate(group.levels[: last + 1])
    ]
    target = next((entry.target for entry in entries if entry.target is not None), None)
    marks = [] if target is None else [Mark(target.jnd, f"asked for: {target.jnd:.2f}")]
    more = f"; the last bar is {JND_STEP * JND_STEPS:g} JND and more" if last == JND_STEPS else ""
    title = f"Visible difference that was read, JND{more}"
    return histogram(f"jnd-{number}", title, bars, "JND", marks=marks, centred=False)


def _settings(name: str, spec: str, files: Files, fixed: Iterable[Fixed]) -> str:
    marks = [Mark(setting.value, f"{setting.name}: {setting.value:g}") for setting in fixed]
    knob = files.knob or "setting"
    return histogram(
        name, f"{spec}: the {knob} that pictures were given", bars_of(files.settings, step_of(spec)), knob, marks=marks
    )


def _values(files: Files) -> dict[float, str]:
    """The fixed settings that are asked about."""
    middle = _median(files.settings)
    values = {} if middle is None else {middle: "median"}
    return {QUALITY: "fixed", **values} if files.knob == "quality" else values


def _median(settings: Counter[float]) -> float | None:
    """The lower median: a setting that some picture was given."""
    half, seen = (sum(settings.values()) + 1) // 2, 0
    for value, count in sorted(settings.items()):
        seen += count
        if seen >= half:
            return value
    return None


def _fixed(tables: list[tuple[str, Files, Fixed]], *, sampled: bool) -> str:
    """Where one setting for all would have been visible, or wasteful."""
    if not tables:
        return ""
    lines = []
    for spec, files, told in tables:
        shares = [
            f"{100.0 * count / told.pictures:.0f} %" if told.pictures else ""
            for count in (told.visible, told.pictures - told.visible - told.wasteful, told.wasteful)
        ]
        wasted = f"{size(round(told.wasted))} on {told.sized:,}" if told.sized and told.wasted > 0 else "not known"
        known = f"{told.pictures:,} ({told.read:,} read, {told.pictures - told.read:,} estimated)"
        cells = "".join(f'<td class="number">{cell}</td>' for cell in (known, f"{told.unknown:,}", *shares, wasted))
        setting = f"{escaped(spec)} {escaped(files.knob or '')} {told.value:g} ({told.name})"
        lines.append(f'<tr><th scope="row">{setting}</th>{cells}</tr>')
    names = ("pictures", "not known", "visible", "fits", "wasteful", "bytes wasted")
    heads = "".join(f'<th scope="col" class="number">{name}</th>' for name in names)
    head = f'<tr><th scope="col">one setting for all</th>{heads}</tr>'
    drawn = f" {SAMPLE:,} rows drawn by lot were asked." if sampled else ""
    explained = f"<p class=quiet>{_FIXED}{drawn}</p>\n"
    body = "".join(lines)
    table = _scrolls("One setting for all", f"<table><thead>{head}</thead><tbody>{body}</tbody></table>")
    return f"<h3>What one setting for all would have done</h3>\n{table}{explained}"


def _reasons(title: str, reasons: dict[tuple[str, str], Reason], none: str) -> str:
    listed = sorted(reasons.items(), key=lambda item: -item[1].count)
    lines = []
    for (kind, _), reason in listed[:_REASONS]:
        what = f"<td>{escaped(kind)}</td>" if kind else ""
        lines.append(f'<tr><td class="number">{reason.count:,}</td>{what}<td>{escaped(reason.example)}</td></tr>')
    if not lines:
        return f"<h2>{title}</h2>\n<p>{none}</p>\n"
    kinds = '<th scope="col">error</th>' if listed[0][0][0] else ""
    head = f'<tr><th scope="col" class="number">pictures</th>{kinds}<th scope="col">the first of them</th></tr>'
    more = f"<p>{len(listed) - _REASONS:,} rarer reasons are not listed.</p>\n" if len(listed) > _REASONS else ""
    body = "".join(lines)
    return f"<h2>{title}</h2>\n{_scrolls(title, f'<table><thead>{head}</thead><tbody>{body}</tbody></table>')}{more}"


def _scrolls(name: str, table: str) -> str:
    """A table that scrolls by itself where it is wider than the page, by keyboard too."""
    return f'<div class="scrolls" tabindex="0" role="region" aria-label="{escaped(name)}">{table}</div>\n'
