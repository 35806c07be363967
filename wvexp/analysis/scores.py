"""From counts per test unit to one value per seed and unit: one analysis for every metric.

The array convention of this package: *values* are float [seeds, units], in fractions (0.01 is
one point). The mean over units is that seed's score, exactly; the spread over units is the
score's sampling spread. A seed that did not run is a row of NaN.

Accuracy and F1 are ratios of sums over units, sum(a) / sum(b): correct / total, and
2 TP / (2 TP + FP + FN). The value of unit u is its jackknife pseudo-value (Efron and Tibshirani
1993, chapter 11), score + (U - 1) (a_u - score b_u) / (sum(b) - b_u), centred on the score. Where
all units have the same denominator it is the unit's own ratio; where some are longer (documents)
or the denominator itself is random (F1), it carries what that adds to the variance.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wvexp.analysis.reason import Reason, Why

Values = NDArray[np.float64]


class NoScoreError(ValueError):
    """There is no score of these counts, or none with a spread over units."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def accuracy_values(correct: ArrayLike, total: ArrayLike) -> Values:
    """Values [seeds, units] of the accuracy.

    Parameters
    ----------
    correct
        [seeds, units]: tokens or sentences rightly labelled; a row of NaN for a seed not run.
    total
        [units] or [seeds, units]: how many there are in the unit, 1 or more.
    """
    correct, total = _counts(correct=correct, total=total)
    if np.any(correct > total):
        seed, unit = np.argwhere(correct > total)[0]
        raise ValueError(
            f"seed row {seed}, unit {unit}: {correct[seed, unit]:g} correct "
            f"of {total[seed, unit]:g}"
        )
    return ratio_values(correct, total, "total")


def f1_values(
    true_positives: ArrayLike, false_positives: ArrayLike, false_negatives: ArrayLike
) -> Values:
    """Values [seeds, units] of the micro-averaged F1 (entity F1), from counts [seeds, units]."""
    return _f1_values(true_positives, false_positives, false_negatives)


def macro_f1_values(
    true_positives: ArrayLike, false_positives: ArrayLike, false_negatives: ArrayLike
) -> Values:
    """Values [seeds, units] of the macro-averaged F1, from counts [seeds, units, classes].

    The mean is over the classes that occur in the gold labels of the test set, whatever is
    predicted, so that all arms are scored over the same classes. What is wrongly given to another
    class still counts against the class it was taken from.
    """
    tp, fp, fn = (
        np.asarray(counts, np.float64)
        for counts in (true_positives, false_positives, false_negatives)
    )
    if tp.ndim != 3 or not tp.shape == fp.shape == fn.shape:
        raise ValueError(
            f"expected three arrays [seeds, units, classes], got {tp.shape}, {fp.shape}, {fn.shape}"
        )
    occurring = np.flatnonzero(np.nansum(tp + fn, axis=(0, 1)) > 0)
    if not len(occurring):
        raise NoScoreError(Reason(Why.NO_CLASS))
    return np.mean(
        [_f1_values(tp[..., c], fp[..., c], fn[..., c], alone=True) for c in occurring], axis=0
    )


def recall_values(true_positives: ArrayLike, false_negatives: ArrayLike) -> Values:
    """Values [seeds, units] of the mean recall of the classes, from counts [seeds, units, classes].

    The mean is over the classes that occur in the gold labels of the test set.
    """
    tp, fn = (np.asarray(counts, np.float64) for counts in (true_positives, false_negatives))
    occurring = np.flatnonzero(np.nansum(tp + fn, axis=(0, 1)) > 0)
    if not len(occurring):
        raise NoScoreError(Reason(Why.NO_CLASS))
    recalls = []
    for c in occurring:
        right, missed = _counts(true_positives=tp[..., c], false_negatives=fn[..., c])
        recalls.append(ratio_values(right, right + missed, "TP + FN", alone=True))
    return np.mean(recalls, axis=0)


def ran(values: Values) -> NDArray[np.bool_]:
    """Which seeds ran: [seeds]. A row that is NaN in part is a fault of the caller's."""
    if values.ndim != 2:
        raise ValueError(f"expected values [seeds, units], got an array of shape {values.shape}")
    finite = np.isfinite(values)
    missing: NDArray[np.bool_] = np.all(np.isnan(values), axis=1)
    broken = ~finite.all(axis=1) & ~missing
    if broken.any():
        seed = int(np.flatnonzero(broken)[0])
        unit = int(np.flatnonzero(~finite[seed])[0])
        raise ValueError(
            f"seed row {seed}, unit {unit}: {values[seed, unit]}, expected a number "
            "(only a seed that did not run may be NaN, and then in every unit)"
        )
    return ~missing


def _f1_values(tp: ArrayLike, fp: ArrayLike, fn: ArrayLike, alone: bool = False) -> Values:
    tp, fp, fn = _counts(true_positives=tp, false_positives=fp, false_negatives=fn)
    return ratio_values(2 * tp, 2 * tp + fp + fn, "TP + FP + FN", alone)


def _counts(**named: ArrayLike) -> list[Values]:
    arrays = {name: np.asarray(counts, np.float64) for name, counts in named.items()}
    try:
        shaped = [np.array(a) for a in np.broadcast_arrays(*arrays.values())]
    except ValueError:
        shaped = []
    if not shaped or shaped[0].ndim != 2 or 0 in shaped[0].shape:
        shapes = ", ".join(f"{name} {a.shape}" for name, a in arrays.items())
        raise ValueError(f"expected counts [seeds, units], got {shapes}")
    absent = np.isnan(shaped[0]).all(axis=1)
    for name, counts in zip(arrays, shaped, strict=True):
        counts[absent] = np.nan
        ran(counts)
        if np.any(counts < 0):
            raise ValueError(f"{name}: {np.nanmin(counts):g}, expected counts of 0 or more")
    return shaped


def ratio_values(numerator: Values, denominator: Values, name: str, alone: bool = False) -> Values:
    """Values [seeds, units] of sum(numerator) / sum(denominator), both [seeds, units].

    Parameters
    ----------
    name
        What the denominator counts, for the reason of a `NoScoreError`.
    alone
        Whether all of it may lie in a single unit, whose spread no other unit then shows: as that
        of a rare class does.
    """
    units = denominator.shape[1]
    sums = denominator.sum(axis=1, keepdims=True)
    rest = sums - denominator
    empty = np.flatnonzero(sums == 0)
    if len(empty):
        raise NoScoreError(Reason(Why.NOTHING_COUNTED, seed=empty[0], name=name))
    if units > 1 and not alone and np.any(rest == 0):
        seed, unit = np.argwhere(rest == 0)[0]
        raise NoScoreError(Reason(Why.ALL_IN_ONE_UNIT, seed=seed, unit=unit, name=name))
    score = numerator.sum(axis=1, keepdims=True) / sums
    influence = (units - 1) * np.divide(
        numerator - score * denominator, rest, out=np.zeros_like(rest), where=rest != 0
    )
    return score + influence - influence.mean(axis=1, keepdims=True)
