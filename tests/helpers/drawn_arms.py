"""Arms with known means, drawn: by name a table [seeds, units]."""

import numpy as np

ARMS = ("first", "second", "third")


def tables(means, seeds=6, units=400, spread=0.02, seed=0):
    rng = np.random.default_rng(seed)
    own = rng.normal(0, spread, (len(means), seeds, 1))
    shared = rng.normal(0, 0.3, (1, 1, units))
    rest = rng.normal(0, 0.2, (len(means), seeds, units))
    values = np.array(means)[:, None, None] + own + shared + rest
    return dict(zip(ARMS, values, strict=False))


def answers(units, seeds=5, share=0.6):
    """Right and wrong answers, the same ones in every seed."""
    right = np.random.default_rng(0).random(units) < share
    return np.repeat(right[None].astype(float), seeds, axis=0)
