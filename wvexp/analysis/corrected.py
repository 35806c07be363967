"""The score of an arm that was chosen for its test score, freed of the luck it was chosen for.

Four arms compared on the test set leave no seed and no unit that had no part in the choice. Two
kinds of luck make the best mean too high: that of the seeds on which the learning rates were
chosen, whose scores are left out where others are to be had, and that of having been the best of
several, which the common spread of the arms takes back (`race_best.py`): of a lead that units and
seeds explain little is left, and of a lead that they do not explain nearly all.
"""

from collections.abc import Mapping

import numpy as np

from wvexp.analysis.paired import MARGIN
from wvexp.analysis.race_best import draw_together, hopeful
from wvexp.analysis.race_choice import Estimate
from wvexp.analysis.race_draws import DRAWS, draw_scores, tested
from wvexp.analysis.scores import Values, ran


def corrected_score(
    values: Mapping[str, Values],
    recommended: str,
    lr_seeds: int,
    rng: np.random.Generator,
    margin: float = MARGIN,
    inflation: float = 1.0,
    draws: int = DRAWS,
) -> Estimate | None:
    """The recommended arm's score with its 95 % interval; None where no arm has two seeds.

    Parameters
    ----------
    values
        By arm [seeds, units]; the recommended one ran at least once.
    lr_seeds
        On how many seeds, the first rows, the learning rates were chosen. They are left out of
        every arm that has others.
    inflation
        What variances are multiplied by (`overlap.py`).
    """
    names = [recommended, *(name for name in values if name != recommended)]
    names = [name for name in names if ran(values[name]).any()]
    rows = []
    for name in names:
        all_rows = ran(values[name])
        later = all_rows & (np.arange(len(all_rows)) >= lr_seeds)
        rows.append(later if later.any() else all_rows)
    test = tested([values[name] for name in names], rows)
    if test is None:
        return None
    alone = draw_scores(test, rng, inflation, draws)
    kept = hopeful(alone.leads, margin)
    drawn = alone.score
    if len(kept) > 1:
        drawn = draw_together(test, None, kept, rng, inflation, draws)[:, 0]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(float(drawn.mean()), max(float(low), 0.0), min(float(high), 1.0))
