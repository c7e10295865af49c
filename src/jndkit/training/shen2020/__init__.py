"""The structure of patches at the edge of being noticed. Shen et al. 2021, published in advance in 2020."""

from jndkit.training.systems import System

SYSTEM = System(networks={"shen2020": "network:Shen2020"}, tasks={"structure": "task:StructureTask"})
