"""The window classifier: the label of a word from the vectors of the words around it.

x = [E_w1; ...; E_wm], the vectors of a window of m words one after another, then `Head`.
Collobert and Weston 2008; the lecture's window classifier in its softmax form.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from wvexp.backprop.activations import Array
from wvexp.backprop.head import Gradients, Head
from wvexp.backprop.losses import Losses, softmax_cross_entropy
from wvexp.backprop.rows import WordRows


class WindowClassifier:
    """Batched forward and backward in closed form.

    Parameters
    ----------
    parameters
        E [V, d]; W [H, m d], b [H], U [K, H], c [K]; without a hidden layer U [K, m d], c [K].
        With M [d, d], if there is a map of the word vectors.
        Gradients take their dtype.
    activation, l2, losses
        as in `Head`; the l2 is also that of the rows that are trained
    trainable, anchor, initial, fixed
        as in `WordRows`
    """

    def __init__(
        self,
        parameters: Mapping[str, Array],
        activation: str = "tanh",
        l2: float = 0.0,
        trainable: NDArray[np.bool_] | None = None,
        anchor: float = 0.0,
        initial: Array | None = None,
        losses: Losses = softmax_cross_entropy,
        fixed: int = 0,
    ) -> None:
        self.head = Head(parameters, activation, l2, losses)
        M = parameters.get("M")
        self.rows = WordRows(parameters["E"], trainable, l2, anchor, initial, fixed, M)

    def scores(
        self, windows: NDArray[np.integer], mask: Array | None = None, E: Array | None = None
    ) -> Array:
        """[B, K] from windows int [B, m], with PAD beyond the sentence's edges.

        E: word vectors that stand in for the trained ones
        """
        self.windows = windows
        vectors = self.rows.vectors(windows, E)
        return self.head.logits(vectors.reshape(len(windows), -1), mask)

    def forward(
        self,
        windows: NDArray[np.integer],
        labels: NDArray[np.integer],
        mask: Array | None = None,
    ) -> float:
        """The loss of a batch: windows int [B, m], labels int [B], mask as in `Head.logits`.

        Without the penalties it is kept as `mean_loss`.
        """
        loss = self.head.loss(self.scores(windows, mask), labels)
        self.mean_loss = self.head.mean_loss
        return loss + self.rows.penalty(windows)

    def backward(self) -> Gradients:
        """The gradient of the last `forward`'s loss with respect to every trained parameter."""
        gradients = self.head.backward()
        if self.rows.learns:
            d_vectors = self.head.d_x().reshape(-1, self.rows.E.shape[1])
            gradients |= self.rows.gradients(self.windows.ravel(), d_vectors)  # type: ignore[typeddict-item]
        return gradients
