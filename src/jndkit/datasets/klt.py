"""The Karhunen-Loeve transform of a picture's own 8 x 8 colour blocks, and the picture kept to its first components.

Source: Jiang et al., "Toward Top-Down Just Noticeable Difference Estimation of Natural Images", IEEE TIP 31, 2022.
Differs: blocks hold all three colour planes (192 numbers), so that one count of components covers luma and chroma; the
mean block is always kept; a count need not be whole: its fraction is the share of the next component.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from jndkit.picture import Pixels

SIDE = 8
COMPONENTS = 3 * SIDE * SIDE

Floats = npt.NDArray[np.float32]


class Klt:
    """One picture, analysed once.

    rgb: uint8 (H, W, 3).  Sizes that are no multiples of 8 are extended by mirroring and cropped again.
    """

    def __init__(self, rgb: Pixels) -> None:
        self.shape = rgb.shape[:2]
        down, right = (-side % SIDE for side in self.shape)
        padded = cv2.copyMakeBorder(rgb, 0, down, 0, right, cv2.BORDER_REFLECT)
        self._rows, self._columns = padded.shape[0] // SIDE, padded.shape[1] // SIDE
        blocks = padded.reshape(self._rows, SIDE, self._columns, SIDE, 3).swapaxes(1, 2)
        vectors = np.ascontiguousarray(blocks, np.float32).reshape(-1, COMPONENTS)
        self._mean: Floats = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
        vectors -= self._mean
        _, basis = np.linalg.eigh((vectors.T @ vectors).astype(np.float64) / len(vectors))
        self._basis: Floats = np.ascontiguousarray(basis[:, ::-1], np.float32)
        self._coefficients: Floats = vectors @ self._basis

    def keep(self, components: float) -> Pixels:
        """The picture with its first components only, uint8 (H, W, 3). components: 0 to 192."""
        weights = np.clip(components - np.arange(COMPONENTS), 0.0, 1.0).astype(np.float32)
        used = int(np.ceil(components))
        vectors = (self._coefficients[:, :used] * weights[:used]) @ self._basis[:, :used].T + self._mean
        blocks = vectors.reshape(self._rows, self._columns, SIDE, SIDE, 3).swapaxes(1, 2)
        pixels = blocks.reshape(self._rows * SIDE, self._columns * SIDE, 3)
        rounded: Pixels = np.clip(pixels + 0.5, 0, 255).astype(np.uint8)
        return np.ascontiguousarray(rounded[: self.shape[0], : self.shape[1]])
