"""The most frequent label of training, always."""

import numpy as np

from wvexp.tasks import TaskKind
from wvexp.yardsticks.yardstick import YARDSTICKS, Fit, Problem, Yardstick


class MostFrequent(Yardstick):
    """Of labels equally frequent, the first."""

    name, words, version = "most_frequent", "the most frequent label", 1

    def serves(self, kind: TaskKind) -> bool:
        return True

    def fit(self, problem: Problem) -> Fit:
        label = int(np.bincount(problem.train.labels).argmax())
        validation, test = (
            np.full(split.examples, label) for split in (problem.validation, problem.test)
        )
        return Fit(test, problem.score(validation), {})


FREQUENT = YARDSTICKS.register(MostFrequent())
