"""What a client sends, on its way into the server's folder: piece by piece, never as a whole in memory."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from jndkit.errors import LimitError, OutputError, UsageError

NAME = "picture"
_LONGEST_NAME = 200  # characters
_MOST_PARTS = 8


@dataclass(frozen=True)
class Upload:
    """A picture that was sent. path: where it lies.  name: what the client calls it, made harmless to print."""

    path: Path
    name: str
    bytes: int


async def received(
    request: Request, folder: Path, most: int, wanted: tuple[str, ...] = (NAME,), also: tuple[str, ...] = ()
) -> dict[str, Upload]:
    """The pictures of a request, by the names of their fields in a form.

    folder: where they go.  most: bytes of each.  wanted: fields that it must have.  also: fields that it may have.
    The body is one picture itself, the one that is wanted, where it is no form.
    Raises UsageError for a body that holds something else, LimitError for a larger picture, OutputError for a full
    disk.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind == b"multipart/form-data":
        form = _Form(folder, most, (*wanted, *also))
        await form.read(request, options.get(b"boundary", b""))
        for field in wanted:
            if field not in form.found:
                raise UsageError(f"the form lacks the field {field}, a picture")
        return form.found
    if len(wanted) > 1:
        raise UsageError(f"a form with the fields {' and '.join(wanted)} is needed (multipart/form-data)")
    name = request.query_params.get("name", "")
    kept = _Kept(folder / NAME, name, most)
    with kept:
        async for piece in request.stream():
            kept.write(piece)
    if kept.bytes == 0:
        if name:
            raise UsageError(f"{harmless(name)}: it is empty, it has no bytes")
        raise UsageError("there is no picture in the request: send its bytes as the body")
    return {wanted[0]: kept.upload}


def harmless(name: str) -> str:
    """The last part of a file's name without what would steer a terminal, a page or a header; "picture" for none."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    printable = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip(" .")
    return printable[-_LONGEST_NAME:] or NAME


class _Kept:
    """A file that is being written."""

    def __init__(self, path: Path, name: str, most: int) -> None:
        self._path, self._name, self._most = path, harmless(name), most
        self._file: BinaryIO | None = None
        self.bytes = 0

    def __enter__(self) -> _Kept:
        try:
            self._file = open(self._path, "xb")
        except OSError as error:
            raise _unwritten(self._name, error) from None
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, piece: bytes | memoryview) -> None:
        self.bytes += len(piece)
        if self.bytes > self._most:
            raise LimitError(self._name, f"it has more bytes than the limit of {self._most}")
        try:
            if self._file is not None:
                self._file.write(piece)
        except OSError as error:
            raise _unwritten(self._name, error) from None

    @property
    def upload(self) -> Upload:
        return Upload(self._path, self._name, self.bytes)


@dataclass
class _Form:
    """The parts of a form, of which those in known fields are written."""

    folder: Path
    most: int
    known: tuple[str, ...]
    found: dict[str, Upload] = field(default_factory=dict)
    parts: int = 0
    headers: dict[bytes, bytes] = field(default_factory=dict)
    header: bytes = b""
    value: bytes = b""
    kept: _Kept | None = None
    kept_field: str = ""

    async def read(self, request: Request, boundary: bytes) -> None:
        """Raises UsageError for what is no form, and what `_Kept` does."""
        if not 0 < len(boundary) <= 70:  # RFC 2046, section 5.1.1
            raise UsageError("the form names no boundary between its parts")
        try:
            parser = MultipartParser(boundary, self._callbacks())
            async for piece in request.stream():
                parser.write(piece)
            parser.finalize()
            if self.kept is not None:
                raise UsageError("the form ends in the middle of a picture")
        except FormParserError as error:
            raise UsageError(f"the form cannot be read: {error}") from None
        finally:
            if self.kept is not None:
                self.kept.__exit__()

    def _callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._open,
            "on_part_data": self._data,
            "on_part_end": self._end,
        }

    def _begin(self) -> None:
        self.parts += 1
        if self.parts > _MOST_PARTS:
            raise UsageError(f"the form has more than {_MOST_PARTS} parts")
        self.headers, self.header, self.value = {}, b"", b""

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self.header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self.value += data[start:end]

    def _header_end(self) -> None:
        self.headers[self.header.lower()] = self.value
        self.header, self.value = b"", b""

    def _open(self) -> None:
        _, options = parse_options_header(self.headers.get(b"content-disposition", b""))
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if name in self.known and name not in self.found:
            given = options.get(b"filename", b"").decode("utf-8", "replace")
            # By the place among those known: nothing of what was sent is part of a path.
            place = self.folder / f"{NAME}-{self.known.index(name)}"
            self.kept, self.kept_field = _Kept(place, given, self.most).__enter__(), name

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self.kept is not None:
            self.kept.write(data[start:end])

    def _end(self) -> None:
        if self.kept is not None:
            self.kept.__exit__()
            if self.kept.bytes == 0:
                raise UsageError(f"the field {self.kept_field} of the form holds no picture")
            self.found[self.kept_field] = self.kept.upload
            self.kept = None


def _unwritten(name: str, error: OSError) -> OutputError:
    return OutputError(name, f"it cannot be kept: {error.strerror or error}")
