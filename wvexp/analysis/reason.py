"""Why something is undecided, not tested, left out or held back: a kind, and the values with it.

The words are made in `report/reasons.py` and nowhere else: who wants to know what a reason is
about asks for its kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any


class Why(StrEnum):
    """The kinds of reason; what values each has is told by its words."""

    # a difference of two arms
    SEEDS_UNPAIRED = auto()
    SHARED_TRAINING = auto()
    FEW_SEEDS = auto()
    ONE_UNIT = auto()
    NO_SPREAD = auto()
    NO_DISAGREEMENT = auto()
    # a crossover, a learning curve
    SIZE_LEFT_OUT = auto()
    FEW_SEEDS_IN_COMMON = auto()
    SAME_SCORES = auto()
    FEW_SEEDS_OR_NO_SPREAD = auto()
    FEW_SIZES = auto()
    FEW_SIZES_FOR_CURVE = auto()
    CURVE_NOT_FITTED = auto()
    CURVE_FITS_BADLY = auto()
    FEW_LAST_SIZES = auto()
    CURVE_TURNS = auto()
    # a choice
    NOTHING_MEASURED = auto()
    ARM_NOT_MEASURED = auto()
    ARM_WITH_ONE_SEED = auto()
    ARM_WITH_SAME_SCORES = auto()
    ARM_WITH_OTHER_SEEDS = auto()
    NO_FRESH_SEED = auto()
    ARMS_ALIKE = auto()
    NO_BETTER_THAN_BASELINE = auto()
    BETTER_BEYOND_THE_GRID = auto()
    SHORT_OF_WANTED_SIZE = auto()
    # what a claim lacks
    NO_RUN = auto()
    PAIR_WITHOUT_INTERVAL = auto()
    LACKING = auto()
    ONE_SIZE = auto()
    ONE_SIZE_WITH_INTERVAL = auto()
    SMALLEST_WITHOUT_INTERVAL = auto()
    LARGEST_WITHOUT_INTERVAL = auto()
    # pretrained vectors are never worse than random ones
    LOSS = auto()
    LOSS_NOT_EXCLUDED = auto()
    NO_LOSS_SEEN = auto()
    NO_LOSS = auto()
    BESIDE_SLIGHT_LOSSES = auto()
    # random vectors suffice
    GAIN_BELOW = auto()
    GAIN_GROWS = auto()
    GAIN_BELOW_AGAIN = auto()
    GAIN_BELOW_UNCALLED = auto()
    GAIN_EXTRAPOLATED = auto()
    GAIN_ABOVE = auto()
    GAIN_OPEN = auto()
    # advice at one end of the sizes
    WINNER = auto()
    EQUIVALENT = auto()
    AHEAD_UNCALLED = auto()
    NO_WINNER = auto()
    # a claim that the choice beside it seems to contradict
    BESIDE_CHOICE = auto()
    # what to mind of the runs
    CELL = auto()
    CELL_WITHOUT_RUN = auto()
    RATES_UNTRIED = auto()
    NO_RATE_CHOSEN = auto()
    NO_RESULT = auto()
    SIZE_WITHOUT_RESULT = auto()
    NO_RUN_OF_ARM = auto()
    SINGLE_SIZE = auto()
    SINGLE_SEED = auto()
    LEAKAGE = auto()
    RATES_AT_AN_EDGE = auto()
    FOLDS_MISSING = auto()
    OTHER_UNITS = auto()
    NO_COUNTS = auto()
    NO_SCORE = auto()
    BAD_COUNTS = auto()
    NO_CLASS = auto()
    NOTHING_COUNTED = auto()
    ALL_IN_ONE_UNIT = auto()
    LEARNING_CURVE = auto()
    LEFT_OUT_BY_BUDGET = auto()
    RACE_LEFT_OUT = auto()
    RUNS_FAILED = auto()
    RUNS_DID_NOT_LEARN = auto()
    YARDSTICKS_LEFT_OUT = auto()
    YARDSTICK_FAILED = auto()
    # a size is no setting to measure regret at
    FEW_UNITS = auto()
    ONE_SEED = auto()
    NO_SEED_IN_COMMON = auto()
    HALF_WITHOUT_SCORE = auto()


class Remedy(StrEnum):
    """What would settle what a reason leaves open; its words take the values of that reason."""

    FOLDS = auto()
    EXAMPLES = auto()
    TELLING_UNITS = auto()
    UNITS_OR_SEEDS = auto()
    LEARNABLE_LABELS = auto()
    OTHER_TEST_DATA = auto()
    RUNS_OF_ARM = auto()
    SEEDS_OF_ARM = auto()
    SAME_SEEDS = auto()
    RATES_BEYOND = auto()
    WANTED_SIZE = auto()


@dataclass(frozen=True, init=False)
class Reason:
    """A kind and its values, by the names that the kind's words give them.

    A value may be a reason itself: that of which this one is the frame.
    """

    kind: Why
    values: Mapping[str, Any]

    def __init__(self, kind: Why, /, **values: Any) -> None:
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "values", values)
