"""From a results file to the arrays of the analysis: one condition, every arm, size and seed.

Test scores are read at the chosen learning rates alone: the units' counts of all other runs are
never fetched.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.evidence import SizeMeasures
from wvexp.analysis.reason import Reason, Why
from wvexp.analysis.selection import Selection, at_edge, missing_cells, select
from wvexp.arms import FOUR_NAMES
from wvexp.errors import UserError
from wvexp.report.unit_values import read_counts, values_by_arm
from wvexp.results.crossfit import CrossFitted, Results
from wvexp.results.stored_run import StoredRun


@dataclass(frozen=True)
class Measurements:
    """All that was measured under one condition.

    arms       the four of the guidance first, then others
    selection  the learning rates that validation chose
    counts     (arm, size) -> counts [seeds, units, k] at the chosen rate; NaN where missing
    values     by arm: test values [sizes, seeds, units] made of them; NaN where missing
    chosen     (arm, size, seed) -> the run at the chosen rate
    validation [arms, sizes, rates, seeds]; NaN where missing
    edges      [arms, sizes]: -1 or 1 where the chosen rate is the lowest or highest tried
    shared     sizes at which all seeds trained on the same text
    folds      of a cross-fit; None where there is a test split
    problems   what is missing or less than fair
    """

    condition: str
    metric: str
    runs: tuple[StoredRun, ...]
    arms: tuple[str, ...]
    sizes: tuple[int, ...]
    rates: tuple[float, ...]
    seeds: tuple[int, ...]
    validation: NDArray[np.float64]
    edges: NDArray[np.int8]
    selection: Selection
    counts: Mapping[tuple[str, int], NDArray[np.float64]]
    values: Mapping[str, NDArray[np.float64]]
    chosen: Mapping[tuple[str, int, int], StoredRun]
    shared: frozenset[int]
    folds: int | None
    problems: tuple[Reason, ...]

    @property
    def full_size(self) -> int | None:
        """The largest size, where all seeds there share the whole training data."""
        return self.sizes[-1] if self.sizes[-1] in self.shared else None

    def at(self, size: int) -> NDArray[np.float64]:
        """Values [arms, seeds, units] at one size."""
        return np.stack([self.values[arm][self.sizes.index(size)] for arm in self.arms])

    def runs_of(self, arm: str, size: int) -> list[StoredRun]:
        """The runs at the chosen rate, seed by seed."""
        places = [(arm, size, seed) for seed in self.seeds]
        return [self.chosen[place] for place in places if place in self.chosen]

    def measures(self) -> dict[float, SizeMeasures]:
        """Tokens, labels and type coverage of each size, as means over its runs."""
        by_size: dict[float, SizeMeasures] = {}
        for size in self.sizes:
            runs = [run for run in self.runs if run.train_size == size]
            tokens = known_mean(run.train_tokens for run in runs)
            labels = tokens if runs[0].kind.listed else float(size)
            by_size[float(size)] = SizeMeasures(
                tokens, labels, known_mean(run.type_coverage for run in runs)
            )
        return by_size


def measure(results: Results, condition: str, gaps: bool = True) -> Measurements:
    """Read one condition; the folds of a cross-fit count as one run.

    gaps: whether runs that other arms have are named where they are missing; not where they were
        left out on purpose, as a decision leaves out those that its budget does not reach or that
        an arm surely behind does not need
    """
    results = CrossFitted(results)
    runs = results.runs(condition=condition)
    if not runs:
        raise UserError(f"condition={condition}: the results file holds no such run")
    arms = in_order({run.arm for run in runs})
    sizes = tuple(sorted({run.train_size for run in runs}))
    rates = tuple(sorted({float(run.lr) for run in runs}))
    seeds = tuple(sorted({run.seed for run in runs}))
    validation = np.full((len(arms), len(sizes), len(rates), len(seeds)), np.nan)
    cells: dict[tuple[int, int, int, int], StoredRun] = {}
    for run in runs:
        place = (
            arms.index(run.arm),
            sizes.index(run.train_size),
            rates.index(run.lr),
            seeds.index(run.seed),
        )
        validation[place] = run.metric.validation
        cells[place] = run
    selection = select(validation, arms, sizes, rates)
    edges = at_edge(validation, selection)
    chosen = {
        (arms[a], sizes[k], seeds[s]): run
        for (a, k, r, s), run in cells.items()
        if selection.chosen[a][k] == r
    }
    metric = runs[0].metric.name
    counts, problems = read_counts(results, arms, sizes, seeds, chosen)
    values = values_by_arm(metric, counts, arms, sizes, seeds, problems)
    present = np.stack([~np.isnan(values[arm]).all(axis=2) for arm in arms])
    missing = missing_cells(np.where(present, 0.0, np.nan), arms, sizes, seeds)
    return Measurements(
        condition=condition,
        metric=metric,
        runs=tuple(runs),
        arms=arms,
        sizes=sizes,
        rates=rates,
        seeds=seeds,
        validation=validation,
        edges=edges,
        selection=selection,
        counts=counts,
        values=values,
        chosen=chosen,
        shared=frozenset(size for size in sizes if _same_text(runs, size)),
        folds=runs[0].folds,
        problems=(
            *(_absent(arms) if gaps else ()),
            *_single(sizes, seeds),
            *_leaking(runs),
            *(results.incomplete if gaps else ()),
            *problems,
            *(selection.problems if gaps else ()),
            *_at_an_edge(selection, edges),
            *(missing if gaps else ()),
        ),
    )


def in_order(arms: Iterable[str]) -> tuple[str, ...]:
    """The four arms of the guidance first, in its order, the others by name."""
    known = {arm: rank for rank, arm in enumerate(FOUR_NAMES)}
    return tuple(sorted(arms, key=lambda arm: (known.get(arm, len(FOUR_NAMES)), arm)))


def _same_text(runs: Sequence[StoredRun], size: int) -> bool:
    """Whether all seeds trained on text of the same length and vocabulary: the whole of it.

    Subsets drawn by different seeds have as many examples, but not as many tokens and word forms.
    """
    at_size = [run for run in runs if run.train_size == size]
    texts = {(run.train_tokens, run.train_types) for run in at_size}
    seeds = {run.seed for run in at_size}
    return len(texts) == 1 and len(seeds) > 1 and None not in next(iter(texts))


def _absent(arms: Sequence[str]) -> list[Reason]:
    return [Reason(Why.NO_RUN_OF_ARM, arm=arm) for arm in FOUR_NAMES if arm not in arms]


def _single(sizes: Sequence[int], seeds: Sequence[int]) -> list[Reason]:
    single = [Reason(Why.SINGLE_SIZE, size=sizes[0])] if len(sizes) == 1 else []
    return [*single, Reason(Why.SINGLE_SEED)] if len(seeds) == 1 else single


def _leaking(runs: Sequence[StoredRun]) -> list[Reason]:
    """Whether test sentences were trained on; every run of a condition has the same data."""
    leakage = next((run.leakage for run in runs if run.leakage is not None), None)
    if leakage is None:
        return []
    return [Reason(Why.LEAKAGE, **asdict(leakage))]


def _at_an_edge(selection: Selection, edges: NDArray[np.int8]) -> list[Reason]:
    """Where a rate outside those tried might have been better."""
    side = {-1: "lowest", 1: "highest"}
    cells = tuple(
        (selection.arms[a], selection.sizes[k], side[int(edges[a, k])])
        for a, k in np.argwhere(edges)
    )
    if not cells:
        return []
    total = sum(rate is not None for row in selection.chosen for rate in row)
    return [Reason(Why.RATES_AT_AN_EDGE, cells=cells, total=total)]


def known_mean(values: Iterable[float | None]) -> float | None:
    """Of those that are defined; None where none is."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
