"""The benchmarks of `scripts/bench.py`, by name."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Case:
    """A benchmark, imported when it is run.

    module, function  what measures: rounds -> figures, JSON's types
    rounds            repetitions where none are asked for
    """

    module: str
    function: str
    rounds: int

    def measure(self, rounds: int) -> dict[str, Any]:
        measure: Callable[[int], dict[str, Any]]
        measure = getattr(import_module(f"wvexp.benchmarks.{self.module}"), self.function)
        return measure(rounds)


CASES = {
    "backprop": Case("backprop", "backprop_cost", 7),
    "vectors": Case("vectors", "vectors_cost", 1),
    "world": Case("world", "world_speed", 3),
    "training": Case("training", "training_speed", 3),
    "fasttext": Case("fasttext", "against_fasttext", 3),
    # A round is a simulated experiment.
    "calibration": Case("calibration", "calibration", 2000),
    "choosing": Case("choosing", "choosing", 2000),
    "racing": Case("racing", "racing", 2000),
    "four_arms": Case("four_arms", "four_arms", 2000),
    "label_worth": Case("label_worth", "label_worth", 2000),
    "crossfit": Case("crossfit", "crossfit", 1000),
}
