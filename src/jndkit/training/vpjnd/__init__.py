"""VP-JND: how visible the coding of a picture is, from patches of it. Zhang et al. 2025; and as published."""

from jndkit.training.systems import System

SYSTEM = System(
    networks={"vpjnd": "network:VpJndNet", "vpjnd-paper": "paper:VpJndPaper"},
    tasks={"vpjnd": "task:VpjndTask", "vpjnd-paper": "paper_task:VpjndPaperTask"},
)
