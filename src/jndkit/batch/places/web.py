"""Pictures on the web: https and http, read only, and never led to a machine of the own network.

A server may answer with another address. One that leads from the public network to the own one would have us fetch, and
perhaps publish, what only we can reach; so the address that was really connected to is looked at before anything is
asked for.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from typing import IO, Any, BinaryIO
from urllib import error as failures, request
from urllib.parse import quote, urlsplit

from jndkit.batch.places.contract import Entry
from jndkit.batch.places.patience import FIRST_WAIT, Passing, patiently
from jndkit.batch.places.unwritten import Unwritten
from jndkit.errors import InputError, LimitError
from jndkit.limits import MAX_BYTES, check_bytes
from jndkit.version import VERSION

_TIMEOUT = 30.0  # seconds without a byte
_BUSY = {408, 425, 429, 500, 502, 503, 504}
_KEPT = "%/:=&?~#+!$,;'@()*[]"  # what addresses are written with


class _Local(OSError):
    """The connection is to a machine of the own network."""


@dataclass(frozen=True)
class Web(Unwritten):
    """base: "https://" or "http://"; a name is the rest of an address.

    own: whether addresses may name machines of the own network, as those that the user writes may. An answer never
        leads there from elsewhere.  timeout: seconds without a byte.  first_wait: as of `patiently`.
    """

    base: str = "https://"
    own: bool = True
    timeout: float = _TIMEOUT
    first_wait: float = FIRST_WAIT

    def address(self, name: str) -> str:
        return self.base + name

    def entries(self) -> Iterator[Entry]:
        raise InputError(self.base, "the web cannot be listed: give a list of addresses")

    def read(self, name: str, at: str | None = None) -> bytes:
        """Raises LimitError beyond 200 MB."""
        return self._fetched(name, {})

    def part(self, name: str, start: int, size: int) -> bytes:
        """`size` bytes of a file from `start` on."""
        data = self._fetched(name, {"Range": f"bytes={start}-{start + size - 1}"})
        if len(data) != size:
            raise InputError(self.address(name), "the server does not give parts of files")
        return data

    def open(self, name: str) -> BinaryIO:
        """A file to be read from its start on."""
        opened: BinaryIO = self._patiently(name, lambda: self._opened(name, {}))
        return opened

    def _fetched(self, name: str, headers: dict[str, str]) -> bytes:
        def once() -> bytes:
            with self._opened(name, headers) as answer:
                try:
                    data: bytes = answer.read(MAX_BYTES + 1)
                except (http.client.HTTPException, OSError) as error:
                    raise Passing(f"the connection broke: {_told(error)}") from error
                declared = answer.headers.get("Content-Length", "")
            if len(data) > MAX_BYTES:
                raise LimitError(self.address(name), f"it has more than the limit of {MAX_BYTES / 1e6:.0f} MB")
            if declared.isdigit() and len(data) != int(declared):  # which a read up to a limit does not notice
                raise Passing(f"{len(data)} of its {declared} bytes came")
            return data

        fetched: bytes = self._patiently(name, once)
        return fetched

    def _patiently(self, name: str, once: Any) -> Any:
        try:
            return patiently(once, first_wait=self.first_wait)
        except Passing as passing:
            raise InputError(self.address(name), f"the server failed again and again: {passing.reason}") from None

    def _opened(self, name: str, headers: dict[str, str]) -> Any:
        address = self.address(name)
        try:
            asked = request.Request(quote(address, safe=_KEPT), headers={"User-Agent": f"jndkit/{VERSION}", **headers})
            allowed = self.own and _is_own(urlsplit(address).hostname)
            answer = _opener(allowed).open(asked, timeout=self.timeout)
        except failures.HTTPError as error:
            error.close()
            if error.code in _BUSY:
                raise Passing(f"it answers {error.code} {error.reason}", _after(error.headers)) from error
            raise InputError(address, f"the server answers {error.code} {error.reason}") from None
        except failures.URLError as error:
            if isinstance(error.reason, _Local):
                raise InputError(address, "it leads to a machine of the own network, which is not asked") from None
            if isinstance(error.reason, socket.gaierror):
                raise InputError(address, "there is no such server") from None
            raise Passing(_told(error.reason)) from error
        except (http.client.HTTPException, OSError) as error:
            raise Passing(_told(error)) from error
        except ValueError as error:
            raise InputError(address, f"it is no address: {error}") from None
        declared = answer.headers.get("Content-Length", "")
        if declared.isdigit() and int(declared) > MAX_BYTES and not headers and not address.endswith(".tar"):
            answer.close()
            check_bytes(address, int(declared))
        return answer


class _Redirects(request.HTTPRedirectHandler):
    max_redirections = 5

    def redirect_request(
        self, req: request.Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage, newurl: str
    ) -> request.Request | None:
        if not newurl.startswith("https://") and (req.type == "https" or not newurl.startswith("http://")):
            raise failures.URLError(f"it leads from {req.type} to {newurl.partition(':')[0]}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _Http(http.client.HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _check(self)


class _Https(http.client.HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _check(self)


class _HttpHandler(request.HTTPHandler):
    def http_open(self, req: request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Http, req)


class _HttpsHandler(request.HTTPSHandler):
    def https_open(self, req: request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Https, req)


def _check(connection: http.client.HTTPConnection) -> None:
    """Raises _Local where the other end is one of ours: before anything was sent."""
    peer = connection.sock.getpeername()[0]
    if not _is_public(peer):
        connection.close()
        raise _Local(peer)


def _opener(own: bool) -> request.OpenerDirector:
    """own: connections to the own network are let through. Through a proxy it is the proxy that decides."""
    if own or request.getproxies().keys() & {"http", "https"}:
        return request.build_opener(_Redirects)
    return request.build_opener(_Redirects, _HttpHandler, _HttpsHandler)


def _is_own(host: str | None) -> bool:
    try:
        found = socket.getaddrinfo(host or "", None)
    except (OSError, UnicodeError):
        return False
    return any(not _is_public(str(where[4][0])) for where in found)


def _is_public(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return bool((mapped or parsed).is_global) and not parsed.is_multicast


def _after(headers: Message) -> float:
    """Seconds that a busy server asks to wait."""
    asked = headers.get("Retry-After", "") if headers else ""
    return float(asked) if asked.isdigit() else 0.0


def _told(error: object) -> str:
    return "it does not answer" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
