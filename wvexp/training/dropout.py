"""Dropout masks (Srivastava et al. 2014), drawn in NumPy so that both engines get the same."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.float32]


@dataclass(frozen=True)
class Dropout:
    """Draws the masks of a run.

    rate   share that is dropped; 0 for none
    shape  of the mask of a batch with this many labels and texts
    """

    rate: float
    shape: Callable[[int, int], tuple[int, int]]

    def draw(self, labels: int, texts: int, rng: np.random.Generator) -> Mask | None:
        """The mask of a batch, divided by the share kept; None without dropout.

        Masks of consecutive batches drawn at once are those drawn one after another.
        """
        if not self.rate:
            return None
        keep = np.float32(1 - self.rate)
        drawn = rng.random(self.shape(labels, texts), dtype=np.float32)
        return (drawn < keep).astype(np.float32) / keep
