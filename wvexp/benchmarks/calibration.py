"""Do the statistics keep what they promise? Coverage, false winners and power, by simulation.

Every function simulates experiments with known truth (`simulated.py`), puts them through the
same functions that a report uses, and returns a plain dict of rates between 0 and 1.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from wvexp.analysis.crossover import crossover
from wvexp.analysis.curve import learning_curve
from wvexp.analysis.paired import ALPHA, call_together, holm, paired_difference
from wvexp.benchmarks.rare import rare_disagreement
from wvexp.benchmarks.simulated import (
    Design,
    draw_curves,
    draw_design,
    simulate,
    true_scores,
)
from wvexp.seeds import stream

SIZES = np.array([100.0, 300.0, 1000.0, 3000.0, 10000.0])
EXTRAPOLATED = (30_000.0, 100_000.0)
EFFECT = 0.03

Rates = dict[str, Any]


def calibration(
    experiments: int = 2000, seeds: Sequence[int] = (2, 3, 5, 10, 20), seed: int = 0
) -> Rates:
    """The whole table: every part for each number of seeds, small test sets too, then power."""
    return {
        "experiments": experiments,
        "coverage": {str(n): coverage(experiments, n, seed) for n in seeds},
        "no_difference": {str(n): no_difference(experiments, n, seed) for n in seeds},
        "rare_disagreement": {str(n): rare_disagreement(experiments, n, seed) for n in seeds},
        "power": power(max(experiments // 5, 50), 10, seed),
    }


def coverage(experiments: int, seeds: int, seed: int) -> Rates:
    """How often the 95 % intervals of difference, crossover and learning curve hold the truth.

    In a quarter of the experiments the difference never changes sign. `crossover` counts an
    experiment as covered when the true crossing is in the interval, open ends included, or when
    there is none and none is claimed; `crossover_when_one` looks at claims of status "one" alone.
    """
    hits: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    widths = []

    def count(name: str, hit: bool) -> None:
        hits[name] += bool(hit)
        tried[name] += 1

    for index in range(experiments):
        rng = stream(seed, "coverage", seeds, index)
        crosses = index % 4 != 0
        curves = draw_curves(SIZES, crosses, rng)
        design = draw_design(curves.accuracy(SIZES), seeds, rng)
        a, b = simulate(design, rng)
        truth = np.subtract(*true_scores(design))
        for k, true_difference in enumerate(truth):
            found = paired_difference(a[k], b[k])
            hit = _inside(true_difference, found.low, found.high)
            for name in ("", f", {design.kind}", f", size {SIZES[k]:g}"):
                count(f"difference{name}", hit)
        crossing = crossover(a, b, SIZES.tolist())
        claimed = crossing.status in ("one", "several")
        if curves.crossing is None:
            hit = not claimed
            count("crossover claimed where there is none", claimed)
        else:
            hit = crossing.status != "none" and _inside(
                curves.crossing, crossing.low, crossing.high
            )
            statuses[crossing.status] += 1
            count("crossover where there is one", hit)
        count("crossover", hit)
        if crossing.status == "one" and crossing.low and crossing.high:
            count("crossover when one is claimed", hit)
            widths.append(np.log10(crossing.high / crossing.low))
        if design.kind != "entities":  # F1 of a power-law recall is no power law
            at = (*SIZES, *EXTRAPOLATED)
            points = learning_curve(b, SIZES.tolist(), at).points
            errors = dict(zip(at, 1 - curves.accuracy(np.array(at))[1], strict=True))
            for point in points:
                kind = "extrapolated" if point.extrapolated else "measured"
                count(f"curve, {kind}", _inside(errors[point.size], point.low, point.high))
            count("curve not extrapolated", not any(point.extrapolated for point in points))
    return {
        **{name: hits[name] / tried[name] for name in sorted(tried)},
        "statuses where there is a crossover": {
            status: n / statuses.total() for status, n in statuses.most_common()
        },
        "median decades between low and high": float(np.median(widths)) if widths else None,
    }


def no_difference(experiments: int, seeds: int, seed: int) -> Rates:
    """How often a winner is called among four equally good arms, in any pair at any size.

    `holm` is what this project reports; the others show what it guards against.
    """
    false: Counter[str] = Counter()
    for index in range(experiments):
        rng = stream(seed, "no difference", seeds, index)
        curve = draw_curves(SIZES, False, rng).accuracy(SIZES)[1]
        arms = simulate(draw_design(np.tile(curve, (4, 1)), seeds, rng), rng)
        family = [
            paired_difference(arms[i, k], arms[j, k])
            for i, j in combinations(range(4), 2)
            for k in range(len(SIZES))
        ]
        signs = holm([d.sign_flip_p for d in family if d.sign_flip_p is not None])
        false["holm"] += any(d.call in ("A", "B") for d in call_together(family))
        false["one planned comparison"] += family[0].call in ("A", "B")
        false["uncorrected"] += any(d.call in ("A", "B") for d in family)
        loose = holm([d.p_value for d in family if d.p_value is not None])
        false["holm on Satterthwaite's t"] += bool(np.any(loose <= ALPHA))
        false["sign flip over seeds, holm"] += bool(np.any(signs <= ALPHA))
    return {name: count / experiments for name, count in sorted(false.items())}


def power(experiments: int, seeds: int, seed: int) -> Rates:
    """How often the right arm is called when it is 3 points better, by the true standard error.

    Each row is one design: its standard error is the spread of the estimates over the
    experiments. `planned` is one comparison planned beforehand, `holm` the same one at Holm's
    first and strictest step in a family of all pairs of four arms at five sizes.
    """
    rows = []
    for units in (150, 300, 600, 1200, 2400):
        for seed_sd in (0.03, 0.08, 0.15):
            rows.append(_power_of(units, seed_sd, experiments, seeds, seed))
    precise = [row for row in rows if row["standard_error"] <= 0.01]
    return {
        "rows": sorted(rows, key=lambda row: row["standard_error"]),
        "planned, standard error at most 1 point": _mean(precise, "planned"),
        "holm, standard error at most 1 point": _mean(precise, "holm"),
    }


def _power_of(units: int, seed_sd: float, experiments: int, seeds: int, seed: int) -> Rates:
    accuracy = np.full((2, 1), 0.75)
    accuracy[0] += EFFECT
    design = Design(accuracy, np.array([seed_sd]), 0.4, "sentences", seeds, units)
    family = 6 * len(SIZES)
    estimates = []
    called: Counter[str] = Counter()
    for index in range(experiments):
        values = simulate(design, stream(seed, "power", units, round(1000 * seed_sd), index))
        found = paired_difference(values[0, 0], values[1, 0])
        estimates.append(found.estimate)
        called["planned"] += found.call == "A"
        called["wrong"] += found.call == "B"
        strict = found.strict_p
        called["holm"] += found.call == "A" and strict is not None and strict * family <= ALPHA
    return {
        "units": units,
        "seed_sd": seed_sd,
        "standard_error": float(np.std(np.array(estimates, np.float64), ddof=1)),
        **{name: called[name] / experiments for name in ("planned", "holm", "wrong")},
    }


def _mean(rows: Sequence[Rates], name: str) -> float | None:
    return float(np.mean([row[name] for row in rows])) if rows else None


def _inside(truth: float, low: float | None, high: float | None) -> bool:
    return (low is None or low <= truth) and (high is None or truth <= high)
