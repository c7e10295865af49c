"""What a network that ships says of itself: the tensors it takes and gives, and how far it sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Contract:
    """What a network takes and gives, for its card and its export.

    input, output: in words.  example: shapes of the inputs.  dynamic: names of the axes of every input that may
    change, by index, such as {0: "n", 2: "h", 3: "w"}; axes of one name are equal.
    multiple: sides must be multiples of it.  context: pixels around a place that decide its output.
    pixels: how many of a picture the example stands for; 0 for those of its first input.
    size: of the largest outputs, about; runtimes that sum in another order may differ in proportion.
    halves: whether the weights of layers are kept in 16 bits, for networks that decide nothing exactly.
    """

    input: str
    output: str
    example: tuple[tuple[int, ...], ...] = ((1, 3, 64, 64),)
    dynamic: tuple[Mapping[int, str], ...] = ({0: "n", 2: "h", 3: "w"},)
    multiple: int = 1
    context: int = 0
    pixels: int = 0
    size: float = 1.0
    halves: bool = False
