"""The figure of what learning-rate trials buy."""

from collections.abc import Mapping, Sequence

import altair as alt

from wvexp.report.findings import Findings
from wvexp.report.style import Figure, error_axis, lines_by_arm
from wvexp.report.wording import listed
from wvexp.report.words import unit


def lr_trial_curves(f: Findings) -> Figure | None:
    """Expected best validation score of every arm against learning-rate trials."""
    rows = [
        {"arm": arm, "trials": k, "error": 100 * (1 - score)}
        for arm, scores in f.lr_trials.items()
        for k, score in enumerate(scores, 1)
    ]
    if not rows:
        return None
    chart = lines_by_arm(
        rows,
        f.arms,
        alt.X(
            "trials:Q", axis=alt.Axis(title="learning rates tried, each with a seed", format="d")
        ),
        error_axis(f, "validation"),
        [
            alt.Tooltip("arm:N"),
            alt.Tooltip("trials:Q", title="trials"),
            alt.Tooltip("error:Q", format=".1f", title="validation error (%)"),
        ],
    )
    return Figure(
        "tuning",
        "What learning-rate trials buy",
        "Lowest validation error to expect after that many trials, a learning rate with a seed "
        f"each, at {f.sizes[-1]:,} {unit(f, f.sizes[-1])}. {_rates_tried(f)}",
        chart,
    )


def _rates_tried(f: Findings) -> str:
    """The learning rates behind the curves, and those that were chosen; arms alike in one go."""
    tried: dict[str, list[str]] = {}
    chosen: dict[str, list[str]] = {}
    for arm in f.lr_trials:
        top = (arm, f.sizes[-1])
        rates = {run.lr for run in f.runs if (run.arm, run.train_size) == top}
        tried.setdefault(listed([f"{rate:g}" for rate in sorted(rates)]), []).append(arm)
        score = f.score(*top)
        if score:
            chosen.setdefault(f"{score.lr:g}", []).append(arm)
    return (
        f"Learning rates tried: {_by_arm(tried)}; chosen on validation: {_by_arm(chosen)}."
        if chosen
        else ""
    )


def _by_arm(arms_of: Mapping[str, Sequence[str]]) -> str:
    """`0.1 for all`, or `0.1 for a and b; 0.2 for c`."""
    if len(arms_of) == 1:
        return f"{next(iter(arms_of))} for all"
    return ", ".join(f"{rates} for {listed(arms)}" for rates, arms in arms_of.items())
