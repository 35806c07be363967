"""The guidance on word vectors, judged claim by claim on what was measured.

pretrained_at_least_random   pretrained vectors are never worse than random ones
random_suffices              with enough data random vectors are as good as pretrained ones
freeze_when_small            on a small training set, do not fine-tune the vectors
tune_when_large              on a large one, do
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.comparisons import Comparison
from wvexp.analysis.fading import Fade, gain_fades
from wvexp.analysis.paired import ALPHA, MARGIN, paired_difference

Claim = Literal[
    "pretrained_at_least_random", "random_suffices", "freeze_when_small", "tune_when_large"
]
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
    """
    measures = measures or {}

    def evidence(a: str, b: str) -> list[Evidence]:
        chosen = [c for c in comparisons if (c.a, c.b) == (a, b)]
        if not chosen and any((c.a, c.b) == (b, a) for c in comparisons):
            raise ValueError(f"comparisons of {b} minus {a}: expected {a} first")
        return [
            Evidence(c, measures.get(c.size, SizeMeasures()))
            for c in chosen
            if c.difference.low is not None
        ]

    frozen = evidence(PRETRAINED_FROZEN, RANDOM_FROZEN)
    tuned = evidence(PRETRAINED_TUNED, RANDOM_TUNED)
    policy = evidence(PRETRAINED_FROZEN, PRETRAINED_TUNED)
    return (
        _pretrained_at_least_random(frozen + tuned, margin),
        _random_suffices(tuned, values, sizes, margin),
        _at_one_end("freeze_when_small", policy, min, PRETRAINED_FROZEN),
        _at_one_end("tune_when_large", policy, max, PRETRAINED_TUNED),
    )


def _pretrained_at_least_random(evidence: list[Evidence], margin: float) -> Verdict:
    claim: Claim = "pretrained_at_least_random"
    if not evidence:
        return Verdict(claim, "not tested", "needs a pretrained arm and its random counterpart")
    lost = [e for e in evidence if _lost(e.comparison)]
    unsure = [e for e in evidence if _low(e) <= -margin]
    status: Status
    if lost:
        worst = min(lost, key=lambda e: _estimate(e))
        status, reason = "contradicted", f"random is better: {_words(worst)}"
    elif unsure:
        worst = min(unsure, key=_low)
        status = "undecided"
        reason = f"a loss beyond {_points(margin)} is not excluded: {_words(worst)}"
    else:
        worst = min(evidence, key=_low)
        status = "supported"
        reason = f"at no size worse by more than {_points(margin)}; at worst {_words(worst)}"
    return Verdict(claim, status, reason, tuple(evidence))


def _random_suffices(
    evidence: list[Evidence],
    values: Mapping[str, NDArray[np.float64]],
    sizes: Sequence[float],
    margin: float,
) -> Verdict:
    claim: Claim = "random_suffices"
    if len(evidence) < 2:
        reason = f"needs {PRETRAINED_TUNED} and {RANDOM_TUNED} at two sizes or more"
        return Verdict(claim, "not tested", reason, tuple(evidence))
    pretrained, random = values[PRETRAINED_TUNED], values[RANDOM_TUNED]
    fade = gain_fades(pretrained, random, sizes, margin)
    last = evidence[-1]
    status: Status = "undecided"
    if fade.status == "measured":
        status = "supported"
        reason = f"the gain falls below {_points(margin)} by size {fade.high:g}"
    elif fade.status == "below":
        status = "supported"
        reason = f"the gain is below {_points(margin)} from the first size on"
    elif fade.within.after == "A" and _grows(pretrained - random, sizes, evidence):
        status = "contradicted"
        reason = f"the gain grows with the data: {_words(last)}"
    elif fade.status == "extrapolated" and fade.estimate is not None:
        reason = (
            f"not yet at the largest size; extrapolated, the gain falls below {_points(margin)} "
            f"near size {float(f'{fade.estimate:.2g}'):,.0f}: {_words(last)}"
        )
    else:
        reason = f"not shown at the largest size: {_words(last)}"
    return Verdict(claim, status, reason, tuple(evidence), fade)


def _at_one_end(
    claim: Claim,
    evidence: list[Evidence],
    end: Callable[..., Evidence],
    advised: str,
) -> Verdict:
    if not evidence:
        reason = f"needs {PRETRAINED_FROZEN} and {PRETRAINED_TUNED}"
        return Verdict(claim, "not tested", reason)
    if len(evidence) < 2:
        reason = "one size: telling small from large needs two"
        return Verdict(claim, "not tested", reason, tuple(evidence))
    deciding = end(evidence, key=lambda e: e.comparison.size)
    call, winner = deciding.comparison.difference.call, deciding.comparison.winner
    status: Status = (
        "undecided" if winner is None else "supported" if winner == advised else "contradicted"
    )
    said = {"equivalent": "no difference beyond the margin", "undecided": "no winner"}
    reason = f"{said.get(call, f'{winner} is better')}: {_words(deciding)}"
    return Verdict(claim, status, reason, tuple(evidence))


def _grows(gain: NDArray[np.float64], sizes: Sequence[float], evidence: Sequence[Evidence]) -> bool:
    """Whether the gain at the last measured size is surely above that at the first."""
    order = [float(size) for size in sizes]
    first, last = (order.index(evidence[i].comparison.size) for i in (0, -1))
    low = paired_difference(gain[last], gain[first]).low
    return low is not None and low > 0


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
        f"{100 * d.high:+.1f}] at size {c.size:g}, {d.seeds} seeds"
    )


def _points(margin: float) -> str:
    return f"{100 * margin:g} point{'' if margin == 0.01 else 's'}"
