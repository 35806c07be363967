"""Scores, differences and probabilities in words."""

from math import floor


def points(fraction: float, signed: bool = False) -> str:
    """A difference of scores in points."""
    number = f"{100 * fraction:{'+' if signed else ''}.1f}"
    return "1 point" if number == "1.0" else f"{number} points"


def percent(score: float) -> str:
    return f"{round(100 * score, 1) + 0.0:.1f} %"  # never -0.0


def surely(probability: float) -> float:
    """A probability as it is said: rounded down to a tenth of a percent, and never 1.

    Rounded up, what falls short of 95 % would read as 95 %; and what was drawn 20,000 times is
    never known to be 1.
    """
    return min(floor(1000 * probability + 1e-9) / 1000, 0.999)
