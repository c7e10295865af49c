"""What an attacker would try, each against a whole server."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jndkit.errors import UsageError

Served = Callable[..., Any]
TOKEN = "a-token-nobody-guesses"


def test_no_option_opens_a_file_where_the_server_was_started(
    served: Served, photo: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "private.png").write_bytes(photo)
    monkeypatch.chdir(tmp_path)
    with served() as client:
        for path in ("/v1/encode", "/v1/predict", "/v1/pictures"):
            for name in ("private.png", "absent.png"):
                answer = client.post(f"{path}?against={name}", content=photo)
                assert (answer.status_code, answer.json()["title"]) == (400, "UsageError")
                assert "is a picture: send it as the field against" in answer.json()["detail"]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::", "example.org"])
def test_an_address_that_others_reach_needs_a_token(host: str) -> None:
    from jndkit.server.access import Access

    with pytest.raises(UsageError, match="--token"):
        Access(host)
    with pytest.raises(UsageError, match="16 characters"):
        Access(host, "short")
    assert Access(host, TOKEN).token == TOKEN


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "localhost"])
def test_the_loopback_address_needs_none(host: str) -> None:
    from jndkit.server.access import Access

    assert Access(host).token is None


@pytest.mark.parametrize(
    "origin", ["*", "null", "example.org", "https://example.org/", "https://a@example.org", "ftp://a"]
)
def test_an_origin_is_written_in_full(origin: str) -> None:
    from jndkit.server.access import Access

    with pytest.raises(UsageError, match="--allow-origin"):
        Access(origins=(origin,))


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8040", "127.0.0.1.evil.example", "", "[::1", "8.8.8.8"])
def test_a_name_that_was_made_to_point_here_is_refused(served: Served, host: str) -> None:
    """DNS rebinding: the page of evil.example asks evil.example, which by now is 127.0.0.1."""
    with served() as client:
        for path in ("/", "/v1/models", "/metrics", "/page/index.html"):
            answer = client.get(path, headers={"host": host})
            assert (answer.status_code, answer.json()["title"]) == (403, "OriginError")


@pytest.mark.parametrize("host", ["127.0.0.1:8040", "localhost:9000", "LOCALHOST", "[::1]:8040"])
def test_our_own_names_are_answered(served: Served, host: str) -> None:
    with served() as client:
        assert client.get("/v1/health", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "http://localhost:8040"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},  # a form of a foreign page
    ],
)
def test_pages_elsewhere_may_not_ask(served: Served, photo: bytes, headers: dict[str, str]) -> None:
    with served() as client:
        sent = client.post("/v1/encode", content=photo, headers=headers)
        assert (sent.status_code, sent.json()["title"]) == (403, "OriginError")
        if "sec-fetch-mode" not in headers:
            assert client.get("/v1/models", headers=headers).status_code == 403
        assert "access-control-allow-origin" not in sent.headers


def test_our_own_page_and_an_allowed_origin_may(served: Served) -> None:
    friend = "https://friend.example"
    with served(access={"origins": (friend,)}) as client:
        own = client.get("/v1/health", headers={"origin": "http://127.0.0.1:8040", "sec-fetch-site": "same-origin"})
        assert own.status_code == 200
        other = client.get("/v1/health", headers={"origin": friend, "sec-fetch-site": "cross-site"})
        assert (other.status_code, other.headers["access-control-allow-origin"]) == (200, friend)
        asked = client.options("/v1/encode", headers={"origin": friend, "access-control-request-method": "POST"})
        assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, friend)
        assert client.get("/v1/health", headers={"origin": friend + ".evil"}).status_code == 403


def test_without_the_token_nothing_private_is_answered(served: Served, photo: bytes) -> None:
    with served(access={"host": "0.0.0.0", "token": TOKEN}) as client:
        for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": TOKEN}, {"cookie": "jnd-session=x"}):
            for path in ("/v1/models", "/metrics", "/v1/openapi.json", "/v1/jobs/x", "/v1/pictures/x/png"):
                answer = client.get(path, headers=headers)
                assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
            assert client.post("/v1/encode", content=photo, headers=headers).status_code == 401
        assert client.get("/v1/health").status_code == 200
        assert client.get("/v1/models", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
        assert client.post("/v1/session", json={"token": "wrong"}).status_code == 401
        sent = client.post("/v1/session", json={"token": TOKEN})
        cookie = sent.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "samesite=strict" in cookie.lower()
        assert TOKEN not in cookie
        assert client.get("/v1/models").status_code == 200  # with the cookie
        assert client.get("/v1/models", headers={"host": "evil.example"}).status_code == 403


def test_secrets_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from jndkit.server import access

    compared: list[tuple[bytes, bytes]] = []

    def spy(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr("jndkit.server.access.hmac.compare_digest", spy)
    gate = access.Access("0.0.0.0", TOKEN)
    gate.check_token({"authorization": f"Bearer {TOKEN}"})
    assert compared == [(TOKEN.encode(), TOKEN.encode())]


@pytest.mark.parametrize(
    "path",
    [
        "/page/../server.py",
        "/page/..%2f..%2f__init__.py",
        "/page/%2e%2e/%2e%2e/app.py",
        "/page//etc/passwd",
        "/page/C:%5Cwindows",
        "/page/app.py",
        "/page/",
        "/v1/pictures/..%2f..%2fetc%2fpasswd/png",
        "/v1/jobs/%2e%2e/result",
    ],
)
def test_no_path_of_a_client_is_opened(served: Served, path: str) -> None:
    with served() as client:
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("option", ["protocol", "viewing", "observer", "codec", "prefilter"])
@pytest.mark.parametrize("value", ["../../etc/passwd", "/etc/passwd", "a\x00b", "..", "x" * 1000])
def test_no_option_is_a_path(served: Served, photo: bytes, option: str, value: str) -> None:
    with served() as client:
        answer = client.post("/v1/encode", params={option: value}, content=photo)
        assert (answer.status_code, answer.json()["title"]) == (400, "UsageError")


def test_a_model_is_no_path(served: Served, photo: bytes, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("")
    with served() as client:
        for name in (str(tmp_path / "mine"), "../mine", "..%2Fmine"):
            assert client.post("/v1/map", params={"model": name}, content=photo).status_code == 400


@pytest.mark.parametrize(
    "name",
    [
        'a"; filename="evil.html',
        "a\r\nSet-Cookie: x=1.png",
        "../../evil.png",
        "..\\evil.png",
        "\u202egnp.exe",
        "<img src=x onerror=alert(1)>.png",
        "\x1b[31mred.png",
        "n" * 5000 + ".png",
        "",
        ".",
    ],
)
def test_names_of_files_are_escaped(served: Served, photo: bytes, name: str) -> None:
    with served() as client:
        answer = client.post("/v1/encode", params={"codec": "webp", "name": name}, content=photo)
        assert answer.status_code == 200
        shown = answer.headers["content-disposition"]
        assert "set-cookie" not in answer.headers
        assert shown.startswith("attachment; filename")
        assert shown.count('"') in (0, 2)
        assert len(shown) < 1000
        assert not any(part in shown for part in ("..", "\\", "\n", "\r", "\x1b", "<", 'evil.html"'))
        row = client.get(answer.headers["content-location"], headers={"accept": "application/json"})
        assert "\u202e" not in row.json()["input"]
        assert "/" not in row.json()["input"]
        assert row.headers["content-type"] == "application/json"


def test_every_answer_says_what_browsers_must_not_do(served: Served, photo: bytes) -> None:
    with served() as client:
        home = f"/v1/pictures/{client.post('/v1/pictures?name=a.html', content=photo).json()['id']}"
        made = client.post(f"{home}/versions", json={"codec": "png", "value": 0}).json()
        assert "file" in made, made
        for path in ("/", "/v1/models", f"{home}/png", home, made["file"], "/nowhere", "/v1/encode"):
            answer = client.get(path)
            policy = answer.headers["content-security-policy"]
            assert "unsafe" not in policy
            assert "default-src 'none'" in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"
            if path.startswith("/v1/"):
                assert answer.headers["cache-control"] == "no-store"
                kind = answer.headers["content-type"]
                assert kind in ("application/json", "image/png", "application/problem+json")
        assert "attachment" in client.get(made["file"]).headers["content-disposition"]


def test_what_was_sent_lies_where_only_we_may_look(served: Served, photo: bytes, tmp_path: Path) -> None:
    with served() as client:
        client.post("/v1/pictures", content=photo)
        (folder,) = (tmp_path / "temporary").iterdir()
        for place in (folder, *(path for path in folder.iterdir() if path.is_dir())):
            assert os.name == "nt" or stat.S_IMODE(place.stat().st_mode) == 0o700
        client.post("/v1/encode?codec=webp", content=photo)
        sent = [path for path in folder.rglob("*") if path.is_file() and path.read_bytes() == photo]
        assert len(sent) <= 2, "what was sent is kept after its answer"  # the picture that is looked at and its PNG


@pytest.mark.parametrize(
    "body",
    [
        b'--b\r\nContent-Disposition: form-data; name="picture"; filename="a"\r\n\r\ncut',
        b"--b\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
        b"".join(b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n\r\n' for _ in range(1000)) + b"--b--\r\n",
        b"no form at all",
        b"--b--\r\n",
    ],
)
def test_forms_that_are_none(served: Served, body: bytes) -> None:
    with served() as client:
        for kind in (
            "multipart/form-data; boundary=b",
            "multipart/form-data",
            "multipart/form-data; boundary=" + "b" * 999,
        ):
            answer = client.post("/v1/encode", content=body, headers={"content-type": kind})
            assert (answer.status_code, answer.json()["title"]) == (400, "UsageError")


@pytest.mark.parametrize("length", ["-1", "1e9", "99999999999999999999", "٣"])
def test_a_length_that_lies_is_refused_unread(served: Served, length: str) -> None:
    with served() as client:
        answer = client.post("/v1/encode", content=b"x", headers={"content-length": length.encode()})
        assert answer.status_code == 413
