"""What four arms chosen by their test scores are said to score, and how often a call is wrong.

Four arms leave no seed that had no part in the choice: the recommended one is that of the highest
test mean. `stated` compares its plain mean with `corrected_score`, `calls` the confidence of
`near_best` with that of `near_best_together`.
"""

from collections import defaultdict
from typing import Any

import numpy as np

from wvexp.analysis.choice import SURE, choose
from wvexp.analysis.components import two_way
from wvexp.analysis.corrected import corrected_score
from wvexp.analysis.failed import without_failed
from wvexp.analysis.paired import MARGIN
from wvexp.analysis.race_best import near_best_together
from wvexp.benchmarks.choosing import ARMS
from wvexp.benchmarks.racing_world import LR_SEEDS, RacingWorld
from wvexp.benchmarks.simulated import draw_design, simulate, true_scores
from wvexp.seeds import stream

DRAWS = 2000
SPREADS = (0.0, 0.005, 0.01, 0.02, 0.05)


def four_arms(experiments: int = 2000) -> dict[str, Any]:
    """Both tables."""
    return {
        "stated": {
            f"{seeds} seeds, {units:,} units": stated(experiments, seeds, units)
            for seeds in (5, 10)
            for units in (200, 1000)
        },
        "calls": {f"{seeds} seeds": calls(experiments, seeds) for seeds in (2, 3, 5, 10)},
    }


def stated(experiments: int, seeds: int, units: int) -> dict[str, float]:
    """Bias in points and coverage of the recommended arm's score.

    counted     the plain mean, failed runs in it, against the mean of all runs that might be
    plain       the same without failed runs, against the score of a run that learned
    corrected   by `corrected_score`
    first seeds how much better, in points, the seeds score on which the rate was chosen
    """
    found: dict[str, list[float]] = defaultdict(list)
    for index in range(experiments):
        rng = stream(0, "stated", seeds, units, index)
        spread = SPREADS[index % len(SPREADS)]
        world = RacingWorld(4, units, spread, seeds, index % 3 == 0, False, rng)
        entrants = world.entrants(np.ones((4, seeds), dtype=bool))
        best = max(range(4), key=lambda k: float(entrants[k].test.mean()))
        fit, truth = two_way(entrants[best].test), world.with_failures[best]
        _note(found, "counted", fit.mean, fit.interval(), float(truth))
        learned = without_failed(entrants, world.chance).entrants
        tables = {e.name: e.test for e in learned}
        name = max(tables, key=lambda name: float(np.nanmean(tables[name])))
        truth = float(world.truth[int(name)])
        fit = two_way(tables[name])
        _note(found, "plain", fit.mean, fit.interval(), truth)
        corrected = corrected_score(tables, name, LR_SEEDS, rng, draws=DRAWS)
        if corrected is None or corrected.low is None or corrected.high is None:
            continue
        ends = corrected.low, corrected.high
        _note(found, "corrected", corrected.estimate, ends, truth)
        first, later = tables[name][:LR_SEEDS], tables[name][LR_SEEDS:]
        if np.isfinite(first).any() and np.isfinite(later).any():
            found["first seeds"].append(100 * float(np.nanmean(first) - np.nanmean(later)))
    return {name: float(np.mean(values)) for name, values in found.items()}


def _note(
    found: dict[str, list[float]],
    name: str,
    estimate: float,
    ends: tuple[float, float],
    truth: float,
) -> None:
    found[f"{name}, bias"].append(100 * (estimate - truth))
    found[f"{name}, covered"].append(float(ends[0] <= truth <= ends[1]))


def calls(experiments: int, seeds: int) -> dict[str, float | None]:
    """Choices called and wrong by more than the margin, with either confidence.

    The experiments are as hard as those of `choosing.py`: four arms up to 4 points apart.
    """
    said: dict[str, list[tuple[float, bool]]] = {"alone": [], "together": []}
    for index in range(experiments):
        rng = stream(0, "calls", seeds, index)
        accuracy = rng.uniform(0.6, 0.85) - rng.uniform(0, 0.04, (4, 1))
        design = draw_design(accuracy, seeds, rng)
        values, truth = simulate(design, rng)[:, 0], true_scores(design)[:, 0]
        choice = choose(dict(zip(ARMS, values, strict=True)), ARMS, rng)
        if choice.recommended is None or choice.confidence is None:
            continue
        best = ARMS.index(choice.recommended)
        order = [best, *(k for k in range(4) if k != best)]
        together = near_best_together(values[order], rng, draws=DRAWS)
        assert together is not None
        right = bool(truth.max() - truth[best] <= MARGIN)
        said["alone"].append((choice.confidence, right))
        said["together"].append((float(together[0]), right))
    rates: dict[str, float | None] = {}
    for name, pairs in said.items():
        confidence, right_or_not = np.array(pairs, np.float64).T
        called = confidence >= SURE
        rates[f"{name}, said"] = float(confidence.mean())
        rates[f"{name}, called"] = float(called.sum())
        rates[f"{name}, wrong"] = float((1 - right_or_not[called]).sum())
    rates["true"] = float(right_or_not.mean())
    return rates
