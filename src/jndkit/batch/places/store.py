"""An object store, by fsspec: Amazon S3 and what speaks its language, Google Cloud Storage, Azure."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from jndkit.batch.places.contract import Entry, hidden, safe_name
from jndkit.batch.places.patience import FIRST_WAIT, Passing, patiently
from jndkit.errors import InputError, MissingError, OutputError
from jndkit.limits import check_bytes
from jndkit.opening import picture_suffixes

Result = TypeVar("Result")

SCHEMES = {
    "s3": ("s3fs", "aws configure, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
    "gs": ("gcsfs", "gcloud auth application-default login, or GOOGLE_APPLICATION_CREDENTIALS"),
    "az": ("adlfs", "AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT_NAME and az login"),
    "abfs": ("adlfs", "AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT_NAME and az login"),
    "memory": ("fsspec", ""),  # of this process alone
}
"""Scheme -> the package that fsspec needs for it, and where its users have their credentials."""

_PAGE = 1000  # names: what S3 gives at once
_READ_AHEAD = 8 << 20  # bytes
_NO_CREDENTIALS = {
    *("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "TokenRetrievalError"),
    *("DefaultCredentialsError", "ClientAuthenticationError", "ProfileNotFound", "UnauthorizedSSOTokenError"),
}


@dataclass(frozen=True)
class Store:
    """url: s3://bucket/photos and the like.  recursive: look into what lies deeper.  first_wait: as of `patiently`.

    A write is looked at afterwards: size, and the store's checksum where that is MD5; else what is there is read back.
    """

    url: str
    recursive: bool = True
    first_wait: float = FIRST_WAIT

    @property
    def packed(self) -> bool:
        return False

    def address(self, name: str) -> str:
        url = self.url if self.url.endswith("://") else self.url.rstrip("/") + "/"
        return f"{url}{name}" if name else self.url

    def entries(self) -> Iterator[Entry]:
        """In the order of the store; of S3 a thousand at a time, of others a folder at a time."""
        suffixes = picture_suffixes()
        for name, found in self._listed("", self.recursive, needed=True):
            dot = name.rfind(".")
            if dot < 0 or name[dot:].lower() not in suffixes or hidden(name):
                continue
            try:
                yield Entry(safe_name(name, self.url), found.get("size"), _version(found))
            except InputError as error:
                yield Entry(name, error=str(error))

    def names(self, folder: str) -> Iterator[str]:
        for name, _ in self._listed(folder, True):
            yield f"{folder}/{name}" if folder else name

    def local(self, name: str) -> Path | None:
        return None

    def read(self, name: str, at: str | None = None) -> bytes:
        def whole() -> bytes:
            size = _size(self._fs.info(self._path(name)))
            if size is not None and size > 0:
                check_bytes(self.address(name), size)
            data = bytes(self._fs.cat_file(self._path(name)))
            if size is not None and len(data) != size:
                raise Passing(f"{len(data)} of its {size} bytes came")
            return data

        return self._reading(name, whole)

    def part(self, name: str, start: int, size: int) -> bytes:
        """`size` bytes of a file from `start` on."""

        def some() -> bytes:
            data = bytes(self._fs.cat_file(self._path(name), start=start, end=start + size))
            if len(data) != size:
                raise Passing(f"{len(data)} of {size} bytes came")
            return data

        return self._reading(name, some)

    def open(self, name: str) -> BinaryIO:
        """A file to be read from its start on, or by its parts."""
        opened: BinaryIO = self._reading(name, lambda: self._fs.open(self._path(name), "rb", block_size=_READ_AHEAD))
        return opened

    def exists(self, name: str) -> bool:
        def there() -> bool:
            try:
                return bool(self._fs.info(self._path(name))["type"] == "file")
            except FileNotFoundError:
                return False

        return self._reading(name, there)

    def write(self, name: str, data: bytes) -> None:
        def once() -> None:
            self._fs.pipe_file(self._path(name), data)
            if not self._holds(name, data):
                raise Passing("the store took it, and does not have it")

        self._tried(name, once, OutputError)

    def put(self, name: str, path: Path) -> None:
        """Of what is there afterwards the size is looked at: a large file's checksum is of its parts."""

        def once() -> None:
            self._fs.put_file(str(path), self._path(name))
            size = _size(self._fs.info(self._path(name)))
            if size not in (None, path.stat().st_size):
                raise Passing(f"{size} of its {path.stat().st_size} bytes came")

        self._tried(name, once, OutputError)

    def write_all(self, files: Sequence[tuple[str, bytes]]) -> list[str]:
        for name, data in files:
            self.write(name, data)
        return [name for name, _ in files]

    def remove(self, name: str) -> None:
        def once() -> None:
            with suppress(FileNotFoundError):
                self._fs.rm_file(self._path(name))

        self._tried(name, once, OutputError)

    @property
    def _fs(self) -> Any:
        return _file_system(self.url.partition("://")[0])

    def _path(self, name: str) -> str:
        return self.address(name).partition("://")[2]

    def _holds(self, name: str, data: bytes) -> bool:
        try:
            found = self._fs.info(self._path(name))
        except FileNotFoundError:
            return False
        size = _size(found)
        if size is not None and size != len(data):
            return False
        md5 = hashlib.md5(data, usedforsecurity=False)
        if _etag(found) == md5.hexdigest() or found.get("md5Hash") == base64.b64encode(md5.digest()).decode():
            return True
        # Of parts, or encrypted with a key: then the checksum is another one.
        return bool(self._fs.cat_file(self._path(name)) == data)

    def _listed(self, folder: str, recursive: bool, *, needed: bool = False) -> Iterator[tuple[str, dict[str, Any]]]:
        """Name below the folder and what is told of it, of every file. needed: whether the folder has to be there."""
        top = self._path(folder)
        if self.url.startswith("s3://"):
            yield from self._pages(top, recursive)
            return
        if not self._reading(folder, lambda: self._fs.isdir(top)):
            if needed:
                raise InputError(self.url, "there is no such bucket or folder")
            return
        yield from self._folders(top, recursive)

    def _folders(self, top: str, recursive: bool) -> Iterator[tuple[str, dict[str, Any]]]:
        waiting = [top]
        while waiting:
            here = waiting.pop()
            found = self._reading("", partial(self._fs.ls, here, detail=True))
            found = sorted(found, key=lambda each: str(each["name"]))
            for each in found:
                name = str(each["name"])
                if each["type"] == "file":
                    yield name.lstrip("/")[len(top.strip("/")) + 1 :], each
            if recursive:
                waiting += reversed([str(each["name"]) for each in found if each["type"] == "directory"])

    def _pages(self, top: str, recursive: bool) -> Iterator[tuple[str, dict[str, Any]]]:
        """fsspec's own listing of S3 holds all names at once."""
        bucket, _, key = top.partition("/")
        prefix = f"{key}/" if key else ""
        asked: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix, "MaxKeys": _PAGE}
        if not recursive:
            asked["Delimiter"] = "/"
        while True:
            page = self._reading("", lambda: self._fs.call_s3("list_objects_v2", **asked))
            for found in page.get("Contents", ()):
                name = found["Key"][len(prefix) :]
                if name and not name.endswith("/"):  # which consoles make for folders
                    yield name, {"size": found["Size"], "ETag": found.get("ETag")}
            if not page.get("IsTruncated"):
                return
            asked["ContinuationToken"] = page["NextContinuationToken"]

    def _reading(self, name: str, work: Callable[[], Result]) -> Result:
        return self._tried(name, work, InputError)

    def _tried(self, name: str, work: Callable[[], Result], ours: type[InputError] | type[OutputError]) -> Result:
        address = self.address(name)

        def once() -> Result:
            try:
                return work()
            except (Passing, InputError, MissingError):
                raise
            except Exception as error:  # of fsspec and whatever is below it
                lasting = self._lasting(error)
                if lasting is None:
                    raise Passing(_told(error)) from error
                raise ours(address, lasting) from None

        try:
            return patiently(once, first_wait=self.first_wait)
        except Passing as passing:
            raise ours(address, f"the store failed again and again: {passing.reason}") from None

    def _lasting(self, error: Exception) -> str | None:
        """Why it makes no sense to try again; None where it may pass."""
        text = _told(error)
        if type(error).__name__ in _NO_CREDENTIALS:
            cure = SCHEMES[self.url.partition("://")[0]][1]
            return f"there are no credentials for it: {cure}"
        if isinstance(error, FileNotFoundError):
            return "there is no such bucket" if "bucket" in text.lower() else "there is no such file"
        if isinstance(error, PermissionError):
            return f"the store refuses it: {text}"
        if isinstance(error, TypeError | ValueError | IsADirectoryError | NotADirectoryError | AttributeError):
            return f"it cannot be used: {text}"
        return None


@cache
def _file_system(scheme: str) -> Any:
    """One a process, with what the user's environment and fsspec's own configuration say."""
    package = SCHEMES[scheme][0]
    install = "pip install 'jndkit[corpus]'" + ("" if package == "fsspec" else f" {package}")
    try:
        import fsspec

        return fsspec.filesystem(scheme, use_listings_cache=False)
    except ImportError:
        raise MissingError(f"{package}, which reads {scheme}://,", install) from None


def _size(found: dict[str, Any]) -> int | None:
    size = found.get("size")
    return None if size is None else int(size)


def _etag(found: dict[str, Any]) -> str:
    return str(found.get("ETag") or found.get("etag") or "").strip('"')


def _version(found: dict[str, Any]) -> str | None:
    return _etag(found) or next(
        (str(found[key]) for key in ("md5Hash", "mtime", "last_modified") if key in found), None
    )


def _told(error: Exception) -> str:
    """One line of what a library says."""
    return " ".join(str(error).split()) or type(error).__name__
