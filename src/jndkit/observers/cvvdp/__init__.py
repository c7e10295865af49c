"""The psychophysical observer: still-image ColorVideoVDP, written for many readings of one reference.

Source: Mantiuk, Hanji, Ashraf, Asano, Chapiro, "ColorVideoVDP: A visual difference predictor for image, video and
display distortions", ACM Trans. Graph. 43(4), 2024.
Differs: agrees with the published package (0.5.x) to 0.001 JOD over a whole picture; what is read is the worst window
of about 20 x 13.5 degrees instead, and a local reading of 3 degrees beside it, since the published pooling dilutes
damage on a small part of a large picture.
"""

from jndkit.observers.cvvdp.observer import CARD, Cvvdp, WatchedCvvdp

__all__ = ["CARD", "Cvvdp", "WatchedCvvdp"]
