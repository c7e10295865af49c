"""A service that answers as docs/http.md says, with figures made up: what the page does with them is what is tested."""

from __future__ import annotations

import hashlib
import io
import json
import mimetypes
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
from PIL import Image, UnidentifiedImageError

import jndkit
from jndkit.report.page import ASSETS

PAGE = Path(jndkit.__file__).parent / "server" / "page"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SUFFIXES = {"jpeg": "jpg", "webp": "webp", "avif": "avif"}
CHOSEN = 86


@dataclass
class State:
    """What was sent and asked. working: seconds that a job takes.  answering: seconds until the page hears of it.
    refusals: 429 to answer before anything else.  hdr_lost, agrees: what rows say.  lossless: whether all files are."""

    working: float = 0.0
    answering: float = 0.0
    refusals: int = 0
    hdr_lost: bool | None = None
    agrees: bool = True
    lossless: bool = False
    token: str | None = None
    pictures: dict[str, Image.Image] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    versions: dict[tuple[str, str], bytes] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)


def started(state: State) -> ThreadingHTTPServer:
    """A server on the loopback address, in threads of its own."""

    class Bound(Handler):
        pass

    Bound.state = state
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bound)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class Handler(BaseHTTPRequestHandler):
    state: State
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, data: bytes | dict[str, Any], status: int = 200, kind: str = "", **headers: str) -> None:
        if isinstance(data, dict):
            data, kind = json.dumps(data).encode(), kind or "application/json"
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Security-Policy", POLICY)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.put(data)

    def put(self, data: bytes) -> bool:
        """Whether anybody still listens."""
        try:
            self.wfile.write(data)
        except ConnectionError:
            return False
        return True

    def problem(self, status: int, title: str, detail: str) -> None:
        self.answer({"title": title, "status": status, "detail": detail}, status, "application/problem+json")

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        path = unquote(url.path)
        if path == "/":
            return self.answer((PAGE / "index.html").read_bytes(), kind="text/html; charset=utf-8")
        if path.startswith("/page/"):
            name = path.removeprefix("/page/")
            file = next(room / name for room in (PAGE, ASSETS) if (room / name).is_file())
            return self.answer(file.read_bytes(), kind=mimetypes.guess_type(name)[0] or "application/octet-stream")
        self.asked(url.path, {key: values[0] for key, values in parse_qs(url.query).items()}, b"")

    def do_POST(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.asked(url.path, {key: values[0] for key, values in parse_qs(url.query).items()}, body)

    def do_DELETE(self) -> None:
        self.state.cancelled.append(self.path)
        self.answer(b"", 204)

    def asked(self, raw: str, query: dict[str, str], body: bytes) -> None:
        state, path = self.state, unquote(raw)
        state.asked.append(f"{self.command} {self.path}")
        if path == "/v1/session":
            state.token = None
            return self.answer(b"", 204)
        if state.token is not None:
            return self.problem(401, "TokenError", "the server asks for its token")
        if path == "/v1/models":
            codecs: list[dict[str, Any]] = [
                {"name": name, "summary": f"{name} files", "spec": f"{name}:420", "suffix": f".{suffix}"}
                for name, suffix in SUFFIXES.items()
            ]
            codecs.append({"name": "jxl", "summary": "not installed", "spec": None, "missing": "pip install ..."})
            models = [{"name": name, "summary": "a map"} for name in ("wu2017", "yang2005")]
            return self.answer({"codecs": codecs, "models": models})
        if path == "/v1/health":
            return self.answer({"status": "ok", "version": "0.0", "working": 0, "waiting": 0})
        if job := re.fullmatch(r"/v1/jobs/(\w+)(/\w+)?", path):
            return self.job(job[1], job[2])
        if self.command == "POST" and state.refusals:
            state.refusals -= 1
            return self.answer({"title": "QueueError", "detail": "full"}, 429, Retry_After="1")
        if path == "/v1/pictures":
            return self.sent(query["name"], body, query.get("damaged") == "keep")
        _, _, _, key, *rest = path.split("/")
        if key not in state.pictures:
            return self.problem(404, "NotFoundError", "no such picture")
        if not rest:
            return self.answer({"id": key})
        what, *rest = rest
        if what == "encode":
            return self.queued(row(state, key, query))
        if what == "png":
            return self.answer(png(state.pictures[key]), kind="image/png")
        if what == "curve":
            return self.answer(curve(state, key, query["codec"]))
        if what == "map" or rest[1:] == ["where"]:
            label, unit = ("JND map", "code values") if what == "map" else ("Where a difference is seen", "JND")
            scale = {"label": label, "unit": unit, "top": 2.0, "colours": ["#000000", "#ff0000"]}
            return self.answer(overlay(), kind="image/webp", X_Scale=json.dumps(scale))
        if self.command == "POST":
            wanted = json.loads(body)
            return self.queued(version(state, key, wanted["codec"], wanted["value"]))
        if (key, rest[0]) not in state.versions:
            return self.problem(404, "NotFoundError", "no such version")
        data = state.versions[key, rest[0]]
        if rest[1] == "png":
            return self.answer(png(Image.open(io.BytesIO(data))), kind="image/png")
        self.answer(data, kind="application/octet-stream")

    def sent(self, name: str, body: bytes, keep: bool) -> None:
        try:
            picture: Image.Image = Image.open(io.BytesIO(body))
        except UnidentifiedImageError:
            return self.problem(415, "FormatError", f"{name}: not a picture that we read")
        try:
            picture = picture.convert("RGB")
        except OSError:
            if not keep:
                detail = f"{name}: the file is truncated; --damaged keep takes what there is"
                return self.problem(422, "DamagedError", detail)
            picture = Image.new("RGB", picture.size)
        digest = hashlib.sha256(body).hexdigest()
        self.state.pictures[digest[:8]] = picture
        self.state.names[digest[:8]] = name
        about = {"id": digest[:8], "name": name, "sha256": digest, "bytes": len(body), "transparent": False}
        self.queued(about | {"width": picture.width, "height": picture.height})

    def queued(self, result: dict[str, Any]) -> None:
        if self.state.working == 0.0:
            return self.answer(result)
        name = f"job{len(self.state.jobs)}"
        self.state.jobs[name] = {"result": result, "until": time.monotonic() + self.state.working}
        time.sleep(self.state.answering)
        self.answer({"id": name, "kind": "encode", "state": "waiting", "position": 1, "seconds": 0.0}, 202)

    def job(self, name: str, what: str | None) -> None:
        job = self.state.jobs[name]
        if what == "/result":
            return self.answer(job["result"])
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        while True:
            done = time.monotonic() >= job["until"]
            about = {"id": name, "state": "done" if done else "working", "position": None, "seconds": 1.0}
            if not self.put(f"event: job\ndata: {json.dumps(about)}\n\n".encode()) or done:
                return
            time.sleep(0.05)


def coded(picture: Image.Image, codec: str, value: float) -> bytes:
    out = io.BytesIO()
    picture.save(out, codec.partition(":")[0].upper(), quality=int(value))
    return out.getvalue()


def version(state: State, key: str, codec: str, value: float) -> dict[str, Any]:
    spec = codec if ":" in codec else f"{codec}:420"
    name = f"{spec},q{value:g}"
    data = state.versions.setdefault((key, name), coded(state.pictures[key], codec, value))
    at = f"/v1/pictures/{key}/versions/{name}"
    read = {"jnd": (100 - value) / 30, "viewers": viewers(value), "interval": [40.0, 90.0], "where": [8, 8, 32, 32]}
    made = {"name": name, "codec": spec, "value": value, "bytes": len(data)}
    return made | read | {"png": f"{at}/png", "file": f"{at}/file"}


def viewers(value: float) -> float:
    return float(100 / (1 + np.exp((76 - value) / 9)))


def row(state: State, key: str, query: dict[str, str]) -> dict[str, Any]:
    made = version(state, key, "webp:m4,lossless" if state.lossless else query["codec"], CHOSEN)
    name = state.names[key]
    value, jnd = (0, 0.0) if state.lossless else (CHOSEN, 0.45)
    probes = [{"codec": made["codec"], "value": value, "bytes": made["bytes"], "jnd": jnd}]
    return {
        "input": name,
        "output": None,
        "status": "written",
        "codec": made["codec"],
        "knob": {"name": "lossless" if state.lossless else "quality", "value": value},
        "bytes": made["bytes"],
        "input_bytes": 10 * made["bytes"],
        "jnd": jnd,
        "second": {"observer": "ssimulacra2", "jnd": 0.5, "agrees": state.agrees},
        "viewers": 76.0,
        "interval": [56.0, 98.0],
        "target": {"viewers": float(query["viewers"]), "jnd": 0.47},
        "encodes": 1,
        "probes": probes,
        "seconds": 0.2,
        "observer": "cvvdp 1",
        "protocol": query["protocol"],
        "viewing": query["viewing"],
        "ppd": 37.84,
        "hdr_lost": state.hdr_lost,
        "notes": ["a note that was made up"],
        "error": None,
        "version": made["name"],
    }


def curve(state: State, key: str, codec: str) -> dict[str, Any]:
    sizes = {value: len(state.versions.get((key, f"{codec},q{value}"), b"")) or None for value in range(40, 100)}
    points = [
        {"value": value, "viewers": viewers(value), "low": viewers(value - 8), "high": viewers(value + 8)}
        | {"bytes": size}
        for value, size in sizes.items()
    ]
    shown = None if state.lossless else points
    return {"codec": codec, "knob": {"name": "quality"}, "value": CHOSEN, "points": shown, "probes": []}


def png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.convert("RGB").save(out, "PNG")
    return out.getvalue()


def overlay() -> bytes:
    out = io.BytesIO()
    pixels = np.zeros((32, 32, 4), np.uint8)
    pixels[8:24, 8:24] = (255, 0, 0, 200)
    Image.fromarray(pixels).save(out, "WEBP")
    return out.getvalue()
