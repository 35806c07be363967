"""Cross-entropy, squared error and max-margin: the loss of each example, and its gradient."""

from collections.abc import Callable

import numpy as np

from wvexp.backprop.activations import Array

# From scores [B, K] and what is to be learnt of the B examples to the loss [B] of each and its
# gradient [B, K].
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


def binary_cross_entropy(logits: Array, labels: Array) -> tuple[Array, Array]:
    """-log of the probability of each example's labels, each label a question of its own.

    With p = 1 / (1 + e^-o) the loss of a label is -log p where the example has it, -log (1 - p)
    where not: log(1 + e^o) - y o, of which no exponential is above 1 in the form used here. Its
    gradient is p - y, as that of softmax cross-entropy.

    Parameters
    ----------
    logits
        [B, K]
    labels
        bool [B, K]: which labels each example has

    Returns
    -------
    losses [B], summed over the labels, and d_logits [B, K], neither divided by B.
    """
    y = labels.astype(logits.dtype)
    small = np.exp(-np.abs(logits))  # at most 1
    losses = np.maximum(logits, 0) - y * logits + np.log1p(small)
    p = np.where(logits >= 0, 1, small) / (1 + small)
    return losses.sum(axis=1), p - y


def squared_error(scores: Array, targets: Array) -> tuple[Array, Array]:
    """(s - t)² of each example, and its gradient 2 (s - t) with respect to the score.

    Parameters
    ----------
    scores
        [B, 1]
    targets
        [B], in the dtype of the scores

    Returns
    -------
    losses [B] and d_scores [B, 1], neither divided by B.
    """
    error = scores - targets[:, None]
    return error[:, 0] ** 2, 2 * error


def margin_loss(true_scores: Array, corrupt_scores: Array) -> tuple[Array, Array]:
    """max(0, 1 - s + s_corrupt) of each example, and its gradient with respect to s_corrupt.

    The gradient with respect to s is the negative of it. Both are 0 where the margin is met, also
    where it is met exactly (the kink). All arrays are [B], none is divided by B.
    """
    shortfall = 1 - true_scores + corrupt_scores
    return np.maximum(shortfall, 0), np.heaviside(shortfall, 0)
