"""Findings in words, for the page, the Markdown and the terminal alike."""

from wvexp.analysis.crossover import Crossover
from wvexp.analysis.fading import Fade
from wvexp.report.findings import Findings

CLAIMS = {
    "pretrained_at_least_random": "Pretrained vectors are at least as good as random ones",
    "random_suffices": "With enough data random vectors suffice",
    "freeze_when_small": "On a small training set, do not fine-tune the vectors",
    "tune_when_large": "On a large training set, fine-tune them",
}


def about(f: Findings) -> str:
    """What was measured, and what that holds for."""
    seeds = f"{len(f.seeds)} seed{'' if len(f.seeds) == 1 else 's'}"
    rates = ", ".join(f"{rate:g}" for rate in f.about["learning_rates"])
    said = (
        f"{len(f.runs):,} runs: {len(f.arms)} arms, {len(f.sizes)} training sizes, {seeds}; "
        f"learning rates {rates}, chosen on validation for each arm and size; {f.about['model']} "
        f"model, {f.metric.replace('_', ' ')}; condition {f.condition}."
    )
    if f.full_size:
        said += (
            f" At {f.full_size:,} {unit(f)} all seeds share the whole training data: what is said "
            "there holds for this data."
        )
    if f.folds:
        said += (
            f" Cross-fitted over {f.folds} folds, drawn anew for each seed: every example was "
            "tested once a seed. Training sets overlap, so what is said holds for these examples."
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


def number(value: float) -> str:
    """A training size to three figures, in full."""
    return f"{float(f'{value:.3g}'):,.0f}" if value >= 1000 else f"{value:,.0f}"


def crossover_words(crossing: Crossover, a: str, b: str, of: str) -> str:
    """What is known of the size at which arms a and b change places."""
    leader = {"A": a, "B": b, None: "neither"}
    low = None if crossing.low is None else number(crossing.low)
    high = None if crossing.high is None else number(crossing.high)
    if crossing.status == "one":
        return (
            f"{leader[crossing.before]} leads up to {low} {of}, "
            f"{leader[crossing.after]} from {high} on"
        )
    if crossing.status == "several":
        return f"{a} and {b} change places more than once between {low} and {high} {of}"
    if crossing.status == "none":
        return f"{leader[crossing.before]} leads at every size measured"
    if crossing.status == "before_first":
        return (
            f"{leader[crossing.after]} leads from {high} {of} on; whether {a} and {b} change "
            "places below is not decided"
        )
    if crossing.status == "beyond_last":
        return (
            f"{leader[crossing.before]} leads up to {low} {of}; whether {a} and {b} change places "
            "after is not decided"
        )
    if len(crossing.sizes) < 2:
        return "needs two sizes at which both arms have two seeds"
    return f"neither {a} nor {b} surely leads at the first size or the last"


def fade_words(fade: Fade, of: str) -> str:
    """Where the gain of pretrained over random vectors falls below the margin."""
    margin = points(fade.margin)
    low = None if fade.low is None else number(fade.low)
    high = None if fade.high is None else number(fade.high)
    if fade.status == "below":
        return f"below {margin} from the first size on"
    if fade.status == "measured":
        start = f"between {low} and {high}" if low else f"by {high}"
        return f"falls below {margin} {start} {of}"
    if fade.status == "above":
        return f"still above {margin} as far as one may extrapolate ({number(fade.reach)} times)"
    if fade.status == "extrapolated" and fade.estimate:
        return f"falls below {margin} near {number(fade.estimate)} {of} if extrapolated"
    if low:
        return f"above {margin} up to {low} {of}, not decided beyond"
    return f"whether it falls below {margin} is not decided"
