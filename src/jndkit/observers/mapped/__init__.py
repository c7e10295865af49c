"""Any JND map as an observer: how far a difference exceeds the map, pooled over windows.

The error in luma and chroma, low-passed as the eye does at the viewing's pixels per degree, is divided by the map. A
pixel at x times its threshold is detected with probability 1 - exp(-(a x)^beta); pixels that miss independently
multiply their misses, so a window's probability depends on the Minkowski mean E = (mean x^beta)^(1/beta) alone. It
reads k E^g JND. The constants of every map were fitted to readings of the psychophysical observer.

Source: Quick, "A vector-magnitude model of contrast detection", Kybernetik 16, 1974, for the psychometric function;
Robson and Graham, "Probability summation and regional variation in contrast sensitivity across the visual field",
Vision Research 21, 1981, and Watson, "DCTune", SID Digest 24, 1993, for its summation over a picture.
Differs: the final power is ours; the map stands for thresholds at every viewing distance, although it was made for one.
"""
