"""Pictures in tar files, as WebDataset has them: read as a stream, written whole.

Source: the WebDataset format, github.com/webdataset/webdataset: the files of a sample share a name but for the suffix.
"""

from __future__ import annotations

import io
import tarfile
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from jndkit.batch.places.contract import Entry, hidden, safe_name
from jndkit.batch.places.files import Files, opened, part, stem
from jndkit.batch.places.unwritten import Unwritten
from jndkit.errors import InputError
from jndkit.limits import MAX_BYTES
from jndkit.opening import picture_suffixes


@dataclass(frozen=True)
class Tars(Unwritten):
    """The pictures in tar files; what else lies in them is left out.

    A picture is named by its shard and its name there: 00042/000421337.jpg. Links, devices, names that lead out of the
    shard and the second of two files of one name are entries with an error.
    """

    files: Files

    def address(self, name: str) -> str:
        return f"{self.files.shown}/{name}"

    def entries(self) -> Iterator[Entry]:
        """Shard by shard, from start to end: of a shard its names are held, of all no more."""
        for name in self.files.each():
            try:
                with opened(self.files.home, name) as file:
                    yield from self._members(name, file)
            except (InputError, tarfile.TarError, OSError, EOFError) as error:
                where = self.files.home.address(name)
                reason = str(error) if isinstance(error, InputError) else f"{where}: the shard is damaged: {error}"
                yield Entry(stem(name), error=reason)

    def read(self, name: str, at: str | None = None) -> bytes:
        if at is None:
            raise InputError(self.address(name), "it is not said where in the shard it lies")
        start, size, shard = at.split(":", 2)
        return part(self.files.home, shard, int(start), int(size))

    def _members(self, shard: str, file: BinaryIO) -> Iterator[Entry]:
        where, seen = self.files.home.address(shard), set[str]()
        if file.seekable() and file.read(2) in (b"\x1f\x8b", b"BZ", b"\xfd7", b"\x28\xb5"):
            raise InputError(where, "a compressed shard cannot be read in parts: unpack it")
        if file.seekable():
            file.seek(0)
        end = 0
        with tarfile.open(fileobj=file, mode="r|", errors="surrogateescape") as tar:
            for member in tar:
                tar.members = []  # type: ignore[attr-defined]  # which would grow with the shard
                end = member.offset_data + -(-member.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
                entry = _entry(member, shard, where, seen)
                if entry is not None:
                    yield entry
        if file.seekable():  # a stream that is cut off ends without a word, and without the block of zeros
            file.seek(end)
            if file.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
                raise InputError(where, "the shard is cut off")


def _entry(member: tarfile.TarInfo, shard: str, where: str, seen: set[str]) -> Entry | None:
    """A picture of a shard, or why it is none; None for what does not claim to be one."""
    name = member.name.removeprefix("./")
    dot = name.rfind(".")
    leads_out = ".." in name.split("/")
    if member.isdir() or dot < 0 or name[dot:].lower() not in picture_suffixes() or (hidden(name) and not leads_out):
        return None
    listed_as = f"{stem(shard)}/{name.encode('utf-8', 'backslashreplace').decode()}"
    try:
        name.encode()  # bytes that are no text come as what cannot be encoded
        if not member.isreg() or member.issparse():
            raise InputError(where, f"{name} is a link or a device, and no file")
        if member.size > MAX_BYTES:
            raise InputError(where, f"{name} has more than the limit of {MAX_BYTES / 1e6:.0f} MB")
        safe_name(name, where)
        known = unicodedata.normalize("NFC", name).casefold()  # as file systems tell names apart, or do not
        if known in seen:
            raise InputError(where, f"there are two files called {name}: the second is left out")
        seen.add(known)
    except UnicodeEncodeError:
        return Entry(listed_as, error=f"{where}: the name {name!a} is no text in UTF-8")
    except InputError as error:
        return Entry(listed_as, error=str(error))
    return Entry(listed_as, member.size, f"{member.mtime:g}", f"{member.offset_data}:{member.size}:{shard}")


def shard_of(files: Sequence[tuple[str, bytes]]) -> bytes:
    """A tar file of these, in their order; the same of the same, whoever writes it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), 0o644
            tar.addfile(member, io.BytesIO(data))
    return packed.getvalue()
