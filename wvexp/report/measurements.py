"""From a results file to the arrays of the analysis: one condition, every arm, size and seed.

Test scores are read at the chosen learning rates alone: the units' counts of all other runs are
never fetched.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.scores import Values, accuracy_values, f1_values, macro_f1_values
from wvexp.analysis.selection import Selection, missing_cells, select
from wvexp.analysis.verdict import ARMS, SizeMeasures
from wvexp.errors import UserError
from wvexp.results.crossfit import Counts, CrossFitted, Results, Run


@dataclass(frozen=True)
class Measurements:
    """All that was measured under one condition.

    arms       the four of the guidance first, then others
    selection  the learning rates that validation chose
    counts     (arm, size) -> counts [seeds, units, k] at the chosen rate; NaN where missing
    values     by arm: test values [sizes, seeds, units] made of them; NaN where missing
    chosen     (arm, size, seed) -> the run at the chosen rate
    validation [arms, sizes, rates, seeds]; NaN where missing
    shared     sizes at which all seeds trained on the same text
    folds      of a cross-fit; None where there is a test split
    problems   what is missing or less than fair, in words
    """

    condition: str
    metric: str
    runs: tuple[Run, ...]
    arms: tuple[str, ...]
    sizes: tuple[int, ...]
    rates: tuple[float, ...]
    seeds: tuple[int, ...]
    validation: NDArray[np.float64]
    selection: Selection
    counts: Mapping[tuple[str, int], NDArray[np.float64]]
    values: Mapping[str, NDArray[np.float64]]
    chosen: Mapping[tuple[str, int, int], Run]
    shared: frozenset[int]
    folds: int | None
    problems: tuple[str, ...]

    @property
    def full_size(self) -> int | None:
        """The largest size, where all seeds there share the whole training data."""
        return self.sizes[-1] if self.sizes[-1] in self.shared else None

    def at(self, size: int) -> NDArray[np.float64]:
        """Values [arms, seeds, units] at one size."""
        return np.stack([self.values[arm][self.sizes.index(size)] for arm in self.arms])

    def measures(self) -> dict[float, SizeMeasures]:
        """Tokens, labels and type coverage of each size, as means over its runs."""
        by_size: dict[float, SizeMeasures] = {}
        for size in self.sizes:
            runs = [run for run in self.runs if run["train_size"] == size]
            tokens = _mean(run.get("train_tokens") for run in runs)
            labels = tokens if runs[0]["task"] == "token" else float(size)
            by_size[float(size)] = SizeMeasures(
                tokens, labels, _mean(run.get("type_coverage") for run in runs)
            )
        return by_size


def choose_condition(results: Results, wanted: str | None = None) -> str:
    """The only condition of a results file, or the one that begins with `wanted`.

    Raises
    ------
    UserError
        The file is empty, or it holds several conditions, or none such.
    """
    by_condition: dict[str, list[Run]] = defaultdict(list)
    for run in results.runs():
        by_condition[run["condition"]].append(run)
    if not by_condition:
        raise UserError("the results file holds no run", "train some: train.py or decide.py")
    found = [name for name in by_condition if name.startswith(wanted or "")]
    if len(found) == 1:
        return found[0]
    listed = "; ".join(f"{name} ({describe(runs)})" for name, runs in sorted(by_condition.items()))
    problem = (
        f"condition={wanted} names {len(found)} of the {len(by_condition)} conditions"
        if wanted
        else f"the results file holds {len(by_condition)} conditions"
    )
    raise UserError(problem, f"give condition=NAME, one of: {listed}")


def describe(runs: Sequence[Run]) -> str:
    """One condition in a few words."""
    run = runs[0]
    data = run.get("config", {}).get("data", "")
    arms = len({run["arm"] for run in runs})
    return (
        f"{run['task']} task, {run['model']} model, {run['metric']['name']}, {run['engine']}"
        f"{f', data {data}' if data else ''}, {len(runs)} runs of {arms} arms"
    )


def measure(results: Results, condition: str) -> Measurements:
    """Read one condition; the folds of a cross-fit count as one run."""
    results = CrossFitted(results)
    runs = results.runs(condition=condition)
    if not runs:
        raise UserError(f"condition={condition}: the results file holds no such run")
    arms = in_order({run["arm"] for run in runs})
    sizes = tuple(sorted({int(run["train_size"]) for run in runs}))
    rates = tuple(sorted({float(run["lr"]) for run in runs}))
    seeds = tuple(sorted({int(run["seed"]) for run in runs}))
    validation = np.full((len(arms), len(sizes), len(rates), len(seeds)), np.nan)
    cells: dict[tuple[int, int, int, int], Run] = {}
    for run in runs:
        place = (
            arms.index(run["arm"]),
            sizes.index(run["train_size"]),
            rates.index(run["lr"]),
            seeds.index(run["seed"]),
        )
        validation[place] = run["metric"]["validation"]
        cells[place] = run
    selection = select(validation, arms, sizes, rates)
    chosen = {
        (arms[a], sizes[k], seeds[s]): run
        for (a, k, r, s), run in cells.items()
        if selection.chosen[a][k] == r
    }
    metric = runs[0]["metric"]["name"]
    counts, problems = _counts(results, arms, sizes, seeds, chosen)
    values = _values(metric, counts, arms, sizes, seeds, problems)
    present = np.stack([~np.isnan(values[arm]).all(axis=2) for arm in arms])
    missing = missing_cells(np.where(present, 0.0, np.nan), arms, sizes)
    named = [text.replace("seed row", "seed") for text in missing] if _plain(seeds) else missing
    return Measurements(
        condition=condition,
        metric=metric,
        runs=tuple(runs),
        arms=arms,
        sizes=sizes,
        rates=rates,
        seeds=seeds,
        validation=validation,
        selection=selection,
        counts=counts,
        values=values,
        chosen=chosen,
        shared=frozenset(size for size in sizes if _same_text(runs, size)),
        folds=runs[0].get("folds"),
        problems=(
            *_lacking(arms, sizes, seeds),
            *results.incomplete,
            *problems,
            *(text for text in selection.problems if not text.endswith(_AT_AN_END)),
            *_at_an_end(selection),
            *named,
        ),
    )


def in_order(arms: Iterable[str]) -> tuple[str, ...]:
    """The four arms of the guidance first, in its order, the others by name."""
    known = {arm: rank for rank, arm in enumerate(ARMS)}
    return tuple(sorted(arms, key=lambda arm: (known.get(arm, len(ARMS)), arm)))


def counts_to_values(metric: str, counts: NDArray[np.float64]) -> Values:
    """Values [seeds, units] from counts [seeds, units, k] as the store keeps them.

    k = 2 (correct, total) for accuracy; 3 (true positives, false positives, false negatives) for
    entity F1; 3 for each class, class after class, for macro F1.
    """
    if metric == "accuracy":
        return accuracy_values(counts[..., 0], counts[..., 1])
    if metric == "entity_f1":
        return f1_values(*np.moveaxis(counts, -1, 0))
    by_class = counts.reshape(*counts.shape[:2], -1, 3)
    return macro_f1_values(*np.moveaxis(by_class, -1, 0))


def _counts(
    results: Results,
    arms: Sequence[str],
    sizes: Sequence[int],
    seeds: Sequence[int],
    chosen: Mapping[tuple[str, int, int], Run],
) -> tuple[dict[tuple[str, int], NDArray[np.float64]], list[str]]:
    """Counts [seeds, units, k] of every arm and size, and what could not be read."""
    problems = []
    ids: list[str] | None
    units: list[str] | None = None
    tables: dict[tuple[str, int], NDArray[np.float64]] = {}
    for arm, size in product(arms, sizes):
        rows: dict[int, Counts] = {}
        for row, seed in enumerate(seeds):
            run = chosen.get((arm, size, seed))
            if run is None:
                continue
            try:
                ids = results.unit_ids(run["key"])
            except KeyError:
                ids = None
            units = units or ids
            if ids is None or ids != units:
                said = "other test units than the rest" if ids else "no counts by test unit"
                problems.append(f"{arm} at size {size}, seed {seed}: {said}, left out")
                continue
            rows[row] = results.unit_counts(run["key"])
        if rows:
            shape = next(iter(rows.values())).shape
            counts = np.full((len(seeds), shape[0], int(np.prod(shape[1:]))), np.nan)
            for row, of_run in rows.items():
                counts[row] = of_run.reshape(counts.shape[1:])
            tables[arm, size] = counts
    return tables, problems


def _values(
    metric: str,
    counts: Mapping[tuple[str, int], NDArray[np.float64]],
    arms: Sequence[str],
    sizes: Sequence[int],
    seeds: Sequence[int],
    problems: list[str],
) -> dict[str, NDArray[np.float64]]:
    """By arm, values [sizes, seeds, units]; a cell without a score is named in `problems`."""
    tables: dict[tuple[str, int], Values] = {}
    for (arm, size), of_cell in counts.items():
        try:
            tables[arm, size] = counts_to_values(metric, of_cell)
        except ValueError as error:
            problems.append(f"{arm} at size {size}: {error}")
    units = max((of_cell.shape[1] for of_cell in counts.values()), default=1)
    nothing = np.full((len(seeds), units), np.nan)
    return {arm: np.stack([tables.get((arm, size), nothing) for size in sizes]) for arm in arms}


def _same_text(runs: Sequence[Run], size: int) -> bool:
    """Whether all seeds trained on text of the same length and vocabulary: the whole of it.

    Subsets drawn by different seeds have as many examples, but not as many tokens and word forms.
    """
    at_size = [run for run in runs if run["train_size"] == size]
    texts = {(run.get("train_tokens"), run.get("train_types")) for run in at_size}
    seeds = {run["seed"] for run in at_size}
    return len(texts) == 1 and len(seeds) > 1 and None not in next(iter(texts))


def _lacking(arms: Sequence[str], sizes: Sequence[int], seeds: Sequence[int]) -> list[str]:
    said = [f"no run of the arm {arm}" for arm in ARMS if arm not in arms]
    if len(sizes) == 1:
        said.append(f"one training size, {sizes[0]}: no curve and no crossover can be told")
    if len(seeds) == 1:
        said.append("one seed: nothing can be said of how far a result would repeat")
    return said


# How `select` says it of one arm at one size; the report says it once.
_AT_AN_END = "is the first or last tried"


def _at_an_end(selection: Selection) -> list[str]:
    """Where a rate outside those tried might have been better."""
    last = len(selection.rates) - 1
    cells = [
        f"{arm} at {size:g}"
        for arm, row in zip(selection.arms, selection.chosen, strict=True)
        for size, rate in zip(selection.sizes, row, strict=True)
        if last > 1 and rate in (0, last)
    ]
    if not cells:
        return []
    total = sum(rate is not None for row in selection.chosen for rate in row)
    return [
        f"the best learning rate is the lowest or highest tried in {len(cells)} of {total} cells: "
        + ", ".join(cells)
    ]


def _plain(seeds: Sequence[int]) -> bool:
    return tuple(seeds) == tuple(range(len(seeds)))


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
