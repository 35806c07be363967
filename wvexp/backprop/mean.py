"""The mean-of-vectors classifier: the label of a sentence from the mean of its words' vectors.

x = (1/n) Σ E_w over the sentence's n words, then `Head`. With one hidden layer this is the
shallowest deep averaging network (Iyyer et al. 2015), without one fastText's classifier
(Joulin et al. 2017).
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from wvexp.backprop.activations import Array
from wvexp.backprop.head import Gradients, Head
from wvexp.backprop.losses import Losses, softmax_cross_entropy
from wvexp.backprop.rows import PAD, WordRows


class MeanClassifier:
    """Batched forward and backward in closed form.

    Sentences come flat: `words` int [T] and `offsets` int [B+1], sentence i being
    words[offsets[i]:offsets[i+1]]. PAD is no word of a sentence; a sentence without words has
    x = 0.

    Parameters
    ----------
    parameters
        E [V, d]; W [H, d], b [H], U [K, H], c [K]; without a hidden layer U [K, d], c [K].
        With M [d, d], if there is a map of the word vectors.
        Gradients take their dtype.
    activation, l2, trainable, anchor, initial, losses, fixed
        as in `WindowClassifier`
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
        self,
        words: NDArray[np.integer],
        offsets: NDArray[np.integer],
        mask: Array | None = None,
        E: Array | None = None,
    ) -> Array:
        """[B, K] from the flat sentences; E: word vectors that stand in for the trained ones."""
        if offsets[0] != 0 or offsets[-1] != len(words):
            raise ValueError(f"offsets {offsets[0]}..{offsets[-1]}, expected 0..{len(words)}")
        sentences = len(offsets) - 1
        real = words != PAD
        self.words = words[real]
        self.sentence = np.repeat(np.arange(sentences), np.diff(offsets))[real]  # of each word
        self.lengths = np.bincount(self.sentence, minlength=sentences)
        x = np.zeros((sentences, self.rows.E.shape[1]), self.rows.E.dtype)
        if len(self.words):
            filled = self.lengths > 0
            first = np.searchsorted(self.sentence, np.flatnonzero(filled))
            totals = np.add.reduceat(self.rows.vectors(self.words, E), first, axis=0)
            x[filled] = totals / self.lengths[filled, None]
        return self.head.logits(x, mask)

    def forward(
        self,
        words: NDArray[np.integer],
        offsets: NDArray[np.integer],
        labels: NDArray[np.integer],
        mask: Array | None = None,
    ) -> float:
        """The loss of a batch: flat sentences, labels int [B], mask as in `Head.logits`.

        Without the penalties it is kept as `mean_loss`.
        """
        loss = self.head.loss(self.scores(words, offsets, mask), labels)
        self.mean_loss = self.head.mean_loss
        return loss + self.rows.penalty(self.words)

    def backward(self) -> Gradients:
        """The gradient of the last `forward`'s loss with respect to every trained parameter."""
        gradients = self.head.backward()
        if self.rows.learns:
            d_x = self.head.d_x()
            share = d_x / np.maximum(self.lengths, 1)[:, None].astype(d_x.dtype)
            gradients |= self.rows.gradients(self.words, share[self.sentence])  # type: ignore[typeddict-item]
        return gradients
