"""JND-LIC: a learned codec guided by a JND map, the one that ships and the published one. Pan et al. 2025."""

from jndkit.training.systems import System

SYSTEM = System(
    networks={"jndlic": "network:JndLic", "jndlic-paper": "paper:JndLicPaper"},
    tasks={
        "jndlic": "task:JndLicTask",
        "jndlic-contexts": "contexts_task:ContextsTask",
        "jndlic-paper": "paper_task:JndLicPaperTask",
    },
    used_as={"jndlic-paper": "jndlic"},
)
