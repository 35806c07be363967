"""The difference of two arms at one size, paired over seeds and test units.

Arms of one seed share training subset, batch order and initialisation, and all are scored on the
same units, so the analysis is of the table of differences [seeds, units]. Its two-way components
(`components.py`) give the interval on which every call rests. Scores are fractions: a margin of
0.01 is one point.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr

from wvexp.analysis.components import two_way
from wvexp.analysis.rare import alike, least_error
from wvexp.analysis.reason import Reason, Why
from wvexp.analysis.scores import Values, ran

Call = Literal["A", "B", "equivalent", "undecided"]

MARGIN = 0.01
ALPHA = 0.05
SIGN_FLIP_SEEDS = 40


@dataclass(frozen=True)
class PairedDifference:
    """Arm A minus arm B. What could not be estimated is None, and `notes` says why.

    low, high          95 % interval, cut at -1 and 1
    p_a_better         confidence that the true difference is above 0
    p_value            two-sided, for no difference
    equivalence_p      two one-sided tests (Schuirmann 1987): the difference lies beyond the margin
    smallest_margin    the smallest margin within which the arms could be called equivalent
    sign_flip_p        two-sided, over seeds alone: conditional on this very test set
    strict_p, strict_equivalence_p
                       the same two by the generalised p-value, which holds far out in the tail
    adjusted_p, adjusted_equivalence_p
                       Holm-adjusted over the family called together, from the strict ones where
                       the family has more than one member; a call rests on these
    shared_training    all seeds trained on the same data, so that they differ in initialisation
                       and order alone and the estimate is conditional on that data
    """

    estimate: float | None
    low: float | None
    high: float | None
    standard_error: float | None
    df: float | None
    p_a_better: float | None
    p_value: float | None
    margin: float
    equivalence_p: float | None
    smallest_margin: float | None
    seed_variance: float | None
    unit_variance: float | None
    residual_variance: float | None
    sign_flip_p: float | None
    seeds: int
    units: int
    shared_training: bool
    strict_p: float | None
    strict_equivalence_p: float | None
    adjusted_p: float | None
    adjusted_equivalence_p: float | None
    call: Call
    notes: tuple[Reason, ...] = ()


def paired_difference(
    a: Values,
    b: Values,
    margin: float = MARGIN,
    shared_training: bool = False,
    inflation: float = 1.0,
    span: float = 1.0,
) -> PairedDifference:
    """Compare arm A with arm B from their values [seeds, units], row by row the same seed.

    Seeds that ran in one arm alone are left out and counted in the notes. The call is that of a
    single comparison planned beforehand; for several, pass them all to `call_together`.
    `inflation` multiplies the variance (`overlap.py`); no difference is larger than `span`.
    """
    if a.shape != b.shape:
        raise ValueError(f"arm A has values {a.shape}, arm B {b.shape}: expected the same shape")
    if not margin > 0:
        raise ValueError(f"margin {margin}: expected a positive difference of scores, such as 0.01")
    in_a, in_b = ran(a), ran(b)
    both = in_a & in_b
    difference = a[both] - b[both]
    seeds, units = difference.shape
    notes: list[Reason] = []
    if unpaired := int((in_a ^ in_b).sum()):
        ran_at_all = int((in_a | in_b).sum())
        notes.append(Reason(Why.SEEDS_UNPAIRED, unpaired=unpaired, seeds=ran_at_all))
    if shared_training:
        notes.append(Reason(Why.SHARED_TRAINING))
    by_seed = difference.mean(axis=1)
    known = PairedDifference(
        estimate=float(difference.mean()) if seeds else None,
        low=None,
        high=None,
        standard_error=None,
        df=None,
        p_a_better=None,
        p_value=None,
        margin=margin,
        equivalence_p=None,
        smallest_margin=None,
        seed_variance=None,
        unit_variance=None,
        residual_variance=None,
        sign_flip_p=sign_flip(by_seed) if 2 <= seeds <= SIGN_FLIP_SEEDS else None,
        seeds=seeds,
        units=units,
        shared_training=shared_training,
        strict_p=None,
        strict_equivalence_p=None,
        adjusted_p=None,
        adjusted_equivalence_p=None,
        call="undecided",
    )
    if seeds < 2:
        return replace(known, notes=(*notes, Reason(Why.FEW_SEEDS, seeds=seeds)))
    if units < 2:
        return replace(known, notes=(*notes, Reason(Why.ONE_UNIT)))
    fit = two_way(difference, least_error(a, b), inflation)
    if fit.standard_error == 0:
        return replace(known, notes=(*notes, Reason(Why.NO_SPREAD)))
    if alike(a, b):
        notes.append(Reason(Why.NO_DISAGREEMENT))
    low, high = fit.interval(1 - ALPHA)
    inner = fit.interval(1 - 2 * ALPHA)
    t = fit.mean / fit.standard_error
    p_a_better = float(stdtr(fit.df, t))
    p_value = 2 * float(stdtr(fit.df, -abs(t)))
    equivalence_p = float(stdtr(fit.df, -(margin - abs(fit.mean)) / fit.standard_error))
    return replace(
        known,
        low=max(low, -span),
        high=min(high, span),
        standard_error=fit.standard_error,
        df=fit.df,
        p_a_better=p_a_better,
        p_value=p_value,
        equivalence_p=equivalence_p,
        smallest_margin=min(max(map(abs, inner)), span),
        seed_variance=fit.seed_variance,
        unit_variance=fit.unit_variance,
        residual_variance=fit.residual_variance,
        strict_p=2 * fit.tail(abs(fit.mean)),
        strict_equivalence_p=fit.tail(margin - abs(fit.mean)),
        adjusted_p=p_value,
        adjusted_equivalence_p=equivalence_p,
        call=_call(fit.mean, p_value, equivalence_p),
        notes=tuple(notes),
    )


def call_together(differences: Sequence[PairedDifference]) -> tuple[PairedDifference, ...]:
    """The same comparisons with calls that hold together: Holm (1979) over the whole family.

    Pass every pair at every size about which something will be said. Winners and equivalences
    are two families, each with an error rate of 5 %. Holm asks for p-values far below 0.05, so
    it is given the strict ones; a family of one keeps the call of its interval.
    """
    measured = [
        (i, d.strict_p, d.strict_equivalence_p)
        for i, d in enumerate(differences)
        if d.strict_p is not None and d.strict_equivalence_p is not None
    ]
    if len(measured) < 2:
        return tuple(differences)
    p_values = holm([p for _, p, _ in measured])
    equivalence = holm([p for _, _, p in measured])
    called = list(differences)
    for (i, _, _), p, equivalence_p in zip(measured, p_values, equivalence, strict=True):
        called[i] = replace(
            called[i],
            adjusted_p=float(p),
            adjusted_equivalence_p=float(equivalence_p),
            call=_call(called[i].estimate, p, equivalence_p),
        )
    return tuple(called)


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Holm's step-down adjusted p-values, in the given order."""
    p = np.asarray(p_values, np.float64)
    order = np.argsort(p, kind="stable")
    steps = p[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def sign_flip(by_seed: ArrayLike) -> float:
    """Two-sided p-value of the sign-flip test over the seeds' differences [seeds], exact.

    It speaks of other seeds on this same test set, not of other texts: read as if it did, it
    finds winners where there are none. All 2^seeds sign patterns are counted, by meeting in the
    middle: the sums of either half are listed, and pairs of them that are large enough counted.
    """
    d = np.abs(np.asarray(by_seed, np.float64))
    if d.ndim != 1 or not 1 <= len(d) <= SIGN_FLIP_SEEDS:
        raise ValueError(
            f"differences of shape {d.shape}: expected one per seed, 1 to {SIGN_FLIP_SEEDS}"
        )
    observed = abs(float(np.sum(by_seed))) - 1e-9 * float(d.sum())  # ties, whatever the rounding
    if observed <= 0:
        return 1.0
    half = len(d) // 2
    left, right = _signed_sums(d[:half]), np.sort(_signed_sums(d[half:]))
    # Sign patterns come in mirrored pairs, so the two tails hold equally many.
    above = len(right) - np.searchsorted(right, observed - left, side="left")
    return float(2 * above.sum() / 2.0 ** len(d))


def _signed_sums(d: NDArray[np.float64]) -> NDArray[np.float64]:
    sums = np.zeros(1)
    for value in d:
        sums = np.concatenate([sums - value, sums + value])
    return sums


def _call(estimate: float | None, p_value: float, equivalence_p: float) -> Call:
    if estimate is not None and p_value <= ALPHA:
        return "A" if estimate > 0 else "B"
    return "equivalent" if equivalence_p <= ALPHA else "undecided"
