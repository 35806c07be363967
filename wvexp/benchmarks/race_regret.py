"""What following a race of recipes costs beside fixed rules, from the results files of decisions.

At every size of every corpus at which five recipes or more ran with two seeds, a recipe is taken
and scored on one half of the test units, both ways round. What it costs is held against the recipe
that is best on that very half, so that nothing costs less than 0 and luck of the best counts
against everybody; and against the one that was best on the other half, which is free of that luck.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.arms import PRETRAINED_FROZEN, PRETRAINED_TUNED
from wvexp.metrics import METRICS
from wvexp.report.measurements import measure
from wvexp.report.unit_values import distinct, summed
from wvexp.results.crossfit import CrossFitted
from wvexp.results.store import Store
from wvexp.results.stored_yardstick import whole
from wvexp.seeds import stream

# Fewest recipes that make a race.
_LEAST = 5
# Below so many examples the lecture's rule freezes the vectors.
_SMALL = 1000

Counts = NDArray[np.float64]


@dataclass(frozen=True)
class Raced:
    """One recipe at one size: its counts [seeds, units, k], and what fixed rules go by."""

    model: str
    arm: str
    dim: int
    validation: float
    counts: Counts


def race_regret(stores: Iterable[Store], seed: int = 0) -> dict[str, Any]:
    """By policy the mean cost over all settings, and every setting.

    Policies: `validation` takes the recipe of the highest mean validation score, as a race does;
    `other half` that of the highest mean on the half that is not scored; the fixed rules take for
    one model always the vectors of the most dimensions, fine-tuned, or frozen below 1,000 examples;
    a yardstick goes by its name.
    """
    settings = []
    for store in stores:
        for corpus, size, recipes, yardsticks in _races(store):
            settings += _both_ways(corpus, size, recipes, yardsticks, seed)
    policies = sorted({name for one in settings for name in one["cost"]})
    summary = {
        name: {
            "settings": len(costs),
            "cost": float(np.mean([one["cost"][name] for one in costs])),
            "cost_beside_other_half": float(np.mean([one["unlucky"][name] for one in costs])),
        }
        for name in policies
        for costs in [[one for one in settings if name in one["cost"]]]
    }
    return {"settings": settings, "summary": summary}


def _races(store: Store) -> Iterable[tuple[str, int, list[Raced], dict[str, Counts]]]:
    """Corpus, size, recipes and yardsticks' counts of every race of a results file."""
    by_corpus: dict[tuple[str, str], list[str]] = defaultdict(list)
    for condition in sorted({run.condition for run in store.runs()}):
        first = store.runs(condition=condition)[0]
        corpus = store.typed_corpus(first.data_fingerprint or "")
        if corpus is not None:
            by_corpus[corpus, first.metric.name].append(condition)
    for (corpus, metric), conditions in by_corpus.items():
        raced: dict[int, list[Raced]] = defaultdict(list)
        units: dict[int, list[str]] = {}
        for condition in conditions:
            for size, ids, one in _recipes(store, condition):
                if units.setdefault(size, ids) == ids:
                    raced[size].append(one)
        for size, recipes in sorted(raced.items()):
            if len(recipes) >= _LEAST:
                fits = _yardsticks(store, corpus, metric, size, units[size])
                yield f"{corpus} {metric}", size, recipes, fits


def _recipes(store: Store, condition: str) -> Iterable[tuple[int, list[str], Raced]]:
    """The recipes of a condition with two seeds or more, with their size and unit ids."""
    m = measure(store, condition, gaps=False)
    joined = CrossFitted(store)
    for arm in m.arms:
        for k, size in enumerate(m.sizes):
            runs = m.runs_of(arm, size)
            counts = m.counts.get((arm, size))
            if counts is None or len(runs) < 2:
                continue
            ran = counts[np.isfinite(counts[:, 0, 0])]
            rate = m.selection.chosen[m.arms.index(arm)][k]
            validation = float(np.nanmean(m.validation[m.arms.index(arm), k, rate]))
            first = runs[0]
            ids = joined.unit_ids(joined.join(first.fold_keys or (first.key,)))
            dim = int((first.config or {}).get("dim") or 0)
            yield size, ids, Raced(first.model, arm, dim, validation, ran)


def _yardsticks(
    store: Store, corpus: str, metric: str, size: int, ids: list[str]
) -> dict[str, Counts]:
    """By name the counts [1, units, k] of the yardsticks fitted on so much."""
    joined, places = CrossFitted(store), distinct(ids)
    found: dict[str, Counts] = {}
    for of_one in whole([f for f in store.yardsticks(corpus, metric) if f.train_size == size]):
        key = joined.join([fit.key for fit in of_one])
        if joined.unit_ids(key) == ids:
            flat = summed(joined.unit_counts(key), places).reshape(1, 1 + max(places), -1)
            found.setdefault(of_one[0].yardstick, flat)
    return found


def _both_ways(
    corpus: str, size: int, recipes: list[Raced], yardsticks: dict[str, Counts], seed: int
) -> list[dict[str, Any]]:
    units = recipes[0].counts.shape[1]
    order = stream(seed, "halves", size).permutation(units)
    halves = np.sort(order[: units // 2]), np.sort(order[units // 2 :])
    values = METRICS[corpus.split()[-1]].values

    def means(chosen: NDArray[np.int64], tables: Iterable[Counts]) -> NDArray[np.float64]:
        return np.array([float(values(table[:, chosen]).mean()) for table in tables])

    found = []
    for other, scored in (halves, halves[::-1]):
        try:
            on_other = means(other, [one.counts for one in recipes])
            here = means(scored, [one.counts for one in recipes])
            beside = {
                name: means(scored, [counts])[0]
                for name, counts in yardsticks.items()
                if counts.shape[1] == units
            }
        except ValueError:  # a half without a single entity, or class
            continue
        taken = {name: here[i] for name, i in _policies(size, recipes, on_other).items()} | beside
        best, best_on_other = here.max(), here[int(on_other.argmax())]
        found.append(
            {
                "corpus": corpus,
                "size": size,
                "recipes": len(recipes),
                "cost": {name: float(best - score) for name, score in taken.items()},
                "unlucky": {name: float(best_on_other - score) for name, score in taken.items()},
            }
        )
    return found


def _policies(size: int, recipes: list[Raced], on_other: NDArray[np.float64]) -> dict[str, int]:
    """The index of the recipe that each policy takes."""
    chosen = {
        "validation": max(range(len(recipes)), key=lambda i: recipes[i].validation),
        "other half": int(on_other.argmax()),
    }
    lecture = PRETRAINED_FROZEN if size < _SMALL else PRETRAINED_TUNED
    rules: tuple[tuple[str, Callable[[Raced], bool]], ...] = (
        (PRETRAINED_TUNED.name, lambda one: one.arm == PRETRAINED_TUNED.name),
        ("lecture", lambda one: one.arm == lecture.name),
    )
    for name, fits in rules:
        for model in sorted({one.model for one in recipes}):
            among = [i for i, one in enumerate(recipes) if one.model == model and fits(one)]
            if among:
                chosen[f"{model}, {name}"] = max(among, key=lambda i: recipes[i].dim)
    return chosen
