"""One way to run a network file: ONNX Runtime; OpenVINO or CUDA where they are there. One session a network, made on
first use.

JNDKIT_RUNTIME names one of "onnxruntime", "openvino", "cuda" for those who compare them.
"""

from __future__ import annotations

import importlib.util
import os
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.errors import DamagedError, MissingError, check_choice
from jndkit.threads import processors

Array = npt.NDArray[Any]
Session = Callable[..., tuple[Array, ...]]

RUNTIMES = ("onnxruntime", "openvino", "cuda")
PRECISIONS = ("f32", "bf16")
_INSTALL = {
    "onnxruntime": "pip install onnxruntime",
    "openvino": "pip install 'jndkit[fast]'",
    "cuda": "pip install onnxruntime-gpu",
}


def session(path: str | Path, *, runtime: str | None = None, precision: str = "f32") -> Session:
    """A function that runs the network in a file: its inputs in the graph's order to its outputs in the graph's order.

    It may be called from several threads. The same file gives the same function.

    path: an ONNX file.  runtime: one of RUNTIMES; by default JNDKIT_RUNTIME, else the fastest that is installed.
    precision: "f32", or "bf16", which OpenVINO honours on processors with bfloat16 units and the others ignore.
    Raises UsageError for an unknown runtime or precision, MissingError for a runtime that is not installed,
    DamagedError for a file that it cannot load.
    """
    chosen = runtime or os.environ.get("JNDKIT_RUNTIME") or default_runtime()
    check_choice("runtime", chosen, RUNTIMES)
    check_choice("precision", precision, PRECISIONS)
    if chosen not in available():
        raise MissingError(f"the runtime {chosen}", _INSTALL[chosen])
    try:
        status = os.stat(path)
    except OSError as error:
        raise DamagedError(path, f"it cannot be read: {error.strerror}") from None
    # As many threads as OpenCV may use: whoever gives a worker one core says so there.
    threads = max(1, min(cv2.getNumThreads(), processors()))
    return _session(str(path), chosen, precision, threads, os.getpid(), status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=1)
def available() -> tuple[str, ...]:
    """The runtimes that are installed, slowest first."""
    installed = []
    if importlib.util.find_spec("onnxruntime"):
        installed.append("onnxruntime")
    if importlib.util.find_spec("openvino"):
        installed.append("openvino")
    if "onnxruntime" in installed and _has_cuda():
        installed.append("cuda")
    return tuple(installed)


def default_runtime() -> str:
    """The fastest that is installed. Raises MissingError where there is none."""
    installed = available()
    if not installed:
        raise MissingError("onnxruntime", _INSTALL["onnxruntime"])
    return installed[-1]


def _has_cuda() -> bool:
    if not (os.path.exists("/proc/driver/nvidia") or os.name == "nt"):
        return False  # importing onnxruntime only to hear that there is no GPU costs a tenth of a second
    import onnxruntime

    return "CUDAExecutionProvider" in onnxruntime.get_available_providers()


@lru_cache(maxsize=16)
def _session(path: str, runtime: str, precision: str, threads: int, process: int, *stamps: int) -> Session:
    """process: a child that was forked must not touch its parent's sessions, whose threads it does not have.

    stamps: time and size of the file, so that another file of the same name is loaded anew.
    """
    del process, stamps
    try:
        return _openvino(path, precision, threads) if runtime == "openvino" else _onnxruntime(path, runtime, threads)
    except Exception as error:  # what the runtimes raise shares no base but this one
        raise DamagedError(path, f"{runtime} cannot load it as a network") from error


def _onnxruntime(path: str, runtime: str, threads: int) -> Session:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # errors alone
    providers = ["CUDAExecutionProvider"] if runtime == "cuda" else []
    network = onnxruntime.InferenceSession(path, options, providers=[*providers, "CPUExecutionProvider"])
    names = [port.name for port in network.get_inputs()]

    def run(*arrays: Array) -> tuple[Array, ...]:
        return tuple(network.run(None, dict(zip(names, arrays, strict=True))))

    return run


def _openvino(path: str, precision: str, threads: int) -> Session:
    import openvino
    from openvino.frontend import FrontEndManager

    settings = {
        "INFERENCE_PRECISION_HINT": precision,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": threads,
    }
    # Told what the file is, it does not try all other formats on a damaged one, aloud.
    reader = FrontEndManager().load_by_framework("onnx")
    compiled = openvino.Core().compile_model(reader.convert(reader.load(path)), "CPU", settings)
    count = len(compiled.inputs)
    if not compiled.outputs:
        raise ValueError("it has no outputs")
    turn = threading.Lock()  # its one request refuses a second caller

    def run(*arrays: Array) -> tuple[Array, ...]:
        if len(arrays) != count:
            raise ValueError(f"the network takes {count} inputs, not {len(arrays)}")
        with turn:
            outputs = compiled(list(arrays))
            return tuple(np.array(outputs[index]) for index in range(len(compiled.outputs)))

    return run
