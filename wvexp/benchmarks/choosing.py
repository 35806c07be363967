"""Is a called choice right as often as it says? By simulation, as in `calibration.py`."""

from typing import Any

from wvexp.analysis.choice import choose
from wvexp.analysis.paired import MARGIN
from wvexp.benchmarks.simulated import draw_design, simulate, true_scores
from wvexp.seeds import stream

ARMS = ("first", "second", "third", "fourth")


def choices(experiments: int, seeds: int, seed: int = 0) -> dict[str, Any]:
    """Four arms, up to 4 points apart: how often a choice is called, and how often wrongly.

    wrong             of all experiments: called, and truly more than the margin behind the best
    wrong when called the same, of those that were called
    confidence        mean of what was said, and of how often it was so, over all experiments
    """
    called = wrong = near = 0
    said = 0.0
    for index in range(experiments):
        rng = stream(seed, "choices", seeds, index)
        accuracy = rng.uniform(0.6, 0.85) - rng.uniform(0, 0.04, (4, 1))
        design = draw_design(accuracy, seeds, rng)
        values = simulate(design, rng)[:, 0]
        truth = true_scores(design)[:, 0]
        choice = choose(dict(zip(ARMS, values, strict=True)), ARMS, rng)
        if choice.recommended is None or choice.confidence is None:
            continue
        behind = truth.max() - truth[ARMS.index(choice.recommended)]
        near += bool(behind <= MARGIN)
        said += choice.confidence
        called += choice.decided
        wrong += choice.decided and bool(behind > MARGIN)
    return {
        "called": called / experiments,
        "wrong": wrong / experiments,
        "wrong when called": wrong / called if called else None,
        "confidence": {"said": said / experiments, "true": near / experiments},
    }


def choosing(experiments: int = 2000) -> dict[str, Any]:
    """The whole table, by number of seeds."""
    return {str(seeds): choices(experiments, seeds) for seeds in (2, 3, 5, 10, 20)}
