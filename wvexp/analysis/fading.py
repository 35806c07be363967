"""The training size at which the gain of one arm over another falls below a margin."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.crossover import Crossover, crossover
from wvexp.analysis.curve import REACH, CurvePoint, fit_decay

Fading = Literal["measured", "extrapolated", "below", "above", "undecided"]


@dataclass(frozen=True)
class Fade:
    """The size at which the gain of one arm over another falls below a margin.

    status     "measured": between low and high, among the sizes; "extrapolated": low, estimate or
               high lie beyond the last size, on a fitted curve; "below": the gain is below the
               margin from the first size on; "above": still above it as far as one may
               extrapolate; "undecided"
    low, high  95 % interval, None where open
    within     the measured part: where the gain minus the margin changes sign
    """

    status: Fading
    margin: float
    estimate: float | None
    low: float | None
    high: float | None
    within: Crossover
    reach: float


def gain_fades(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    sizes: Sequence[float],
    margin: float,
    reach: float = REACH,
) -> Fade:
    """Where the gain A - B (values [sizes, seeds, units]) falls below `margin`, and stays there.

    Beyond the last size the gain is extrapolated as a power law, at most `reach` times.
    """
    within = crossover(a, b, sizes, level=margin)
    fade = Fade("undecided", margin, None, within.low, within.high, within, reach)
    if within.after == "B":
        if within.status == "none":
            return replace(fade, status="below")
        if within.status == "one" or within.status == "before_first":
            return replace(fade, status="measured", estimate=within.estimate)
        return fade
    if within.before != "A" or within.status not in ("none", "beyond_last"):
        return fade
    last = within.sizes[-1]
    beyond = np.geomspace(last, last * reach, 101)
    fitted = fit_decay(a - b, sizes, beyond.tolist(), reach)
    if not fitted.points:
        return fade
    estimate, first, certain = (
        _first_below(fitted.points, margin, field) for field in ("error", "low", "high")
    )
    low = within.low or first
    if estimate is None and first is None and certain is None:
        return replace(fade, status="above", low=low or last * reach)
    return replace(fade, status="extrapolated", estimate=estimate, low=low, high=certain)


def _first_below(points: Sequence[CurvePoint], margin: float, field: str) -> float | None:
    return next((p.size for p in points if getattr(p, field) < margin), None)
