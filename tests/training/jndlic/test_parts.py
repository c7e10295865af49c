"""What decides symbols is the same in every runtime, bit by bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jndkit import inference
from jndkit.codecs.jndlic import layout

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.train

Build = Callable[..., Any]


@pytest.mark.slow
@pytest.mark.parametrize(("steps", "version"), [("derived", 4), ("derived", 2), ("coded", 1)])
def test_graphs_are_exact_in_every_runtime(build: Build, steps: str, version: int, tmp_path: Path) -> None:
    """Random inputs and the most extreme ones: what decides symbols agrees bit by bit."""
    from jndkit.training.export import publish

    model = build(steps=steps, version=version)
    for context in (*model.contexts, *([model.prior] if version == 4 else [])):
        torch.nn.init.normal_(context.mean.weight, 0.0, 3.0)
    if model.decoder.step is not None:
        torch.nn.init.normal_(model.decoder.step.weight, 0.0, 3.0)
    random = torch.Generator().manual_seed(6)

    def whole(low: int, high: int, *shape: int) -> Any:
        return torch.randint(low, high + 1, shape, generator=random).float()

    channels, where = model.hyper, torch.from_numpy(layout.places(8, 4, layout.PHASES[1][1]))
    extreme = layout.SYMBOL_LIMIT * whole(0, 1, 1, 192, 8, 4).mul(2).sub(1)
    cases: dict[str, list[tuple[Any, ...]]] = {
        "hyper": [(whole(-31, 31, 1, channels, 2, 1), torch.tensor([knob])) for knob in (0.0, 33.0, 60.0)],
        "context": [
            (whole(0, 255, 1, 8, 8, 4), whole(-20, 20, 1, 192, 8, 4), torch.tensor([1.0]), where),
            (torch.full((1, 8, 8, 4), 255.0), extreme, torch.tensor([0.0]), where[:3]),
        ],
        "means": [
            (whole(0, 255, 1, 8, 8, 4), whole(-32, 32, 1, 4, 8, 4), whole(-20, 20, 1, 192, 8, 4), turn, where)
            for turn in torch.arange(8.0)[:, None]
        ]
        + [(torch.full((1, 8, 8, 4), 255.0), 32.0 * whole(-1, 1, 1, 4, 8, 4), extreme, torch.ones(1), where)],
        "side": [
            (z, torch.tensor([33.0]), torch.tensor([turn]), torch.arange(2))
            for turn in (0.0, 3.0)
            for z in (whole(-9, 9, 1, channels, 2, 1), 31.0 * whole(-1, 1, 1, channels, 2, 1))
        ],
        "tables": [(torch.tensor([knob]),) for knob in (0.0, 60.0)],
    }
    if version == 4:  # all contexts are told the field of steps
        cases["context"] = [(features, 32.0 * whole(-1, 1, 1, 4, 8, 4), *rest) for features, *rest in cases["context"]]
    seen = set()
    for name, part in model.parts():
        if name.split("-")[0] not in cases:
            continue
        card = publish(part, tmp_path, name, {"architecture": "jndlic", "licence": "none", "summary": "for a test"})
        assert set(card.parity) == set(inference.available())
        for values in cases[name.split("-")[0]]:
            with torch.no_grad():
                own = part(*values)
            for runtime in inference.available():
                found = inference.session(tmp_path / f"{name}.onnx", runtime=runtime)(*(v.numpy() for v in values))
                for mine, theirs in zip(own, found, strict=True):
                    assert np.array_equal(mine.numpy(), theirs), (name, runtime)
                    assert np.array_equal(theirs, np.floor(theirs))
        seen.add(name)
    assert seen == {"hyper", "tables", *layout.LAYOUTS[version].names}
