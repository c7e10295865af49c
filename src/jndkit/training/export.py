"""From a trained network to what ships: an ONNX file that every runtime agrees on, and its card."""

from __future__ import annotations

import copy
import hashlib
import logging
import math
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from jndkit import toml_writer
from jndkit.errors import CodecError, OutputError
from jndkit.inference import available, session
from jndkit.picture import make_folder, replacing, write_atomic
from jndkit.training.contract import Contract
from jndkit.weights import Card, read_card

OPSET = 18
TOLERANCE = 2e-4  # of outputs of the order of 1: rounding of float32, summed in another order


def export_onnx(
    model: nn.Module,
    path: Path,
    inputs: tuple[Tensor, ...],
    dynamic: tuple[Mapping[int, str], ...] = ({0: "n", 2: "h", 3: "w"},),
    multiple: int = 1,
    halves: bool = False,
) -> None:
    """Write the network in evaluation form, float32, as one ONNX file.

    inputs: examples, on the processor.  dynamic: for each input, axis -> name of the size that may change.
    multiple: sizes other than "n" are multiples of it.  halves: as of Contract.
    """
    model = model.to("cpu", torch.float32).eval()
    sizes = {}
    for name in {name for axes in dynamic for name in axes.values()}:
        counted = name == "n" or multiple == 1  # one by one, not in units of the multiple
        unit = torch.export.Dim(name if counted else f"{name}_units", min=1)
        sizes[name] = unit if counted else multiple * unit
    shapes = tuple({axis: sizes[name] for axis, name in axes.items()} for axes in dynamic)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it misses torchvision, which nothing here needs
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch's exporter, about itself
        program = torch.onnx.export(
            model, inputs, dynamo=True, opset_version=OPSET, dynamic_shapes=shapes, verbose=False
        )
    for node in program.model.graph.all_nodes():
        node.metadata_props.clear()  # where in whose files each was written
    if halves:
        store_halves(program.model.graph)
    make_folder(str(path.parent))
    with replacing(path, force=True) as temporary:
        program.save(temporary, external_data=False)


def halved(model: nn.Module) -> nn.Module:
    """A copy whose layers have the weights that float16 holds."""
    copied = copy.deepcopy(model)
    with torch.no_grad():
        for name, parameter in copied.named_parameters():
            if _is_halved(name):
                parameter.copy_(parameter.half())
    return copied


def _is_halved(name: str) -> bool:
    """Whether it is a layer's weight: what else is learned may be small beside what it is added to."""
    return name.endswith(".weight")


def store_halves(graph: Any) -> None:
    """Turn the weights of a graph's layers into float16, which a node turns back before they are used.

    graph: an `onnxscript.ir.Graph`.
    """
    from onnxscript import ir

    for name, value in list(graph.initializers.items()):
        if not (_is_halved(name) and value.dtype == ir.DataType.FLOAT):
            continue
        kept = ir.Value(name=f"{name}.half", const_value=ir.tensor(value.const_value.numpy().astype(np.float16)))
        kept.shape, kept.dtype = value.shape, ir.DataType.FLOAT16
        cast = ir.node("Cast", [kept], attributes={"to": ir.DataType.FLOAT})
        cast.outputs[0].name, cast.outputs[0].shape, cast.outputs[0].dtype = name, value.shape, ir.DataType.FLOAT
        value.replace_all_uses_with(cast.outputs[0])
        del graph.initializers[name]
        graph.initializers[kept.name] = kept
        graph.insert_before(graph[0], cast)


def parity(model: nn.Module, path: Path, inputs: tuple[Tensor, ...], size: float = 1.0) -> dict[str, float]:
    """Runtime -> largest difference of its outputs to the network's own, over the inputs and all outputs.

    size: of the largest outputs, about.
    Raises CodecError where a runtime that is installed differs by more than TOLERANCE times that.
    """
    with torch.no_grad():
        own = model(*inputs)
    wanted = [tensor.numpy() for tensor in (own if isinstance(own, tuple) else (own,))]
    arrays = [tensor.numpy() for tensor in inputs]
    differences = {}
    for runtime in available():
        outputs = session(path, runtime=runtime)(*arrays)
        largest = float(np.max([np.max(np.abs(a - b)) for a, b in zip(wanted, outputs, strict=True)]))
        if not largest <= TOLERANCE * size:  # also where it is not a number
            raise CodecError(f"{path}: {runtime} differs from the trained network by {largest:.1e}")
        differences[runtime] = largest
    return differences


def multiply_adds(model: nn.Module, inputs: tuple[Tensor, ...]) -> int:
    """Multiply-adds of one run on these inputs."""
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        model(*inputs)
    return int(counter.get_total_flops()) // 2  # a multiply-add counts as two operations there


def publish(model: nn.Module, folder: Path, name: str, about: Mapping[str, Any]) -> Card:
    """Export a network that has a `contract()`, check every runtime, and write NAME.onnx and NAME.toml.

    What is exported is its `folded()` form where it has one. Inputs that are not in 0..1 come from its `examples`,
    which takes such ones in the shapes of the contract; the numbers learned are its `learned`, else its parameters.

    about: further keys of the card: architecture, licence, summary, trained, data, scores, remaining_gain.
    Raises OutputError where the name is taken by other weights or the folder cannot be written, CodecError where a
    runtime disagrees.
    """
    contract: Contract = model.contract()
    learned: int = getattr(model, "learned", sum(parameter.numel() for parameter in model.parameters()))
    model = model.folded() if hasattr(model, "folded") else model
    model = halved(model) if contract.halves else model
    model = model.to("cpu", torch.float32).to(memory_format=torch.contiguous_format).eval()
    generator = torch.Generator().manual_seed(0)  # of one network, always one card
    random = tuple(torch.rand(shape, generator=generator) for shape in contract.example)
    inputs: tuple[Tensor, ...] = model.examples(random) if hasattr(model, "examples") else random
    fresh = folder / f".{name}.fresh.onnx"
    make_folder(str(folder))
    try:
        export_onnx(model, fresh, inputs, contract.dynamic, contract.multiple, contract.halves)
        differences = parity(model, fresh, inputs, contract.size)
        content = fresh.read_bytes()
        card = Card(
            name=name,
            sha256=hashlib.sha256(content).hexdigest(),
            bytes=len(content),
            input=contract.input,
            output=contract.output,
            multiple=contract.multiple,
            context=contract.context,
            macs_per_pixel=round(multiply_adds(model, inputs) / _pixels(contract)),
            parameters=learned,
            **{**about, "parity": differences},
        )
        card_path = folder / f"{name}.toml"
        if card_path.exists() and read_card(card_path).sha256 != card.sha256:
            raise OutputError(card_path, "other weights have this name; choose another")
        fresh.replace(folder / f"{name}.onnx")
        # The card last: a file without one is no network.
        write_card(card_path, card)
    except OSError as error:
        raise OutputError(folder, f"the network cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):  # where all went well it has moved to its place
            fresh.unlink()
    return card


def _pixels(contract: Contract) -> float:
    """How many pixels of a picture one run on the example stands for; without end where it is of no picture."""
    shape = contract.example[0]
    if contract.pixels:
        return contract.pixels
    return shape[0] * math.prod(shape[2:]) if len(shape) == 4 else math.inf


def write_card(path: Path, card: Card) -> None:
    """Write a card as TOML; read_card gives it back. Raises OutputError."""
    plain, tables = [], []
    for key, value in asdict(card).items():
        if key == "data":
            tables += ["[[data]]\n" + toml_writer.lines(pictures) for pictures in value]
        elif isinstance(value, Mapping):
            if value:
                tables.append(f"[{key}]\n" + toml_writer.lines(value))
        else:
            plain.append(toml_writer.lines({key: value}))
    write_atomic(path, ("".join(plain) + "".join("\n" + table for table in tables)).encode(), force=True)
