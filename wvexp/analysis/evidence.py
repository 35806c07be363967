"""What a verdict rests on: the comparisons of one pair of arms, and what of them is lacking."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from wvexp.analysis.comparisons import Comparison
from wvexp.analysis.reason import Reason, Why


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
class PairEvidence:
    """What there is of one pair of arms.

    evidence  the comparisons with an interval
    lacking   why there is none, a size each, or of the whole pair
    """

    evidence: tuple[Evidence, ...]
    lacking: tuple[Reason, ...]


def of_pair(
    comparisons: Sequence[Comparison],
    present: Collection[str],
    measures: Mapping[float, SizeMeasures],
    a: str,
    b: str,
) -> PairEvidence:
    """The evidence on arm `a` against arm `b`; ValueError where it is about `b` against `a`."""
    chosen = [c for c in comparisons if (c.a, c.b) == (a, b)]
    if not chosen:
        if any((c.a, c.b) == (b, a) for c in comparisons):
            raise ValueError(f"comparisons of {b} minus {a}: expected {a} first")
        absent = tuple(arm for arm in (a, b) if arm not in present)
        return PairEvidence((), (Reason(Why.NO_RUN, arms=absent),))
    return PairEvidence(
        tuple(
            Evidence(c, measures.get(c.size, SizeMeasures()))
            for c in chosen
            if c.difference.low is not None
        ),
        tuple(
            Reason(Why.PAIR_WITHOUT_INTERVAL, a=a, b=b, size=c.size, because=c.difference.notes[-1])
            for c in chosen
            if c.difference.low is None
        ),
    )


def lower_bound(evidence: Evidence) -> float:
    low = evidence.comparison.difference.low
    assert low is not None  # evidence without an interval is left out
    return low


def estimate(evidence: Evidence) -> float:
    estimate = evidence.comparison.difference.estimate
    assert estimate is not None
    return estimate
