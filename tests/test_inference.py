"""One way to run a network file: what it refuses, what it keeps, and that all runtimes say the same."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from jndkit import inference
from jndkit.errors import DamagedError, MissingError, UsageError
from jndkit.inference import RUNTIMES, session
from jndkit.threads import processors
from tests.weights import made_networks as made

INSTALLED = [
    pytest.param(name, marks=pytest.mark.skipif(name not in inference.available(), reason=f"{name} is not installed"))
    for name in RUNTIMES
]
every_runtime = pytest.mark.parametrize("runtime", INSTALLED)


@pytest.fixture
def network(tmp_path: Path) -> Path:
    return made.write_network(tmp_path / "network.onnx", made.drawn(1, 3, 8, 2))


def pictures(*shape: int) -> npt.NDArray[np.float32]:
    return np.random.default_rng(0).random(shape, np.float32)


def convolved(picture: npt.NDArray[np.float32], weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """(I, H, W) to (O, H, W), zeros beyond the border, written out."""
    padded = np.pad(picture.astype(np.float64), ((0, 0), (1, 1), (1, 1)))
    height, width = picture.shape[1:]
    parts = [
        np.einsum("oi,ihw->ohw", weights[:, :, y, x].astype(np.float64), padded[:, y : y + height, x : x + width])
        for y in range(3)
        for x in range(3)
    ]
    return np.asarray(np.sum(parts, axis=0))


@every_runtime
@pytest.mark.parametrize("shape", [(1, 3, 24, 32), (2, 3, 9, 17), (1, 3, 1, 1)])
def test_the_network_is_computed(network: Path, runtime: str, shape: tuple[int, ...]) -> None:
    first, second = made.drawn(1, 3, 8, 2)
    given = pictures(*shape)
    (found,) = session(network, runtime=runtime)(given)
    wanted = np.stack([convolved(np.maximum(convolved(each, first), 0), second) for each in given])
    assert found.dtype == np.float32
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() < 1e-5


def test_runtimes_agree(network: Path) -> None:
    pytest.importorskip("openvino")
    given = pictures(2, 3, 40, 36)
    found = [session(network, runtime=runtime)(given)[0] for runtime in inference.available()]
    assert len(found) >= 2
    assert max(float(np.abs(each - found[0]).max()) for each in found) <= 2e-4


def test_bfloat16_stays_near(network: Path) -> None:
    pytest.importorskip("openvino")
    given = pictures(1, 3, 40, 36)
    exact, rough = (session(network, runtime="openvino", precision=each)(given)[0] for each in ("f32", "bf16"))
    assert np.abs(exact - rough).max() < 0.05


def test_unknown_names(network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="unknown runtime 'tpu': choose onnxruntime, openvino, cuda"):
        session(network, runtime="tpu")
    with pytest.raises(UsageError, match="unknown precision 'f16': choose f32, bf16"):
        session(network, precision="f16")
    monkeypatch.setenv("JNDKIT_RUNTIME", "abacus")
    with pytest.raises(UsageError, match="abacus"):
        session(network)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_runtime_that_is_not_installed(runtime: str, network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "available", lambda: ())
    with pytest.raises(MissingError) as caught:
        session(network, runtime=runtime)
    assert caught.value.install.startswith("pip install ")
    assert runtime in str(caught.value)
    monkeypatch.delenv("JNDKIT_RUNTIME", raising=False)
    with pytest.raises(MissingError, match="pip install onnxruntime"):
        session(network)


def test_the_environment_chooses(network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JNDKIT_RUNTIME", "onnxruntime")
    assert session(network) is session(network, runtime="onnxruntime")
    monkeypatch.delenv("JNDKIT_RUNTIME")
    assert session(network) is session(network, runtime=inference.available()[-1])


@every_runtime
@pytest.mark.parametrize("kind", ["text", "empty", "cut", "noise", "none", "folder"])
def test_what_is_no_network(
    kind: str, runtime: str, network: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wrong.onnx"
    contents = {
        "text": b"not a network\n",
        "empty": b"",
        "cut": network.read_bytes()[:-300],
        "noise": np.random.default_rng(3).bytes(2000),
    }
    if kind == "folder":
        path.mkdir()
    elif kind in contents:
        path.write_bytes(contents[kind])
    with pytest.raises(DamagedError) as caught:
        session(path, runtime=runtime)
    assert caught.value.path == str(path)
    assert len(caught.value.reason) < 80
    assert "\n" not in caught.value.reason
    assert str(path) not in caught.value.reason
    said = capfd.readouterr()
    assert said.out == said.err == ""


@every_runtime
def test_one_session_a_file_and_another_after_it_changed(runtime: str, network: Path) -> None:
    first = session(network, runtime=runtime)
    assert session(network, runtime=runtime) is first
    assert session(str(network), runtime=runtime) is first
    given = pictures(1, 3, 8, 8)
    before = first(given)[0]
    written = network.stat()
    made.write_network(network, made.drawn(2, 3, 8, 2))
    assert network.stat().st_size == written.st_size
    os.utime(network, ns=(written.st_atime_ns, written.st_mtime_ns + 1_000_000))
    second = session(network, runtime=runtime)
    assert second is not first
    assert np.abs(second(given)[0] - before).max() > 0.01


@every_runtime
def test_several_threads_may_ask_at_once(runtime: str, network: Path) -> None:
    run = session(network, runtime=runtime)
    given = [np.float32(scale) * pictures(1, 3, 48, 48) for scale in (0.25, 0.5, 0.75, 1)]
    wanted = [run(each)[0] for each in given]
    wrong: list[object] = []

    def ask(index: int) -> None:
        try:
            wrong.extend(index for _ in range(20) if np.abs(run(given[index])[0] - wanted[index]).max() > 1e-6)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@every_runtime
def test_the_wrong_number_of_inputs(runtime: str, network: Path) -> None:
    run = session(network, runtime=runtime)
    with pytest.raises(ValueError, match=r"2|argument"):
        run(pictures(1, 3, 8, 8), pictures(1, 3, 8, 8))


@pytest.mark.skipif(not Path("/proc/self/task").is_dir() or processors() < 2, reason="needs Linux and two cores")
def test_threads_follow_opencv(network: Path) -> None:
    before = cv2.getNumThreads()

    def started(threads: int) -> int:
        cv2.setNumThreads(threads)
        known = set(os.listdir("/proc/self/task"))
        kept.append(session(network, runtime="onnxruntime"))
        return len(set(os.listdir("/proc/self/task")) - known)

    kept: list[object] = []
    try:
        session(made.write_network(network.with_name("first.onnx"), made.drawn(1, 3, 2)), runtime="onnxruntime")
        assert started(1) == 0
        assert started(2) == 1
        assert kept[0] is not kept[1]
    finally:
        cv2.setNumThreads(before)


def test_importing_it_loads_no_runtime() -> None:
    code = "import sys, jndkit.inference, jndkit.weights; print({'onnxruntime', 'openvino'} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "set()"
