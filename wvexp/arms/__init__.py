"""Arms: what word vectors start from and what training does to them; the four of the guidance."""

from wvexp.arms.arm import (
    FOUR_ARMS,
    FOUR_NAMES,
    PRETRAINED_FROZEN,
    PRETRAINED_TUNED,
    RANDOM_FROZEN,
    RANDOM_TUNED,
    Arm,
)
from wvexp.arms.recipe import Recipe
from wvexp.arms.treatment import (
    BOTH,
    FROZEN,
    REPROJECTED,
    TREATMENTS,
    TUNED,
    Treatment,
    treatment_of,
)
from wvexp.arms.tuning import Tuning, check_tuning

__all__ = [
    "BOTH",
    "FOUR_ARMS",
    "FOUR_NAMES",
    "FROZEN",
    "PRETRAINED_FROZEN",
    "PRETRAINED_TUNED",
    "RANDOM_FROZEN",
    "RANDOM_TUNED",
    "REPROJECTED",
    "TREATMENTS",
    "TUNED",
    "Arm",
    "Recipe",
    "Treatment",
    "Tuning",
    "check_tuning",
    "treatment_of",
]
