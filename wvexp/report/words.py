"""Findings in words, for the page, the Markdown and the terminal alike."""

from collections.abc import Sequence

from wvexp.analysis.crossover import Crossover
from wvexp.analysis.fading import Fade
from wvexp.analysis.overlap import widening
from wvexp.analysis.wording import counted, from_on, in_short, place
from wvexp.report.findings import Findings

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
        f"{f.about['model']} model, {f.metric.replace('_', ' ')}; condition {f.condition}."
    )
    if f.full_size:
        said += (
            f" At {f.full_size:,} {unit(f)} all seeds share the whole training data: what is said "
            "there holds for this data."
        )
    if f.folds:
        said += (
            f" Cross-fitted over {f.folds} folds, drawn anew for each seed: every example was "
            "tested once a seed. Training sets overlap, so what is said holds for these examples, "
            f"and variances are multiplied by {widening(f.folds):.2f} (Nadeau and Bengio 2003)."
        )
    return said


def unit(f: Findings, count: float | None = None) -> str:
    """What training sizes are counted in."""
    name = "token" if f.about["task"] == "token" else "sentence"
    return name if count == 1 else f"{name}s"


def points(fraction: float, signed: bool = False) -> str:
    """A difference of scores in points."""
    number = f"{100 * fraction:{'+' if signed else ''}.1f}"
    return "1 point" if number == "1.0" else f"{number} points"


def percent(score: float) -> str:
    return f"{100 * score:.1f} %"


def places(f: Findings, a: str, b: str) -> str:
    """Where arms a and b change places, by the intervals, and where no call bears them out."""
    crossing = f.crossovers[f"{a} - {b}"]
    called = {c.size for c in f.comparisons if (c.a, c.b) == (a, b) and c.winner}
    uncalled = [
        f"{size:,.0f}"
        for size, leader in zip(crossing.sizes, crossing.leaders, strict=True)
        if leader and size not in called
    ]
    said = crossover_words(crossing, a, b, unit(f))
    if not uncalled:
        return said
    return f"{said} (at {_listed(uncalled)} not called, once all comparisons are counted)"


def crossover_words(crossing: Crossover, a: str, b: str, of: str) -> str:
    """What the intervals say of the size at which arms a and b change places, and no more."""
    sizes = crossing.sizes
    if len(sizes) < 2:
        why = f": {in_short(crossing.notes[:-1])}" if len(crossing.notes) > 1 else ""
        return f"cannot be told without an interval at two sizes{why}"
    name = {"A": a, "B": b, None: "neither"}
    low, high = (_edge(edge, sizes) for edge in (crossing.low, crossing.high))
    x, y = name[crossing.at_low], name[crossing.at_high]
    first, last = (f"{size:,.0f}" for size in (sizes[0], sizes[-1]))
    open_sizes = _undecided(crossing)
    gaps = f"; not decided at {open_sizes}" if open_sizes else ""
    gaps += _left_out(crossing)
    match crossing.status:
        case "none":
            return f"{name[crossing.before]} leads at every size measured{gaps}"
        case "several":
            return f"{a} and {b} change places more than once between {low} and {high} {of}{gaps}"
        case "one":
            if gaps:
                return f"{x} leads at {low} {of}, {y} at {high}{gaps}"
            return f"{x} leads up to {low} {of}, {y} {_on(crossing.high, sizes)}"
        case "before_first":
            where = f"at {high} {of}{gaps}" if gaps else _on(crossing.high, sizes, of)
            leads = f"{y} leads {where}"
            return f"{leads}; whether {a} and {b} change places below is not decided"
        case "beyond_last":
            leads = f"{x} leads at {low} {of}{gaps}" if gaps else f"{x} leads up to {low} {of}"
            return f"{leads}; whether {a} and {b} change places after is not decided"
    if crossing.low is not None:
        ends = f"{x} leads at {first} {of} and at {last}"
        return f"{ends}; not decided between {low} and {high}{gaps}"
    between = [
        f"{name[leader]} leads at {size:,.0f}"
        for size, leader in zip(sizes, crossing.leaders, strict=True)
        if leader
    ]
    neither = f"neither {a} nor {b} surely leads at {first} {of} or at {last}"
    return "; ".join([neither, *between]) + gaps


def fade_words(fade: Fade, of: str) -> str:
    """Where the gain of pretrained over random vectors falls below the margin."""
    within, margin = fade.within, points(fade.margin)
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
        case "above":
            return (
                f"still above {margin} at {last} {of}; extrapolated, not measured: above it up to "
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
    assert size is not None  # where one arm leads at the last size, it is known from where on
    return from_on(size, measured, of)


def _left_out(crossing: Crossover) -> str:
    """The sizes that ran and have no interval."""
    return f"; {in_short(crossing.notes)}" if crossing.notes else ""


def _edge(size: float | None, measured: Sequence[float]) -> str:
    return "" if size is None else place(size, measured)


def _undecided(crossing: Crossover) -> str:
    """The sizes measured without a leader, other than those where the change is looked for."""
    low, high = crossing.low or 0.0, crossing.high or float("inf")
    if crossing.low is None and crossing.high is None:
        return ""
    found = [
        f"{size:,.0f}"
        for size, leader in zip(crossing.sizes, crossing.leaders, strict=True)
        if leader is None and not low < size < high
    ]
    return _listed(found)


def _listed(sizes: Sequence[str]) -> str:
    """`100`, `100 and 240`, `100, 240 and 600`."""
    *first, last = sizes or [""]
    return f"{', '.join(first)} and {last}" if first else last
