"""All arms against each other at every size, called together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.crossover import check_sizes
from wvexp.analysis.paired import MARGIN, PairedDifference, call_together, paired_difference


@dataclass(frozen=True)
class Comparison:
    """Arm `a` minus arm `b` at one training size."""

    a: str
    b: str
    size: float
    difference: PairedDifference

    @property
    def winner(self) -> str | None:
        """The arm called better, None where there is none."""
        return {"A": self.a, "B": self.b}.get(self.difference.call)

    @property
    def ahead(self) -> str | None:
        """The arm that is ahead by the 95 % interval at this size alone, whatever is called."""
        low, high = self.difference.low, self.difference.high
        if low is None or high is None:
            return None
        return self.a if low > 0 else self.b if high < 0 else None


def family_size(comparisons: Sequence[Comparison]) -> int:
    """How many comparisons the calls count: those that could be judged."""
    return sum(c.difference.strict_p is not None for c in comparisons)


def compare_arms(
    values: Mapping[str, NDArray[np.float64]],
    sizes: Sequence[float],
    margin: float = MARGIN,
    full_size: float | None = None,
    inflation: float = 1.0,
    span: float = 1.0,
) -> tuple[Comparison, ...]:
    """Every pair of arms at every size, Holm over all of them.

    Parameters
    ----------
    values
        By arm: [sizes, seeds, units]; a seed that did not run at a size is a row of NaN.
    full_size
        The size at which all seeds share the whole training data, when it is among `sizes`.
    inflation
        What variances are multiplied by (`overlap.py`).
    span
        The largest difference there can be.
    """
    check_sizes(sizes, *values.values())
    planned = [(a, b, k) for a, b in combinations(values, 2) for k in range(len(sizes))]
    called = call_together(
        [
            paired_difference(
                values[a][k], values[b][k], margin, sizes[k] == full_size, inflation, span
            )
            for a, b, k in planned
        ]
    )
    return tuple(
        Comparison(a, b, float(sizes[k]), difference)
        for (a, b, k), difference in zip(planned, called, strict=True)
    )
