"""A network that ships, with the weights of its layers in 16 bits, under the next version of its name.

    python tools/halve.py NAME NEW      such as vpjnd-paper.photos.v2 vpjnd-paper.photos.v3; seconds

Writes NEW.onnx and NEW.toml beside NAME's, with scores and all else of its card, and says how far the outputs move on
random inputs. What decides symbols of files must not be halved. Whether answers change is for the rows of the network's
own script to say, made again.
"""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import replace

import numpy as np
from onnxscript import ir

from jndkit.inference import available, session
from jndkit.training.export import store_halves, write_card
from jndkit.weights import PACKAGED, find


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("name")
    asked.add_argument("new")
    options = asked.parse_args()
    old = find(options.name)
    network = ir.load(old.path)
    store_halves(network.graph)
    path = PACKAGED / f"{options.new}.onnx"
    ir.save(network, path)
    content = path.read_bytes()
    told = {"name": options.new, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    random = np.random.default_rng(0)
    shapes = [[side if isinstance(side, int) else 1 for side in each.shape or ()] for each in network.graph.inputs]
    given = [random.random(shape, np.float32) for shape in shapes]
    first, moved = session(old.path)(*given), session(path)(*given)
    parity = {
        runtime: float(
            max(np.abs(a - b).max() for a, b in zip(moved, session(path, runtime=runtime)(*given), strict=True))
        )
        for runtime in available()
    }
    trained = {**old.card.trained, "rounded_from": options.name}
    write_card(PACKAGED / f"{options.new}.toml", replace(old.card, **told, trained=trained, parity=parity))
    for index, (a, b) in enumerate(zip(first, moved, strict=True)):
        print(f"output {index}: moves by {np.abs(a - b).max():.2g}, where outputs spread over {np.ptp(a):.2g}")
    print(f"{old.card.bytes} bytes before, {len(content)} now")


if __name__ == "__main__":
    main()
