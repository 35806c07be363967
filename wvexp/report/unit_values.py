"""From the counts of the test units, as the store keeps them, to the values of the analysis."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.reason import Reason, Why
from wvexp.analysis.scores import NoScoreError, Values
from wvexp.data.units import Units
from wvexp.metrics import METRICS
from wvexp.results.crossfit import Counts, Results
from wvexp.results.stored_run import StoredRun


def read_counts(
    results: Results,
    arms: Sequence[str],
    sizes: Sequence[int],
    seeds: Sequence[int],
    chosen: Mapping[tuple[str, int, int], StoredRun],
) -> tuple[dict[tuple[str, int], NDArray[np.float64]], list[Reason]]:
    """Counts [seeds, units, k] of every arm and size, and what could not be read.

    Equal texts are one unit: a sentence that stands in the test data twice is no second witness.
    """
    problems: list[Reason] = []
    ids: list[str] | None
    units: list[str] | None = None
    places: list[int] = []
    tables: dict[tuple[str, int], NDArray[np.float64]] = {}
    for arm, size in product(arms, sizes):
        rows: dict[int, Counts] = {}
        for row, seed in enumerate(seeds):
            run = chosen.get((arm, size, seed))
            if run is None:
                continue
            try:
                ids = results.unit_ids(run.key)
            except KeyError:
                ids = None
            if units is None and ids:
                units, places = ids, distinct(ids)
            if ids is None or ids != units:
                why = Why.OTHER_UNITS if ids else Why.NO_COUNTS
                problems.append(Reason(why, arm=arm, size=size, seed=seed))
                continue
            rows[row] = summed(results.unit_counts(run.key), places)
        if rows:
            shape = next(iter(rows.values())).shape
            counts = np.full((len(seeds), shape[0], int(np.prod(shape[1:]))), np.nan)
            for row, of_run in rows.items():
                counts[row] = of_run.reshape(counts.shape[1:])
            tables[arm, size] = counts
    return tables, problems


def distinct(ids: Sequence[str]) -> list[int]:
    """The place of each unit among the distinct ones, in order of first occurrence."""
    place: dict[str, int] = {}
    return [place.setdefault(Units.content(name), len(place)) for name in ids]


def summed(counts: Counts, places: Sequence[int]) -> Counts:
    """The counts with equal units summed."""
    distinct = 1 + max(places)
    if distinct == len(places):
        return counts
    wide = np.float64 if counts.dtype.kind == "f" else np.int64
    summed = np.zeros((distinct, *counts.shape[1:]), dtype=wide)
    np.add.at(summed, places, counts)
    return summed


def values_by_arm(
    metric: str,
    counts: Mapping[tuple[str, int], NDArray[np.float64]],
    arms: Sequence[str],
    sizes: Sequence[int],
    seeds: Sequence[int],
    problems: list[Reason],
) -> dict[str, NDArray[np.float64]]:
    """By arm, values [sizes, seeds, units]; a cell without a score is named in `problems`."""
    tables: dict[tuple[str, int], Values] = {}
    for (arm, size), of_cell in counts.items():
        try:
            tables[arm, size] = METRICS[metric].values(of_cell)
        except ValueError as error:
            because = why_no_score(error)
            problems.append(Reason(Why.NO_SCORE, arm=arm, size=size, because=because))
    units = max((of_cell.shape[1] for of_cell in counts.values()), default=1)
    nothing = np.full((len(seeds), units), np.nan)
    return {arm: np.stack([tables.get((arm, size), nothing) for size in sizes]) for arm in arms}


def why_no_score(error: ValueError) -> Reason:
    """Why a metric has no values for the counts of a results file, which may hold any number."""
    return error.reason if isinstance(error, NoScoreError) else Reason(Why.BAD_COUNTS)
