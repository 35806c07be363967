"""Gradients by central differences, to check the derived ones against.

    d f / d x_i ≈ (f(x + h e_i) - f(x - h e_i)) / 2h        in float64

The error is of order h² f''' from the curvature and ε |f| / h from rounding (ε = 2⁻⁵²); h = ε^⅓,
times the size of x_i where that exceeds 1, balances the two.

Where f has a kink (relu, hardtanh, max, a margin) within the step, a difference measures a mixture
of two slopes. Such entries are found and counted, never averaged away: see `numeric_gradient`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wvexp.backprop.activations import Array

EPSILON = float(np.finfo(np.float64).eps)
STEP = EPSILON ** (1 / 3)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Differences:
    """Slopes of f at x, in the shape of x.

    slope       central difference
    low, high   the smaller and the larger one-sided difference
    kinked      where the step meets a kink: no single slope there, `slope` means nothing, and a
                right gradient lies between `low` and `high`
    """

    slope: Floats
    low: Floats
    high: Floats
    kinked: NDArray[np.bool_]


def numeric_gradient(f: Callable[[Floats], float], x: Array) -> Differences:
    """Differences of f along every entry of x (four evaluations per entry).

    A smooth f halves its second difference over h when h is halved, and its central difference
    hardly changes; across a kink one of the two fails. Both are looked at.
    """
    x = np.array(x, dtype=np.float64)
    slope, low, high = np.empty_like(x), np.empty_like(x), np.empty_like(x)
    kinked = np.zeros(x.shape, dtype=bool)
    middle = f(x)
    for index in np.ndindex(x.shape):
        axis = np.zeros_like(x)
        axis[index] = 1
        step = STEP * max(1.0, abs(float(x[index])))
        slope[index], low[index], high[index], kinked[index] = _line(f, x, axis, middle, step)
    return Differences(slope, low, high, kinked)


def gradient_error(gradient: Array, differences: Differences, floor: float = 0.0) -> float:
    """`relative_error` against the slopes; at a kink against the nearest value that the one-sided
    slopes allow."""
    nearest = np.clip(gradient, differences.low, differences.high)
    reference = np.where(differences.kinked, nearest, differences.slope)
    return relative_error(gradient, reference, floor)


def directional_error(
    f: Callable[[Floats], float],
    x: Array,
    gradient: Array,
    rng: np.random.Generator,
    directions: int = 8,
    floor: float = 0.0,
) -> float:
    """The largest relative error of <gradient, v> over unit vectors v: for large x.

    The first v is the gradient's own direction, where a wrong scale shows in full; the others
    are random, where anything else shows. Errors are relative to |gradient| / √n at least, the
    size that <gradient, v> has for a random v. A v whose step meets a kink is replaced by another.
    `floor` as in `relative_error`.

    Raises
    ------
    ValueError
        Every direction met a kink: nothing was checked.
    """
    x = np.array(x, dtype=np.float64)
    gradient = np.asarray(gradient, dtype=np.float64)
    middle, norm = f(x), float(np.linalg.norm(gradient))
    usual = norm / float(np.sqrt(x.size))
    step = STEP * max(1.0, float(np.sqrt(np.mean(x * x))))
    errors: list[float] = []
    for trial in range(4 * directions):
        v = gradient if trial == 0 and norm > 0 else rng.choice([-1.0, 1.0], size=x.shape)
        v = v / np.linalg.norm(v)
        slope, _, _, kinked = _line(f, x, v, middle, step)
        if kinked:
            continue
        claimed = float(np.sum(gradient * v))
        size = max(abs(claimed), abs(slope), usual, floor)
        errors.append(0.0 if size == 0 else abs(claimed - slope) / size)
        if len(errors) == directions:
            break
    if not errors:
        raise ValueError(f"each of {4 * directions} directions met a kink: move x away from it")
    return float(np.max(errors))


def relative_error(a: Array, b: Array, floor: float = 0.0) -> float:
    """|a - b| / max(|a|, |b|, floor) in the 2-norm; 0 where both are zero, NaN where one is.

    A gradient whose terms cancel (a relu in its linear part adds δ - δ) is known to rounding
    only, and two right answers for it differ by 100 %. Where numbers are of size 1, a `floor`
    such as 1e-2 keeps that apart from a wrong answer.
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(f"gradients of shapes {a.shape} and {b.shape}, expected equal ones")
    size = max(float(np.linalg.norm(a)), float(np.linalg.norm(b)), floor)
    return 0.0 if size == 0 else float(np.linalg.norm(a - b)) / size


def _line(
    f: Callable[[Floats], float], x: Floats, v: Floats, middle: float, step: float
) -> tuple[float, float, float, bool]:
    """Central, lower and upper one-sided slope of f at x along v; whether a kink is within step."""
    right, left = (f(x + step * v) - middle) / step, (middle - f(x - step * v)) / step
    half = step / 2
    half_right, half_left = (f(x + half * v) - middle) / half, (middle - f(x - half * v)) / half
    central, half_central = (right + left) / 2, (half_right + half_left) / 2
    bend, half_bend = right - left, half_right - half_left
    # What rounding and the curvature of a smooth f can do stays below this.
    noise = 32 * EPSILON * abs(middle) / step + 1e-7 * max(1.0, abs(central))
    kinked = abs(bend - 2 * half_bend) > noise or abs(central - half_central) > noise
    return central, min(left, right), max(left, right), kinked
