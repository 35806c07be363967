"""The profile of err(n) = a + b n^-c: for each c on a grid the best a and b, and how well they fit.

For a given c the curve is linear in a and b, so the fit is generalised least squares over a grid
of c, with a and b at or above 0. Intervals are profile intervals: all values of a quantity for
which some curve fits within the 95 % quantile of the best. Where even the best curve misses the
measured points by more than their errors allow, as those of window models do, the quantile is
multiplied by how much (the scale factor of Birge 1932).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

EXPONENTS = np.geomspace(0.02, 3.0, 120)
ZOOMS = 2


@dataclass(frozen=True)
class PowerLaw:
    """The best a and b for each exponent, in units of the first size: a + b (n / first_size)^-c.

    exponents [c], coefficients [c, 2], their covariance [c, 2, 2], misfit [c] (generalised sum of
    squares); quantile: how much more misfit is within the 95 % interval, of curves that fit;
    spare: how many more sizes there are than parameters
    """

    first_size: float
    exponents: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]
    misfit: NDArray[np.float64]
    quantile: float
    spare: int

    @staticmethod
    def fit(
        n: NDArray[np.float64],
        means: NDArray[np.float64],
        covariance: NDArray[np.float64],
        df: float,
    ) -> "PowerLaw":
        """Fit mean errors [sizes] with covariance [sizes, sizes] at training sizes n [sizes]."""
        # A trace of ridge: with fewer units than sizes the covariance would be singular.
        whiten = np.linalg.inv(np.linalg.cholesky(covariance + 1e-6 * np.diag(np.diag(covariance))))
        quantile = float(stdtrit(df, 0.975)) ** 2
        spare = len(n) - 3
        profile = _profile(EXPONENTS, n, means, whiten)
        law = PowerLaw(float(n[0]), EXPONENTS, *profile, quantile, spare)
        for _ in range(ZOOMS):  # precise data leave few exponents: the grid closes in on them
            inside = np.flatnonzero(law.within())
            low, high = max(inside[0] - 1, 0), min(inside[-1] + 1, len(EXPONENTS) - 1)
            finer = np.geomspace(law.exponents[low], law.exponents[high], len(EXPONENTS))
            profile = _profile(finer, n, means, whiten)
            law = PowerLaw(law.first_size, finer, *profile, quantile, spare)
        return law

    @property
    def scale(self) -> float:
        """Misfit for each size to spare, where that is more than 1: what variances are short of."""
        return max(1.0, float(self.misfit.min()) / self.spare) if self.spare else 1.0

    def within(self) -> NDArray[np.bool_]:
        """Exponents for which the best curve lies within the 95 % interval: [c]."""
        return self.misfit <= self.misfit.min() + self.scale * self.quantile

    def error(self, size: float) -> tuple[float, float, float]:
        """Estimate, low and high of the error at one size."""
        powers = (size / self.first_size) ** -self.exponents
        return self._interval(np.stack([np.ones_like(powers), powers], axis=1))

    def a(self) -> tuple[float, float, float]:
        """Estimate, low and high of the asymptote."""
        return self._interval(np.tile([1.0, 0.0], (len(self.exponents), 1)))

    def b(self) -> tuple[float, float, float]:
        """Estimate, low and high of the factor, for sizes counted in examples."""
        scale = self.first_size**self.exponents
        return self._interval(np.stack([np.zeros_like(scale), scale], axis=1))

    def c(self) -> tuple[float, float, float]:
        """Estimate, low and high of the exponent, within the grid."""
        inside = self.exponents[self.within()]
        return float(self.exponents[self.misfit.argmin()]), float(inside[0]), float(inside[-1])

    def _interval(self, design: NDArray[np.float64]) -> tuple[float, float, float]:
        """Estimate, low and high of the quantity design[c] @ (a, b); design [c, 2]."""
        estimate = np.einsum("ci,ci->c", design, self.coefficients)
        spread = np.sqrt(np.einsum("ci,cij,cj->c", design, self.covariance, design))
        best = int(np.argmin(self.misfit))
        slack = self.misfit[best] + self.scale * self.quantile - self.misfit
        half = np.where(slack >= 0, spread * np.sqrt(np.maximum(slack, 0.0)), np.nan)
        low = float(np.nanmin(estimate - half))
        return float(estimate[best]), max(low, 0.0), float(np.nanmax(estimate + half))


def _profile(
    exponents: NDArray[np.float64],
    n: NDArray[np.float64],
    means: NDArray[np.float64],
    whiten: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients, covariance and misfit of the best curve for each exponent."""
    y = whiten @ means
    powers = (n / n[0]) ** -exponents[:, None]
    X = whiten @ np.stack([np.ones_like(powers), powers], axis=2)  # [c, sizes, 2]
    covariance = np.linalg.inv(np.einsum("csi,csj->cij", X, X))
    coefficients = np.einsum("cij,csj,s->ci", covariance, X, y)
    # A negative asymptote or slope: the best curve without that term.
    for absent in (0, 1):
        outside = coefficients[:, absent] < 0
        kept = X[outside, :, 1 - absent]
        power = (kept**2).sum(axis=1)
        coefficients[outside, absent] = 0.0
        coefficients[outside, 1 - absent] = np.maximum(kept @ y / power, 0.0)
        covariance[outside] = 0.0
        covariance[outside, 1 - absent, 1 - absent] = 1 / power
    rest = y - np.einsum("csi,ci->cs", X, coefficients)
    return coefficients, covariance, (rest**2).sum(axis=1)
