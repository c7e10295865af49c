"""The network that proposes each codec's knob before the first encode, from readings of the picture alone."""

from jndkit.training.systems import System

SYSTEM = System(networks={"knob": "network:KnobNet"}, tasks={"knob": "task:KnobTask"})
