"""One picture, one answer: the same as the command line's."""

from __future__ import annotations

import errno
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jndkit import pipeline
from jndkit.cli import main
from jndkit.picture import from_bytes

Served = Callable[..., Any]
QUICK = "encode=false"


def same_row(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    left = {"input", "output", "seconds"}
    assert {k: v for k, v in ours.items() if k not in left} == {k: v for k, v in theirs.items() if k not in left}


def test_the_row_is_that_of_the_command_line(
    served: Served, photo: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(photo)
    assert main(["predict", str(path), "--codec", "webp", "--viewers", "80", "--json"]) == 0
    expected = json.loads(capsys.readouterr().out)
    with served() as client:
        answer = client.post("/v1/predict?codec=webp&viewers=80&name=photo.png", content=photo)
    assert answer.status_code == 200
    same_row(answer.json(), expected)
    assert answer.json()["input"] == "photo.png"


def test_encode_gives_the_file_or_its_row(served: Served, photo: bytes, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(photo)
    expected = pipeline.encode(path, codec="webp")
    with served() as client:
        answer = client.post("/v1/encode?codec=webp&name=my photo.png", content=photo)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
        assert answer.content == expected.data
        assert answer.headers["content-disposition"] == "attachment; filename*=utf-8''my%20photo.webp"
        row = client.get(answer.headers["content-location"], headers={"accept": "application/json"}).json()
        assert (row["status"], row["bytes"], row["input"]) == ("written", len(answer.content), "my photo.png")
        first = client.post("/v1/encode?codec=webp", content=photo, headers={"accept": "application/json"})
        assert first.json()["output_sha256"] == row["output_sha256"]
        again = client.get(first.headers["content-location"], headers={"accept": "image/*"})
        assert again.content == expected.data


def test_where_the_input_stays_the_row_says_so(served: Served, photo: bytes) -> None:
    with served() as client:
        small = client.post("/v1/encode?codec=webp", content=photo).content
        kept = client.post("/v1/encode?codec=png", content=small)
        assert kept.headers["content-type"] == "application/json"
        assert kept.json()["status"] == "skipped"  # it says that we wrote it


def test_a_form_is_as_good_as_the_bytes(served: Served, photo: bytes) -> None:
    with served() as client:
        plain = client.post(f"/v1/predict?{QUICK}&name=photo.png", content=photo).json()
        form = client.post(f"/v1/predict?{QUICK}", files={"picture": ("photo.png", photo, "image/png")}).json()
    same_row(form, plain)
    assert form["input"] == plain["input"] == "photo.png"


def test_compare_names_both_pictures(served: Served, photo: bytes) -> None:
    with served() as client:
        coded = client.post("/v1/encode?codec=webp&force=true", content=photo).content
        files = {"test": ("b.webp", coded), "reference": ("a.png", photo)}
        row = client.post("/v1/compare?viewers=75", files=files).json()
        lacking = client.post("/v1/compare", files={"reference": ("a.png", photo)})
    assert (row["input"], row["output"], row["status"]) == ("a.png", "b.webp", "compared")
    assert isinstance(row["identical"], bool)
    assert (lacking.status_code, lacking.json()["title"]) == (400, "UsageError")
    assert "test" in lacking.json()["detail"]


def test_a_better_original_is_a_field_of_the_form(served: Served, photo: bytes) -> None:
    with served() as client:
        coded = client.post("/v1/encode?codec=jpeg&force=true&viewers=95", content=photo).content
        files = {"picture": ("b.jpg", coded), "against": ("a.png", photo)}
        row = client.post("/v1/predict?codec=webp&viewers=50", files=files).json()
        alone = client.post("/v1/predict?codec=webp&viewers=50", files={"picture": ("b.jpg", coded)}).json()
    assert (row["input"], row["against"]["name"], alone["against"]) == ("b.jpg", "a.png", None)
    assert row["against"]["jnd"] > 0
    assert any("a.png" in note for note in row["notes"])


def test_map_gives_numbers_or_a_picture(served: Served, photo: bytes) -> None:
    from jndkit.pixelwise import jnd_map

    with served() as client:
        numbers = client.post("/v1/map?model=wu2017", content=photo, headers={"accept": "application/x-npy"})
        drawn = client.post("/v1/map?model=wu2017", content=photo)
        unknown = client.post("/v1/map?model=wu2071", content=photo)
    assert np.array_equal(np.load(io.BytesIO(numbers.content)), jnd_map(from_bytes(photo), "wu2017"))
    assert drawn.headers["content-type"] == "image/png"
    assert unknown.status_code == 400
    assert "wu2017" in unknown.json()["detail"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("codek=webp", "did you mean codec?"),
        ("codec=wepb", "did you mean webp?"),
        ("viewers=30", "between 50 and 95"),
        ("viewers=many", "viewers"),
        ("keep-metadata=some", "nogps"),
        ("wait=soon", "seconds"),
        ("protocol=aic&viewing=tv", "desktop"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_sentence(served: Served, photo: bytes, query: str, words: str) -> None:
    with served() as client:
        answer = client.post(f"/v1/encode?{query}", content=photo)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["title"], problem["type"]) == ("UsageError", "urn:jndkit:error:UsageError")
    assert words in problem["detail"]


@pytest.mark.parametrize(
    ("data", "status", "title"),
    [
        (b"", 400, "UsageError"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "FormatError"),
        (b"<!doctype html><script>alert(1)</script>", 415, "FormatError"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), 422, "DamagedError"),
    ],
)
def test_what_is_no_picture_is_refused(served: Served, data: bytes, status: int, title: str) -> None:
    with served() as client:
        answer = client.post("/v1/encode?name=a.png", content=data)
        assert (answer.status_code, answer.json()["title"]) == (status, title)
        assert "jndkit-serve" not in answer.text  # no place of ours
        assert client.get("/v1/health").status_code == 200


def test_limits_on_bytes_and_pixels(served: Served, photo: bytes) -> None:
    with served(limits={"pixels": 96 * 80 - 1}) as client:
        answer = client.post("/v1/encode?max-pixels=100000", content=photo)
        assert (answer.status_code, answer.json()["title"]) == (413, "LimitError")
    with served(limits={"bytes": len(photo) - 1}) as client:
        for sent in ({"content": photo}, {"files": {"picture": ("a.png", photo)}}):
            answer = client.post("/v1/encode", **sent)
            assert (answer.status_code, answer.json()["title"]) == (413, "LimitError")


def test_the_description_names_every_option_with_words(served: Served) -> None:
    with served() as client:
        description = client.get("/v1/openapi.json").json()
        models = client.get("/v1/models").json()
    encode = description["paths"]["/v1/encode"]["post"]
    named = {parameter["name"]: parameter.get("description", "") for parameter in encode["parameters"]}
    assert {"codec", "viewers", "min-saving", "keep-metadata", "prefilter"} <= set(named)
    assert all(named.values()), named
    assert encode["responses"]["507"]["content"]["application/problem+json"]["example"]["status"] == 507
    assert "example" in encode["responses"]["200"]["content"]["application/json"]
    assert {codec["name"] for codec in models["codecs"]} >= {"jpeg", "webp", "avif", "png"}
    jpeg = next(codec for codec in models["codecs"] if codec["name"] == "jpeg")
    assert jpeg["knob"]["grid"][0] < jpeg["knob"]["grid"][-1]


def test_metrics_count_responses_and_jobs(served: Served, photo: bytes) -> None:
    with served() as client:
        client.post(f"/v1/predict?{QUICK}", content=photo)
        client.request("BREW", "/v1/health")
        text = client.get("/metrics").text
    assert 'jnd_jobs_total{kind="predict",state="done"} 1.0' in text
    assert 'method="other"' in text
    assert "BREW" not in text


def test_where_no_process_can_be_started_memory_lacks(
    served: Served, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    with served() as client:
        monkeypatch.setattr("multiprocessing.process.BaseProcess.start", refuse)
        answer = client.post("/v1/predict?name=a.png", content=photo)
        assert (answer.status_code, answer.json()["title"]) == (507, "MemoryLimitError")
        assert answer.json()["detail"].startswith("a.png: no process can be started")
        monkeypatch.undo()
        assert client.post("/v1/predict?encode=false", content=photo).status_code == 200
