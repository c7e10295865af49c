"""Damaged and hostile `.jlic` files, made of whole ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from jndkit.codecs.jndlic import container


def mutated(data: bytes, random: np.random.Generator) -> bytes:
    """Bytes changed, removed, repeated or put in; sometimes under checksums that are right again."""
    sealed = random.random() < 0.4
    contents = container.unpack(data, None, 10**6)
    kinds = list(contents.streams)
    kind = kinds[random.integers(len(kinds))]
    content = bytearray(contents.streams[kind] if sealed else data)
    for _ in range(random.integers(1, 4)):
        start = int(random.integers(len(content) + 1))
        stop = start + int(random.integers(1, 9))
        noise = random.integers(0, 256, int(random.integers(0, 9)), np.uint8).tobytes()
        content[start:stop] = random.choice([noise, bytes(len(noise)), bytes(content[:8])])
    if not sealed:
        return bytes(content)
    if random.random() < 0.7:
        return container.pack(replace(contents, streams={**contents.streams, kind: bytes(content)}))
    field = str(random.choice(["width", "height", "knob", "grey", "weights", "digest", "checksum"]))
    values: dict[str, Any] = {"grey": not contents.grey, "weights": "x" * 30, "digest": noise[:8].ljust(8)}
    values |= {name: int(random.integers(0, 300)) for name in ("width", "height", "knob", "checksum")}
    return container.pack(replace(contents, **{field: values[field]}))
