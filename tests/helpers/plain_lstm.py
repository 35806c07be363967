"""A bidirectional LSTM as plainly as torch can say it: one sentence, one direction, one cell."""

from itertools import pairwise

import numpy as np
import torch

POOLS = {
    "last": lambda h: torch.cat([h[-1, : h.shape[1] // 2], h[0, h.shape[1] // 2 :]]),
    "max": lambda h: h.max(0).values,
    "mean": lambda h: h.mean(0),
}


def plain_lstm(parameters, x, offsets, mask, *, hidden, layers, pool, variational):
    """What the encoder gives, from tensors; the mask is None or as the encoder takes it."""
    out = []
    for i, (start, end) in enumerate(pairwise(offsets)):
        length = end - start
        if mask is None:
            m = torch.ones(length, x.shape[1] + 2 * hidden * layers, dtype=x.dtype)
        else:
            m = mask[i].expand(length, -1) if variational else mask[start:end]
        blocks = m.split([x.shape[1]] + [2 * hidden] * layers, 1)
        h = x[start:end]
        for layer in range(layers):
            h = h * blocks[layer]
            halves = [walk(parameters, f"l{layer}", h), walk(parameters, f"l{layer}_reverse", h)]
            h = torch.cat(halves, 1)
        if pool is None:
            out.append(h * blocks[-1])
        elif length == 0:
            out.append(x.new_zeros(1, 2 * hidden))
        else:
            out.append((POOLS[pool](h) * blocks[-1][0])[None])
    return torch.cat(out)


def walk(parameters, suffix, inputs):
    """The states [length, H] of one direction."""
    kinds = "weight_ih", "weight_hh", "bias_ih", "bias_hh"
    weights = [parameters[f"lstm.{kind}_{suffix}"] for kind in kinds]
    hidden = weights[1].shape[1]
    h = c = inputs.new_zeros(1, hidden)
    states = [inputs.new_zeros(0, hidden)] * len(inputs)
    places = range(len(inputs))
    for t in reversed(places) if suffix.endswith("_reverse") else places:
        h, c = torch.lstm_cell(inputs[t : t + 1], (h, c), *weights)
        states[t] = h
    return torch.cat(states) if states else inputs.new_zeros(0, hidden)


def random_case(seed, lengths, n, hidden, layers, *, masked, variational):
    """Parameters, x, offsets and mask, in float64."""
    rng = np.random.default_rng(seed)
    parameters = {}
    for layer in range(layers):
        for suffix in (f"l{layer}", f"l{layer}_reverse"):
            n_in = 2 * hidden if layer else n
            parameters |= {
                f"lstm.weight_ih_{suffix}": rng.normal(size=(4 * hidden, n_in)),
                f"lstm.weight_hh_{suffix}": rng.normal(size=(4 * hidden, hidden)),
                f"lstm.bias_ih_{suffix}": rng.normal(size=4 * hidden),
                f"lstm.bias_hh_{suffix}": rng.normal(size=4 * hidden),
            }
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    x = rng.normal(size=(offsets[-1], n))
    mask = None
    if masked:
        rows = len(lengths) if variational else len(x)
        mask = 2.0 * rng.integers(0, 2, size=(rows, n + 2 * hidden * layers))
    return parameters, x, offsets, mask
