"""SSIMULACRA 2.1: structure, sharpness and colour at six scales."""
