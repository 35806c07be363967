"""The guidance on word vectors, judged claim by claim on what was measured.

pretrained_at_least_random   pretrained vectors are never worse than random ones
random_suffices              with enough data random vectors are as good as pretrained ones
freeze_when_small            on a small training set, do not fine-tune the vectors
tune_when_large              on a large one, do
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.comparisons import Comparison, family_size
from wvexp.analysis.evidence import (
    Evidence,
    PairEvidence,
    SizeMeasures,
    estimate,
    lower_bound,
    of_pair,
)
from wvexp.analysis.fading import Fade, gain_fades
from wvexp.analysis.gain import below_p, growth_p
from wvexp.analysis.paired import ALPHA, MARGIN, holm
from wvexp.analysis.reason import Reason, Why

Claim = Literal[
    "pretrained_at_least_random", "random_suffices", "freeze_when_small", "tune_when_large"
]
_ABOUT_LARGE: tuple[Claim, ...] = ("random_suffices", "tune_when_large")
Status = Literal["supported", "contradicted", "undecided", "not tested"]
BesideChoice = Literal["says_less", "higher_score", "less_sure"]


@dataclass(frozen=True)
class Verdict:
    """A claim, its status, the reason, and the numbers behind it.

    fade      for `random_suffices`, the size at which the gain falls below the margin
    deciding  the comparison that the status rests on; None where it rests on none alone
    beside    where the choice could be read as saying otherwise, why it does not (the reason then
              says so): the choice "says_less" (within the margin, not better), it has the
              "higher_score" of arms within the margin, or it is "less_sure" than the claim asks
    """

    claim: Claim
    status: Status
    reason: Reason
    evidence: tuple[Evidence, ...] = ()
    fade: Fade | None = None
    deciding: Evidence | None = None
    beside: BesideChoice | None = None


def judge(
    comparisons: Sequence[Comparison],
    arms: Sequence[str],
    values: Mapping[str, NDArray[np.float64]],
    sizes: Sequence[float],
    measures: Mapping[float, SizeMeasures] | None = None,
    margin: float = MARGIN,
    inflation: float = 1.0,
    falls_short: Reason | None = None,
) -> tuple[Verdict, ...]:
    """The four verdicts.

    Parameters
    ----------
    comparisons
        From `compare_arms`, in the order of `arms`: one Holm family for all that is said.
    arms
        The four: pretrained frozen and tuned, random frozen and tuned.
    values
        By arm: [sizes, seeds, units].
    measures
        By size: tokens, labels and type coverage, passed through to the evidence.
    inflation
        What variances are multiplied by (`overlap.py`).
    falls_short
        Where the large sizes that the data have were not measured: how far one got. The claims
        about large sizes are then not tested.
    """
    measures = measures or {}
    pretrained_frozen, pretrained_tuned, random_frozen, random_tuned = arms

    def pair(a: str, b: str) -> PairEvidence:
        return of_pair(comparisons, values.keys(), measures, a, b)

    frozen = pair(pretrained_frozen, random_frozen)
    tuned = pair(pretrained_tuned, random_tuned)
    policy = pair(pretrained_frozen, pretrained_tuned)
    verdicts = (
        _pretrained_at_least_random(frozen, tuned, margin),
        _random_suffices(tuned, comparisons, values, sizes, margin, inflation),
        _at_one_end("freeze_when_small", policy, min, pretrained_frozen, sizes, comparisons),
        _at_one_end("tune_when_large", policy, max, pretrained_tuned, sizes, comparisons),
    )
    if falls_short is None:
        return verdicts
    return tuple(
        replace(verdict, status="not tested", reason=falls_short)
        if verdict.claim in _ABOUT_LARGE and verdict.status != "not tested"
        else verdict
        for verdict in verdicts
    )


def _pretrained_at_least_random(
    frozen: PairEvidence, tuned: PairEvidence, margin: float
) -> Verdict:
    claim: Claim = "pretrained_at_least_random"
    evidence = frozen.evidence + tuned.evidence
    lacking = frozen.lacking + tuned.lacking
    if not evidence:
        return Verdict(claim, "not tested", Reason(Why.LACKING, lacking=lacking))
    lost = [e for e in evidence if _lost(e.comparison)]
    unsure = [e for e in evidence if lower_bound(e) <= -margin]
    slight = [e for e in evidence if e.comparison.difference.call == "B" and e not in lost]
    status: Status = "undecided"
    worst = None
    if lost:
        worst = min(lost, key=estimate)
        status, reason = "contradicted", Reason(Why.LOSS, evidence=worst)
    elif unsure:
        worst = min(unsure, key=lower_bound)
        reason = Reason(Why.LOSS_NOT_EXCLUDED, margin=margin, evidence=worst)
    elif lacking:
        reason = Reason(Why.NO_LOSS_SEEN, margin=margin, lacking=lacking)
    else:
        worst = min(evidence, key=lower_bound)
        status = "supported"
        reason = Reason(Why.NO_LOSS, margin=margin, evidence=worst)
    if slight and not lost:
        reason = Reason(Why.BESIDE_SLIGHT_LOSSES, first=reason, margin=margin, losses=tuple(slight))
    return Verdict(claim, status, reason, evidence, deciding=worst)


def _random_suffices(
    pair: PairEvidence,
    comparisons: Sequence[Comparison],
    values: Mapping[str, NDArray[np.float64]],
    sizes: Sequence[float],
    margin: float,
    inflation: float,
) -> Verdict:
    claim: Claim = "random_suffices"
    untested = _untested(claim, pair, sizes)
    if untested:
        return untested
    last = pair.evidence[-1]
    pretrained, random = values[last.comparison.a], values[last.comparison.b]
    fade = gain_fades(pretrained, random, sizes, margin, inflation=inflation)
    # What a reason has, whichever it is.
    told = {"margin": margin, "evidence": last}
    reason = Reason(Why.GAIN_OPEN, **told)
    undecided = Verdict(claim, "undecided", reason, pair.evidence, fade, last)
    if last.comparison.size != sizes[-1]:
        reason = Reason(Why.LARGEST_WITHOUT_INTERVAL, because=pair.lacking[-1])
        return replace(undecided, reason=reason)
    with_interval = {e.comparison.size for e in pair.evidence}
    judged = [k for k, size in enumerate(sizes) if size in with_interval]
    below, grows = _holm_beside(
        comparisons,
        below_p(pretrained[-1], random[-1], margin, inflation),
        growth_p((pretrained - random)[judged], [sizes[k] for k in judged], inflation),
    )
    if fade.status in ("measured", "below") and below <= ALPHA:
        reason = Reason(Why.GAIN_BELOW, since=fade.high, sizes=tuple(sizes), **told)
        return replace(undecided, status="supported", reason=reason)
    if fade.within.after == "A" and grows <= ALPHA:
        growing = replace(fade, status="growing", estimate=None, low=sizes[-1], high=None)
        reason = Reason(Why.GAIN_GROWS, **told)
        return replace(undecided, status="contradicted", reason=reason, fade=growing)
    if fade.within.after == "B":
        # Called, it can only have passed the margin more than once.
        why = Why.GAIN_BELOW_AGAIN if below <= ALPHA else Why.GAIN_BELOW_UNCALLED
        return replace(undecided, reason=Reason(why, **told))
    if fade.status == "extrapolated" and fade.estimate and fade.estimate > sizes[-1]:
        reason = Reason(Why.GAIN_EXTRAPOLATED, size=fade.estimate, **told)
        return replace(undecided, reason=reason)
    if fade.within.after == "A":
        return replace(undecided, reason=Reason(Why.GAIN_ABOVE, **told))
    return undecided


def _at_one_end(
    claim: Claim,
    pair: PairEvidence,
    end: Callable[[Sequence[float]], float],
    advised: str,
    sizes: Sequence[float],
    comparisons: Sequence[Comparison],
) -> Verdict:
    untested = _untested(claim, pair, sizes)
    if untested:
        return untested
    at_end = [e for e in pair.evidence if e.comparison.size == end(sizes)]
    if not at_end:
        reason = (
            Reason(Why.SMALLEST_WITHOUT_INTERVAL, because=pair.lacking[0])
            if end is min
            else Reason(Why.LARGEST_WITHOUT_INTERVAL, because=pair.lacking[-1])
        )
        return Verdict(claim, "undecided", reason, pair.evidence)
    [deciding] = at_end
    winner, ahead = deciding.comparison.winner, deciding.comparison.ahead
    status: Status = (
        "undecided" if winner is None else "supported" if winner == advised else "contradicted"
    )
    if winner:
        reason = Reason(Why.WINNER, arm=winner, evidence=deciding)
    elif deciding.comparison.difference.call == "equivalent":
        reason = Reason(Why.EQUIVALENT, evidence=deciding)
    elif ahead:
        family = family_size(comparisons)
        reason = Reason(Why.AHEAD_UNCALLED, arm=ahead, comparisons=family, evidence=deciding)
    else:
        reason = Reason(Why.NO_WINNER, evidence=deciding)
    return Verdict(claim, status, reason, pair.evidence, deciding=deciding)


def _untested(claim: Claim, pair: PairEvidence, sizes: Sequence[float]) -> Verdict | None:
    """The verdict on a claim about small and large where the pair has no two sizes."""
    if not pair.evidence:
        return Verdict(claim, "not tested", Reason(Why.LACKING, lacking=pair.lacking))
    if len(sizes) < 2:
        reason = Reason(Why.ONE_SIZE, size=sizes[0])
        return Verdict(claim, "not tested", reason, pair.evidence)
    if len(pair.evidence) < 2:
        reason = Reason(Why.ONE_SIZE_WITH_INTERVAL, lacking=pair.lacking)
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
