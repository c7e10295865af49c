"""A corpus, whatever is done with it: begun, cut off anywhere, gone on with, and done, as the destination tells.

    list the source, name the outputs -> read the ledger -> what is left -> flow -> output, row -> ledger

The ledger is the folder `.jnd` of the destination. A picture is done where it has a row of this request for the
contents it has, and the file that the row names is there: files are written before their rows.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path

from jndkit.batch.catalogue import Catalogue, Known, Planned
from jndkit.batch.counts import Counts
from jndkit.batch.engine import Engine
from jndkit.batch.flow import Sizes, Work, flow
from jndkit.batch.pieces import LEDGER_KEY, Made, Piece, piece_of
from jndkit.batch.places import LEDGER, Place, hidden
from jndkit.batch.requests import Other, Request
from jndkit.batch.shards import Record, Shards
from jndkit.errors import InputError, JndError, OutputError, UsageError, check_choice
from jndkit.evidence import Row
from jndkit.limits import MAX_PIXELS
from jndkit.picture.saving import is_temporary

STATUS = "status.json"
NONE = "there are no pictures in this place"
RESUME = ("yes", "no", "verify")
BEGUN = f"{LEDGER}/begun.json"
_FORMAT = 1
_TELL = 2.0  # seconds between two writings of the status
_SHARDS = Sizes(least=64, most=256, pixels=64_000_000)
_WRITING = 2.0  # seconds


class Corpus:
    """A run over the pictures of a place. Closed by `close`, or by leaving a `with`.

    source: of the pictures.  to: where files, rows and status go.
    request: what is asked of each picture, and work, who does it.  max_pixels: the most that a picture has.
    resume: "yes" goes on where an earlier run was; "verify" reads every picture and file again to be sure of its hash;
        "no" does all again.  parquet: whether the ledger is written as Parquet.
    max_failures: pictures that may fail before the run stops; None for any number.
    adopt: where the destination has no ledger, what a run without one left there, as results.
    Raises UsageError for another word, MissingError where Parquet is asked for and pyarrow is not installed.
    """

    def __init__(
        self,
        source: Place,
        to: Place,
        request: Request,
        work: Work[Piece, Made],
        *,
        max_pixels: int = MAX_PIXELS,
        resume: str = "yes",
        parquet: bool = False,
        max_failures: int | None = None,
        adopt: Callable[[Catalogue], Iterable[Made]] | None = None,
    ) -> None:
        check_choice("resume", resume, RESUME)
        if max_failures is not None and max_failures < 0:
            raise UsageError(f"--max-failures must be at least 0, not {max_failures}")
        self.source, self.to = source, to
        self.counts = Counts()
        self._request, self._work = request, work
        self._max_pixels = max_pixels
        self._resume, self._most = resume, max_failures
        self._shards = Shards(to, request.folder, parquet=parquet)
        self._catalogue = Catalogue(packed=to.packed)
        self._replaced: list[Other] = []
        self._adopted = adopt
        self._told = 0.0

    def __enter__(self) -> Corpus:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._catalogue.close()

    def begin(self) -> list[str]:
        """List the source and read the ledger, before any work; sentences to tell of it.

        Raises InputError for a source that cannot be read or has no pictures, and for a damaged ledger; OutputError
        where the destination cannot be written.
        """
        self.counts.total = self._catalogue.list(self.source.entries())
        if not self.counts.total:
            raise InputError(self.source.address(""), NONE)
        self._catalogue.find(name for name in self.to.names("") if not hidden(name))
        fresh = self._check()
        others = list(self._request.others(self.to))
        self._replaced = [other for other in others if other.replaced]
        self._request.write(self.to)
        if fresh and not others and self._resume != "no":
            self._adopt()
        if fresh:
            self.to.write(BEGUN, json.dumps({"format": _FORMAT}).encode() + b"\n")
        if self._resume != "no":
            try:
                self._catalogue.know(_known(self._shards.each()))
            except (KeyError, TypeError, AttributeError):
                raise InputError(self.to.address(self._request.folder), "a row is none of a ledger") from None
        return [self._sentence(other) for other in others]

    def run(self, engine: Engine) -> Generator[Row, None, None]:
        """Each row that is made, once its file is written; the ledger has it within seconds.

        Closing the generator ends the work. Raises OutputError where the ledger cannot be written.
        """
        sizes = _SHARDS if self.to.packed else None
        try:
            self._tell()  # what stands there is of an earlier run
            with closing(flow(self._pieces(), self._work, engine, sizes)) as results:
                for made in results:
                    row = self._keep(made)
                    if row is not None:
                        yield row
                    if self._most is not None and self.counts.failed > self._most:
                        self._end("stopped", f"more than {self._most} pictures failed (--max-failures)")
                        return
            self._end("done")
            self._sweep()
        except GeneratorExit:
            self._end("interrupted")
            raise
        except BaseException as error:
            with suppress(JndError):  # what cannot be written is what is told already
                self._end("interrupted" if isinstance(error, KeyboardInterrupt) else "failed", str(error) or None)
            raise

    def rows(self) -> Iterator[Record]:
        """One row of every picture of the source, from the ledger, whichever run made it."""
        self._catalogue.unsee()
        for record in self._shards.each():
            told = record[LEDGER_KEY]
            if "input" in record and self._catalogue.seen(told["name"], told["since"]):
                yield record

    def in_order(self) -> Iterator[Record]:
        """The same in the order of the source; they lie on disk meanwhile."""
        self._catalogue.keep((row[LEDGER_KEY]["name"], json.dumps(row)) for row in self.rows())
        yield from map(json.loads, self._catalogue.kept())

    def write(self, name: str, lines: Iterable[str]) -> None:
        """A file of lines beside the ledger, whole or not at all, however many they are. Raises OutputError."""
        with tempfile.TemporaryDirectory(prefix="jndkit-") as folder:
            path = Path(folder, "lines")
            try:
                with path.open("w", encoding="utf-8", newline="") as file:
                    file.writelines(f"{line}\n" for line in lines)
            except OSError as error:
                raise OutputError(path, f"it cannot be written: {error.strerror}") from None
            self.to.put(name, path)

    def _check(self) -> bool:
        """Whether no run was here before. Raises InputError for a ledger that a later version wrote."""
        if not self.to.exists(BEGUN):
            return True
        try:
            known = json.loads(self.to.read(BEGUN)).get("format")
        except (ValueError, AttributeError):
            known = None
        if known != _FORMAT:
            raise InputError(self.to.address(BEGUN), f"the ledger has the format {known}, which is not known here")
        return False

    def _adopt(self) -> None:
        """Take over what a run without a ledger left at the destination."""
        for made in self._adopted(self._catalogue) if self._adopted is not None else ():
            self._shards.add(made.record())
        self._shards.flush()

    def _sentence(self, other: Other) -> str:
        changes = "; ".join(other.changes)
        files = "their files are replaced" if other.replaced else "their files stay"
        return (
            f"{self.to.address('')} has {other.rows()} rows of another request ({changes}): this is new work, {files}"
        )

    def _pieces(self) -> Iterator[Piece]:
        """What is left to do."""
        for planned in self._catalogue.planned():
            known = planned.known
            if known is not None and self._stands(planned, known):
                self.counts.add(known.status, known.bytes, known.input_bytes, known.error, known=True)
                continue
            while self._replaced:  # before the first of their files is
                self._replaced.pop().remove()
            yield self._piece(planned)

    def _stands(self, planned: Planned, known: Known) -> bool:
        """Whether nothing is left to do, without a look at the picture."""
        entry = planned.entry
        same = (known.size, known.version) == (entry.size, entry.version) and entry.error is None
        return self._resume == "yes" and same and known.final and planned.whole

    def _piece(self, planned: Planned) -> Piece:
        known = planned.known
        names = (f"{planned.target}{suffix}" for suffix in self._request.told["suffixes"])
        return piece_of(
            self.source,
            planned.entry,
            self._max_pixels,
            target=planned.target,
            known=known if known is not None and known.final and planned.whole else None,
            taken=any(self._catalogue.is_there(name) for name in names),
        )

    def _keep(self, made: Made) -> Row | None:
        """Put a result into the ledger and the counts; its row, where it is a new one."""
        self._shards.add(made.record())
        known = made.known
        self._catalogue.know([(made.name, known, made.made)])
        self.counts.add(known.status, known.bytes, known.input_bytes, known.error, known=made.row is None)
        if time.monotonic() - self._told > _TELL:
            self._tell()
        return made.row

    def _end(self, state: str, why: str | None = None) -> None:
        """Write what is held back, and how it ended."""
        self.counts.state, self.counts.why = state, why
        self._shards.flush()
        self._tell()

    def _sweep(self) -> None:
        """Remove what killed workers left half written in a folder: what is there still after the time a file takes."""
        if self.to.local("") is None:  # stores have whole files only
            return
        left = self._temporary()
        if left:
            time.sleep(_WRITING)
        for name in left & self._temporary():
            with suppress(OutputError):
                self.to.remove(name)

    def _temporary(self) -> set[str]:
        return {name for name in self.to.names("") if is_temporary(name.rpartition("/")[2])}

    def _tell(self) -> None:
        self._told = time.monotonic()
        told = {**self.counts.told(), "request": self._request.name, **self._request.told}
        self.to.write(STATUS, json.dumps(told, indent=1).encode() + b"\n")


def _known(records: Iterable[Record]) -> Iterator[tuple[str, Known, float]]:
    """What the ledger says. Raises KeyError and the like where a row is none of a ledger."""
    for record in records:
        told = dict(record[LEDGER_KEY])
        name, made = told.pop("name"), told.pop("made")
        beside = tuple((str(file), str(sha256)) for file, sha256 in told.pop("beside", ()))
        yield name, Known(**told, beside=beside), made
