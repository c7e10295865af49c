"""HVS-SD JND: a codec that degrades pictures, and a generator that learns what it does not keep. Jin et al. 2022."""

from jndkit.training.systems import System

SYSTEM = System(
    networks={"hvssd": "network:Hvssd", "hvssd-degradation": "degradation:Degradation"},
    tasks={"hvssd": "task:HvssdTask", "degradation": "degradation_task:DegradationTask"},
)
