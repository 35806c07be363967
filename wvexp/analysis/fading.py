"""The training size at which the gain of one arm over another falls below a margin."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.components import has_spread
from wvexp.analysis.crossover import Crossover, crossover
from wvexp.analysis.curve import REACH, CurvePoint, fit_decay

Fading = Literal["measured", "extrapolated", "below", "above", "growing", "undecided"]


@dataclass(frozen=True)
class Fade:
    """The size at which the gain of one arm over another falls below a margin.

    status     "measured": between low and high, among the sizes; "extrapolated": low, estimate or
               high lie beyond the last size, on a fitted curve; "below": the gain is below the
               margin from the first size on; "above": still above it as far as one may
               extrapolate; "growing": above it at the last size, and surely still rising
               (`verdict.py`), so that no decay is extrapolated; "undecided": neither, or it
               rises above the margin
    low, high  95 % interval, None where open or undecided; "measured": from `high` on no size up
               to the last is anything but surely below the margin
    within     the measured part: where the gain minus the margin changes sign; its leader "A"
               means above the margin, "B" below
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
    inflation: float = 1.0,
) -> Fade:
    """Where the gain A - B (values [sizes, seeds, units]) falls below `margin`, and stays there.

    Beyond the last size the gain is extrapolated as a power law, at most `reach` times; variances
    are multiplied by `inflation` (`overlap.py`).
    """
    within = crossover(a, b, sizes, margin, inflation)
    fade = Fade("undecided", margin, None, None, None, within, reach)
    if within.after == "B":
        return _fades_within(fade)
    # A change back, or from below to above: nothing that a decay could be fitted to.
    if within.before != "A" or within.status in ("one", "several"):
        return fade
    last = within.sizes[-1]
    fade = replace(fade, low=within.low if within.after is None else None)
    if not has_spread((a - b)[[float(size) for size in sizes].index(last)]):
        return fade
    beyond = np.geomspace(last, last * reach, 101)
    fitted = fit_decay(a - b, sizes, beyond.tolist(), reach, inflation)
    if not any(point.extrapolated for point in fitted.points):
        return fade
    estimate, first, certain = (
        _first_below(fitted.points, margin, field) for field in ("error", "low", "high")
    )
    low = fade.low or first
    if estimate is None and first is None and certain is None:
        return replace(fade, status="above", low=low or last * reach)
    return replace(fade, status="extrapolated", estimate=estimate, low=low, high=certain)


def _fades_within(fade: Fade) -> Fade:
    """The gain is below the margin at the last size measured."""
    within = fade.within
    if within.status == "several":
        return fade
    if within.status == "none":
        return replace(fade, status="below")
    low = None if within.before == "B" else within.low
    # Sizes not decided may follow a change: the gain is below for good only after the last one.
    estimate = within.estimate if within.high == within.settled else None
    return replace(fade, status="measured", estimate=estimate, low=low, high=within.settled)


def _first_below(points: Sequence[CurvePoint], margin: float, field: str) -> float | None:
    return next((p.size for p in points if getattr(p, field) < margin), None)
