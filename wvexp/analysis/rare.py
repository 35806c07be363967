"""Arms that disagree on few test units or on none: how sure their difference may then look.

Where no unit of n tells two arms apart, the spread of their difference is 0, yet up to 3 / n of all
units might tell them apart at 95 % (the rule of three, Hanley and Lippman-Hand 1983). An interval
is therefore never narrower than 3 units' worth. Adding pseudo-counts to paired proportions
(Agresti and Min 2005) is the same caution; a floor leaves all other intervals as they are.
"""

from math import ceil

import numpy as np
from scipy.special import ndtri

from wvexp.analysis.components import has_spread
from wvexp.analysis.scores import Values, ran

# Units in the half width of the interval, of which the standard error is a part.
_UNITS = 3.0 / float(ndtri(0.975))
# A smaller margin asks for no larger test set before it is taken to be of use.
_POINT = 0.01
# Values are fractions: less than this is rounding.
_ROUNDING = 1e-12


def least_error(a: Values, b: Values) -> float:
    """The standard error of mean(a - b), tables [seeds, units], below which it is not believed.

    0 where neither arm has any spread: then there is nothing to go by. What one unit is worth is
    taken from the differences seen, the large ones counting most, so that with right and wrong
    answers it is 1; where none was seen, from the range of the arms' own values.
    """
    both = ran(a) & ran(b)
    if not both.any() or not (has_spread(a[both]) or has_spread(b[both])):
        return 0.0
    if alike(a, b):
        worth = max(float(np.ptp(a[both])), float(np.ptp(b[both])))
    else:
        squares = (a[both] - b[both]) ** 2
        worth = float(np.sqrt((squares**2).sum() / squares.sum()))
    return worth * unit_error(a.shape[1])


def unit_error(units: int) -> float:
    """The standard error that the rule of three allows where one unit is worth 1."""
    return _UNITS / units


def enough_units(margin: float) -> int:
    """Test units below which no interval of a difference lies within the margin, by that floor.

    Of right and wrong answers; for margins of a point and more.
    """
    return ceil(3.0 / max(margin, _POINT))


def alike(a: Values, b: Values) -> bool:
    """Whether two arms have the same value on every unit in every seed that both ran."""
    both = ran(a) & ran(b)
    return bool(np.all(np.abs(a[both] - b[both]) <= _ROUNDING))
