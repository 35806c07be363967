"""The recurrent part of one direction of an LSTM layer, forward and backward, compiled.

Rows are in packed places (`packed.py`). A direction walks over the time steps in the order of
`starts` and `counts`: those of the layout, or the same reversed. The r-th row of a step continues
the r-th row of the step before; where the step before has fewer rows, the rest begin from zero.

    i, f, o = sigmoid of their quarters of z, g = tanh of its own      z = W_ih x + W_hh h' + b
    c = f c' + i g            h = o tanh(c)                            h', c': of the step before

Inner loops have few arrays each: with more, tests for overlap would keep them from SIMD.
"""

import numpy as np
from numpy.typing import NDArray

from wvexp.backprop.activations import Array
from wvexp.backprop.kernels import compiled


@compiled
def _squash(z: Array, scale: Array, shift: Array) -> None:
    """Sigmoid or tanh of every entry of z [m], in place.

    It is (e + shift) / (e + 2) with e = exp(scale z) - 1: scale [m] and shift [m] are 1 and 1 for
    the sigmoid, 2 and 0 for tanh. The exponential is that of `kernels.tanh`, for the sake of SIMD:
    a series at a 64th, doubled six times.
    """
    number = z.dtype.type
    limit, share, one, two = number(40), number(1 / 64), number(1), number(2)
    inverses = (
        number(1 / 2),
        number(1 / 3),
        number(1 / 4),
        number(1 / 5),
        number(1 / 6),
        number(1 / 7),
        number(1 / 8),
    )
    for j in range(z.size):
        value = z[j] * scale[j]
        if value > limit:
            value = limit
        if value < -limit:
            value = -limit
        a = value * share
        e = one + a * inverses[6]
        e = one + a * inverses[5] * e
        e = one + a * inverses[4] * e
        e = one + a * inverses[3] * e
        e = one + a * inverses[2] * e
        e = one + a * inverses[1] * e
        e = one + a * inverses[0] * e
        e = a * e
        e = e * (e + two)
        e = e * (e + two)
        e = e * (e + two)
        e = e * (e + two)
        e = e * (e + two)
        e = e * (e + two)
        z[j] = (e + shift[j]) / (e + two)


@compiled
def forward_steps(
    gates: Array,
    W_hh: Array,
    bias: Array,
    starts: NDArray[np.int64],
    counts: NDArray[np.int64],
    cells: Array,
    squashed: Array,
    before: Array,
    out: Array,
    column: int,
) -> None:
    """Walk forward.

    Parameters
    ----------
    gates
        [T, 4H], W_ih x of every token; becomes i, f, g, o
    W_hh, bias
        [4H, H], [4H]
    cells, squashed, before
        [T, H], filled with c, tanh(c) and h'
    out
        [T, 2H], whose H columns from `column` on are filled with h
    """
    H, dtype = cells.shape[1], cells.dtype
    scale, shift = np.ones(4 * H, dtype), np.ones(4 * H, dtype)
    for j in range(2 * H, 3 * H):  # g
        scale[j], shift[j] = 2, 0
    scale_g, shift_g = scale[2 * H : 3 * H], shift[2 * H : 3 * H]
    product = np.empty((max(counts[0], counts[-1]), 4 * H), dtype)
    nothing = np.zeros(H, dtype)
    across = np.ascontiguousarray(W_hh.T)  # which BLAS takes sooner where rows are few
    for step in range(len(starts)):
        start, count = starts[step], counts[step]
        carried = min(count, counts[step - 1]) if step else 0
        if carried:
            np.dot(before[start : start + carried], across, product[:carried])
        going_on = min(count, counts[step + 1]) if step + 1 < len(starts) else 0
        for r in range(count):
            row = gates[start + r]
            if r < carried:
                from_h = product[r]
                for j in range(4 * H):
                    row[j] += from_h[j] + bias[j]
            else:
                for j in range(4 * H):
                    row[j] += bias[j]
                for j in range(H):
                    before[start + r, j] = 0
            _squash(row, scale, shift)
            i, f, g, o = row[:H], row[H : 2 * H], row[2 * H : 3 * H], row[3 * H :]
            earlier = cells[starts[step - 1] + r] if r < carried else nothing
            c, tanh_c = cells[start + r], squashed[start + r]
            for j in range(H):
                c[j] = f[j] * earlier[j] + i[j] * g[j]
            for j in range(H):
                tanh_c[j] = c[j]
            _squash(tanh_c, scale_g, shift_g)
            h = out[start + r, column : column + H]
            for j in range(H):
                h[j] = o[j] * tanh_c[j]
            if r < going_on:
                handed_on = before[starts[step + 1] + r]
                for j in range(H):
                    handed_on[j] = h[j]


@compiled
def backward_steps(
    d_gates: Array,
    d_out: Array,
    column: int,
    W_hh: Array,
    starts: NDArray[np.int64],
    counts: NDArray[np.int64],
    gates: Array,
    cells: Array,
    squashed: Array,
) -> None:
    """Fill d_gates [T, 4H] with d loss / d z; d_out [T, 2H] is d loss / d out.

    Everything else is what `forward_steps` took and left.
    """
    H, dtype = cells.shape[1], cells.dtype
    most, one = max(counts[0], counts[-1]), dtype.type(1)
    d_c_all, d_before = np.zeros((most, H), dtype), np.empty((most, H), dtype)
    d_h, nothing = np.empty(H, dtype), np.zeros(H, dtype)
    for step in range(len(starts) - 1, -1, -1):
        start, count = starts[step], counts[step]
        carried = min(count, counts[step - 1]) if step else 0
        going_on = min(count, counts[step + 1]) if step + 1 < len(starts) else 0
        if going_on:
            later = starts[step + 1]
            np.dot(d_gates[later : later + going_on], W_hh, d_before[:going_on])
        for r in range(count):
            upstream = d_out[start + r, column : column + H]
            from_later = d_before[r] if r < going_on else nothing
            for j in range(H):
                d_h[j] = upstream[j] + from_later[j]
            row, d_row = gates[start + r], d_gates[start + r]
            i, f, g, o = row[:H], row[H : 2 * H], row[2 * H : 3 * H], row[3 * H :]
            d_i, d_f = d_row[:H], d_row[H : 2 * H]
            d_g, d_o = d_row[2 * H : 3 * H], d_row[3 * H :]
            d_c, tanh_c = d_c_all[r], squashed[start + r]
            earlier = cells[starts[step - 1] + r] if r < carried else nothing
            for j in range(H):
                d_o[j] = d_h[j] * tanh_c[j] * o[j] * (one - o[j])
                d_c[j] += d_h[j] * o[j] * (one - tanh_c[j] * tanh_c[j])
            for j in range(H):
                d_i[j] = d_c[j] * g[j] * i[j] * (one - i[j])
                d_g[j] = d_c[j] * i[j] * (one - g[j] * g[j])
            for j in range(H):
                d_f[j] = d_c[j] * earlier[j] * f[j] * (one - f[j])
                d_c[j] *= f[j]
