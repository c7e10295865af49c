"""The published constants of SSIMULACRA 2.1, for the measure and for its form with slopes.

Source: Sneyers, "SSIMULACRA 2: structural similarity unveiling local and compression related artifacts", version 2.1,
Cloudinary, 2023; its constants are those published with libjxl.
"""

from __future__ import annotations

import numpy as np

SCALES = 6
HALVED = 8  # pixels a side from which a scale has another, half its size, below it
C2 = 0.0009  # there is no C1: luminance enters as 1 - (difference of means)^2

# Linear sRGB to the light three kinds of cone absorb, with the bias that keeps the cube root gentle in the darks.
_BIAS = 0.0037930732552754493
ABSORBED = np.array(
    [
        [0.30, 0.622, 0.078, _BIAS],
        [0.23, 0.692, 0.078, _BIAS],
        [0.24342268924547819, 0.20476744424496821, 0.5518098665095536, _BIAS],
    ]
)
# Cube roots to X, Y and B - Y, each moved and stretched into 0 .. 1.
POSITIVE_XYB = np.array([[7.0, -7.0, 0.0, 0.42], [0.5, 0.5, 0.0, 0.01 - np.cbrt(_BIAS)], [-0.5, -0.5, 1.0, 0.55]])

# Truncated cosines: Charalampidis, IEEE TSP 64(14), 2016, Eq. 52 to 57, radius 5; its two outermost weights are zero.
_HALF = (0.2646211052, 0.2129285917, 0.1093353733, 0.0360111147, 0.0094143678)
WINDOW = np.array(_HALF[:0:-1] + _HALF)

# For each plane and scale, 1:1 to 1:32, the 1-norms of the structure, artefact and lost-detail maps, then the 4-norms.
WEIGHTS = (
    # X
    (0.0, 0.0007376606707406586, 0.0),
    (0.0, 0.0007793481682867309, 0.0),
    (0.0, 0.0004371155730107379, 0.0),
    (1.1041726426657346, 0.00066284834129271, 0.00015231632783718752),
    (0.0, 0.0016406437456599754, 0.0),
    (1.8422455520539298, 11.441172603757666, 0.0),
    (0.0007989109436015163, 0.000176816438078653, 0.0),
    (1.8787594979546387, 10.94906990605142, 0.0),
    (0.0007289346991508072, 0.9677937080626833, 0.0),
    (0.00014003424285435884, 0.9981766977854967, 0.00031949755934435053),
    (0.0004550992113792063, 0.0, 0.0),
    (0.0013648766163243398, 0.0, 0.0),
    # Y
    (0.0, 0.0, 0.0),
    (7.466890328078848, 0.0, 17.445833984131262),
    (0.0006235601634041466, 0.0, 0.0),
    (6.683678146179332, 0.00037724407979611296, 1.027889937768264),
    (225.20515300849274, 0.0, 0.0),
    (19.213238186143016, 0.0011401524586618361, 0.001237755635509985),
    (176.39317598450694, 0.0, 0.0),
    (24.43300999870476, 0.28520802612117757, 0.0004485436923833408),
    (0.0, 0.0, 0.0),
    (34.77906344483772, 44.835625328877896, 0.0),
    (0.0, 0.0, 0.0),
    (0.0, 0.0, 0.0),
    # B - Y
    (0.0, 0.0008680556573291698, 0.0),
    (0.0, 0.0, 0.0),
    (0.0, 0.0005313191874358747, 0.0),
    (0.00016533814161379112, 0.0, 0.0),
    (0.0, 0.0, 0.0),
    (0.0004179171803251336, 0.0017290828234722833, 0.0),
    (0.0020827005846636437, 0.0, 0.0),
    (8.826982764996862, 23.19243343998926, 0.0),
    (95.1080498811086, 0.9863978034400682, 0.9834382792465353),
    (0.0012286405048278493, 171.2667255897307, 0.9807858872435379),
    (0.0, 0.0, 0.0),
    (0.0005130064588990679, 0.0, 0.00010854057858411537),
)

# The weighted sum of the norms in its unit, its polynomial, rising powers from the first, and the power that is a tenth
# of the distance from 100.
UNIT = 0.9562382616834844
POLYNOMIAL = (2.326765642916932, -0.020884521182843837, 6.248496625763138e-05)
POWER = 0.6276336467831387
