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
from wvexp.arms.treatment import FROZEN, TREATMENTS, TUNED, Treatment, Tuning, treatment_of

__all__ = [
    "FOUR_ARMS",
    "FOUR_NAMES",
    "FROZEN",
    "PRETRAINED_FROZEN",
    "PRETRAINED_TUNED",
    "RANDOM_FROZEN",
    "RANDOM_TUNED",
    "TREATMENTS",
    "TUNED",
    "Arm",
    "Recipe",
    "Treatment",
    "Tuning",
    "treatment_of",
]
