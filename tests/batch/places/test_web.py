"""Pictures from the web: what fails is tried again, and nobody is led to a machine of the own network."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from jndkit.batch.places import source_at, web
from jndkit.batch.places.web import Web
from jndkit.errors import InputError, LimitError, OutputError

Answer = tuple[int, dict[str, str], bytes]


class Site:
    """A server of this machine; `answers` by path, the first of several until only one is left."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                given = site.answers.get(self.path, [(404, {}, b"")])
                status, headers, body = given.pop(0) if len(given) > 1 else given[0]
                if "Range" in self.headers and status == 200:
                    first, last = self.headers["Range"].removeprefix("bytes=").split("-")
                    status, body = 206, body[int(first) : int(last) + 1]
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"

    def says(self, path: str, *answers: Answer) -> str:
        self.answers[path] = list(answers)
        return f"{self.host}{path}"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    made = Site()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def here(own: bool = True) -> Web:
    return Web("http://", own=own, timeout=2.0, first_wait=0.01)


def test_a_picture_is_read_whole_and_in_parts(site: Site) -> None:
    name = site.says("/a%20b/ü.png", (200, {}, b"0123456789"))
    site.answers["/a%20b/%C3%BC.png"] = site.answers["/a%20b/ü.png"]
    assert here().read(name) == b"0123456789"
    assert here().part(name, 3, 4) == b"3456"
    with here().open(name) as file:
        assert file.read() == b"0123456789"


@pytest.mark.parametrize(
    "fault",
    [(500, {}, b""), (503, {"Retry-After": "0"}, b""), (429, {}, b""), (200, {"Content-Length": "99"}, b"01234")],
    ids=["500", "503", "429", "cut off"],
)
def test_what_passes_is_tried_again(site: Site, fault: Answer) -> None:
    name = site.says("/a.png", fault, fault, (200, {}, b"0123456789"))
    assert here().read(name) == b"0123456789"
    assert site.asked == ["/a.png"] * 3


def test_what_stays_is_said(site: Site) -> None:
    with pytest.raises(InputError, match=r"http://127.*/none\.png: the server answers 404 Not Found"):
        here().read(f"{site.host}/none.png")
    assert len(site.asked) == 1
    name = site.says("/busy.png", (503, {}, b""))
    with pytest.raises(InputError, match="the server failed again and again: it answers 503"):
        here().read(name)
    with pytest.raises(InputError, match="there is no such server"):
        here().read("nowhere.invalid/a.png")


def test_a_file_beyond_the_limit_is_not_read(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "MAX_BYTES", 99)
    monkeypatch.setattr("jndkit.limits.MAX_BYTES", 99)
    declared = site.says("/declared.png", (200, {}, b"0" * 100))
    undeclared = site.says("/undeclared.png", (200, {"Content-Length": "", "Connection": "close"}, b"0" * 100))
    for name in (declared, undeclared):
        with pytest.raises(LimitError):
            here().read(name)


def test_an_address_of_the_own_network_is_asked_for_users_alone(site: Site) -> None:
    name = site.says("/a.png", (200, {}, b"secret"))
    with pytest.raises(InputError, match="it leads to a machine of the own network, which is not asked"):
        here(own=False).read(name)
    assert site.asked == []


def test_an_answer_leads_from_elsewhere_to_no_machine_of_the_own_network(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first server counts as a public one; where it leads to is looked at by the address that is connected to."""
    name = site.says("/a.png", (302, {"Location": f"http://localhost:{site.server.server_port}/inside"}, b""))
    site.says("/inside", (200, {}, b"secret"))
    public = [True, False]  # the first connection, and the one that it leads to
    monkeypatch.setattr(web, "_is_own", lambda _: False)
    monkeypatch.setattr(web, "_is_public", lambda _: public.pop(0))
    with pytest.raises(InputError, match="own network"):
        here().read(name)
    assert site.asked == ["/a.png"]


def test_an_answer_leads_nowhere_but_to_the_web(site: Site) -> None:
    for target in ("file:///etc/passwd", "ftp://host/a"):
        name = site.says("/a.png", (302, {"Location": target}, b""))
        with pytest.raises(InputError):
            here().read(name)
    name = site.says("/round.png", (302, {"Location": "/round.png"}, b""))
    with pytest.raises(InputError):
        here().read(name)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        *(("8.8.8.8", True), ("2001:4860:4860::8888", True)),
        *((name, False) for name in ("127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "100.64.0.1")),
        *((name, False) for name in ("::1", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "0.0.0.0", "224.0.0.1")),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert web._is_public(address) is public


def test_a_list_from_the_web_names_no_machine_of_the_own_network(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = site.says("/a.png", (200, {}, b"secret"))
    addresses = site.says("/list.txt", (200, {}, f"# mine\nhttp://{picture}\n".encode()))
    monkeypatch.setattr("jndkit.batch.places.patience.FIRST_WAIT", 0.01)
    place = source_at(f"http://{addresses}")
    (entry,) = place.entries()
    assert place.address(entry.name) == f"http://{picture}"
    with pytest.raises(InputError, match="own network"):
        place.read(entry.name)


def test_a_list_of_the_user_does(site: Site, tmp_path: Path) -> None:
    picture = site.says("/a.png", (200, {}, b"ours"))
    (tmp_path / "list.txt").write_text(f"http://{picture}\n")
    place = source_at(str(tmp_path / "list.txt"))
    assert [place.read(entry.name) for entry in place.entries()] == [b"ours"]


def test_the_web_is_not_written_to() -> None:
    refused: list[Callable[[], object]] = [
        lambda: here().write("a", b""),
        lambda: here().exists("a"),
        lambda: here().remove("a"),
        lambda: here().write_all([("a", b"")]),
        lambda: here().names("a"),
    ]
    for call in refused:
        with pytest.raises(OutputError, match="only read"):
            call()
