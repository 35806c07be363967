"""Findings in words, for the page, the Markdown and the terminal alike."""

from collections.abc import Mapping, Sequence

from wvexp.analysis.comparisons import family_size
from wvexp.analysis.crossover import Crossover, Sign
from wvexp.analysis.fading import Fade
from wvexp.analysis.overlap import variance_inflation
from wvexp.analysis.reason import Why
from wvexp.metrics import METRICS
from wvexp.report.findings import Findings
from wvexp.report.reasons import in_short
from wvexp.report.wording import counted, from_on, listed, margin_words, place
from wvexp.tasks import TASKS

CLAIMS = {
    "pretrained_at_least_random": "Pretrained vectors are at least as good as random ones",
    "random_suffices": "With enough data random vectors suffice",
    "freeze_when_small": "On a small training set, do not fine-tune the vectors",
    "tune_when_large": "On a large training set, fine-tune them",
}


def about(f: Findings) -> str:
    """What was measured, and what that holds for."""
    rates = [f"{rate:g}" for rate in f.about["learning_rates"]]
    tuned = f"learning rate {rates[0]}"
    if len(rates) > 1:
        tuned = f"learning rates {', '.join(rates)}, chosen on validation for each arm and size"
    said = (
        f"{counted(len(f.runs), 'run')}: {counted(len(f.arms), 'arm')}, "
        f"{counted(len(f.sizes), 'training size')}, {counted(len(f.seeds), 'seed')}; {tuned}; "
        f"{f.about['model']} model, {METRICS[f.metric].words}; condition {f.condition}."
    )
    if f.full_size:
        said += (
            f" At {f.full_size:,} {unit(f)} all seeds share the whole training data: what is said "
            "there holds for this data."
        )
    if f.folds:
        said += (
            f" Cross-fitted over {f.folds} folds, drawn anew for each seed: every example was "
            "tested once per seed. Training sets overlap, so what is said holds for these "
            f"examples, and variances are multiplied by {variance_inflation(f.folds):.2f} "
            "(Nadeau and Bengio 2003)."
        )
    return said


def unit(f: Findings, count: float | None = None) -> str:
    """What training sizes are counted in."""
    kind = TASKS[f.about["task"]]
    return kind.noun if count == 1 else kind.nouns


def places(f: Findings, a: str, b: str) -> str:
    """Where arms a and b change places, by the intervals, and where that is no call.

    An arm is *ahead* at a size where the 95 % interval there leaves out 0, and *called* where it
    is better with all comparisons counted, on which the claims rest.
    """
    crossing = f.crossovers[f"{a} - {b}"]
    called = {c.size for c in f.comparisons if (c.a, c.b) == (a, b) and c.winner}
    ahead = [s for s, who in zip(crossing.sizes, crossing.leaders, strict=True) if who]
    uncalled = [size for size in ahead if size not in called]
    said = crossover_words(crossing, a, b, unit(f))
    if not uncalled:
        return said
    at = f"not called at {listed([f'{size:,.0f}' for size in uncalled])}"
    if len(uncalled) == len(ahead) > 1:
        at = "called at no size"
    return f"{said}; {at} with all {family_size(f.comparisons)} comparisons counted"


def crossover_words(crossing: Crossover, a: str, b: str, of: str) -> str:
    """What the intervals say of the size at which arms a and b change places, and no more."""
    sizes = crossing.sizes
    if len(sizes) < 2:
        left_out = [note for note in crossing.notes if note.kind is Why.SIZE_LEFT_OUT]
        why = f": {in_short(left_out)}" if left_out else ""
        return f"cannot be told without an interval at two sizes{why}"
    name: dict[Sign | None, str] = {"A": a, "B": b, None: "neither"}
    low, high = (_edge(edge, sizes) for edge in (crossing.low, crossing.high))
    x, y = name[crossing.at_low], name[crossing.at_high]
    open_sizes = _undecided(crossing)
    gaps = f"; not decided at {open_sizes}" if open_sizes else ""
    gaps += _left_out(crossing)
    at_sizes = _by_leader(crossing, name, of)
    match crossing.status:
        case "none":
            measured = "that has an interval" if gaps else "measured"
            return f"{name[crossing.before]} is ahead at every size {measured}{gaps}"
        case "several":
            return f"{at_sizes}; they change places more than once between {low} and {high}{gaps}"
        case "one":
            if gaps:
                return f"{at_sizes}; they change places between {low} and {high}{gaps}"
            return f"{x} is ahead up to {low} {of}, {y} {_on(crossing.high, sizes)}"
        case "before_first":
            said = f"{at_sizes}{gaps}" if gaps else f"{y} is ahead {_on(crossing.high, sizes, of)}"
            return f"{said}; whether {a} and {b} change places below is not decided"
        case "beyond_last":
            said = f"{at_sizes}{gaps}" if gaps else f"{x} is ahead up to {low} {of}"
            return f"{said}; whether {a} and {b} change places after is not decided"
    if crossing.low is not None:
        return f"{at_sizes}{gaps}"
    first, last = (f"{size:,.0f}" for size in (sizes[0], sizes[-1]))
    neither = f"neither {a} nor {b} is surely ahead at {first} {of} or at {last}"
    return "; ".join(filter(None, [neither, at_sizes])) + gaps


def _by_leader(crossing: Crossover, name: Mapping[Sign | None, str], of: str) -> str:
    """Who is ahead at which of the sizes, the arm that is so at the smallest first."""
    at: dict[str, list[str]] = {}
    for size, leader in zip(crossing.sizes, crossing.leaders, strict=True):
        if leader:
            at.setdefault(name[leader], []).append(f"{size:,.0f}")
    (first, sizes), *other = at.items() or [("", [])]
    said = f"{first} is ahead at {listed(sizes)} {of}" if first else ""
    return ", ".join([said, *(f"{arm} at {listed(sizes)}" for arm, sizes in other)])


def fade_words(fade: Fade, of: str) -> str:
    """Where the gain of pretrained over random vectors falls below the margin."""
    within, margin = fade.within, margin_words(fade.margin)
    low, high = (_edge(edge, within.sizes) for edge in (fade.low, fade.high))
    if len(within.sizes) < 2:
        return f"whether it falls below {margin} cannot be told without an interval at two sizes"
    return _fading(fade, margin, low, high, of) + _left_out(within)


def _fading(fade: Fade, margin: str, low: str, high: str, of: str) -> str:
    within = fade.within
    first, last = (f"{size:,.0f}" for size in (within.sizes[0], within.sizes[-1]))
    match fade.status:
        case "below":
            return f"below {margin} at every size measured"
        case "measured":
            if low and high:
                for_good = " for good" if fade.high != within.high else ""
                return f"falls below {margin}{for_good} between {low} and {high} {of}"
            return f"below {margin} {_on(fade.high, within.sizes, of)}"
        case "growing":
            return f"still above {margin} at {last} {of}, and growing"
        case "above":
            measured = (
                f"still above {margin}" if within.after == "A" else f"not surely above {margin}"
            )
            return (
                f"{measured} at {last} {of}; extrapolated, not measured: above it up to "
                f"{fade.reach:g} times as many"
            )
        case "extrapolated" if fade.estimate:
            measured = (
                f"still above {margin} at {last} {of}"
                if within.after == "A"
                else f"above {margin} up to {low} {of}, not decided at {last}"
            )
            if fade.estimate <= within.sizes[-1]:
                return f"{measured}, where a fitted curve is below it"
            limits = f"{low} to {high}" if high else f"from {low} on"
            return (
                f"{measured}; extrapolated, not measured: falls below it at "
                f"{place(fade.estimate)} (95 %: {limits})"
            )
    above = {"A": f"above {margin}", "B": f"below {margin}"}
    if within.status == "one" and within.at_low and within.at_high:
        start, end = (_edge(edge, within.sizes) for edge in (within.low, within.high))
        return f"{above[within.at_low]} at {start} {of}, {above[within.at_high]} at {end}"
    ends = [
        f"{above[leader]} at {size} {of}"
        for leader, size in ((within.before, first), (within.after, last))
        if leader
    ]
    if within.before and within.before == within.after:
        ends = [f"{above[within.before]} at {first} {of} and at {last}"]
    return "; ".join([*ends, f"whether it falls below {margin} for good is not decided"])


def _on(size: float | None, measured: Sequence[float], of: str = "") -> str:
    assert size is not None  # where one arm is ahead at the last size, it is known from where on
    return from_on(size, measured, of)


def _left_out(crossing: Crossover) -> str:
    """The sizes that ran and have no interval."""
    return f"; {in_short(crossing.notes)}" if crossing.notes else ""


def _edge(size: float | None, measured: Sequence[float]) -> str:
    return "" if size is None else place(size, measured)


def _undecided(crossing: Crossover) -> str:
    """The sizes measured without a leader, other than those where a change is looked for."""
    if crossing.low is None and crossing.high is None:
        return ""
    low, high = crossing.low or 0.0, crossing.high or float("inf")
    if crossing.status == "undecided":
        low = high = 0.0  # no change was found
    found = [
        f"{size:,.0f}"
        for size, leader in zip(crossing.sizes, crossing.leaders, strict=True)
        if leader is None and not low < size < high
    ]
    return listed(found)
