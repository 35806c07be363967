"""Do the intervals of a cross-fit hold the truth? By simulation with real, if small, models.

Examples are y mu + noise with labels y of 1 and -1. Two linear discriminants are cross-fitted on
them as `data/folds.py` does it, the folds drawn anew for each seed: one on the coordinates that
tell, and one on the few that tell most in its training set, as tuning picks up the words that its
texts happen to hold. What a discriminant scores on all examples there might be is known exactly,
so that the truth is the mean over the pools of all experiments.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from wvexp.analysis.overlap import variance_inflation
from wvexp.analysis.paired import PairedDifference, paired_difference
from wvexp.seeds import stream

# The label's mark on each coordinate, and how many coordinates the second arm picks.
MEANS = np.repeat([0.3, 0.0], [10, 30])
PICKED = 3
# A seed's luck in initialisation and order, as a share of the length of the discriminant.
LUCK = 0.15

Array = NDArray[np.float64]


def crossfit_coverage(
    experiments: int, examples: int, folds: int, seeds: int = 5, seed: int = 0
) -> dict[str, Any]:
    """Coverage of the 95 % interval, as it would be and as it is widened, and its mean width."""
    tables, exact = [], []
    for index in range(experiments):
        rng = stream(seed, "cross-fit", examples, folds, index)
        labels = rng.permutation(np.resize([1.0, -1.0], examples))
        pool = labels[:, None] * MEANS + rng.standard_normal((examples, len(MEANS)))
        values, gains = _cross_fit(pool, labels, folds, seeds, rng)
        tables.append(values)
        exact.append(gains)
    truth = float(np.mean(exact))
    figures: dict[str, Any] = {"experiments": experiments, "difference": truth}
    for name, wider in (("plain", 1.0), ("widened", variance_inflation(folds))):
        found = [paired_difference(a, b, inflation=wider) for a, b in tables]
        figures[f"covered, {name}"] = float(np.mean([_holds(d, truth) for d in found]))
        widths = [d.high - d.low for d in found if d.low is not None and d.high is not None]
        figures[f"width, {name}"] = float(np.mean(widths))
    return figures


def crossfit(experiments: int = 1000) -> dict[str, Any]:
    """The table, by examples and folds."""
    designs = ((60, 5), (150, 5), (300, 5), (150, 10))
    return {
        f"{examples} examples, {folds} folds": crossfit_coverage(experiments, examples, folds)
        for examples, folds in designs
    }


def _cross_fit(
    pool: Array, labels: Array, folds: int, seeds: int, rng: np.random.Generator
) -> tuple[Array, float]:
    """Right answers [arms, seeds, units], and the mean true difference of the models fitted."""
    values = np.zeros((2, seeds, len(pool)))
    gains = []
    for s in range(seeds):
        part = rng.permutation(np.resize(np.arange(folds), len(pool)))
        for fold in range(folds):
            train, test = part != fold, part == fold
            slopes = labels[train] @ pool[train] / train.sum()
            least = np.sort(np.abs(slopes))[-PICKED]
            scores = []
            for arm, used in enumerate((MEANS > 0, np.abs(slopes) >= least)):
                size = np.linalg.norm(slopes[used]) / np.sqrt(used.sum())
                weights = used * (slopes + LUCK * size * rng.standard_normal(len(MEANS)))
                values[arm, s, test] = labels[test] * (pool[test] @ weights) > 0
                scores.append(ndtr(weights @ MEANS / np.linalg.norm(weights)))
            gains.append(scores[0] - scores[1])
    return values, float(np.mean(gains))


def _holds(found: PairedDifference, truth: float) -> bool:
    return found.low is not None and found.high is not None and found.low <= truth <= found.high
