"""A real server on the loopback address: what only shows in processes, sockets and signals."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jndkit.batch import processes
from jndkit.picture import png_bytes

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and /proc are looked at")
PATIENCE = 60.0


class Running:
    """A server of its own process. root: where it keeps its folder."""

    def __init__(self, root: Path, *options: str) -> None:
        command = [sys.executable, "-m", "jndkit", "serve", "--port", "0", "--no-open", "-j", "1", *options]
        environment = {**os.environ, "TMPDIR": str(root)}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().split(" ")[0].rstrip("/")
        self.port = int(self.address.rpartition(":")[2])

    def ask(self, path: str, data: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers, body."""
        request = urllib.request.Request(self.address + path, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read()

    def told(self, path: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.ask(path)[2])
        return answer

    def until(self, path: str, **wanted: Any) -> dict[str, Any]:
        """What is told once it says so."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            told = self.told(path)
            if all(told.get(name) == value for name, value in wanted.items()):
                return told
            time.sleep(0.05)
        raise AssertionError(f"{path} does not say {wanted}: {told}")

    def raw(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    @property
    def workers(self) -> list[int]:
        return [pid for pid in processes.below(self.process.pid) if "spawn_main" in _command(pid)]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


@contextlib.contextmanager
def running(root: Path, *options: str) -> Iterator[Running]:
    server = Running(root, *options)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()
        if server.process.stdout is not None:
            server.process.stdout.close()


def picture(side: int) -> bytes:
    rng = np.random.default_rng(side)
    return png_bytes(rng.integers(0, 256, (side, side, 3)).astype(np.uint8), effort="quick")


SLOW = "/v1/encode?codec=avif&effort=best&force=true&wait=0"  # of 1024 x 1024 pixels of noise: many seconds


@pytest.fixture(scope="module")
def large() -> bytes:
    return picture(1024)


@pytest.fixture(scope="module")
def small() -> bytes:
    return picture(64)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("serving"), "--queue", "1", "--max-bytes", "8000000") as started:
        yield started


def job(answer: tuple[int, dict[str, str], bytes]) -> str:
    assert answer[0] == 202, answer
    return answer[1]["location"]


needs_proc = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the processes are found in /proc")


@needs_proc
def test_a_killed_worker_answers_507_and_the_server_lives(server: Running, large: bytes, small: bytes) -> None:
    home = job(server.ask(SLOW, large))
    server.until(home, state="working")
    end = time.monotonic() + PATIENCE
    while not server.workers and time.monotonic() < end:
        time.sleep(0.02)
    for pid in server.workers:
        os.kill(pid, signal.SIGKILL)
    failed = server.until(home, state="failed")
    assert (failed["error"]["status"], failed["error"]["title"]) == (507, "MemoryLimitError")
    status, headers, _ = server.ask(f"{home}/result")
    assert (status, headers["content-type"]) == (507, "application/problem+json")
    answer = server.ask("/v1/predict?encode=false", small)
    assert answer[0] == 200, answer


def test_a_full_queue_says_when_to_come_again_and_a_job_can_be_ended(server: Running, large: bytes) -> None:
    first, second = (job(server.ask(SLOW, large)) for _ in range(2))
    status, headers, body = server.ask(SLOW, large)
    assert (status, json.loads(body)["title"]) == (429, "QueueError")
    assert 1 <= int(headers["retry-after"]) <= 60
    assert server.told(second)["position"] == 1
    for home in (second, first):
        request = urllib.request.Request(server.address + home, method="DELETE")
        assert urllib.request.urlopen(request).status == 204
        assert server.ask(home)[0] == 404
    server.until("/v1/health", working=0, waiting=0)


def test_who_hangs_up_ends_the_job(server: Running, large: bytes) -> None:
    with server.raw() as connection:
        head = f"POST {SLOW.replace('&wait=0', '')} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(large)}\r\n\r\n"
        connection.sendall(head.encode() + large)
        server.until("/v1/health", working=1)
    server.until("/v1/health", working=0)


def test_events_tell_of_a_job_to_its_end(server: Running, small: bytes) -> None:
    home = job(server.ask("/v1/predict?wait=0", small))
    _, headers, body = server.ask(f"{home}/events")
    assert headers["content-type"].startswith("text/event-stream")
    told = [json.loads(line[6:]) for line in body.decode().splitlines() if line.startswith("data: ")]
    assert told[-1]["state"] == "done"
    status, _, body = server.ask(told[-1]["result"])
    assert status == 200
    named = ("codec", "value", "bytes", "jnd")
    probes = [tuple(probe[name] for name in named) for probe in json.loads(body)["probes"]]
    assert [
        tuple(round(probe[name], 6) if name == "jnd" else probe[name] for name in named) for probe in told[-1]["probes"]
    ] == probes
    # Told while it is worked on, ever more; probes that are read between two turns of this reader come together.
    known = [len(job["probes"]) for job in told]
    assert known == sorted(known)
    assert told[0]["state"] != "done"
    assert known[0] < known[-1] == len(probes)


def test_a_huge_header_is_refused(server: Running) -> None:
    for header in (b"X-Long: " + b"x" * 100_000, b"\r\n".join(b"X-%d: y" % n for n in range(20_000))):
        with server.raw() as connection, contextlib.suppress(ConnectionError):
            connection.sendall(b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\n" + header + b"\r\n\r\n")
            assert connection.recv(1000).split(b" ")[1] in (b"400", b"431")
    assert server.ask("/v1/health")[0] == 200


@pytest.mark.parametrize(
    "smuggled",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/models HTTP/1.1\r\n\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nabc\r\n0\r\n\r\n",
        b"Content-Length: 1\r\nHost: evil.example\r\n\r\nx",
    ],
)
def test_no_request_is_smuggled_inside_another(server: Running, smuggled: bytes) -> None:
    with server.raw() as connection:
        connection.sendall(b"POST /v1/encode HTTP/1.1\r\nHost: localhost\r\n" + smuggled)
        connection.settimeout(5)
        answer = b""
        with contextlib.suppress(TimeoutError, ConnectionError):
            while piece := connection.recv(10_000):
                answer += piece
    assert b"HTTP/1.1 200" not in answer
    assert answer.count(b"HTTP/1.1 ") <= 1


def test_a_body_without_end_is_cut_off(server: Running) -> None:
    with server.raw() as connection:
        connection.sendall(b"POST /v1/encode HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"100000\r\n" + bytes(0x100000) + b"\r\n"
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                connection.sendall(chunk)
            raise AssertionError("a hundred megabytes were taken where eight are allowed")


@pytest.mark.slow
def test_slow_headers_and_slow_bodies_are_cut_off(server: Running) -> None:
    begun = time.monotonic()
    with server.raw() as headers, server.raw() as body:
        headers.sendall(b"GET /v1/health HTTP/1.1\r\nHost: local")
        body.sendall(b"POST /v1/encode HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n")
        dripping = threading.Event()

        def drip() -> None:
            with contextlib.suppress(OSError):
                while not dripping.wait(1.0):
                    headers.sendall(b"h")
                    body.sendall(b"x")

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            with contextlib.suppress(ConnectionError):
                assert headers.recv(1000) == b""
            assert time.monotonic() - begun < PATIENCE
            assert body.recv(1000).split(b" ")[1] == b"408"
            assert time.monotonic() - begun < 2 * PATIENCE
        finally:
            dripping.set()
            thread.join()


@pytest.mark.slow
@needs_proc
def test_work_beyond_memory_or_time_is_ended(tmp_path: Path, large: bytes, small: bytes) -> None:
    with running(tmp_path, "--max-memory", "150", "--max-seconds", "60") as server:
        home = job(server.ask(SLOW, large))
        failed = server.until(home, state="failed")
        assert (failed["error"]["status"], failed["error"]["title"]) == (507, "MemoryLimitError")
        assert "150 MB" in failed["error"]["detail"]
    with running(tmp_path, "--max-seconds", "0.5") as server:
        home = job(server.ask(SLOW, large))
        failed = server.until(home, state="failed")
        assert (failed["error"]["status"], failed["error"]["title"]) == (503, "TimeLimitError")
        assert server.ask("/v1/health")[0] == 200


@pytest.mark.slow
def test_a_term_signal_finishes_what_runs_and_refuses_new_work(tmp_path: Path, small: bytes, large: bytes) -> None:
    with running(tmp_path) as server:
        answers: list[tuple[int, dict[str, str], bytes]] = []
        path = "/v1/encode?codec=webp&force=true"
        asking = threading.Thread(target=lambda: answers.append(server.ask(path, large)))
        asking.start()
        server.until("/v1/health", working=1)
        waiting = job(server.ask(SLOW, small))
        server.process.send_signal(signal.SIGTERM)
        server.until("/v1/health", status="ending")
        status, headers, body = server.ask(path, small)
        assert (status, json.loads(body)["title"]) == (503, "EndingError")
        assert "retry-after" in headers
        assert server.told(waiting)["error"]["title"] == "EndingError"
        asking.join()
        assert answers[0][0] == 200
        assert server.process.wait(PATIENCE) == 0
    assert not list(tmp_path.glob("jndkit-*"))


@pytest.mark.slow
@needs_proc
def test_a_kill_leaves_no_process_and_the_next_server_clears_up(tmp_path: Path, large: bytes) -> None:
    with running(tmp_path) as server:
        job(server.ask(SLOW, large))
        server.until("/v1/health", working=1)
        time.sleep(0.5)
        workers = server.workers
        server.process.kill()
        server.process.wait()
        end = time.monotonic() + PATIENCE
        while any(map(_command, workers)) and time.monotonic() < end:
            time.sleep(0.05)
        assert not any(map(_command, workers))
    (left,) = tmp_path.glob("jndkit-*")
    with running(tmp_path) as server:
        assert not left.exists()
        assert server.ask("/v1/health")[0] == 200
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(PATIENCE) == 0
    assert not list(tmp_path.glob("jndkit-*"))


def test_an_address_that_is_taken_is_a_sentence(server: Running) -> None:
    command = [sys.executable, "-m", "jndkit", "serve", "--no-open"]
    taken = subprocess.run([*command, "--port", str(server.port)], capture_output=True, text=True)
    assert taken.returncode == 2
    assert "--port 0" in taken.stderr
    assert "Traceback" not in taken.stderr
    open_to_all = subprocess.run([*command, "--host", "0.0.0.0"], capture_output=True, text=True)
    assert open_to_all.returncode == 2
    assert "--token" in open_to_all.stderr
