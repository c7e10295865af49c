"""Who may ask: which addresses, which host names, which pages, and whose token."""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from jndkit.errors import UsageError
from jndkit.server.problems import OriginError, TokenError

COOKIE = "jnd-session"
_LEAST_TOKEN = 16  # characters
_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^:\[\]]+))(?::\d{1,5})?")  # RFC 9110, section 7.2
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Access:
    """host: the address to listen at.  token: what every request must bring, or None.

    origins: of pages elsewhere that may ask, such as https://example.org.
    Raises UsageError for an address that others can reach without a token, a token that can be guessed, and for an
    origin that is none.
    """

    host: str = "127.0.0.1"
    token: str | None = None
    origins: tuple[str, ...] = ()
    _session: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    def __post_init__(self) -> None:
        if self.token is None and not is_loopback(self.host):
            raise UsageError(f"--host {self.host}: others can reach this address, so that it needs --token")
        if self.token is not None and (len(self.token) < _LEAST_TOKEN or not self.token.isascii()):
            raise UsageError(f"--token: at least {_LEAST_TOKEN} characters of ASCII are needed")
        for origin in self.origins:
            parts = urlsplit(origin)
            if parts.scheme not in ("http", "https") or f"{parts.scheme}://{parts.netloc}" != origin or "@" in origin:
                raise UsageError(f"--allow-origin {origin}: an origin is written as in https://example.org")

    def check_host(self, host: str | None) -> None:
        """Raises OriginError for a host name that is not ours: a page may have had its own name point here."""
        name = _without_port(host or "")
        ours = {self.host.lower(), "localhost", *(urlsplit(origin).hostname for origin in self.origins)}
        if name in ours or (_address(name) is not None and (not is_loopback(self.host) or is_loopback(name))):
            return
        if not is_loopback(self.host) and name in {socket.gethostname().lower(), socket.getfqdn().lower()}:
            return
        raise OriginError("this server does not answer for that host name")

    def check_origin(self, method: str, headers: Mapping[str, str]) -> None:
        """Raises OriginError for what a page of another origin asks, unless it was allowed to."""
        origin = headers.get("origin")
        if origin is not None:
            own = urlsplit(origin).netloc.lower() == headers.get("host", "").lower() != ""
            if not own and origin not in self.origins:
                raise OriginError("pages of other origins may not ask here; --allow-origin allows it")
            return
        site = headers.get("sec-fetch-site", "none")
        # What a link leads to is a page that is shown, and not read by the one that links.
        shown = method in _SAFE and headers.get("sec-fetch-mode") == "navigate"
        if site not in ("none", "same-origin") and not shown:
            raise OriginError("pages of other origins may not ask here; --allow-origin allows it")

    def check_token(self, headers: Mapping[str, str]) -> None:
        """Raises TokenError unless the request brings the token, or the cookie that it was exchanged for."""
        if self.token is None:
            return
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and same(given.strip(), self.token):
            return
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            cookie = None
        if cookie is None or not same(cookie.value, self._session):
            raise TokenError("a token is needed: Authorization: Bearer TOKEN")

    def session(self, token: str) -> str:
        """The cookie's value for the token. Raises TokenError for a wrong one."""
        if self.token is not None and not same(token, self.token):
            raise TokenError("the token is wrong")
        return self._session


def same(given: str, secret: str) -> bool:
    """Whether the two are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode("utf-8"))


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    address = _address(host)
    return host.lower() == "localhost" if address is None else address.is_loopback


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _without_port(host: str) -> str:
    """The name in a Host header; "" where it is none."""
    found = _HOST.fullmatch(host.lower())
    return (found[1] or found[2]) if found else ""
