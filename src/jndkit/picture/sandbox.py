"""Decoding of HEIC and JPEG XL from outside, in a child process that may be killed.

`python -m jndkit.picture.sandbox FORMAT MAX_PIXELS` reads a file on stdin and writes a line of JSON and the blocks it
announces on stdout.  With JPEG as FORMAT a JPEG XL file is read, and the block is the JPEG file that it carries.
Memory is limited where the platform has `resource`, time everywhere.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from jndkit.errors import DamagedError, FormatError, InputError, JndError, LimitError, MissingError
from jndkit.limits import check_size
from jndkit.picture.formats import heif, jxl
from jndkit.picture.raster import Raster

TIMEOUT_S = 120.0
BASE_MEMORY = 2 << 30  # bytes of address space, of which the libraries reserve much and use little
MEMORY_PER_PIXEL = 48  # bytes: libjxl works on float32, in several copies

_DECODERS = {"HEIF": heif.decode, "JXL": jxl.decode}
_NEEDS = {"HEIF": ("pillow_heif", "pillow-heif"), "JXL": ("imagecodecs", "imagecodecs")}
_CARRIED = "JPEG"
_ERRORS = {error.__name__: error for error in (InputError, LimitError, FormatError, DamagedError)}
_BLOCKS = ("pixels", "alpha", "icc", "exif", "xmp")


def require(format_name: str, path: str | None) -> None:
    """Raise MissingError where the library for this format is not installed."""
    module, package = _NEEDS[format_name]
    if importlib.util.find_spec(module) is None:
        raise MissingError(f"{package} (to read {path or format_name})", "pip install 'jndkit[codecs]'")


def decode_here(data: bytes, format_name: str, path: str | None, max_pixels: int) -> Raster:
    """Decode in this process. Raises LimitError, DamagedError, MissingError."""
    require(format_name, path)
    with _decoding(format_name, path):
        return _DECODERS[format_name](data, path, max_pixels)


@contextmanager
def _decoding(format_name: str, path: str | None) -> Iterator[None]:
    """Whatever a library raises becomes DamagedError."""
    try:
        yield
    except JndError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise DamagedError(path, f"the {format_name} data cannot be decoded: {reason}") from None


def decode_in_child(
    data: bytes, format_name: str, path: str | None, max_pixels: int, *, timeout_s: float = TIMEOUT_S
) -> Raster:
    """Decode in a child process. Raises LimitError, DamagedError, MissingError.

    timeout_s: seconds after which the child is killed.
    """
    require(format_name, path)
    return _received(_answer(data, format_name, path, max_pixels, timeout_s), path, format_name, max_pixels)


def restore_jpeg_in_child(data: bytes, path: str | None, max_pixels: int, *, timeout_s: float = TIMEOUT_S) -> bytes:
    """The JPEG file that a JPEG XL file carries, made again in a child process.

    Raises InputError where it carries none, and what `decode_in_child` raises.
    """
    require("JXL", path)
    line, _, jpeg = _answer(data, _CARRIED, path, max_pixels, timeout_s).partition(b"\n")
    try:
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise _error(answer, path)
        if len(jpeg) != answer["bytes"]:
            raise ValueError("cut off")
    except (ValueError, KeyError, TypeError):
        raise DamagedError(path, "the JXL decoder broke down on it") from None
    return jpeg


def _answer(data: bytes, format_name: str, path: str | None, max_pixels: int, timeout_s: float) -> bytes:
    """What the child writes; nothing, or a part, where it broke down."""
    # -P: nothing that lies in the current folder is imported.
    command = [sys.executable, "-P", "-m", "jndkit.picture.sandbox", format_name, str(max_pixels)]
    package = str(Path(__file__).resolve().parents[2])
    search = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    # One arena and one thread per library: address space is what is limited, not use.
    alone = {"MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command,
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=timeout_s,
            check=False,
            env={**os.environ, **alone, "PYTHONPATH": search},
        )
    except subprocess.TimeoutExpired:
        raise LimitError(path, f"decoding took longer than {timeout_s:g} seconds") from None
    except OSError as error:
        raise InputError(path, f"the decoding process cannot be started: {error.strerror or error}") from None
    return done.stdout


def _error(answer: dict[str, Any], path: str | None) -> InputError:
    return _ERRORS.get(str(answer["error"]), DamagedError)(path, str(answer["reason"]))


def _received(reply: bytes, path: str | None, format_name: str, max_pixels: int) -> Raster:
    line, _, rest = reply.partition(b"\n")
    try:
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise _error(answer, path)
        shapes = {name: answer["shapes"][name] for name in _BLOCKS if answer["shapes"].get(name) is not None}
        check_size(path, int(shapes["pixels"][1]), int(shapes["pixels"][0]), max_pixels)
        kept = ("orientation", "marked", "bits", "lossy", "notes", "hdr")
        fields: dict[str, Any] = {name: answer["fields"][name] for name in kept}
        at = 0
        for name, shape in shapes.items():
            size = int(np.prod(shape, dtype=np.int64))
            block = memoryview(rest)[at : at + size]
            if len(block) != size:
                raise ValueError("cut off")
            fields[name] = np.frombuffer(block, np.uint8).reshape(shape) if name in _BLOCKS[:2] else bytes(block)
            at += size
        return Raster(**fields)
    except (ValueError, KeyError, TypeError, IndexError):
        raise DamagedError(path, f"the {format_name} decoder broke down on it") from None


def _limit_memory(max_pixels: int) -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    limit = BASE_MEMORY + MEMORY_PER_PIXEL * max_pixels
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ValueError, OSError):  # macOS refuses limits below what is mapped already
        return


def _reply(raster: Raster, out: BinaryIO) -> None:
    blocks: dict[str, Any] = {name: getattr(raster, name) for name in _BLOCKS}
    shapes = {
        name: None if block is None else list(block.shape) if isinstance(block, np.ndarray) else [len(block)]
        for name, block in blocks.items()
    }
    fields = {k: v for k, v in vars(raster).items() if k not in _BLOCKS}
    out.write(json.dumps({"shapes": shapes, "fields": fields}).encode() + b"\n")
    for block in blocks.values():
        if block is not None:
            out.write(np.ascontiguousarray(block).data if isinstance(block, np.ndarray) else block)
    out.flush()


def main(arguments: list[str]) -> int:
    """The child. Whatever a native library prints on stdout goes to stderr instead."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    format_name, max_pixels = arguments[0], int(arguments[1])
    importlib.import_module(_NEEDS["JXL" if format_name == _CARRIED else format_name][0])
    _limit_memory(max_pixels)
    data = sys.stdin.buffer.read()
    try:
        if format_name == _CARRIED:
            with _decoding("JXL", None):
                jpeg = jxl.restore_jpeg(data, None, max_pixels)
            out.write(json.dumps({"bytes": len(jpeg)}).encode() + b"\n" + jpeg)
            out.flush()
            return 0
        raster = decode_here(data, format_name, None, max_pixels)
    except InputError as error:
        out.write(json.dumps({"error": type(error).__name__, "reason": error.reason}).encode() + b"\n")
        out.flush()
        return 0
    _reply(raster, out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
