"""A quantity that changes with size, a little beyond the largest sizes measured.

y(n) = top - slope * g_c(n), with g_c(n) = (1 - (n / last)^-c) / c for c > 0, the logarithm for
c = 0 (the family of Box and Cox 1964): what falls ever more slowly. It goes through the last sizes
alone, has no asymptote at 0, and may bend more sharply beyond them than before, so that it holds
for curves of many shapes, where the power law over all sizes (`curve.py`) is wrong wherever the
truth is none. Intervals are profile intervals over c, as those of `power_law.py`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

Array = NDArray[np.float64]

# The last sizes that the curve goes through, and how it may bend.
LAST_SIZES = 3
EXPONENTS = np.linspace(0.0, 3.0, 121)
# Misfit beyond which no curve of the family is one of these means.
_FITS_BADLY = 4.0
# By how much more than so far it may bend beyond the last size, as it does before a plateau.
SHARPER = 2.0


@dataclass(frozen=True)
class Beyond:
    """The best curve for each exponent: coefficients [c, 2] (top, slope), as `PowerLaw` has them.

    covariance [c, 2, 2], misfit [c]; quantile: how much more misfit is within the 95 % interval
    """

    last: float
    exponents: Array
    coefficients: Array
    covariance: Array
    misfit: Array
    quantile: float

    @staticmethod
    def fit(sizes: Array, means: Array, covariance: Array, df: float) -> "Beyond":
        """Through decreasing means [sizes] with covariance [sizes, sizes], t with `df`.

        numpy.linalg.LinAlgError where the covariance is none.
        """
        whiten = np.linalg.inv(np.linalg.cholesky(covariance + 1e-6 * np.diag(np.diag(covariance))))
        y, last = whiten @ means, float(sizes[-1])
        basis = bent(sizes, last, EXPONENTS)
        X = np.einsum("st,ctj->csj", whiten, np.stack([np.ones_like(basis), -basis], axis=2))
        inverse = np.linalg.inv(np.einsum("csi,csj->cij", X, X))
        coefficients = np.einsum("cij,csj,s->ci", inverse, X, y)
        rising = coefficients[:, 1] < 0  # then the best curve that does not: a constant
        constant = X[rising, :, 0]
        power = (constant**2).sum(axis=1)
        coefficients[rising, 0], coefficients[rising, 1] = constant @ y / power, 0.0
        rest = y - np.einsum("csi,ci->cs", X, coefficients)
        quantile = float(stdtrit(df, 0.975)) ** 2
        return Beyond(last, EXPONENTS, coefficients, inverse, (rest**2).sum(axis=1), quantile)

    @property
    def fits(self) -> bool:
        """Whether some curve passes near the means: not where they rise, or fall ever faster."""
        return float(self.misfit.min()) <= _FITS_BADLY

    def at(self, size: float) -> tuple[float, float, float]:
        """Estimate, low and high of the quantity at one size."""
        as_so_far, sharper = (
            self._interval(np.stack([np.ones_like(basis), -basis], axis=1))
            for basis in self._bases(size)
        )
        return as_so_far[0], as_so_far[1], max(as_so_far[2], sharper[2])

    def drop(self, size: float) -> tuple[float, float, float]:
        """Estimate, low and high of how much less it is at that size than at the last; not < 0."""
        as_so_far, sharper = (
            self._interval(np.stack([np.zeros_like(basis), basis], axis=1))
            for basis in self._bases(size)
        )
        return as_so_far[0], max(sharper[1], 0.0), as_so_far[2]

    def _bases(self, size: float) -> list[Array]:
        """g_c at one size [c], as bent as so far and more."""
        at = np.array([size])
        return [bent(at, self.last, self.exponents + more)[:, 0] for more in (0.0, SHARPER)]

    def _interval(self, design: Array) -> tuple[float, float, float]:
        estimate = np.einsum("ci,ci->c", design, self.coefficients)
        spread = np.sqrt(np.einsum("ci,cij,cj->c", design, self.covariance, design))
        best = int(np.argmin(self.misfit))
        slack = self.misfit[best] + self.quantile - self.misfit
        half = np.where(slack >= 0, spread * np.sqrt(np.maximum(slack, 0.0)), np.nan)
        return (
            float(estimate[best]),
            float(np.nanmin(estimate - half)),
            float(np.nanmax(estimate + half)),
        )


def bent(sizes: Array, last: float, exponents: Array) -> Array:
    """g_c(n) [c, sizes]: 0 at the last size, with slope 1 in the logarithm there."""
    logs = np.log(sizes / last)
    c = np.where(exponents == 0, 1.0, exponents)[:, None]
    return np.where(exponents[:, None] == 0, logs, -np.expm1(-c * logs) / c)
