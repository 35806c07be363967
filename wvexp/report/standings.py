"""What a race of recipes showed, as numbers that are JSON."""

from dataclasses import dataclass

from wvexp.analysis.reason import Reason


@dataclass(frozen=True)
class Standing:
    """One recipe at the end of a race. Scores are fractions, of test units.

    recipe      its name; `model`, `arm` and `vectors` are what it is made of, `vectors` the short
                name of the file, empty where there is but one
    validation  mean over the seeds of the race, by which is chosen
    score       mean over the seeds that had no part in any choice; of a recipe that was given up,
                over those that it ran with
    low, high   95 % interval of `score`, of the chosen recipe; None of the others
    behind      the chosen recipe minus this one, paired over seeds and units, and its 95 %
                interval
    near_best   probability that it is within the margin of the best; None where it was given up
    given_up    whether it was surely behind, after `seeds` seeds
    """

    recipe: str
    model: str
    arm: str
    vectors: str
    lr: float
    seeds: int
    validation: float
    score: float
    low: float | None
    high: float | None
    behind: float | None
    behind_low: float | None
    behind_high: float | None
    near_best: float | None
    given_up: bool


@dataclass(frozen=True)
class RaceFindings:
    """A race at one training size, the chosen recipe first, then by score.

    size, wanted  training examples of its runs, and those that the choice is for
    decided       whether the chosen recipe may be called the choice
    confidence    probability that it is within the margin of the best of all raced; None: unknown
    fresh         seeds that had no part in any choice, on which the score of the chosen rests; 0
                  where there was no time for any
    runs          that were trained or had been, at that size
    cut_short     whether the budget ended the race
    left_out      models that the budget did not reach
    notes         what keeps it from being decided, or is to be minded
    """

    size: int
    wanted: int
    decided: bool
    confidence: float | None
    fresh: int
    runs: int
    cut_short: bool
    left_out: tuple[str, ...]
    standings: tuple[Standing, ...]
    notes: tuple[Reason, ...] = ()

    @property
    def chosen(self) -> Standing:
        return self.standings[0]

    def of_model(self) -> dict[str, Standing]:
        """The best recipe of each model by validation; those given up come last."""
        best: dict[str, Standing] = {}
        for one in self.standings:
            there = best.get(one.model)
            if there is None or (there is not self.chosen and _rank(one) > _rank(there)):
                best[one.model] = one
        return best


def _rank(one: Standing) -> tuple[bool, float]:
    return not one.given_up, one.validation
