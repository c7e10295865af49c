"""Pictures that are looked at."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from jndkit.codecs import codec
from jndkit.picture import from_bytes, png_bytes

Served = Callable[..., Any]


def test_samples_are_exact_and_versions_are_made_once(served: Served, photo: bytes) -> None:
    with served() as client:
        sent = client.post("/v1/pictures?name=photo.png", content=photo)
        assert sent.status_code == 201
        about = sent.json()
        home = f"/v1/pictures/{about['id']}"
        assert sent.headers["location"] == home
        assert (about["width"], about["height"], about["name"]) == (96, 80, "photo.png")
        assert client.get(home).json() == about
        assert np.array_equal(from_bytes(client.get(f"{home}/png").content).rgb, from_bytes(photo).rgb)

        first = client.post(f"{home}/versions", json={"codec": "webp", "value": 60}).json()
        assert client.post(f"{home}/versions", json={"codec": "webp", "value": 60}).json() == first
        file = client.get(first["file"])
        assert (file.headers["content-type"], len(file.content)) == ("image/webp", first["bytes"])
        shown = from_bytes(client.get(first["png"]).content).rgb
        assert np.array_equal(shown, codec(first["codec"]).decode(file.content).rgb)
        assert [made["name"] for made in client.get(f"{home}/versions").json()["versions"]] == [first["name"]]
        assert 'kind="version",state="done"} 1.0' in client.get("/metrics").text

        closer = client.post(f"{home}/versions?protocol=side-by-side", json={"codec": "webp", "value": 60}).json()
        assert (closer["bytes"], closer["protocol"]) == (first["bytes"], "side-by-side")
        assert closer["jnd"] != first["jnd"]

        other = client.post("/v1/pictures", content=photo).json()["id"]
        assert client.delete(home).status_code == 204
        assert client.get(f"{home}/png").status_code == 404
        assert client.delete(f"/v1/pictures?id={about['id']}&id={other}").status_code == 204
        assert client.get(f"/v1/pictures/{other}").status_code == 404
        empty = client.post("/v1/pictures?name=empty.png", content=b"")
        assert (empty.status_code, empty.json()["detail"]) == (400, "empty.png: it is empty, it has no bytes")


def test_overlays_have_a_scale(served: Served, photo: bytes) -> None:
    with served() as client:
        home = f"/v1/pictures/{client.post('/v1/pictures', content=photo).json()['id']}"
        made = client.post(f"{home}/versions", json={"codec": "jpeg", "value": 20}).json()
        for address, unit in ((f"{home}/versions/{made['name']}/where", "JND"), (f"{home}/map/wu2017", "code values")):
            overlay = client.get(address)
            scale = json.loads(overlay.headers["x-scale"])
            assert (scale["unit"], overlay.headers["content-type"]) == (unit, "image/webp")
            assert scale["top"] > 0
            assert len(scale["colours"]) > 2
            assert ("worst" in scale) == (unit == "JND")
            x, y, width, height = scale.get("worst", (0, 0, 64, 64))
            assert (width, height) == (64, 64)
            assert x + width <= 96
            assert y + height <= 80


def test_the_curve_and_the_answer_agree_with_the_versions(served: Served, photo: bytes) -> None:
    with served() as client:
        home = f"/v1/pictures/{client.post('/v1/pictures', content=photo).json()['id']}"
        curve = client.get(f"{home}/curve?codec=webp").json()
        answer = client.post(f"{home}/encode?codec=webp&force=true").json()
        assert curve["value"] == answer["knob"]["value"]
        values = [point["value"] for point in curve["points"]]
        assert values == list(codec("webp").knob.grid)
        assert any(point["bytes"] for point in curve["points"])
        row = client.get(f"{home}/versions/{answer['version']}/file").content
        assert len(row) == answer["bytes"]
        decoded = client.get(f"{home}/versions/{answer['version']}/png")
        assert np.array_equal(from_bytes(decoded.content).rgb, from_bytes(row).rgb)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[]", 400),
        (b"{", 400),
        (b'{"codec": "webp"}', 400),
        (b'{"codec": "webp", "value": true}', 400),
        (b'{"codec": "webp", "value": 1e400}', 400),
        (b'{"codec": "webp", "value": NaN}', 400),
        (b'{"codec": "webp", "value": 1000}', 400),
        (b'{"codec": "auto", "value": 60}', 400),
        (b'{"codec": "../../etc/passwd", "value": 60}', 400),
        (b'{"codec": "' + b"x" * 20_000 + b'"}', 413),
    ],
)
def test_a_version_that_makes_no_sense(served: Served, photo: bytes, body: bytes, status: int) -> None:
    with served() as client:
        home = f"/v1/pictures/{client.post('/v1/pictures', content=photo).json()['id']}"
        answer = client.post(f"{home}/versions", content=body)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"


def test_transparency_is_sent_as_it_is(served: Served) -> None:
    pixels = np.zeros((16, 16, 4), np.uint8)
    pixels[..., :3], pixels[..., 3] = 200, np.arange(256).reshape(16, 16)
    with served() as client:
        about = client.post("/v1/pictures", content=png_bytes(pixels)).json()
        assert about["transparent"] is True
        picture = from_bytes(client.get(f"/v1/pictures/{about['id']}/png").content)
        assert picture.alpha is not None
        assert np.array_equal(picture.alpha, pixels[..., 3])


def test_the_oldest_make_room(served: Served, photo: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jndkit.server.album.MOST", 2)
    with served() as client:
        ids = [client.post("/v1/pictures", content=photo).json()["id"] for _ in range(2)]
        client.get(f"/v1/pictures/{ids[0]}")  # asked for since
        ids.append(client.post("/v1/pictures", content=photo).json()["id"])
        found = [client.get(f"/v1/pictures/{name}").status_code for name in ids]
    assert found == [200, 404, 200]


def test_one_picture_alone_cannot_fill_the_disk(served: Served, photo: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with served() as client:
        home = f"/v1/pictures/{client.post('/v1/pictures', content=photo).json()['id']}"
        first = client.post(f"{home}/versions", json={"codec": "webp", "value": 60}).json()
        shown = client.get(first["png"]).content
        monkeypatch.setattr("jndkit.server.album.MOST_BYTES", 1)
        client.post(f"{home}/versions", json={"codec": "webp", "value": 61})
        folder = client.app._app.state.service.album.find(home.rpartition("/")[2]).folder
        assert len(list(folder.glob("*-version.png"))) == 1
        for value in (62, 63):
            client.post(f"{home}/versions", json={"codec": "webp", "value": value})
            assert client.get(first["png"]).content == shown  # decoded again
        again = client.post(f"{home}/versions", json={"codec": "webp", "value": 60}).json()
        assert again == first


def test_two_that_ask_for_the_same_share_the_work(served: Served, photo: bytes) -> None:
    with served() as client:
        home = f"/v1/pictures/{client.post('/v1/pictures', content=photo).json()['id']}"
        asked = [client.post(f"{home}/encode?codec=avif&wait=0") for _ in range(2)]
        first, second = (answer.headers["location"] for answer in asked)
        assert first == second
        assert client.delete(first).status_code == 204  # one of them leaves
        while client.get(second).json()["state"] in ("waiting", "working"):
            pass
        assert client.get(f"{second}/result").json()["status"] == "written"
