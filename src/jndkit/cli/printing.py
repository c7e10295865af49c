"""What people read: one line for each picture on stdout, everything else on stderr."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING, TextIO

from jndkit.wording import size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from jndkit.conversion import Wait
    from jndkit.evidence import Row

_BAR = 24  # characters
_REDRAW = 0.1  # seconds


def shown(text: object) -> str:
    """Text in one line that cannot steer the terminal, whatever a file is called."""
    # Lone surrogates stand for bytes of a name that are no UTF-8; the stream escapes them itself.
    return "".join(c if c.isprintable() or "\udc80" <= c <= "\udcff" else ascii(c)[1:-1] for c in str(text))


def complain(message: str) -> None:
    """One sentence on stderr."""
    print(f"jnd: {shown(message)}", file=sys.stderr, flush=True)


def announce(wait: Wait | None) -> None:
    """One line on stderr, before a picture that takes long."""
    if wait is not None:
        minutes = max(1, round(wait.seconds / 60))
        about = f"{minutes} minute{'s' if minutes > 1 else ''}"
        complain(f"{wait.path}: {wait.pixels / 1e6:.0f} megapixels take {wait.codec} about {about}")


def say(line: str, *, file: TextIO | None = None) -> None:
    """One line on stdout, or where told."""
    print(shown(line), file=file or sys.stdout)


def saving(row: Row) -> str:
    """1.21 MB -> 148 kB (-87.8 %)"""
    if row.bytes is None:
        return ""
    if not row.input_bytes:
        return size(row.bytes)
    change = 100.0 * (row.bytes / row.input_bytes - 1.0)
    return f"{size(row.input_bytes)} -> {size(row.bytes)} ({change:+.1f} %)"


def seen(row: Row) -> str:
    """76 % see no difference (56 to 96 %), 0.46 JND"""
    parts = []
    if row.viewers is not None and row.interval is not None:
        low, high = row.interval
        parts.append(f"{row.viewers:.0f} % see no difference ({low:.0f} to {high:.0f} %)")
    elif row.target is not None:
        parts.append(f"{row.target['viewers']:.0f} % see no difference up to {row.target['jnd']:.2f} JND")
    if row.jnd is not None:
        hidden = row.reading is not None and row.reading != row.jnd
        parts.append(f"{row.jnd:.2f} JND" + (f" (reads {row.reading:.2f})" if hidden else ""))
    return ", ".join(parts)


def witnesses(row: Row) -> list[str]:
    """What was read by others than the one who judges: of a panel by its members, else by the second witness."""
    if row.panel is not None:
        return [", ".join(f"{said['observer']} reads {said['jnd']:.2f} JND" for said in row.panel)]
    if row.second is None:
        return []
    word = "agrees" if row.second["agrees"] else "objects"
    return [f"second observer {row.second['observer']}: {row.second['jnd']:.2f} JND, {word}"]


def setting(row: Row) -> str:
    """jpeg:420 quality 87, prefiltered by wu2017"""
    knob = f" {row.knob['name']} {row.knob['value']:g}" if row.knob else ""
    prefiltered = f", prefiltered by {row.prefilter['model']}" if row.prefilter else ""
    return f"{row.codec}{knob}{prefiltered}"


def result(row: Row) -> str:
    """The line of a picture that did not fail."""
    seconds = f"{row.encodes} encode{'s' if row.encodes != 1 else ''}, {row.seconds or 0.0:.1f} s"
    if row.status == "written":
        return f"{row.input} -> {row.output}: {saving(row)}; {setting(row)}; {seen(row)}; {seconds}"
    reason = row.notes[-1] if row.notes else ""
    return f"{row.input} {row.status}: {reason}"


def notes(row: Row) -> Iterable[str]:
    """What stderr says of a picture: its error, or its notes without the one that is its line on stdout."""
    if row.error is not None:
        return [row.error["message"]]
    # The last note of a picture that was kept or skipped is the reason, which `result` prints.
    notes = row.notes if row.status in ("written", "predicted", "compared") else row.notes[:-1]
    return [note if note.startswith(row.input) else f"{row.input}: {note}" for note in notes]


def totals(counts: Mapping[str, int], before: int, after: int) -> str:
    """12 pictures: 9 written, 2 kept, 1 failed; 34.5 MB -> 8.1 MB (-76.5 %)

    counts: of pictures, by status.  before, after: bytes.
    """
    outcomes = ", ".join(f"{count} {status}" for status, count in counts.items())
    sizes = f"; {size(before)} -> {size(after)} ({100.0 * (after / before - 1.0):+.1f} %)" if before else ""
    return f"{sum(counts.values())} pictures: {outcomes}{sizes}"


class Progress:
    """A bar on stderr where that is a terminal, and nothing elsewhere."""

    def __init__(self, total: int = 0) -> None:
        """total: how much there is to do; 0 until `begin` says it."""
        self._total = total
        self._done = 0
        self._drawn = 0.0
        self._started = time.monotonic()

    @property
    def _shown(self) -> bool:
        return self._total > 1 and sys.stderr.isatty()

    def begin(self, total: int) -> None:
        """Say how much there is to do, where nobody knew it before, and draw the empty bar."""
        self._total, self._started = total, time.monotonic()
        self.draw()

    def counted(self, total: int) -> Callable[[], None]:
        """`begin`, for those who are handed a function to say so; what comes back is `advance`."""
        self.begin(total)
        return self.advance

    def advance(self) -> None:
        self._done += 1
        if time.monotonic() - self._drawn > _REDRAW or self._done == self._total:
            self.draw()

    def draw(self) -> None:
        if not self._shown:
            return
        self._drawn = time.monotonic()
        filled = _BAR * self._done // self._total
        text = f"[{'#' * filled}{'.' * (_BAR - filled)}] {self._done}/{self._total}"
        if self._done:
            left = (self._drawn - self._started) / self._done * (self._total - self._done)
            text += f", {left / 60:.0f} min left" if left >= 90 else f", {left:.0f} s left"
        width = shutil.get_terminal_size().columns - 1  # a full line may go on in the next
        # Back to the start, and erased to the end.
        print(f"\r\x1b[K{text[:width]}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the bar away, so that lines can be printed."""
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
