"""Small ONNX files written by hand, with their cards: what tests can run without torch.

An ONNX file is protocol buffers: fields, each a number and a varint or bytes. The numbers are those of onnx.proto.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


def drawn(seed: int, *channels: int, size: float = 1.0) -> list[Array]:
    """Weights of layers between these numbers of channels, float32 (out, in, 3, 3), that keep `size` in their sum."""
    random = np.random.default_rng(seed)
    pairs = zip(channels[1:], channels[:-1], strict=True)
    layers = [random.normal(0, (9 * into) ** -0.5, (out, into, 3, 3)).astype(np.float32) for out, into in pairs]
    return [*layers[:-1], layers[-1] * np.float32(size)]


def write_network(path: Path, layers: Sequence[Array], multiple: int = 1) -> Path:
    """3 x 3 convolutions with a ReLU between them, zeros beyond the border; (N, 3, H, W) to (N, C, H, W).

    multiple: the first layer sees blocks of so many pixels a side as channels, the last gives such blocks.
    """
    steps: list[tuple[str, list[str], dict[str, int | list[int]]]] = []
    for index in range(len(layers)):
        steps += [("Relu", [], {})] if index else []
        steps.append(("Conv", [f"weight{index}"], {"pads": [1, 1, 1, 1]}))
    if multiple > 1:
        blocks: dict[str, int | list[int]] = {"blocksize": multiple}
        steps = [("SpaceToDepth", [], blocks), *steps, ("DepthToSpace", [], blocks)]
    names = ["picture", *(f"step{index}" for index in range(1, len(steps))), "residual"]
    graph = b"".join(
        _field(1, _node(kind, [names[index], *further], names[index + 1], attributes))
        for index, (kind, further, attributes) in enumerate(steps)
    )
    graph += _field(2, b"made")
    graph += b"".join(_field(5, _tensor(f"weight{index}", layer)) for index, layer in enumerate(layers))
    graph += _field(11, _value("picture")) + _field(12, _value("residual"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_field(1, 8) + _field(8, _field(1, b"") + _field(2, 17)) + _field(7, graph))
    return path


def write_weights(
    folder: Path,
    name: str,
    layers: Sequence[Array] | None = None,
    *,
    multiple: int = 1,
    architecture: str = "resjnd",
    further: str = "",
) -> Path:
    """NAME.onnx, by default a network of some code values, and NAME.toml. Returns the card's path.

    further: more lines of the card.
    """
    layers = drawn(5, 3, 4, 3, size=0.02) if layers is None else layers
    network = write_network(folder / f"{name}.onnx", layers, multiple).read_bytes()
    lines = {
        "name": f'"{name}"',
        "architecture": f'"{architecture}"',
        "sha256": f'"{hashlib.sha256(network).hexdigest()}"',
        "bytes": len(network),
        "licence": '"none"',
        "summary": '"made by hand"',
        "input": '"a picture"',
        "output": '"a residual"',
        "multiple": multiple,
        "context": multiple * len(layers),
    }
    card = folder / f"{name}.toml"
    card.write_text("".join(f"{key} = {value}\n" for key, value in lines.items()) + further, encoding="utf-8")
    return card


def _node(kind: str, inputs: list[str], output: str, attributes: dict[str, int | list[int]]) -> bytes:
    content = b"".join(_field(1, name.encode()) for name in inputs) + _field(2, output.encode())
    content += _field(4, kind.encode())
    for name, value in attributes.items():
        if isinstance(value, int):
            numbers, form = _field(3, value), 2
        else:
            numbers, form = b"".join(_field(8, each) for each in value), 7
        content += _field(5, _field(1, name.encode()) + numbers + _field(20, form))
    return content


def _tensor(name: str, values: Array) -> bytes:
    dims = b"".join(_field(1, size) for size in values.shape)
    return dims + _field(2, 1) + _field(8, name.encode()) + _field(9, values.astype("<f4").tobytes())


def _value(name: str) -> bytes:
    """A float32 tensor (n, 3, h, w), all but the channels of any size."""
    sizes = [_field(2, b"n"), _field(1, 3), _field(2, name.encode() + b"h"), _field(2, name.encode() + b"w")]
    shape = b"".join(_field(1, size) for size in sizes)
    return _field(1, name.encode()) + _field(2, _field(1, _field(1, 1) + _field(2, shape)))


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    content = bytearray()
    while value > 127:
        content.append(value & 127 | 128)
        value >>= 7
    content.append(value)
    return bytes(content)
