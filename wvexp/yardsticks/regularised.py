"""How strongly a linear classifier is regularised, chosen on validation.

C is what scikit-learn calls the inverse strength. Three decades are tried, and others beyond while
the best is the last of them.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from wvexp.machine import one_blas_thread
from wvexp.yardsticks.yardstick import Fit, Labels, Problem

# C is 10 to the power of at least and at most these.
_LEAST, _MOST = -4, 4
# Where logistic regression begins.
_FIRST = (0, 1, 2)

# Ten times scikit-learn's own: of 77 labels a third quicker, and no score moved by 0.2 points.
TOLERANCE, MOST_STEPS = 1e-3, 1000

# The labels of the validation and the test split for a C.
Labelled = Callable[[float], tuple[Labels, Labels]]


def best_regularised(problem: Problem, labelled: Labelled, first: tuple[int, int, int]) -> Fit:
    """The labels of the best C on validation; of those that score alike, of the smallest.

    first: the powers of ten that are tried in any case, next to one another
    """
    one_blas_thread()  # of scikit-learn's too, which is in memory by now
    tried: dict[int, Fit] = {}
    todo = list(first)
    while todo:
        for power in todo:
            problem.go_on()
            validation, test = labelled(10.0**power)
            tried[power] = Fit(test, problem.score(validation), {"C": 10.0**power})
        best = min(tried, key=lambda power: (-tried[power].validation, power))
        beyond = [best + step for step in (-1, 1) if best + step not in tried]
        todo = [power for power in beyond if _LEAST <= power <= _MOST]
    return tried[best]


def logistic(problem: Problem, train: Any, validation: Any, test: Any) -> Fit:
    """Logistic regression on features [sentences, features] of the three splits, L2, lbfgs."""
    from sklearn.linear_model import LogisticRegression

    def labelled(c: float) -> tuple[Labels, Labels]:
        with as_far_as_it_goes():
            fitted = LogisticRegression(C=c, tol=TOLERANCE, max_iter=MOST_STEPS)
            fitted.fit(train, problem.train.labels)
        return fitted.predict(validation), fitted.predict(test)

    return best_regularised(problem, labelled, _FIRST)


@contextmanager
def as_far_as_it_goes() -> Iterator[None]:
    """Without the warning of a solver that used all its steps: validation judges what came out.

    Nor that of many labels over few texts, as on a first look at 77 of them over 100.
    """
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        yield
