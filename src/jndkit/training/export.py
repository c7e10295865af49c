"""From a trained network to what ships: an ONNX file that every runtime agrees on, and its card."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import re
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from jndkit.errors import CodecError, OutputError
from jndkit.inference import available, session
from jndkit.picture import replacing, write_atomic
from jndkit.weights import Card, read_card

OPSET = 18
TOLERANCE = 2e-4  # of outputs of the order of 1: rounding of float32, summed in another order


@dataclass(frozen=True)
class Contract:
    """What a network takes and gives, for its card and its export.

    input, output: in words.  example: shapes of the inputs.  dynamic: names of the axes of every input that may
    change, by index, such as {0: "n", 2: "h", 3: "w"}; axes of one name are equal.
    multiple: sides must be multiples of it.  context: pixels around a place that decide its output.
    pixels: how many of a picture the example stands for; 0 for those of its first input.
    """

    input: str
    output: str
    example: tuple[tuple[int, ...], ...] = ((1, 3, 64, 64),)
    dynamic: tuple[Mapping[int, str], ...] = ({0: "n", 2: "h", 3: "w"},)
    multiple: int = 1
    context: int = 0
    pixels: int = 0


def export_onnx(
    model: nn.Module,
    path: Path,
    inputs: tuple[Tensor, ...],
    dynamic: tuple[Mapping[int, str], ...] = ({0: "n", 2: "h", 3: "w"},),
    multiple: int = 1,
) -> None:
    """Write the network in evaluation form, float32, as one ONNX file.

    inputs: examples, on the processor.  dynamic: for each input, axis -> name of the size that may change.
    multiple: sizes other than "n" are multiples of it.
    """
    model = model.to("cpu", torch.float32).eval()
    names = {name for axes in dynamic for name in axes.values()}
    sizes = {}
    for name in names:
        plain = torch.export.Dim(name if name == "n" or multiple == 1 else f"{name}_units", min=1)
        sizes[name] = plain if name == "n" or multiple == 1 else multiple * plain
    shapes = tuple({axis: sizes[name] for axis, name in axes.items()} for axes in dynamic)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it misses torchvision, which nothing here needs
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch's exporter, about itself
        program = torch.onnx.export(
            model, inputs, dynamo=True, opset_version=OPSET, dynamic_shapes=shapes, verbose=False
        )
    for node in program.model.graph.all_nodes():
        node.metadata_props.clear()  # where in whose files each was written
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path, force=True) as temporary:
        program.save(temporary, external_data=False)


def parity(model: nn.Module, path: Path, inputs: tuple[Tensor, ...]) -> dict[str, float]:
    """Runtime -> largest difference of its outputs to the network's own, over the inputs and all outputs.

    Raises CodecError where a runtime that is installed differs by more than TOLERANCE.
    """
    with torch.no_grad():
        own = model(*inputs)
    wanted = [each.numpy() for each in (own if isinstance(own, tuple) else (own,))]
    arrays = [each.numpy() for each in inputs]
    found = {}
    for runtime in available():
        got = session(path, runtime=runtime)(*arrays)
        found[runtime] = float(np.max([np.max(np.abs(a - b)) for a, b in zip(wanted, got, strict=True)]))
        if not found[runtime] <= TOLERANCE:  # also where it is not a number
            raise CodecError(f"{path}: {runtime} differs from the trained network by {found[runtime]:.1e}")
    return found


def multiply_adds(model: nn.Module, inputs: tuple[Tensor, ...]) -> int:
    """Multiply-adds of one run on these inputs."""
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        model(*inputs)
    return int(counter.get_total_flops()) // 2


def publish(model: nn.Module, folder: Path, name: str, about: Mapping[str, Any]) -> Card:
    """Export a network that has a `contract()`, check every runtime, and write NAME.onnx and NAME.toml.

    What is exported is its `folded()` form where it has one. Inputs that are not in 0..1 come from its `examples`,
    which takes such ones in the shapes of the contract; the numbers learned are its `learned`, else its parameters.

    about: further keys of the card: architecture, licence, summary, trained, data, scores, remaining_gain.
    Raises OutputError where the name is taken by other weights or the folder cannot be written, CodecError where a
    runtime disagrees.
    """
    contract: Contract = model.contract()
    learned: int = getattr(model, "learned", sum(each.numel() for each in model.parameters()))
    model = model.folded() if hasattr(model, "folded") else model
    model = model.to("cpu", torch.float32).to(memory_format=torch.contiguous_format).eval()
    generator = torch.Generator().manual_seed(0)
    random = tuple(torch.rand(shape, generator=generator) for shape in contract.example)
    inputs: tuple[Tensor, ...] = model.examples(random) if hasattr(model, "examples") else random
    fresh = folder / f".{name}.fresh.onnx"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        export_onnx(model, fresh, inputs, contract.dynamic, contract.multiple)
        found = parity(model, fresh, inputs)
        content = fresh.read_bytes()
        shape = contract.example[0]
        pixels: float = contract.pixels
        if not pixels:
            pixels = shape[0] * math.prod(shape[2:]) if len(shape) == 4 else math.inf  # of no picture: nothing a pixel
        card = Card(
            name=name,
            sha256=hashlib.sha256(content).hexdigest(),
            bytes=len(content),
            input=contract.input,
            output=contract.output,
            multiple=contract.multiple,
            context=contract.context,
            macs_per_pixel=round(multiply_adds(model, inputs) / pixels),
            parameters=learned,
            **{**about, "parity": found},
        )
        card_path = folder / f"{name}.toml"
        if card_path.exists() and read_card(card_path).sha256 != card.sha256:
            raise OutputError(card_path, "other weights have this name; choose another")
        fresh.replace(folder / f"{name}.onnx")
        write_card(card_path, card)
    except OSError as error:
        raise OutputError(folder, f"the network cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            fresh.unlink()
    return card


def write_card(path: Path, card: Card) -> None:
    """Write a card as TOML; read_card gives it back."""
    plain, tables = [], []
    for key, value in asdict(card).items():
        if key == "data":
            for each in value:
                tables.append("[[data]]\n" + _lines(each))
        elif isinstance(value, Mapping):
            if value:
                tables.append(f"[{key}]\n" + _lines(value))
        else:
            plain.append(f"{key} = {_toml(value)}\n")
    write_atomic(path, ("".join(plain) + "".join("\n" + table for table in tables)).encode(), force=True)


def _lines(table: Mapping[str, Any]) -> str:
    return "".join(f"{_key(key)} = {_toml(value)}\n" for key, value in table.items())


def _toml(value: Any) -> str:
    """A value of a card; JSON's form of text, numbers and lists is TOML's too, but for the character DEL."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_toml(part)}" for key, part in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(part) for part in value) + "]"
    if isinstance(value, str):  # names of files are bytes and need not be text
        value = value.encode("utf-8", "backslashreplace").decode("utf-8")
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _toml(key)
