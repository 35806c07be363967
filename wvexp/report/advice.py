"""The answer in at most eleven lines: what to do, how sure, what it costs to be wrong."""

from math import ceil

from wvexp.analysis.choice import SURE
from wvexp.arms import (
    FOUR_NAMES,
    FROZEN,
    PRETRAINED_FROZEN,
    PRETRAINED_TUNED,
    RANDOM_FROZEN,
    RANDOM_TUNED,
    TUNED,
    Arm,
)
from wvexp.metrics import METRICS
from wvexp.report.findings import Findings
from wvexp.report.quantities import percent, points, surely
from wvexp.report.race_words import race_headline, race_lines
from wvexp.report.reasons import all_in_words, briefly, in_short, in_words, remedy_words
from wvexp.report.wording import counted, listed, margin_words
from wvexp.report.words import fade_words, places, unit
from wvexp.report.worth import worth_words
from wvexp.report.yardstick_words import better_yardstick, without_vectors

# Letters of a problem that fit on the terminal.
_LONGEST = 160


def headline(f: Findings) -> str:
    """The answer in one sentence."""
    if f.race is not None:
        return race_headline(f, f.race)
    arm = f.choice.recommended
    if arm is None:
        at = f" at {f.sizes[-1]:,} {unit(f, f.sizes[-1])}" if f.scores else ""
        return f"No answer: no arm was measured{at}."
    said = f"Take {arm}" if f.choice.decided else f"Undecided; the best so far is {arm}"
    better = better_yardstick(f)
    if better:
        said = f"{better} Of the arms {said[0].lower()}{said[1:]}"
        if not f.choice.decided:
            said = f"{better} Of the arms none is decided; the best so far is {arm}"
    caveat = " Cross-fitted: it holds for these examples, not for others." if f.folds else ""
    return f"{said}: {Arm.parse(arm).words}.{caveat}"


def advice(f: Findings) -> list[str]:
    """What to do, how sure, what it costs to be wrong, where it flips: 13 lines at most."""
    lines = [headline(f)]
    if f.race is not None:
        lines += race_lines(f, f.race)
    else:
        lines += [_how_sure(f), _its_score(f), _cost(f)]
    lines += [_gain(f), _policy(f), _flip(f), _fading(f), _worth(f)]
    lines += [_settling(f), _missing(f)] if f.race is None else [_missing(f)]
    return [line for line in lines if line]


def _how_sure(f: Findings) -> str:
    choice = f.choice
    if choice.recommended is None:
        return ""
    if choice.confidence is None:
        why = "; ".join(all_in_words(choice.notes)) or "too little measured"
        return f"How sure: unknown ({why})."
    size = f.sizes[-1]
    as_good = [
        arm for arm, p in choice.near_best.items() if p >= SURE and arm != choice.recommended
    ]
    reasons = "" if choice.decided else "".join(f"; {in_words(note)}" for note in choice.notes)
    also = f"; so is {listed(as_good)}" if as_good else ""
    return (
        f"How sure: {percent(surely(choice.confidence))} that it is within "
        f"{margin_words(f.margin)} of the best arm, at {size:,} {unit(f, size)}{also}{_ahead(f)}"
        f"{reasons}."
    )


def _ahead(f: Findings) -> str:
    """The arms that are ahead of the recommended: it has the higher mean over other seeds."""
    arm = f.choice.recommended
    at_top = [c for c in f.comparisons if c.size == f.sizes[-1] and arm in (c.a, c.b)]
    others = [c.ahead for c in at_top if c.ahead in FOUR_NAMES and c.ahead != arm]
    return f"; ahead of it over the seeds in common: {listed(others)}" if others else ""


def _its_score(f: Findings) -> str:
    score = f.score(f.choice.recommended or "", f.sizes[-1])
    if score is None:
        return ""
    said = f"Its test {METRICS[f.metric].words}: {percent(score.score)}"
    if score.low is not None and score.high is not None:
        said += f" [{100 * score.low:.1f}, {100 * score.high:.1f}]"
    how = f", cross-fitted over {f.folds} folds" if f.folds else ""
    measured = f"{counted(score.seeds, 'seed')} on {counted(score.units, 'test unit')}{how}"
    nothing = without_vectors(f)
    if f.baseline is not None and not nothing:
        nothing = f"; {f.constant} alone would score {percent(f.baseline)}"
    unseen = f"; {f.unseen_labels}" if f.unseen_labels else ""
    told = f.beside.get(f.choice.recommended or "", {})
    beside = "".join(f"; {name.replace('_', ' ')} {value:.4g}" for name, value in told.items())
    return f"{said}, {measured}{beside}{nothing}{unseen}."


def _cost(f: Findings) -> str:
    cost = f.choice.worst_cost
    if f.choice.recommended is None:
        return ""
    if cost is None:
        unmeasured = [blocker.reason for blocker in f.choice.blockers if blocker.arm]
        why = in_short(unmeasured) if unmeasured else "too few seeds in common"
        return f"What it costs to be wrong: unknown ({why})."
    score = f.score(f.choice.recommended, f.sizes[-1])
    missing = 1.0 if score is None else 1.0 - score.score
    if missing <= 0:
        return "What it costs to be wrong: nothing on this test set, where its score is 100 %."
    if cost == 0:
        return "What it costs to be wrong: no other arm is better, each by its 95 % interval."
    most = f"What it costs to be wrong: at most {points(ceil(1000 * cost - 1e-9) / 1000)}"
    if cost >= missing - 1e-9:
        return f"{most}, the far end of another arm's 95 % interval, cut at 100 %."
    return f"{most}, the far end of another arm's 95 % interval."


def _difference(f: Findings, a: Arm, b: Arm) -> str:
    for c in f.comparisons:
        d = c.difference
        if (c.a, c.b, c.size) == (a.name, b.name, f.sizes[-1]) and d.estimate is not None:
            interval = ""
            if d.low is not None and d.high is not None:
                interval = f" [{100 * d.low:+.1f}, {100 * d.high:+.1f}]"
            return f"{points(d.estimate, signed=True)}{interval}"
    return ""


def _gain(f: Findings) -> str:
    frozen = _difference(f, PRETRAINED_FROZEN, RANDOM_FROZEN)
    tuned = _difference(f, PRETRAINED_TUNED, RANDOM_TUNED)
    both = (frozen, FROZEN), (tuned, TUNED)
    parts = [f"{text} {treatment.name}" for text, treatment in both if text]
    return f"Pretrained minus random{_at(f)}: {', '.join(parts)}." if parts else ""


def _policy(f: Findings) -> str:
    found = _difference(f, PRETRAINED_FROZEN, PRETRAINED_TUNED)
    return f"Frozen minus tuned, pretrained{_at(f)}: {found}." if found else ""


def _flip(f: Findings) -> str:
    """The size at which the answer between frozen and tuned pretrained vectors changes."""
    if f"{PRETRAINED_FROZEN} - {PRETRAINED_TUNED}" not in f.crossovers:
        return ""
    words = places(f, PRETRAINED_FROZEN.name, PRETRAINED_TUNED.name)
    return f"Where it flips (95 % intervals, one size at a time): {words}{_unmeasured(f)}."


def _fading(f: Findings) -> str:
    if f.fade is None:
        return ""
    words = fade_words(f.fade, unit(f))
    return f"The gain of pretrained over random vectors, tuned: {words}{_unmeasured(f)}."


def _worth(f: Findings) -> str:
    """What more labels would buy, and how many of them the vectors stand for."""
    said = "; ".join(worth_words(f))
    return f"What labels are worth: {said}." if said else ""


def _at(f: Findings) -> str:
    """The size measured, where it is not the one that the answer is for."""
    return f" at {f.sizes[-1]:,} {unit(f, f.sizes[-1])}" if f.falls_short else ""


def _unmeasured(f: Findings) -> str:
    return f"; {in_words(f.falls_short)}" if f.falls_short else ""


def _settling(f: Findings) -> str:
    """What the blockers ask for; where there are none, what would tell the arms apart."""
    if f.choice.blockers:
        remedies = filter(None, map(remedy_words, f.choice.blockers))
        wanted = "; ".join(dict.fromkeys(remedies))
        return f"What would settle it: {wanted}." if wanted else ""
    s = f.choice.settling
    if s is None:
        larger = "What would settle it: a larger budget; begun again, it goes on here."
        return larger if f.cut_short and not f.choice.decided else ""
    ways = []
    if s.seeds:
        ways.append(f"about {counted(s.seeds, 'seed')} in all")
    if s.units:
        more = f"about {s.units:,}"
        ways.append(f"{more} labelled examples" if f.folds else f"a test set of {more} units")
    told = f"to tell {f.choice.recommended} from {s.closest}"
    if ways:
        return f"What would settle it: {' or '.join(ways)}, {told}."
    return (
        f"What would settle it: more seeds together with more test data, {told}; or more training "
        "data, should their curves part."
    )


def _missing(f: Findings) -> str:
    if not f.problems:
        return ""
    rest = f" (and {len(f.problems) - 1} more, in the report)" if len(f.problems) > 1 else ""
    first = in_words(f.problems[0])
    if len(first) > _LONGEST:
        first = briefly(f.problems[0])[:_LONGEST]
    return f"Mind: {first}{rest}."
