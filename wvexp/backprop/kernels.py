"""Training steps of the window and the mean classifier, compiled: the engine of the sweeps.

The mathematics is that of `window.py`, `mean.py`, `head.py` and `rows.py`, which are the oracle of
the tests; here forward, backward and update of a whole series of batches are one call without the
GIL, on buffers made once. Products go to BLAS through `np.dot`; every other loop is plain, in the
order of the examples, so that a run's bits depend on its inputs alone.

The update rules are those of torch.optim with its defaults: Adam (Kingma and Ba 2015, algorithm 1),
Adagrad (Duchi et al. 2011), Adadelta (Zeiler 2012, algorithm 1), SGD. Rows of word vectors take the
rule's sparse form, in which a step touches the trainable rows of its batch alone; Adam's is that of
`torch.optim.SparseAdam`, Adadelta's that of `wvexp.rules.sparse_adadelta`.

Training and evaluation stand in one file for Numba's sake: what it keeps on disk is made anew when
the file changes, and not when a function does that is called from another.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from wvexp.backprop import updates
from wvexp.backprop.activations import Array

_ADAM, _ADAGRAD, _ADADELTA = updates.ADAM, updates.ADAGRAD, updates.ADADELTA
_BETA1, _BETA2, _ADAM_EPS, _ADAGRAD_EPS = 0.9, 0.999, 1e-8, 1e-10
_RHO, _ADADELTA_EPS = 0.9, 1e-6
# Examples evaluated at once: their hidden layer stays in L2, and is enough for full products.
_BLOCK = 256


def compiled(function: Callable[..., Any]) -> Any:
    """`function` by Numba: without the GIL, without fastmath, kept on disk where that can be."""
    # The default error model tests every divisor for zero, which keeps loops from SIMD.
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder for the cache can be written to
        return numba.njit(**options)(function)


class Batches(NamedTuple):
    """Examples in the order of training, `size` of them a step.

    tokens        int32 [n * window]  rows of E: one window after another; or [T], of all sentences
    starts, ends  int64 [n]           sentence i is tokens[starts[i]:ends[i]]; windows: not read
    labels        int32 [n]
    masks         [n, L]              dropout of the last layer's input, scaled by 1/keep; [0, L]
                                      without
    window        words in a window; 0 for the mean of a sentence
    size          examples in a step; the last step may have fewer
    """

    tokens: NDArray[np.int32]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    labels: NDArray[np.int32]
    masks: Array
    window: int
    size: int


class State(NamedTuple):
    """What training changes, all of one dtype.

    network        [P]     W, b, U, c one after another, as `layers` cuts them
    first, second  [P]     moments of Adam; Adagrad sums squares in `second`; Adadelta's averages of
                           squared steps and of squared gradients
    E              [R, d]  word vectors
    E_first, E_second      the same moments of E; [0, d] where no row is trained
    steps          int64 [2]: updates so far, of the network and of the rows
    """

    network: Array
    first: Array
    second: Array
    E: Array
    E_first: Array
    E_second: Array
    steps: NDArray[np.int64]


class Policy(NamedTuple):
    """How parameters move.

    rule             a number of `wvexp.backprop.updates`
    lr, row_lr       learning rates of the network and of the rows
    l2, anchor       l2/2 (|W|² + |U|² + Σ|E_r|²) and anchor/2 Σ|E_r - initial_r|², over the
                     distinct trainable rows of the batch
    trainable          bool [R]
    initial          [R, d]; not read where anchor is 0
    move_rows        False leaves all rows as they are
    hidden, classes  layer sizes; hidden 0 for a linear classifier
    """

    rule: int
    lr: float
    row_lr: float
    l2: float
    anchor: float
    trainable: NDArray[np.bool_]
    initial: Array
    move_rows: bool
    hidden: int
    classes: int


def layers(
    network: Array, features: int, hidden: int, classes: int
) -> tuple[Array, Array, Array, Array]:
    """Views of a flat [P]: W [H, features], b [H], U [K, L], c [K], with L = H, or features if H=0.

    Without a hidden layer W and b are empty.
    """
    last = hidden if hidden else features
    W_end = hidden * features
    U_start = W_end + hidden
    U_end = U_start + classes * last
    return (
        network[:W_end].reshape((hidden, features)),
        network[W_end:U_start],
        network[U_start:U_end].reshape((classes, last)),
        network[U_end:],
    )


def network_size(features: int, hidden: int, classes: int) -> int:
    """P, the numbers in W, b, U and c."""
    return hidden * (features + 1) + classes * ((hidden or features) + 1)


_layers = compiled(layers)


# ---- shared by training and evaluation ----


@compiled
def tanh(z: Array) -> None:
    """tanh of every entry [n, m], in place.

    libm's tanh takes one number at a time. This takes SIMD: e^2z - 1 by its series at 2z / 64,
    doubled six times by expm1(2a) = expm1(a) (expm1(a) + 2), and tanh z = t / (t + 2).
    """
    number = z.dtype.type
    limit, scale, one, two = number(20), number(2 / 64), number(1), number(2)
    inverses = (
        number(1 / 2),
        number(1 / 3),
        number(1 / 4),
        number(1 / 5),
        number(1 / 6),
        number(1 / 7),
        number(1 / 8),
    )
    flat = z.reshape(-1)
    for i in range(flat.size):
        value = flat[i]  # tanh is 1 to the last bit beyond the limit; NaN passes
        if value > limit:
            value = limit
        if value < -limit:
            value = -limit
        a = value * scale
        t = one + a * inverses[6]
        t = one + a * inverses[5] * t
        t = one + a * inverses[4] * t
        t = one + a * inverses[3] * t
        t = one + a * inverses[2] * t
        t = one + a * inverses[1] * t
        t = one + a * inverses[0] * t
        t = a * t
        t = t * (t + two)
        t = t * (t + two)
        t = t * (t + two)
        t = t * (t + two)
        t = t * (t + two)
        t = t * (t + two)
        flat[i] = t / (t + two)


@compiled
def add_bias(z: Array, bias: Array) -> None:
    """z [n, m] += bias [m]."""
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            z[i, j] += bias[j]


@compiled
def mean_rows(x: Array, E: Array, words: Array, starts: Array, ends: Array) -> None:
    """x [B, d] = mean of the rows of E in each of B sentences; of none, 0.

    Sentence i is words[starts[i]:ends[i]].
    """
    d = E.shape[1]
    for i in range(x.shape[0]):
        total = x[i]
        total[:] = 0
        start, end = starts[i], ends[i]
        fours = end - (end - start) % 4
        # Four words at once, added in their order: the sum is read and written once for them.
        for t in range(start, fours, 4):
            one, two, three, four = (
                E[words[t]],
                E[words[t + 1]],
                E[words[t + 2]],
                E[words[t + 3]],
            )
            for j in range(d):
                total[j] = total[j] + one[j] + two[j] + three[j] + four[j]
        for t in range(fours, end):
            row = E[words[t]]
            for j in range(d):
                total[j] += row[j]
        share = E.dtype.type(1 / max(end - start, 1))
        for j in range(d):
            total[j] *= share


# ---- training ----


@compiled
def _update(
    rule: int,
    rows: Array,
    gradients: Array,
    values: Array,
    first: Array,
    second: Array,
    rate: float,
    eps: float,
) -> None:
    """One step of values[rows], of which gradients [len(rows), d] are the gradients.

    For Adam `rate` and `eps` carry the bias corrections.
    """
    number = values.dtype.type
    rate, eps = number(rate), number(eps)
    new1, new2, new = number(1 - _BETA1), number(1 - _BETA2), number(1 - _RHO)
    # For SIMD the rule is chosen outside the loops, and new moments are locals: arrays that might
    # overlap would be read anew.
    if rule == _ADAM:
        for i in range(rows.size):
            row, gradient = rows[i], gradients[i]
            for j in range(gradient.size):
                g = gradient[j]
                m = first[row, j] + new1 * (g - first[row, j])
                v = second[row, j] + new2 * (g * g - second[row, j])
                first[row, j], second[row, j] = m, v
                values[row, j] -= rate * m / (np.sqrt(v) + eps)
    elif rule == _ADAGRAD:
        for i in range(rows.size):
            row, gradient = rows[i], gradients[i]
            for j in range(gradient.size):
                v = second[row, j] + gradient[j] * gradient[j]
                second[row, j] = v
                values[row, j] -= rate * gradient[j] / (np.sqrt(v) + eps)
    elif rule == _ADADELTA:
        for i in range(rows.size):
            row, gradient = rows[i], gradients[i]
            for j in range(gradient.size):
                g, m = gradient[j], first[row, j]
                v = second[row, j] + new * (g * g - second[row, j])
                step = g * np.sqrt(m + eps) / np.sqrt(v + eps)
                first[row, j], second[row, j] = m + new * (step * step - m), v
                values[row, j] -= rate * step
    else:
        for i in range(rows.size):
            row, gradient = rows[i], gradients[i]
            for j in range(gradient.size):
                values[row, j] -= rate * gradient[j]


@compiled
def _rate_and_eps(rule: int, lr: float, step: int, sparse: bool) -> tuple[float, float]:
    if rule != _ADAM:
        return lr, _ADADELTA_EPS if rule == _ADADELTA else _ADAGRAD_EPS
    root = np.sqrt(1 - _BETA2**step)
    # torch corrects √v before it adds eps in its dense rule, after it in its sparse one.
    eps = _ADAM_EPS if sparse else _ADAM_EPS * root
    return lr * root / (1 - _BETA1**step), eps


@compiled
def step_rows(
    rule: int,
    rows: Array,
    gradients: Array,
    values: Array,
    first: Array,
    second: Array,
    lr: float,
    step: int,
    sparse: bool,
) -> None:
    """The `step`-th step of values[rows], of which gradients [len(rows), d] are the gradients.

    sparse: the rule's form for rows of word vectors; else that for the whole of a network
    """
    rate, eps = _rate_and_eps(rule, lr, step, sparse)
    _update(rule, rows, gradients, values, first, second, rate, eps)


@compiled
def _concatenate_rows(x: Array, E: Array, windows: Array, first: int) -> None:
    """x [B, m d] = the rows of E in each of B windows [m] from `first` on."""
    d = E.shape[1]
    window = x.shape[1] // d
    vectors = x.reshape((-1, d))
    for i in range(len(vectors)):
        row, vector = E[windows[first * window + i]], vectors[i]
        for j in range(d):
            vector[j] = row[j]


@compiled
def _cross_entropy(logits: Array, labels: Array) -> float:
    """The batch's mean of -log softmax(logits)[label]; logits [B, K] become its gradient."""
    number = logits.dtype.type
    share, loss = number(1 / logits.shape[0]), 0.0
    # Rows are short: reductions over them by numpy's names take three times as long.
    for i in range(logits.shape[0]):
        row = logits[i]
        shift = row[0]
        for k in range(row.size):
            shift = max(shift, row[k])
        true = row[labels[i]] - shift
        total = number(0)
        for k in range(row.size):
            row[k] = np.exp(row[k] - shift)
            total += row[k]
        scale = share / total
        for k in range(row.size):
            row[k] *= scale
        row[labels[i]] -= share
        loss += np.log(total) - true
    return loss / logits.shape[0]


@compiled
def _multiply(out: Array, left: Array, right: Array) -> None:
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = left[i, j] * right[i, j]


@compiled
def _sum_examples(out: Array, delta: Array) -> None:
    out[:] = 0
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            out[j] += delta[i, j]


@compiled
def _add_l2(gradient: Array, weights: Array, l2: float) -> None:
    strength = weights.dtype.type(l2)
    for i in range(weights.shape[0]):
        for j in range(weights.shape[1]):
            gradient[i, j] += strength * weights[i, j]


@compiled
def _gather_row_gradients(
    d_rows: Array,
    touched: Array,
    slot_of: Array,
    d_x: Array,
    batches: Batches,
    first: int,
    trainable: Array,
) -> int:
    """Sum d_x over the occurrences of each distinct trainable row of the batch.

    d_rows[s] becomes the gradient of row touched[s]; the number of rows is returned. slot_of [R]
    is -1 everywhere before, and s for the touched rows after.
    """
    d, window, count = d_rows.shape[1], batches.window, 0
    for i in range(d_x.shape[0]):
        if window:
            start = (first + i) * window
            end = start + window
        else:
            start, end = batches.starts[first + i], batches.ends[first + i]
            share = d_x.dtype.type(1 / max(end - start, 1))
            for j in range(d):
                d_x[i, j] *= share
        for t in range(start, end):
            row = batches.tokens[t]
            if not trainable[row]:
                continue
            column = (t - start) * d if window else 0
            source = d_x[i, column : column + d]
            slot = slot_of[row]
            if slot < 0:
                slot_of[row] = count
                touched[count] = row
                target = d_rows[count]
                for j in range(d):  # assigned as a slice it takes three times as long
                    target[j] = source[j]
                count += 1
            else:
                target = d_rows[slot]
                for j in range(d):
                    target[j] += source[j]
    return count


@compiled
def _add_penalties(d_rows: Array, touched: Array, E: Array, policy: Policy) -> None:
    """Add the gradients of l2 and anchor to those of the touched rows."""
    l2, anchor = E.dtype.type(policy.l2), E.dtype.type(policy.anchor)
    for slot in range(touched.size):
        gradient, values, start = d_rows[slot], E[touched[slot]], policy.initial[touched[slot]]
        for j in range(values.size):
            gradient[j] += l2 * values[j] + anchor * (values[j] - start[j])


@compiled
def _most_tokens(batches: Batches) -> int:
    """Tokens of the largest batch."""
    n, size = len(batches.labels), batches.size
    if batches.window:
        return min(n, size) * batches.window
    most = 0
    for first in range(0, n, size):
        end = min(first + size, n)
        most = max(most, np.sum(batches.ends[first:end] - batches.starts[first:end]))
    return most


@compiled
def train_steps(batches: Batches, state: State, policy: Policy) -> float:
    """Train on all batches, in order; the sum over them of the mean cross-entropy.

    `state` is changed in place. Nothing is checked: a token outside E is undefined behaviour.
    """
    n, dtype = len(batches.labels), state.E.dtype
    d, hidden, classes = state.E.shape[1], policy.hidden, policy.classes
    features = d * max(batches.window, 1)
    last = hidden if hidden else features
    W, b, U, c = _layers(state.network, features, hidden, classes)
    d_network = np.empty_like(state.network)
    d_W, d_b, d_U, d_c = _layers(d_network, features, hidden, classes)
    # The network as one row, to share the update with E.
    the_only = np.zeros(1, np.int32)
    flat, d_flat = state.network.reshape((1, -1)), d_network.reshape((1, -1))
    first_flat, second_flat = state.first.reshape((1, -1)), state.second.reshape((1, -1))

    most = min(n, batches.size)
    x_all, d_x_all = np.empty((most, features), dtype), np.empty((most, features), dtype)
    h_all, r_all, d_h_all = (
        np.empty((most, last), dtype),
        np.empty((most, last), dtype),
        np.empty((most, last), dtype),
    )
    logits_all = np.empty((most, classes), dtype)
    tuned = policy.move_rows and len(state.E_first) > 0
    slots = min(_most_tokens(batches), len(state.E)) if tuned else 0
    d_rows, touched = np.empty((slots, d), dtype), np.empty(slots, np.int32)
    slot_of = np.full(len(state.E) if tuned else 0, -1, np.int32)
    one, loss = dtype.type(1), 0.0

    for first in range(0, n, batches.size):
        size = min(batches.size, n - first)
        x, d_x, d_h = x_all[:size], d_x_all[:size], d_h_all[:size]
        masked = len(batches.masks) > 0
        mask = batches.masks[first : first + size]

        if batches.window:
            _concatenate_rows(x, state.E, batches.tokens, first)
        else:
            mean_rows(
                x,
                state.E,
                batches.tokens,
                batches.starts[first : first + size],
                batches.ends[first : first + size],
            )
        h = x
        if hidden:
            h = h_all[:size]
            np.dot(x, W.T, h)
            add_bias(h, b)
            tanh(h)
        r = h
        if masked:
            r = r_all[:size]
            _multiply(r, h, mask)
        logits = logits_all[:size]
        np.dot(r, U.T, logits)
        add_bias(logits, c)

        loss += _cross_entropy(logits, batches.labels[first : first + size])
        d_logits = logits
        np.dot(d_logits.T, r, d_U)
        _sum_examples(d_c, d_logits)
        if hidden:
            np.dot(d_logits, U, d_h)
            if masked:
                _multiply(d_h, d_h, mask)
            for i in range(size):
                for j in range(hidden):
                    d_h[i, j] *= one - h[i, j] * h[i, j]
            np.dot(d_h.T, x, d_W)
            _sum_examples(d_b, d_h)
            if tuned:
                np.dot(d_h, W, d_x)
        elif tuned:
            np.dot(d_logits, U, d_x)
            if masked:
                _multiply(d_x, d_x, mask)

        if tuned:
            state.steps[1] += 1
            count = _gather_row_gradients(
                d_rows, touched, slot_of, d_x, batches, first, policy.trainable
            )
            rows = touched[:count]
            slot_of[rows] = -1
            if policy.l2 or policy.anchor:
                _add_penalties(d_rows, rows, state.E, policy)
            rate, eps = _rate_and_eps(policy.rule, policy.row_lr, state.steps[1], True)
            _update(policy.rule, rows, d_rows, state.E, state.E_first, state.E_second, rate, eps)
        if policy.l2:
            _add_l2(d_W, W, policy.l2)
            _add_l2(d_U, U, policy.l2)
        state.steps[0] += 1
        rate, eps = _rate_and_eps(policy.rule, policy.lr, state.steps[0], False)
        _update(policy.rule, the_only, d_flat, flat, first_flat, second_flat, rate, eps)
    return loss


# ---- evaluation ----


def score_windows(
    E: Array, words: NDArray[np.int32], offsets: NDArray[np.int64], window: int, layers: tuple
) -> Array:
    """Scores [T, K] before the softmax of a split's tokens, each in the middle of its window.

    A window's first layer is a sum over its positions, W x = Σ_k W_k E_{w_k}, and W_k E_w is the
    same wherever w stands: computed once for each distinct word, a window costs m additions
    instead of m products.

    Parameters
    ----------
    E
        [D, d], a row for each distinct word
    words
        int32 [T], every token's row of E; beyond the edges of a sentence stands the zero vector
    offsets
        int64 [n+1], sentence i is words[offsets[i]:offsets[i+1]]
    layers
        W, b, U, c as `layers` gives them
    """
    W, b, U, c = layers
    first, bias = (W, b) if len(W) else (U, c)
    positions = first.reshape(len(first), window, -1)
    # The last row is that of the zero vector.
    products = np.zeros((window, len(E) + 1, len(first)), E.dtype)
    for k in range(window):
        np.matmul(E, positions[:, k].T, out=products[k, :-1])
    return _score_windows(products, words, offsets, bias, U, c, len(W) > 0)


def score_means(
    E: Array, words: NDArray[np.int32], offsets: NDArray[np.int64], layers: tuple
) -> Array:
    """Scores [n, K] before the softmax of a split's sentences; arguments as `score_windows`."""
    return _score_means(E, words, offsets, *layers)


@compiled
def _score_windows(
    products: Array,
    words: Array,
    offsets: Array,
    bias: Array,
    U: Array,
    c: Array,
    hidden: bool,
) -> Array:
    window, tokens, width = products.shape[0], len(words), products.shape[2]
    outside = products.shape[1] - 1
    out = np.empty((tokens, len(c)), products.dtype)
    z_all = np.empty((_BLOCK, width), products.dtype)
    rows = np.empty(window, np.int64)
    sentence = 0
    for first in range(0, tokens, _BLOCK):
        z = z_all[: min(_BLOCK, tokens - first)]
        for i in range(len(z)):
            token = first + i
            while token >= offsets[sentence + 1]:
                sentence += 1
            start, end = offsets[sentence], offsets[sentence + 1]
            for k in range(window):
                place = token + k - window // 2
                rows[k] = words[place] if start <= place < end else outside
            sums, one = z[i], products[0, rows[0]]
            for j in range(width):
                sums[j] = bias[j] + one[j]
            # Two positions at once, added in their order: `window` is odd.
            for k in range(1, window, 2):
                one, two = products[k, rows[k]], products[k + 1, rows[k + 1]]
                for j in range(width):
                    sums[j] = sums[j] + one[j] + two[j]
        scores = out[first : first + len(z)]
        if hidden:
            tanh(z)
            np.dot(z, U.T, scores)
            add_bias(scores, c)
        else:
            scores[:] = z
    return out


@compiled
def _score_means(
    E: Array, words: Array, offsets: Array, W: Array, b: Array, U: Array, c: Array
) -> Array:
    sentences, d = len(offsets) - 1, E.shape[1]
    out = np.empty((sentences, len(c)), E.dtype)
    x_all = np.empty((_BLOCK, d), E.dtype)
    z_all = np.empty((_BLOCK, len(b)), E.dtype)
    for first in range(0, sentences, _BLOCK):
        x = x_all[: min(_BLOCK, sentences - first)]
        last = first + len(x)
        mean_rows(x, E, words, offsets[first:last], offsets[first + 1 : last + 1])
        scores = out[first : first + len(x)]
        if len(b):
            z = z_all[: len(x)]
            np.dot(x, W.T, z)
            add_bias(z, b)
            tanh(z)
            np.dot(z, U.T, scores)
        else:
            np.dot(x, U.T, scores)
        add_bias(scores, c)
    return out
