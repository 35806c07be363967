"""Simulated recipes with known true scores, for the calibration of the race.

What a recipe scores on a unit is the chance that it is right there, of a latent normal difficulty
that the recipes share in part; its mean over all units there might be is the recipe's score. A
seed's luck moves the score by heavy-tailed steps (t with 3 degrees of freedom, sd 0.4 to 2 points,
larger for some recipes than for others, a third of the variance common to all recipes of a seed).
One run in twenty fails and scores at chance. The learning rate of each recipe is the best of three
on validation over the first two seeds, whose luck it so takes along. In every third experiment
units are clusters of four items.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from wvexp.analysis.race import Entrant

FAILED = 1 / 20
LR_SEEDS = 2
RATES = 3
ITEMS = 4
# No luck is larger than this, so that chances stay between 0 and 1.
_MOST_LUCK = 0.15

Array = NDArray[np.float64]


class RacingWorld:
    """One experiment.

    Parameters
    ----------
    recipes, units
        How many, and as many validation as test units.
    spread
        Standard deviation of the recipes' true scores, as a fraction.
    rows
        How many seeds there may be.
    clustered
        Whether units are clusters of items.
    grouped
        Whether a third of the recipes is of another kind, 3 to 15 points behind.
    """

    def __init__(
        self,
        recipes: int,
        units: int,
        spread: float,
        rows: int,
        clustered: bool,
        grouped: bool,
        rng: np.random.Generator,
    ) -> None:
        self.rng = rng
        self.items = ITEMS if clustered else 1
        self.chance = float(rng.uniform(0.2, 0.5))
        best_rate = rng.uniform(0.65, 0.85) + spread * rng.standard_normal(recipes)
        if grouped:
            best_rate[: recipes // 3] -= rng.uniform(0.03, 0.15)
        luck_sd = np.exp(rng.uniform(np.log(0.004), np.log(0.02)))
        own_sd = luck_sd * rng.lognormal(0.0, 0.4, recipes)
        common = luck_sd * _heavy_tailed(rng, (1, rows))
        own = own_sd[:, None] * _heavy_tailed(rng, (recipes, rows))
        self.luck = np.sqrt(1 / 3) * common + np.sqrt(2 / 3) * own
        self.failed = rng.random((recipes, rows)) < FAILED
        loss = self._choose_rates(best_rate, own_sd, common[:, :LR_SEEDS], units)
        # The expected score of a run that does not fail.
        self.truth = np.clip(best_rate - loss, self.chance + 0.15, 0.97)
        most = np.minimum(_MOST_LUCK, 1 - self.truth)[:, None]
        self.luck = np.clip(self.luck, -most, most)
        share = rng.uniform(0.2, 0.6)
        self._validation, self.test_chances = (
            self._unit_chances(share, units) for _ in ("validation", "test")
        )
        self.validation = np.array(
            [
                self._values(self._validation, k, np.arange(rows)).mean(axis=1)
                for k in range(recipes)
            ]
        )
        self._test = np.full((recipes, rows, units), np.nan)

    @property
    def on_validation(self) -> Array:
        """[recipes]: the true mean over seeds on this very validation set."""
        means: Array = self._validation.mean(axis=1)
        return means

    @property
    def with_failures(self) -> Array:
        """[recipes]: the expected score of a run, failed ones among them."""
        return (1 - FAILED) * self.truth + FAILED * self.chance

    def entrants(self, runs: NDArray[np.bool_]) -> list[Entrant]:
        """The recipes with the runs [recipes, rows] that took place."""
        for k, row in np.argwhere(runs & np.isnan(self._test[:, :, 0])):
            self._test[k, row] = self._values(self.test_chances, k, np.array([row]))[0]
        validation = np.where(runs, self.validation, np.nan)
        last = int(np.flatnonzero(runs.any(axis=0))[-1]) + 1
        entrants = []
        for k, seeds in enumerate(runs[:, :last]):
            test = np.where(seeds[:, None], self._test[k, :last], np.nan)
            entrants.append(Entrant(str(k), validation[k, :last], test))
        return entrants

    def _choose_rates(self, best: Array, own_sd: Array, common: Array, units: int) -> Array:
        """[recipes]: what the chosen rate loses; the luck of the first seeds becomes its luck."""
        rng, recipes = self.rng, len(best)
        loss = rng.uniform(0, 0.03, (recipes, RATES)) * (np.arange(RATES) > 0)
        own = own_sd[:, None, None] * _heavy_tailed(rng, (recipes, RATES, LR_SEEDS))
        luck = np.sqrt(1 / 3) * common[:, None, :] + np.sqrt(2 / 3) * own
        failed = rng.random(luck.shape) < FAILED
        noise = np.sqrt(0.15 / units) * rng.standard_normal(luck.shape)
        scores = np.where(failed, self.chance, best[:, None, None] - loss[:, :, None] + luck)
        chosen = (scores + noise).mean(axis=2).argmax(axis=1)
        of_recipe = np.arange(recipes)
        self.luck[:, :LR_SEEDS] = luck[of_recipe, chosen]
        self.failed[:, :LR_SEEDS] = failed[of_recipe, chosen]
        taken: Array = loss[of_recipe, chosen]
        return taken

    def _unit_chances(self, share: float, units: int) -> Array:
        """[recipes, units]: the chance of being right, whose mean over all units is the truth."""
        shared = self.rng.standard_normal((1, units))
        own = self.rng.standard_normal((len(self.truth), units))
        effect = np.sqrt(share) * (np.sqrt(0.7) * shared + np.sqrt(0.3) * own)
        chances: Array = ndtr((ndtri(self.truth)[:, None] + effect) / np.sqrt(1 - share))
        return chances

    def _values(self, chances: Array, k: int, rows: NDArray[np.int64]) -> Array:
        """[rows, units] of one recipe."""
        luck, truth = self.luck[k, rows, None], self.truth[k]
        # Bad luck takes a share of the right answers, good luck of the wrong ones.
        kept = np.where(luck < 0, 1 + luck / truth, 1 - luck / (1 - truth))
        won = np.where(luck < 0, 0.0, luck / (1 - truth))
        right = np.clip(chances[k] * kept + won, 0.0, 1.0)  # rounding alone leads beyond
        right[self.failed[k, rows]] = self.chance
        if self.items == 1:
            return (self.rng.random(right.shape, np.float32) < right).astype(np.float64)
        found: Array = self.rng.binomial(self.items, right) / self.items
        return found


def _heavy_tailed(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Of variance 1."""
    drawn: Array = rng.standard_t(3, shape) / np.sqrt(3.0)
    return drawn
