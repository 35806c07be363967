"""The guidance on word vectors, judged claim by claim on what was measured.

pretrained_at_least_random   pretrained vectors are never worse than random ones
random_suffices              with enough data random vectors are as good as pretrained ones
freeze_when_small            on a small training set, do not fine-tune the vectors
tune_when_large              on a large one, do
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.comparisons import Comparison
from wvexp.analysis.fading import Fade, gain_fades
from wvexp.analysis.gain import below_p, growth_p
from wvexp.analysis.paired import ALPHA, MARGIN, holm
from wvexp.analysis.wording import counted, from_on, in_short, place

Claim = Literal[
    "pretrained_at_least_random", "random_suffices", "freeze_when_small", "tune_when_large"
]
_ABOUT_LARGE: tuple[Claim, ...] = ("random_suffices", "tune_when_large")
Status = Literal["supported", "contradicted", "undecided", "not tested"]

PRETRAINED_FROZEN, PRETRAINED_TUNED = "pretrained-frozen", "pretrained-tuned"
RANDOM_FROZEN, RANDOM_TUNED = "random-frozen", "random-tuned"
ARMS = (PRETRAINED_FROZEN, PRETRAINED_TUNED, RANDOM_FROZEN, RANDOM_TUNED)


@dataclass(frozen=True)
class SizeMeasures:
    """Three ways to say how large a training set is; None where it was not measured.

    type_coverage: share of the test set's word types that occur in training
    """

    tokens: float | None = None
    labels: float | None = None
    type_coverage: float | None = None


@dataclass(frozen=True)
class Evidence:
    """One comparison that a verdict rests on: arm `a` minus arm `b`."""

    comparison: Comparison
    measures: SizeMeasures


@dataclass(frozen=True)
class _Pair:
    """What there is of one pair of arms.

    evidence  the comparisons with an interval
    lacking   why there is none, a size each, or of the whole pair
    """

    evidence: tuple[Evidence, ...]
    lacking: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """A claim, its status, the reason in one sentence, and the numbers behind it.

    fade: for `random_suffices`, the size at which the gain falls below the margin
    """

    claim: Claim
    status: Status
    reason: str
    evidence: tuple[Evidence, ...] = ()
    fade: Fade | None = None


def judge(
    comparisons: Sequence[Comparison],
    values: Mapping[str, NDArray[np.float64]],
    sizes: Sequence[float],
    measures: Mapping[float, SizeMeasures] | None = None,
    margin: float = MARGIN,
    widening: float = 1.0,
    falls_short: str = "",
) -> tuple[Verdict, ...]:
    """The four verdicts.

    Parameters
    ----------
    comparisons
        From `compare_arms`, the arms in the order of `ARMS`: one Holm family for all that is said.
    values
        By arm: [sizes, seeds, units].
    measures
        By size: tokens, labels and type coverage, passed through to the evidence.
    widening
        What variances are multiplied by (`overlap.py`).
    falls_short
        Where the large sizes that the data have were not measured: how far one got. The claims
        about large sizes are then not tested.
    """
    measures = measures or {}

    def pair(a: str, b: str) -> _Pair:
        return _pair(comparisons, values.keys(), measures, a, b)

    frozen = pair(PRETRAINED_FROZEN, RANDOM_FROZEN)
    tuned = pair(PRETRAINED_TUNED, RANDOM_TUNED)
    policy = pair(PRETRAINED_FROZEN, PRETRAINED_TUNED)
    verdicts = (
        _pretrained_at_least_random(frozen, tuned, margin),
        _random_suffices(tuned, comparisons, values, sizes, margin, widening),
        _at_one_end("freeze_when_small", policy, min, PRETRAINED_FROZEN, sizes),
        _at_one_end("tune_when_large", policy, max, PRETRAINED_TUNED, sizes),
    )
    if not falls_short:
        return verdicts
    return tuple(
        replace(verdict, status="not tested", reason=falls_short)
        if verdict.claim in _ABOUT_LARGE and verdict.status != "not tested"
        else verdict
        for verdict in verdicts
    )


def _pair(
    comparisons: Sequence[Comparison],
    present: Collection[str],
    measures: Mapping[float, SizeMeasures],
    a: str,
    b: str,
) -> _Pair:
    chosen = [c for c in comparisons if (c.a, c.b) == (a, b)]
    if not chosen:
        if any((c.a, c.b) == (b, a) for c in comparisons):
            raise ValueError(f"comparisons of {b} minus {a}: expected {a} first")
        absent = " and no run of ".join(arm for arm in (a, b) if arm not in present)
        return _Pair((), (f"no run of {absent}",))
    return _Pair(
        tuple(
            Evidence(c, measures.get(c.size, SizeMeasures()))
            for c in chosen
            if c.difference.low is not None
        ),
        tuple(
            f"{a} and {b} at size {c.size:,.0f}: {c.difference.notes[-1]}"
            for c in chosen
            if c.difference.low is None
        ),
    )


def _pretrained_at_least_random(frozen: _Pair, tuned: _Pair, margin: float) -> Verdict:
    claim: Claim = "pretrained_at_least_random"
    evidence = frozen.evidence + tuned.evidence
    lacking = frozen.lacking + tuned.lacking
    if not evidence:
        return Verdict(claim, "not tested", in_short(lacking))
    lost = [e for e in evidence if _lost(e.comparison)]
    unsure = [e for e in evidence if _low(e) <= -margin]
    status: Status = "undecided"
    if lost:
        worst = min(lost, key=_estimate)
        status, reason = "contradicted", f"random is better: {_words(worst)}"
    elif unsure:
        worst = min(unsure, key=_low)
        reason = f"a loss beyond {_points(margin)} is not excluded: {_words(worst)}"
    elif lacking:
        reason = f"no loss seen, but not all was measured: {in_short(lacking)}"
    else:
        worst = min(evidence, key=_low)
        status = "supported"
        reason = f"at no size worse by more than {_points(margin)}; at worst {_words(worst)}"
    return Verdict(claim, status, reason, evidence)


def _random_suffices(
    pair: _Pair,
    comparisons: Sequence[Comparison],
    values: Mapping[str, NDArray[np.float64]],
    sizes: Sequence[float],
    margin: float,
    widening: float,
) -> Verdict:
    claim: Claim = "random_suffices"
    untested = _untested(claim, pair, sizes)
    if untested:
        return untested
    pretrained, random = values[PRETRAINED_TUNED], values[RANDOM_TUNED]
    fade = gain_fades(pretrained, random, sizes, margin, widening=widening)
    undecided = Verdict(claim, "undecided", "", pair.evidence, fade)
    last = pair.evidence[-1]
    if last.comparison.size != sizes[-1]:
        return replace(undecided, reason=f"the largest size has no interval: {pair.lacking[-1]}")
    with_interval = {e.comparison.size for e in pair.evidence}
    judged = [k for k, size in enumerate(sizes) if size in with_interval]
    below, grows = _holm_beside(
        comparisons,
        below_p(pretrained[-1], random[-1], margin, widening),
        growth_p((pretrained - random)[judged], [sizes[k] for k in judged], widening),
    )
    if fade.status in ("measured", "below") and below <= ALPHA:
        where = from_on(fade.high, sizes) if fade.high else "at every size measured"
        reason = f"the gain is below {_points(margin)} {where}: {_words(last)}"
        return replace(undecided, status="supported", reason=reason)
    if fade.within.after == "A" and grows <= ALPHA:
        reason = f"the gain still grows with the data: {_words(last)}"
        return replace(undecided, status="contradicted", reason=reason)
    if fade.status == "extrapolated" and fade.estimate and fade.estimate > sizes[-1]:
        reason = (
            f"not shown at the largest size; a fitted curve, extrapolated, falls below "
            f"{_points(margin)} at {place(fade.estimate)}: {_words(last)}"
        )
    elif fade.within.after == "A":
        reason = f"still above {_points(margin)} and not surely growing: {_words(last)}"
    else:
        reason = f"not shown at the largest size: {_words(last)}"
    return replace(undecided, reason=reason)


def _at_one_end(
    claim: Claim,
    pair: _Pair,
    end: Callable[[Sequence[float]], float],
    advised: str,
    sizes: Sequence[float],
) -> Verdict:
    untested = _untested(claim, pair, sizes)
    if untested:
        return untested
    at_end = [e for e in pair.evidence if e.comparison.size == end(sizes)]
    if not at_end:
        which = "smallest" if end is min else "largest"
        lacking = pair.lacking[0 if end is min else -1]
        reason = f"the {which} size has no interval: {lacking}"
        return Verdict(claim, "undecided", reason, pair.evidence)
    [deciding] = at_end
    call, winner = deciding.comparison.difference.call, deciding.comparison.winner
    status: Status = (
        "undecided" if winner is None else "supported" if winner == advised else "contradicted"
    )
    said = {"equivalent": "no difference beyond the margin", "undecided": "no winner"}
    reason = f"{said.get(call, f'{winner} is better')}: {_words(deciding)}"
    return Verdict(claim, status, reason, pair.evidence)


def _untested(claim: Claim, pair: _Pair, sizes: Sequence[float]) -> Verdict | None:
    """The verdict on a claim about small and large where the pair has no two sizes."""
    if not pair.evidence:
        return Verdict(claim, "not tested", in_short(pair.lacking))
    if len(sizes) < 2:
        reason = f"one size, {sizes[0]:,.0f}: telling small from large needs two"
        return Verdict(claim, "not tested", reason, pair.evidence)
    if len(pair.evidence) < 2:
        reason = f"one size with an interval: {in_short(pair.lacking)}"
        return Verdict(claim, "not tested", reason, pair.evidence)
    return None


def _holm_beside(comparisons: Sequence[Comparison], *p_values: float) -> list[float]:
    """The p-values adjusted in one family with those of every pair and size called."""
    called = [c.difference.strict_p for c in comparisons if c.difference.strict_p is not None]
    adjusted = holm([*p_values, *called]).tolist()
    return adjusted[: len(p_values)]


def _lost(comparison: Comparison) -> bool:
    equivalence_p = comparison.difference.adjusted_equivalence_p
    return comparison.difference.call == "B" and (equivalence_p or 0.0) > ALPHA


def _low(evidence: Evidence) -> float:
    low = evidence.comparison.difference.low
    assert low is not None  # evidence without an interval is left out
    return low


def _estimate(evidence: Evidence) -> float:
    estimate = evidence.comparison.difference.estimate
    assert estimate is not None
    return estimate


def _words(evidence: Evidence) -> str:
    c, d = evidence.comparison, evidence.comparison.difference
    assert d.estimate is not None
    assert d.low is not None
    assert d.high is not None
    return (
        f"{c.a} minus {c.b} is {100 * d.estimate:+.1f} points [{100 * d.low:+.1f}, "
        f"{100 * d.high:+.1f}] at size {c.size:,.0f}, {counted(d.seeds, 'seed')}"
    )


def _points(margin: float) -> str:
    return f"{100 * margin:g} point{'' if margin == 0.01 else 's'}"
