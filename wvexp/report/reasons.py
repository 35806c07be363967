"""The words of every reason and remedy: the one place where they are made.

Where the words are two, the second is the detail: `in_words` joins them by a colon, `briefly` says
the first alone.
"""

from collections.abc import Callable, Sequence
from functools import wraps

from wvexp.analysis.choice import Blocker
from wvexp.analysis.evidence import Evidence
from wvexp.analysis.reason import Reason, Remedy, Why
from wvexp.data.grouping import LEAST_TOKENS
from wvexp.report.quantities import percent, surely
from wvexp.report.wording import counted, from_on, listed, margin_words, place

Words = str | tuple[str, str]

# A smaller share of the test sentences moves no score by as much as a point.
_HARMLESS = 0.01


def in_words(reason: Reason) -> str:
    """The reason in full, without a full stop."""
    said = _WORDS[reason.kind](**reason.values)
    return said if isinstance(said, str) else ": ".join(said)


def briefly(reason: Reason) -> str:
    """The reason without its detail, where it has one."""
    said = _WORDS[reason.kind](**reason.values)
    return said if isinstance(said, str) else said[0]


def all_in_words(reasons: Sequence[Reason]) -> list[str]:
    return [in_words(reason) for reason in reasons]


def in_short(reasons: Sequence[Reason]) -> str:
    """The first of several reasons, and how many more there are."""
    first, more = in_words(reasons[0]), len(reasons) - 1
    return f"{first} (and {more} more)" if more else first


def remedy_words(blocker: Blocker) -> str | None:
    """What would settle what blocks a choice; None where nothing is known to."""
    if blocker.remedy is None:
        return None
    return _REMEDIES[blocker.remedy](**blocker.reason.values)


def comparison_words(evidence: Evidence) -> str:
    """The difference of two arms with its interval, where and on how many seeds."""
    c, d = evidence.comparison, evidence.comparison.difference
    assert d.estimate is not None
    assert d.low is not None
    assert d.high is not None
    return (
        f"{c.a} minus {c.b} is {100 * d.estimate:+.1f} points [{100 * d.low:+.1f}, "
        f"{100 * d.high:+.1f}] at size {c.size:,.0f}, {counted(d.seeds, 'seed')}"
    )


def _resting(said: Callable[..., str]) -> Callable[..., Words]:
    """The words of a reason with the comparison that it rests on as their detail."""

    @wraps(said)
    def words(evidence: Evidence, **values: object) -> Words:
        return said(**values), comparison_words(evidence)

    return words


def _gain_below(margin: float, since: float | None, sizes: Sequence[float]) -> str:
    where = from_on(since, sizes) if since else "at every size measured"
    return f"the gain is below {margin_words(margin)} {where}"


def _slight_losses(first: Reason, margin: float, losses: Sequence[Evidence]) -> str:
    at = listed([f"{e.comparison.b} at {e.comparison.size:,.0f}" for e in losses])
    return f"{in_words(first)}; called better by less than {margin_words(margin)}: {at}"


def _beside_choice(first: Reason, beside: str, arm: str, margin: float, confidence: float) -> str:
    within = f"within {margin_words(margin)} of the best arm"
    sure = percent(surely(confidence))
    why = {
        "says_less": f"that {arm} is the choice says less: it is {within}, better or not",
        "higher_score": f"{arm} is the choice for its higher score",
        "less_sure": f"that {arm} is {within} there is {sure} sure, less than this claim asks for",
    }
    return f"{in_words(first)}; {why[beside]}"


def _leakage(shared: int, checked: int, pooled: bool = False) -> Words:
    """How many sentences are tested that may be trained on, and what it does to the scores."""
    what, where = "test sentences", "also stand in the training data"
    if pooled:
        what, where = "sentences", "stand in more than one document"
    share = shared / checked
    least = f"of {LEAST_TOKENS} words and more"
    said = f"{shared:,} of {checked:,} {what} ({share:.1%}, {least}) {where}"
    return (said, "test scores may be too high") if share >= _HARMLESS else said


def _at_an_edge(cells: Sequence[tuple[str, float, str]], total: int) -> Words:
    named = ", ".join(f"{arm} at {size:,.0f} ({side})" for arm, size, side in cells)
    said = "the best learning rate is the lowest or highest tried in"
    return f"{said} {len(cells)} of {total} cells", named


def _folds_missing(arm: str, size: int, seed: int, lr: float, there: int, folds: int) -> Words:
    where = f"{arm} at size {size}, seed {seed}, learning rate {lr:g}"
    return where, f"{there} of {folds} folds, left out"


def _left_out(budget: str, parts: Sequence[tuple[str, Sequence[int]]]) -> str:
    said = [f"{what} at {listed([f'{size:,}' for size in sizes])}" for what, sizes in parts]
    return f"budget={budget} left out {', '.join(said)}"


_WORDS: dict[Why, Callable[..., Words]] = {
    Why.SEEDS_UNPAIRED: lambda unpaired, seeds: f"{unpaired} of {seeds} seeds ran in one arm alone",
    Why.SHARED_TRAINING: lambda: (
        "all seeds share the training data",
        "they differ in initialisation and order alone, and the interval is conditional on this "
        "data",
    ),
    Why.FEW_SEEDS: lambda seeds: (
        f"{counted(seeds, 'seed')} common to both arms",
        "an interval needs 2",
    ),
    Why.ONE_UNIT: lambda: ("1 test unit", "an interval needs 2"),
    Why.NO_SPREAD: lambda: (
        "either arm scores the same on every unit",
        "there is no spread to judge them by",
    ),
    Why.NO_DISAGREEMENT: lambda: (
        "no test unit tells the arms apart",
        "the interval is what this many units can exclude",
    ),
    Why.SIZE_LEFT_OUT: lambda size, because: (f"size {size:,.0f} left out", in_words(because)),
    Why.FEW_SEEDS_IN_COMMON: lambda seeds: f"{counted(seeds, 'seed')} in common",
    Why.SAME_SCORES: lambda: "either arm scores the same on every test unit",
    Why.FEW_SEEDS_OR_NO_SPREAD: lambda: "fewer than 2 seeds, or no spread",
    Why.FEW_SIZES: lambda sizes: (counted(sizes, "usable size"), "2 are needed"),
    Why.FEW_SIZES_FOR_CURVE: lambda sizes: (
        "no curve",
        f"it needs 3 usable sizes, there are {sizes}",
    ),
    Why.CURVE_NOT_FITTED: lambda: (
        "no curve",
        "too few test units, or too little between the sizes, to fit one",
    ),
    Why.CURVE_FITS_BADLY: lambda: (
        "the power law fits badly",
        "its bands are widened, and nothing is extrapolated",
    ),
    Why.FEW_LAST_SIZES: lambda sizes: (
        f"{counted(sizes, 'size')} with an interval at the upper end",
        "3 are needed to extrapolate",
    ),
    Why.CURVE_TURNS: lambda: "the scores at the last three sizes rise ever faster, or fall",
    Why.NOTHING_MEASURED: lambda: "no arm was measured",
    Why.ARM_NOT_MEASURED: lambda arm: f"{arm}: not measured",
    Why.ARM_WITH_ONE_SEED: lambda arm: f"{arm}: one seed, so no interval",
    Why.ARM_WITH_SAME_SCORES: lambda arm: (
        f"{arm}: the same score on every test unit, so no interval"
    ),
    Why.ARM_WITH_OTHER_SEEDS: lambda arm, other, seeds: (
        f"{arm}: {counted(seeds, 'seed')} in common with {other}, so no interval"
    ),
    Why.ARMS_ALIKE: lambda: "no test unit tells the arms apart",
    Why.NO_FRESH_SEED: lambda arm: (
        f"{arm}: every seed had a part in its being chosen, so that its score is too high"
    ),
    Why.NO_BETTER_THAN_BASELINE: lambda baseline: (
        f"not surely better than always giving the same answer, {100 * baseline:.1f} %"
    ),
    Why.BETTER_BEYOND_THE_GRID: lambda arms: (
        f"{' and '.join(arms)} did best at the lowest or highest learning rate tried, and one "
        "beyond could change the choice"
    ),
    Why.SHORT_OF_WANTED_SIZE: lambda measured, wanted, unit: (
        f"measured up to {measured:,} of {wanted:,} training {unit}"
    ),
    Why.NO_RUN: lambda arms: f"no run of {' and no run of '.join(arms)}",
    Why.PAIR_WITHOUT_INTERVAL: lambda a, b, size, because: (
        f"{a} and {b} at size {size:,.0f}",
        in_words(because),
    ),
    Why.LACKING: lambda lacking: in_short(lacking),
    Why.ONE_SIZE: lambda size: (f"one size, {size:,.0f}", "telling small from large needs two"),
    Why.ONE_SIZE_WITH_INTERVAL: lambda lacking: (
        "one size with an interval",
        in_short(lacking),
    ),
    Why.SMALLEST_WITHOUT_INTERVAL: lambda because: (
        "the smallest size has no interval",
        in_words(because),
    ),
    Why.LARGEST_WITHOUT_INTERVAL: lambda because: (
        "the largest size has no interval",
        in_words(because),
    ),
    Why.LOSS: _resting(lambda: "random is better"),
    Why.LOSS_NOT_EXCLUDED: _resting(
        lambda margin: f"a loss beyond {margin_words(margin)} is not excluded"
    ),
    Why.NO_LOSS_SEEN: lambda margin, lacking: (
        f"no loss beyond {margin_words(margin)} seen, but not all was measured",
        in_short(lacking),
    ),
    Why.NO_LOSS: lambda margin, evidence: (
        f"at no size worse by more than {margin_words(margin)}; at worst "
        f"{comparison_words(evidence)}"
    ),
    Why.BESIDE_SLIGHT_LOSSES: _slight_losses,
    Why.GAIN_BELOW: _resting(_gain_below),
    Why.GAIN_GROWS: _resting(lambda margin: "the gain still grows with the data"),
    Why.GAIN_BELOW_AGAIN: _resting(
        lambda margin: (
            f"below {margin_words(margin)} at the largest size, but between smaller "
            "ones it passes that more than once"
        )
    ),
    Why.GAIN_BELOW_UNCALLED: _resting(
        lambda margin: (
            f"below {margin_words(margin)} by the interval at the largest size alone, "
            "not called with all comparisons counted"
        )
    ),
    Why.GAIN_EXTRAPOLATED: _resting(
        lambda margin, size: (
            "not shown at the largest size; a fitted curve, extrapolated, falls "
            f"below {margin_words(margin)} at {place(size)}"
        )
    ),
    Why.GAIN_ABOVE: _resting(
        lambda margin: f"still above {margin_words(margin)} and not surely growing"
    ),
    Why.GAIN_OPEN: _resting(lambda margin: "not shown at the largest size"),
    Why.WINNER: _resting(lambda arm: f"{arm} is better"),
    Why.EQUIVALENT: _resting(lambda: "no difference beyond the margin"),
    Why.AHEAD_UNCALLED: _resting(
        lambda arm, comparisons: (
            f"{arm} is ahead by the interval at this size alone, not called "
            f"with all {comparisons} comparisons counted"
        )
    ),
    Why.NO_WINNER: _resting(lambda: "no winner"),
    Why.BESIDE_CHOICE: _beside_choice,
    Why.CELL: lambda arm, size, because: (f"{arm} at size {size:,.0f}", in_words(because)),
    Why.CELL_WITHOUT_RUN: lambda: "no run",
    Why.RATES_UNTRIED: lambda rates: (
        f"learning rate {', '.join(f'{rate:g}' for rate in rates)} not tried"
    ),
    Why.NO_RATE_CHOSEN: lambda: "no seed tried all its learning rates, so none is chosen",
    Why.NO_RESULT: lambda seeds: f"no result in seed {', '.join(map(str, seeds))}",
    Why.SIZE_WITHOUT_RESULT: lambda size: (f"size {size:,.0f}", "no result in any arm"),
    Why.NO_RUN_OF_ARM: lambda arm: f"no run of the arm {arm}",
    Why.SINGLE_SIZE: lambda size: (
        f"one training size, {size}",
        "no curve and no crossover can be told",
    ),
    Why.SINGLE_SEED: lambda: ("one seed", "nothing can be said of how far a result would repeat"),
    Why.LEAKAGE: _leakage,
    Why.RATES_AT_AN_EDGE: _at_an_edge,
    Why.FOLDS_MISSING: _folds_missing,
    Why.OTHER_UNITS: lambda arm, size, seed: (
        f"{arm} at size {size}, seed {seed}",
        "other test units than the rest, left out",
    ),
    Why.NO_COUNTS: lambda arm, size, seed: (
        f"{arm} at size {size}, seed {seed}",
        "no counts by test unit, left out",
    ),
    Why.NO_SCORE: lambda arm, size, because: (f"{arm} at size {size}", in_words(because)),
    Why.BAD_COUNTS: lambda: "its counts of test units cannot be",
    Why.NO_CLASS: lambda: "no class occurs in the test set: TP + FN is 0 everywhere",
    Why.NOTHING_COUNTED: lambda seed, name: (
        f"seed row {seed}: {name} is 0 over all units, the score is undefined"
    ),
    Why.ALL_IN_ONE_UNIT: lambda seed, unit, name: (
        f"seed row {seed}: all of {name} lies in unit {unit}: the spread over units is unknown"
    ),
    Why.LEARNING_CURVE: lambda arms, because: (
        f"learning curve of {', '.join(arms)}",
        in_words(because),
    ),
    Why.LEFT_OUT_BY_BUDGET: _left_out,
    Why.RACE_LEFT_OUT: lambda budget, model: (
        f"budget={budget} ended before every recipe of the race had run: the answer is of the four "
        f"arms with model={model} alone"
    ),
    Why.RUNS_DID_NOT_LEARN: lambda count, runs: (
        f"{count:,} of {counted(runs, 'run')} learned next to nothing, and do not count"
    ),
    Why.RUNS_FAILED: lambda count: f"{counted(count, 'run')} failed, named in the report",
    Why.YARDSTICKS_LEFT_OUT: lambda budget, yardsticks: (
        f"budget={budget} left out {listed(yardsticks)}, of the methods without word vectors"
    ),
    Why.YARDSTICK_FAILED: lambda yardstick, error: (f"{yardstick} could not be fitted", error),
    Why.FEW_UNITS: lambda units: f"{units} test units",
    Why.ONE_SEED: lambda arm: f"one seed of {arm}",
    Why.NO_SEED_IN_COMMON: lambda a, b: f"no seed that {a} and {b} have in common",
    Why.HALF_WITHOUT_SCORE: lambda because: ("half of the test units", in_words(because)),
}

_REMEDIES: dict[Remedy, Callable[..., str]] = {
    Remedy.FOLDS: lambda **_: "data.folds=5, which tests every example",
    Remedy.EXAMPLES: lambda **_: "more labelled examples",
    Remedy.TELLING_UNITS: lambda **_: "test units that do",
    Remedy.UNITS_OR_SEEDS: lambda **_: (
        "a larger test set, or more seeds, to tell it from always giving the same answer"
    ),
    Remedy.LEARNABLE_LABELS: lambda **_: (
        "labels that can be learnt from these texts, or more training data"
    ),
    Remedy.OTHER_TEST_DATA: lambda **_: "other test data",
    Remedy.RUNS_OF_ARM: lambda arm: f"runs of {arm}",
    Remedy.SEEDS_OF_ARM: lambda arm: f"more seeds of {arm}",
    Remedy.SAME_SEEDS: lambda **_: "the same seeds in every arm",
    Remedy.RATES_BEYOND: lambda arms: (
        f"learning rates beyond those tried, for {' and '.join(arms)}"
    ),
    Remedy.WANTED_SIZE: lambda wanted, unit, **_: (
        f"runs on all {wanted:,} training {unit} (a larger budget)"
    ),
}
