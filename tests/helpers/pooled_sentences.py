"""Random sentences for the mean encoder, and what it makes of them: one sentence at a time."""

from dataclasses import dataclass, field

import numpy as np
import torch

from wvexp.seeds import stream

# pool, weights, bigrams, hidden
COMBINATIONS = [
    (pool, weights, bigrams, hidden)
    for pool in ("mean", "max", "both")
    for weights in ("uniform", "idf", "sif", "learned")
    for bigrams in (False, True)
    for hidden in (0, 5)
    if pool != "max" or (weights == "uniform" and not bigrams)
]
# lengths of the sentences, n
SHAPES = [((3, 1, 0, 5), 4), ((0, 0), 3), ((1,), 1), ((2, 0, 1, 7, 1), 6), ((4, 4), 2)]


@dataclass
class Case:
    """Arguments of an encoder in float64, and a gradient `upstream` of its output."""

    x: np.ndarray
    offsets: np.ndarray
    parameters: dict
    upstream: np.ndarray
    mask: np.ndarray | None = None
    token_weights: np.ndarray | None = None
    extra: np.ndarray | None = None
    names: dict = field(default_factory=dict)


def random_case(seed, lengths, n, pool, weights, bigrams, hidden, masked):
    rng = stream(seed, f"{lengths}{n}{pool}{weights}{bigrams}{hidden}")
    tokens, sentences = sum(lengths), len(lengths)
    pooled = n * (2 if pool == "both" else 1)
    # Every third of whole numbers so few that equal ones compete for the maximum.
    x = rng.integers(-1, 2, (tokens, n)) if seed % 3 == 0 else rng.normal(size=(tokens, n))
    parameters = {}
    if weights == "learned":
        parameters["attention.weight"] = rng.normal(size=(1, n))
    if hidden:
        parameters["hidden.weight"] = rng.normal(size=(hidden, pooled)) / np.sqrt(pooled)
        parameters["hidden.bias"] = rng.normal(size=hidden)
    shape = sentences, hidden or pooled
    return Case(
        x.astype(float),
        np.cumsum([0, *lengths]),
        parameters,
        rng.normal(size=shape),
        (rng.random(shape) < 0.5) / 0.5 if masked else None,
        rng.uniform(0.1, 3, tokens).astype(np.float32) if weights in ("idf", "sif") else None,
        rng.normal(size=(tokens, n)) if bigrams else None,
        {"pool": pool, "weights": weights, "hidden": hidden},
    )


def pooled_plainly(case, x, extra, parameters):
    """h [B, m] of a case whose `x`, `extra` and `parameters` are torch tensors."""
    rows, n = [], x.shape[1]
    for start, end in zip(case.offsets[:-1], case.offsets[1:], strict=True):
        words, parts = range(start, end), []
        items = [x[t] for t in words]
        of = np.ones(len(x)) if case.token_weights is None else case.token_weights.tolist()
        weights = [of[t] for t in words]
        if extra is not None:
            for t in words[1:]:
                items.append(extra[t])
                weights.append((of[t - 1] + of[t]) / 2)
        if "attention.weight" in parameters:
            weights = [
                torch.exp((item * parameters["attention.weight"][0]).sum()) for item in items
            ]
        nothing = torch.zeros(n, dtype=x.dtype)
        if case.names["pool"] != "max":
            total = sum((w * item for w, item in zip(weights, items, strict=True)), nothing)
            parts.append(total / sum(weights) if items else nothing)
        if case.names["pool"] != "mean":
            best = [max(words, key=lambda t, j=j: case.x[t, j], default=None) for j in range(n)]
            parts.append(torch.stack([x[t, j] for j, t in enumerate(best)]) if words else nothing)
        rows.append(torch.cat(parts))
    h = torch.stack(rows)
    if "hidden.weight" in parameters:
        h = torch.tanh(h @ parameters["hidden.weight"].T + parameters["hidden.bias"])
    return h if case.mask is None else h * torch.tensor(case.mask)


def expected(case):
    """h, and the gradients of (h * upstream).sum() by autograd: x, extra and the parameters."""
    leaves = {"x": case.x, "extra": case.extra, **case.parameters}
    leaves = {
        name: torch.tensor(value, requires_grad=True)
        for name, value in leaves.items()
        if value is not None
    }
    h = pooled_plainly(
        case, leaves["x"], leaves.get("extra"), {k: leaves[k] for k in case.parameters}
    )
    return h.detach().numpy(), gradients_of(h, leaves, case.upstream)


def gradients_of(h, leaves, upstream):
    """Gradients by name of (h * upstream).sum(); 0 for what has no part in h."""
    loss = (h * torch.tensor(upstream)).sum()
    if not loss.requires_grad:
        return {name: np.zeros(leaf.shape) for name, leaf in leaves.items()}
    found = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True)
    return {
        name: np.zeros(leaf.shape) if gradient is None else gradient.numpy()
        for (name, leaf), gradient in zip(leaves.items(), found, strict=True)
    }
