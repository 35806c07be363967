"""One reading of the evidence: a claim beside the choice.

The choice is of an arm within the margin of the best, at one size and with a probability of 95 %.
A claim is about the sign or the size of one difference, after all comparisons are counted. So an
arm can be the choice while the claim for it stays undecided; where that could be read as a
contradiction, the claim's reason says why it is none.
"""

from collections.abc import Sequence
from dataclasses import replace

from wvexp.analysis.choice import SURE, Choice
from wvexp.analysis.comparisons import Comparison
from wvexp.analysis.reason import Reason, Why
from wvexp.analysis.verdict import BesideChoice, Verdict
from wvexp.arms import PRETRAINED_TUNED, RANDOM_FROZEN, RANDOM_TUNED


def beside_choice(
    verdicts: Sequence[Verdict], choice: Choice, top: float, margin: float
) -> tuple[Verdict, ...]:
    """The verdicts, with a reason why the choice, made at size `top`, only seems to differ."""
    return tuple(_explained(verdict, choice, top, margin) for verdict in verdicts)


def _explained(verdict: Verdict, choice: Choice, top: float, margin: float) -> Verdict:
    beside, arm = _beside(verdict, choice, top)
    if beside is None:
        return verdict
    reason = Reason(
        Why.BESIDE_CHOICE,
        first=verdict.reason,
        beside=beside,
        arm=arm,
        margin=margin,
        confidence=choice.near_best.get(arm, 0.0),
    )
    return replace(verdict, beside=beside, reason=reason)


def _beside(verdict: Verdict, choice: Choice, top: float) -> tuple[BesideChoice | None, str]:
    """How the choice relates to the verdict, and the arm in question."""
    chosen = choice.recommended if choice.decided and choice.recommended else ""
    match verdict.claim, verdict.status:
        case _, "not tested":
            return None, ""
        case "pretrained_at_least_random", "supported":
            random = chosen in (RANDOM_FROZEN.name, RANDOM_TUNED.name)
            return ("higher_score" if random else None), chosen
        case "random_suffices", "supported":
            return ("higher_score" if chosen == PRETRAINED_TUNED.name else None), chosen
        case "random_suffices", "undecided":
            near = choice.near_best.get(RANDOM_TUNED.name, 0.0) >= SURE
            return ("less_sure" if near else None), RANDOM_TUNED.name
    rests_on = verdict.deciding.comparison if verdict.deciding else None
    if rests_on is None or rests_on.size != top or chosen not in (rests_on.a, rests_on.b):
        return None, ""
    return _of_pair(verdict, rests_on, chosen), chosen


def _of_pair(verdict: Verdict, rests_on: Comparison, chosen: str) -> BesideChoice | None:
    if verdict.claim == "pretrained_at_least_random":
        if chosen == rests_on.b:
            return None
        return "says_less" if verdict.status == "contradicted" else "less_sure"
    if verdict.claim == "random_suffices":
        return "says_less" if chosen == rests_on.b else None
    if rests_on.winner == chosen:
        return None
    return "higher_score" if rests_on.difference.call == "equivalent" else "says_less"
