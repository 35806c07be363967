"""Crossovers against a second reading of their definition: a string of leaders along the sizes."""

import re
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import stdtrit as t

from wvexp.analysis.components import Joint
from wvexp.analysis.crossover import STEPS, find_sign_changes

SIZES = (100.0, 250.0, 1000.0, 3000.0)


def draw(seed):
    rng = np.random.default_rng(seed)
    root = rng.choice([0.003, 0.01]) * (rng.normal(0, 1, (4, 4)) + np.eye(4))
    means = rng.choice([0.0, 0.0, 0.025, 0.04, 0.1], 4) * rng.choice([-1, 1, 1], 4)
    df = rng.choice([2.0, 4.0, 9.0, 60.0], 4)
    return Joint(means + rng.normal(0, 0.005, 4), root @ root.T, df), float(rng.choice([0, 0.01]))


@cache
def grid():
    """Points in size, each as its weights on the measured sizes."""
    points = []
    for k, (lower, upper) in enumerate(pairwise(SIZES)):
        for step in range(STEPS):
            share = step / STEPS
            weights = [0.0] * len(SIZES)
            weights[k], weights[k + 1] = 1 - share, share
            points.append((lower ** (1 - share) * upper**share, np.array(weights)))
    return [*points, (SIZES[-1], np.array([0.0] * (len(SIZES) - 1) + [1.0]))]


@cache
def leaders(seed):
    """Who leads at each point, and at the sizes, by a t interval there: A, B or - for neither."""
    joint, level = draw(seed)

    def leader(weights):
        lead = weights @ joint.means - level
        error = np.sqrt(weights @ joint.covariance @ weights)
        half = t(joint.df[weights > 0].min(), 0.975) * error
        return "-" if abs(lead) <= half else "A" if lead > 0 else "B"

    measured = [leader(weights) for weights in np.eye(len(SIZES))]
    said = [leader(weights) for _, weights in grid()]
    around = [{measured[k] for k in np.flatnonzero(weights)} for _, weights in grid()]
    line = (who if who in known else "-" for who, known in zip(said, around, strict=True))
    return "".join(line), measured


def places(line):
    """Status, and the points at which `low` and `high` lie."""
    decided = [i for i, who in enumerate(line) if who != "-"]
    runs = list(re.finditer(r"A[A-]*|B[B-]*", line))
    if not decided:
        return "undecided", None, None
    if len(runs) > 1:
        first = runs[0].start() + len(runs[0].group().rstrip("-")) - 1
        return "one" if len(runs) == 2 else "several", first, runs[-1].start()
    if gap := re.fullmatch(r"(\w+)(-[\w-]*-|-)(\w+)", line):
        at_a_size = "-" in line[::STEPS]
        return ("undecided", gap.end(1) - 1, gap.start(3)) if at_a_size else ("none", None, None)
    if re.fullmatch(r"\w+", line):
        return "none", None, None
    if line[0] == "-" == line[-1]:
        return "undecided", None, None
    if line[0] == "-":
        return "before_first", None, decided[0]
    return "beyond_last", decided[-1], None


def passes(means):
    """Where the broken line through the means at log size is 0."""
    logs = np.log(SIZES)
    return [
        np.exp(logs[k] + (logs[k + 1] - logs[k]) * x / (x - y))
        for k, (x, y) in enumerate(pairwise(means))
        if x * y < 0
    ]


def told(leader):
    return None if leader == "-" else leader


def size_at(i):
    return None if i is None else pytest.approx(grid()[i][0], rel=1e-9)


SEEDS = range(120)


@pytest.mark.parametrize("part", range(3))
def test_every_part_of_a_crossover_follows_from_who_leads_where(part):
    for seed in SEEDS[part::3]:
        joint, level = draw(seed)
        found = find_sign_changes(joint, SIZES, level)
        line, measured = leaders(seed)
        status, low, high = places(line)
        assert (found.status, found.low, found.high) == (status, size_at(low), size_at(high))
        assert found.leaders == tuple(map(told, measured))
        assert (found.before, found.after) == (told(measured[0]), told(measured[-1]))
        assert found.at_low == (None if low is None else line[low])
        assert found.at_high == (None if high is None else line[high])
        settled = len(line) - len(re.search(r"(A*|B*)$", line).group())
        assert found.settled == (size_at(settled) if line[-1] != "-" else None)
        within = status in ("one", "several")
        zeros = [z for z in passes(joint.means - level) if within and found.low <= z <= found.high]
        assert found.estimate == (pytest.approx(zeros[0], rel=1e-9) if len(zeros) == 1 else None)


def test_the_draws_show_every_status():
    drawn = [leaders(seed)[0] for seed in SEEDS]
    shown = {(status, low is None, high is None) for status, low, high in map(places, drawn)}
    assert len({status for status, *_ in shown}) == 6
    assert ("undecided", False, False) in shown
    assert any(line[0] != "-" == line[1] for line in drawn)
    assert any(line[-1] != "-" == line[-2] for line in drawn)
