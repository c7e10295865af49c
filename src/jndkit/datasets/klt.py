"""The Karhunen-Loeve transform of a picture's own 8 x 8 colour blocks, and the picture kept to its first components.

Source: Jiang et al., "Toward Top-Down Just Noticeable Difference Estimation of Natural Images", IEEE TIP 31, 2022.
Differs: blocks hold all three colour planes (192 numbers), so that one count of components covers luma and chroma; the
mean colour is always kept; a count need not be whole: its fraction is the share of the next component; and the grid of
blocks has no place: the picture is the mean over all 64 places that it can have. What one grid adds to that mean
depends on where the grid lies, which nobody can tell from the pristine picture, and a network cannot learn.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.picture import Pixels

SIDE = 8  # pixels, as published
COMPONENTS = 3 * SIDE * SIDE

Floats = npt.NDArray[np.float32]
Spectrum = npt.NDArray[np.complex64]
# Corners of the grids whose blocks the transform is made from.
_GRIDS = ((0, 0), (0, SIDE // 2), (SIDE // 2, 0), (SIDE // 2, SIDE // 2))


class Klt:
    """One picture, analysed once.

    rgb: uint8 (H, W, 3), sides of at least 1. Beyond its border the picture is mirrored.

    The mean over all places of the grid of "keep these components of every block" is a convolution, with the sum of
    the components' autocorrelations over 64: so the picture's spectrum is taken once, and each count is one product.
    """

    def __init__(self, rgb: Pixels) -> None:
        self.shape: tuple[int, int] = rgb.shape[:2]
        self._mean: Floats = rgb.mean(axis=(0, 1), dtype=np.float64).astype(np.float32)
        # A block reaches seven pixels beyond the border, and the blocks of the last grid as far again.
        padded = cv2.copyMakeBorder(rgb, SIDE, 2 * SIDE, SIDE, 2 * SIDE, cv2.BORDER_REFLECT).astype(np.float32)
        padded -= self._mean
        self.basis: Floats = _basis(padded)
        # Products of 2, 3 and 5, of which transforms are fast.
        self._size = tuple(cv2.getOptimalDFTSize(side) for side in padded.shape[:2])
        self._spectra: Spectrum = np.stack([np.fft.rfft2(padded[..., plane], self._size) for plane in range(3)])

    def keep(self, components: float) -> Pixels:
        """The picture with its first components only, uint8 (H, W, 3). components: 0 to 192."""
        kernels = self._kernels(components)
        height, width = self.shape
        kept: Pixels = np.empty((height, width, 3), np.uint8)
        for plane in range(3):
            spectrum = sum(
                np.fft.rfft2(self._placed(kernels[..., plane, other])) * self._spectra[other] for other in range(3)
            )
            filtered = np.fft.irfft2(spectrum, self._size)[SIDE : SIDE + height, SIDE : SIDE + width]
            kept[..., plane] = np.clip(np.floor(filtered + (self._mean[plane] + np.float32(0.5))), 0, 255)
        return kept

    def _kernels(self, components: float) -> Floats:
        """float32 (15, 15, 3, 3): by how much a plane (last) at an offset adds to a plane (third) of the result."""
        weights = np.clip(components - np.arange(COMPONENTS), 0.0, 1.0)
        used = int(np.ceil(components))
        # Roots, since the autocorrelation multiplies them by themselves.
        blocks = (self.basis[:, :used] * np.sqrt(weights[:used])).T.reshape(used, SIDE, SIDE, 3)
        spectra = np.fft.rfft2(blocks, (2 * SIDE, 2 * SIDE), axes=(1, 2))  # twice the side: nothing wraps around
        power = np.einsum("kyxp,kyxq->yxpq", spectra, spectra.conj())
        lags = np.fft.irfft2(power, (2 * SIDE, 2 * SIDE), axes=(0, 1)) / SIDE**2
        # Without the lag of -8, which blocks of 8 do not have.
        kernels: Floats = np.fft.fftshift(lags, axes=(0, 1))[1:, 1:].astype(np.float32)
        return kernels

    def _placed(self, kernel: Floats) -> Floats:
        """A kernel, its middle at the origin of a plane of the spectra's size, the rest around the corners."""
        placed = np.zeros(self._size, np.float32)
        placed[: 2 * SIDE - 1, : 2 * SIDE - 1] = kernel
        return np.roll(placed, (1 - SIDE, 1 - SIDE), axis=(0, 1))


def _basis(padded: Floats) -> Floats:
    """float32 (192, 192): one component a column, by falling variance over the blocks of a few grids."""
    moments = np.zeros((COMPONENTS, COMPONENTS))
    for top, left in _GRIDS:
        rows, columns = ((side - corner) // SIDE for side, corner in zip(padded.shape, (top, left), strict=False))
        for row in range(0, rows, 64):
            count = min(64, rows - row)
            strip = padded[top + SIDE * row :][: SIDE * count, left : left + SIDE * columns]
            vectors = strip.reshape(count, SIDE, columns, SIDE, 3).swapaxes(1, 2).reshape(-1, COMPONENTS)
            moments += vectors.T @ vectors
    _, basis = np.linalg.eigh(moments)
    components: Floats = np.ascontiguousarray(basis[:, ::-1], np.float32)
    return components
