"""Softmax cross-entropy and max-margin: the loss of each example, and its gradient."""

from collections.abc import Callable

import numpy as np

from wvexp.backprop.activations import Array

# From scores [B, K] and labels [B] to the loss [B] of each example and its gradient [B, K].
Losses = Callable[[Array, Array], tuple[Array, Array]]


def softmax_cross_entropy(logits: Array, labels: Array) -> tuple[Array, Array]:
    """-log softmax(logits)[label] of each example, and its gradient with respect to the logits.

    The gradient is p - y: p_c - 1 for the label's class, p_c for every other class.

    Parameters
    ----------
    logits
        [B, K]
    labels
        int [B], each in 0..K-1

    Returns
    -------
    losses [B] and d_logits [B, K], neither divided by B.
    """
    examples = np.arange(len(labels))
    shifted = logits - logits.max(axis=1, keepdims=True)  # e^shifted is at most 1
    exponentials = np.exp(shifted)
    totals = exponentials.sum(axis=1, keepdims=True)
    losses = np.log(totals[:, 0]) - shifted[examples, labels]
    d_logits = exponentials / totals
    d_logits[examples, labels] -= 1
    return losses, d_logits


def margin_loss(true_scores: Array, corrupt_scores: Array) -> tuple[Array, Array]:
    """max(0, 1 - s + s_corrupt) of each example, and its gradient with respect to s_corrupt.

    The gradient with respect to s is the negative of it. Both are 0 where the margin is met, also
    where it is met exactly (the kink). All arrays are [B], none is divided by B.
    """
    shortfall = 1 - true_scores + corrupt_scores
    return np.maximum(shortfall, 0), np.heaviside(shortfall, 0)
