"""Small test sets on which two arms rarely disagree: do the intervals still hold the truth?

A share of all test units is contested. There, in a part of the seeds, one arm alone is right: A on
some units, B on the others. The true difference is share x part x (A's units - B's units).
"""

from collections import Counter
from typing import Any

import numpy as np

from wvexp.analysis.choice import choose
from wvexp.analysis.paired import MARGIN, paired_difference
from wvexp.analysis.rare import alike
from wvexp.seeds import stream

UNITS = (30, 100)
MOST_CONTESTED = 0.1


def rare_disagreement(experiments: int, seeds: int, seed: int = 0) -> dict[str, Any]:
    """Rates over experiments, half of them with no true difference.

    difference               the 95 % interval holds the truth
    difference, none seen    the same, where no unit told the arms apart
    width, none seen         mean width of the interval there
    winner called falsely    of those without a difference
    equivalent called falsely
                             called equivalent, of those truly more than the margin apart
    choice decided, wrong    of all: a choice of an arm truly more than the margin behind
    """
    hits: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    widths = []

    def count(name: str, hit: bool) -> None:
        hits[name] += bool(hit)
        tried[name] += 1

    for index in range(experiments):
        rng = stream(seed, "rare disagreement", seeds, index)
        units = int(rng.integers(UNITS[0], UNITS[1] + 1))
        contested, part = rng.uniform(0, MOST_CONTESTED), rng.uniform(0.2, 1.0)
        for_a = 0.5 if index % 2 else rng.uniform(0, 1)
        truth = contested * part * (2 * for_a - 1)
        a, b = _answers(contested, part, for_a, seeds, units, rng)
        found = paired_difference(a, b)
        if found.low is None or found.high is None:
            count("without an interval", True)
            continue
        count("without an interval", False)
        hit = found.low <= truth <= found.high
        count("difference", hit)
        if alike(a, b):
            count("difference, none seen", hit)
            widths.append(found.high - found.low)
        if truth == 0:
            count("winner called falsely", found.call in ("A", "B"))
        if abs(truth) > MARGIN:
            count("equivalent called falsely", found.call == "equivalent")
        choice = choose({"a": a, "b": b}, ("a", "b"), rng)
        behind = truth if choice.recommended == "b" else -truth
        count("choice decided", choice.decided)
        count("choice wrong", choice.decided and behind > MARGIN)
    return {
        **{name: hits[name] / tried[name] for name in sorted(tried)},
        "width, none seen": float(np.mean(widths)) if widths else None,
    }


def _answers(
    contested: float,
    part: float,
    for_a: float,
    seeds: int,
    units: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Right (1) and wrong (0) answers [seeds, units] of both arms."""
    common = (rng.random(units) < rng.uniform(0.6, 0.9)) & (rng.random((seeds, units)) < 0.95)
    disputed = (rng.random(units) < contested) & (rng.random((seeds, units)) < part)
    a_right = np.broadcast_to(rng.random(units) < for_a, (seeds, units))
    a, b = np.where(disputed, a_right, common), np.where(disputed, ~a_right, common)
    return a.astype(np.float64), b.astype(np.float64)
