"""Outcomes of decisions and sweeps, as many as wanted: other truths, sizes, seeds and gaps."""

from dataclasses import replace

import numpy as np
from simulated_store import SimulatedStore

from wvexp.arms import FOUR_NAMES
from wvexp.decision.decision import Decision
from wvexp.decision.notes import left_out
from wvexp.report.findings import find
from wvexp.report.measurements import measure
from wvexp.seeds import stream
from wvexp.sweeps.grid import size_ladder

LARGEST = 8662


def outcome(number):
    """The findings of one outcome; the same number gives the same."""
    rng = stream(number, "outcome")
    ladder = size_ladder(LARGEST, int(rng.choice([2, 3, 4, 5])))
    sizes, skipped = _reached(ladder, rng)
    partly = ("all arms", sizes[0]) in skipped
    seeds = 2 if partly else int(rng.choice([1, 2, 3, 5, 8], p=[0.03, 0.07, 0.1, 0.55, 0.25]))
    rates = (0.001, 0.003, 0.01) if rng.random() < 0.1 and not partly else (0.003,)
    units = int(rng.choice([12, 40, 150, 400, 600], p=[0.05, 0.1, 0.2, 0.35, 0.3]))
    store = SimulatedStore(
        _truth(len(sizes), rng), tuple(sizes), rates, seeds, units, draw=number + 1
    )
    _tie(store, rng)
    _lose(store, sizes, seeds, rng)
    if rng.random() < 0.15:
        store.change(_of_tokens)
    measured = measure(store, "c0ffee")
    if rng.random() < 0.1:
        measured = replace(measured, folds=5)
    notes = left_out("30s", skipped, measured.sizes)
    failures = ("10:00: random-tuned at size 100, seed 1, run abc: RunError",)
    return find(
        measured,
        margin=float(rng.choice([0.005, 0.01, 0.02])),
        failures=failures if rng.random() < 0.1 else (),
        wanted_size=LARGEST if rng.random() < 0.7 else None,
        notes=notes,
        cut_short=bool(skipped),
    )


def decided(findings):
    """The decision that has these findings and no more than these; None without an arm."""
    if findings.choice.recommended is None:
        return None
    return Decision(None, None, None, None, findings, not findings.cut_short, 1.0, None)


def _reached(ladder, rng):
    """The sizes measured, and what a budget left out: as `Allocation` goes through them."""
    kind = rng.random()
    if kind < 0.7:
        return ladder, []
    if kind < 0.8:  # ended before any size was tuned
        return ladder[:1], [("all arms", size) for size in ladder]
    kept = sorted(rng.choice(ladder, size=int(rng.integers(1, len(ladder) + 1)), replace=False))
    seeds = [("further seeds", int(size)) for size in kept if rng.random() < 0.5]
    return [int(s) for s in kept], [("all arms", s) for s in ladder if s not in kept] + seeds


def _truth(count, rng):
    """Accuracy by arm and size, from arms that are all alike to those far apart."""
    apart = rng.choice([0.0, 0.02, 0.05, 0.1], p=[0.1, 0.3, 0.4, 0.2])
    at = np.linspace(0, 1, count) if count > 1 else np.zeros(1)
    level = rng.uniform(0.55, 0.75) + rng.uniform(0, 0.15) * at

    def drifting():
        start, end = rng.normal(0, apart, 2)
        return start + (end - start) * at

    extra = ["shuffled-tuned"] if rng.random() < 0.05 else []
    return {arm: tuple(np.clip(level + drifting(), 0.02, 0.98)) for arm in [*FOUR_NAMES, *extra]}


def _tie(store, rng):
    """Arms that answer alike, everywhere or on most units, or that know everything."""
    kind = rng.random()
    if kind > 0.2:
        return
    first = {(r.train_size, r.seed, r.lr): r.key for r in store.runs(arm=FOUR_NAMES[1])}
    if kind < 0.03:
        for counts in store._counts.values():
            counts[:, 0] = 1
        return
    kept = 0.0 if kind < 0.08 else 0.15
    for run in store.runs():
        key = first.get((run.train_size, run.seed, run.lr))
        if key is not None and run.arm in FOUR_NAMES[1::2]:
            own = rng.random(len(store._counts[key])) < kept
            shared, counts = store._counts[key], store._counts[run.key]
            counts[:, 0] = np.where(own, counts[:, 0], shared[:, 0])


def _lose(store, sizes, seeds, rng):
    """Arms, cells and seeds that are missing, as after failures, budgets and arms given up."""
    if rng.random() < 0.1:
        store.drop(arm=str(rng.choice(FOUR_NAMES)))
    if rng.random() < 0.1:
        store.drop(arm=str(rng.choice(FOUR_NAMES)), train_size=int(rng.choice(sizes)))
    for arm in FOUR_NAMES:
        for size in sizes:
            if rng.random() < 0.08:
                for seed in rng.choice(seeds, size=int(rng.integers(seeds)), replace=False):
                    store.drop(arm=arm, train_size=size, seed=int(seed))
    if rng.random() < 0.03:  # counts lost at the largest size
        for run in store.runs(train_size=sizes[-1]):
            store._counts.pop(run.key)


def _of_tokens(run):
    run["task"] = "token"
