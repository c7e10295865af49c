"""ResJND: the critical perceptually lossless picture as a residual, learned from pairs. Jiang et al. 2024."""

from jndkit.training.systems import System

SYSTEM = System(
    networks={"resjnd": "network:ResJnd", "resjnd-s": "network:ResJndSmall"},
    tasks={"cpl": "task:CplTask"},
)
