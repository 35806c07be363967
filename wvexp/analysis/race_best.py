"""How surely the chosen recipe is within the margin of the best of all that raced.

Of thirty differences measured on the same units the largest is large by luck. If each is drawn by
itself (`best.py`), some rival always seems ahead, and nothing is ever sure. So the true scores are
taken to be spread about a common mean as a normal distribution is, with a spread that is itself
unknown (uniform, Gelman 2006) and drawn from what the scores say of it: recipes that differ by no
more than units and seeds explain are drawn together, others stay as they are.

The model holds all that the race and the choice looked at: the validation scores beside the test
scores, and the luck of the seeds that they share. Given that, having chosen, given up or looked
again changes nothing in what is likely.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.paired import MARGIN
from wvexp.analysis.race_draws import DRAWS, Tested, draw_scores, lead_floors, tested
from wvexp.analysis.scores import ran

# Values of the spread at which the likelihood is taken, evenly from 0.
_SPREADS = 33
# A recipe less likely than this to be near the best, by itself, is left out of the common spread:
# those that did not learn would make it that of another kind of recipe.
_HOPELESS = 1e-3
# Recipes that answer alike have covariances that cannot be inverted: the square of 0.01 points.
_ROUNDING = 1e-8

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Validated:
    """What validation says of the same K recipes.

    scores  [K]: mean over the seeds that the race looked at
    units   how many units there are
    seeds   [K]: how many seeds that is
    shared  [K]: how many of them are among the seeds used of the test scores
    """

    scores: Array
    units: int
    seeds: NDArray[np.int64]
    shared: NDArray[np.int64]


def near_best_of_race(
    test: Tested,
    validated: Validated | None,
    leads: Array,
    rng: np.random.Generator,
    margin: float = MARGIN,
    inflation: float = 1.0,
    draws: int = DRAWS,
) -> Array:
    """Probability [K] that each recipe's true score is within `margin` of the best one's.

    Parameters
    ----------
    validated
        None: the test scores alone are used.
    leads
        [draws, K - 1] as drawn from the test scores of each recipe by itself (`race_draws.py`),
        by which those are left out that are too far behind.
    inflation
        What variances are multiplied by (`overlap.py`).
    """
    kept = hopeful(leads, margin)
    near = np.zeros(len(test.scores))
    if len(kept) < 2:
        near[0] = 1.0
        return near
    drawn = draw_together(test, validated, kept, rng, inflation, draws)
    near[kept] = (drawn >= drawn.max(axis=1, keepdims=True) - margin).mean(axis=0)
    return near


def near_best_together(
    values: NDArray[np.float64],
    rng: np.random.Generator,
    margin: float = MARGIN,
    inflation: float = 1.0,
    draws: int = DRAWS,
) -> Array | None:
    """The same for arms compared without a race, as `near_best` (`best.py`) takes them.

    From values [arms, seeds, units]; None where no arm has two seeds.
    """
    test = tested(list(values), [ran(table) for table in values])
    if test is None:
        return None
    leads = draw_scores(test, rng, inflation, draws).leads
    return near_best_of_race(test, None, leads, rng, margin, inflation, draws)


def hopeful(leads: Array, margin: float) -> NDArray[np.int64]:
    """The recipes, 0 always among them, that are not far behind by every likely lead."""
    return np.flatnonzero([True, *((leads > -margin).mean(axis=0) > _HOPELESS)])


def draw_together(
    test: Tested,
    validated: Validated | None,
    kept: NDArray[np.int64],
    rng: np.random.Generator,
    inflation: float = 1.0,
    draws: int = DRAWS,
) -> Array:
    """[draws, kept]: likely true scores under a common spread.

    `kept` are indices of two recipes or more, the first of them 0 (`hopeful`).
    """
    data, covariance, of_recipe = _stacked(test, validated, kept, inflation)
    widest = 2.0 * float(np.ptp(data[: len(kept)]))
    widest += 2.0 * float(np.sqrt(np.diag(covariance).max()))
    found = [
        _given(spread, data, covariance, of_recipe) for spread in np.linspace(0.0, widest, _SPREADS)
    ]
    likely = np.array([likelihood for likelihood, _, _ in found])
    weights = np.exp(likely - likely.max())
    weights /= weights.sum()
    drawn = np.concatenate(
        [
            mean + rng.standard_normal((n, len(mean))) @ _root(posterior).T
            for n, (_, mean, posterior) in zip(rng.multinomial(draws, weights), found, strict=True)
            if n
        ]
    )
    centre = weights @ np.array([mean for _, mean, _ in found])
    scale = np.sqrt((test.units - 1) / rng.chisquare(test.units - 1, (draws, 1)))
    together: Array = centre + scale * (drawn - centre)
    return together


def _stacked(
    test: Tested, validated: Validated | None, kept: NDArray[np.int64], inflation: float
) -> tuple[Array, Array, Array]:
    """Test and validation scores as one vector, its covariance, and [data, K] whose they are."""
    k, luck = len(kept), test.luck_of_run[kept]
    of_units = steadied(np.atleast_2d(np.cov(test.means[kept])), test.units)
    on_test = of_units / test.units + np.diag(luck / test.seeds[kept])
    # Where units hardly tell a recipe from the first, as much as the rule of three allows.
    floors = np.concatenate([[0.0], lead_floors(test)])[kept]
    of_lead = np.diag(on_test) + on_test[0, 0] - 2.0 * on_test[0]
    on_test += np.diag(np.maximum(floors**2 - of_lead, 0.0) + _ROUNDING)
    if validated is None:
        return test.scores[kept], inflation * on_test, np.eye(k)
    seeds = validated.seeds[kept]
    on_validation = of_units / validated.units + np.diag(luck / seeds + _ROUNDING)
    shared = np.diag(luck * validated.shared[kept] / (seeds * test.seeds[kept]))
    covariance = inflation * np.block([[on_test, shared], [shared, on_validation]])
    data = np.concatenate([test.scores[kept], validated.scores[kept]])
    return data, covariance, np.vstack([np.eye(k), np.eye(k)])


def _given(
    spread: float, data: Array, covariance: Array, of_recipe: Array
) -> tuple[float, Array, Array]:
    """Log likelihood of a spread, and the mean and covariance of the true scores given it."""
    prior = spread**2
    total = covariance + prior * of_recipe @ of_recipe.T
    level = _levels(of_recipe)
    inverse = np.linalg.inv(total)
    weight = level.T @ inverse @ level
    mean_level = np.linalg.solve(weight, level.T @ inverse @ data)
    rest = data - level @ mean_level
    _, log_det = np.linalg.slogdet(total)
    _, log_weight = np.linalg.slogdet(weight)
    likelihood = -0.5 * (log_det + log_weight + rest @ inverse @ rest)
    gain = prior * of_recipe.T @ inverse
    k = of_recipe.shape[1]
    # Validation may lie higher or lower as a whole: the level of the test scores is the one meant.
    of_level = np.zeros((k, level.shape[1]))
    of_level[:, 0] = 1.0
    mean = mean_level[0] + gain @ rest
    slack = of_level - gain @ level
    posterior = (
        prior * np.eye(k) - prior * gain @ of_recipe + slack @ np.linalg.solve(weight, slack.T)
    )
    return float(likelihood), mean, posterior


def _levels(of_recipe: Array) -> Array:
    """[data, 1 or 2]: a level for the test scores and one for those on validation."""
    data, k = of_recipe.shape
    levels = np.zeros((data, data // k))
    for part in range(data // k):
        levels[part * k : (part + 1) * k, part] = 1.0
    return levels


def _root(covariance: Array) -> Array:
    eigenvalues, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    root: Array = vectors * np.sqrt(np.maximum(eigenvalues, 0.0))
    return root


def steadied(covariance: Array, units: int) -> Array:
    """A covariance [K, K] of `units` samples, its correlations drawn towards their mean.

    As if K more units had shown all recipes alike (compound symmetry): with 40 units and 30 recipes
    the correlations are little but noise, and their inverse would be believed.
    """
    k = len(covariance)
    sd = np.sqrt(np.diag(covariance))
    if k < 2 or not (sd > 0).all():
        return covariance
    correlation = covariance / np.outer(sd, sd)
    common = (correlation.sum() - k) / (k * (k - 1))
    target = np.full((k, k), max(common, 0.0))
    np.fill_diagonal(target, 1.0)
    drawn = (units * correlation + k * target) / (units + k)
    steady: Array = drawn * np.outer(sd, sd)
    return steady
