"""Is a gain of one arm over another surely below a margin, or does it surely still grow?"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.components import two_way
from wvexp.analysis.paired import paired_difference
from wvexp.analysis.rare import least_error
from wvexp.analysis.scores import Values, ran

# Of the sizes measured, those over which a gain must grow for it to be said to grow.
_LAST_SIZES = 3


def below_p(a: Values, b: Values, margin: float, inflation: float = 1.0) -> float:
    """Two-sided p-value of a gain A - B as low as this one, were it truly the margin.

    a, b: values [seeds, units] at one size; 1 for a gain at the margin or above it
    """
    gain = two_way(a - b, least_error(a, b), inflation)
    return min(1.0, 2 * gain.tail(margin - gain.mean))


def growth_p(gain: NDArray[np.float64], sizes: Sequence[float], inflation: float = 1.0) -> float:
    """p-value of a gain that does not grow with the logarithm of the size over the last sizes.

    1 where the gain at the last size is not the largest: then it grew before, and no longer.

    Parameters
    ----------
    gain
        [sizes, seeds, units] at two sizes or more; a seed that did not run is a row of NaN.
    """
    estimates = [float(table[ran(table)].mean()) for table in gain]
    if max(estimates) > estimates[-1]:
        return 1.0
    log_sizes = np.log(np.asarray(sizes[-_LAST_SIZES:], np.float64))
    slope = np.tensordot(log_sizes - log_sizes.mean(), gain[-_LAST_SIZES:], axes=1)
    found = paired_difference(slope, np.where(np.isnan(slope), np.nan, 0.0), inflation=inflation)
    if found.strict_p is None or (found.estimate or 0.0) <= 0:
        return 1.0
    return found.strict_p
