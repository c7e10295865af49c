"""SSIMULACRA 2.1 as an observer: structure, sharpness and colour at six scales, in JND units.

Source: Sneyers, "SSIMULACRA 2: structural similarity unveiling local and compression related artifacts", version 2.1,
Cloudinary, 2023; the unit is that of JPEG AIC-4, Jenadeleh et al. 2025.
Differs: what is read is the worst window of about 20 x 13.5 degrees, the size of the pictures that its scale in JND was
fitted on, and a local reading of 3 degrees beside it, since norms over a large picture dilute damage on a small part.

It shares nothing with ColorVideoVDP but the light it starts from: no display, no contrast sensitivity, no luminance.
It was made for compressed pictures looked at pixel by pixel, so it takes a picture's pixels as they are, and its scale
holds for the display that people answered at; it refuses every other.
"""

from jndkit.observers.ssimulacra2.observer import CARD, Ssimulacra2, WatchedSsimulacra2

__all__ = ["CARD", "Ssimulacra2", "WatchedSsimulacra2"]
