"""Yardstick: one method without the word vectors in question, and what it is fitted on."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.config.schema import YardstickKeys
from wvexp.data.split import Split
from wvexp.errors import RunStopped
from wvexp.registry import Registry
from wvexp.tasks import TaskKind

Labels = NDArray[np.integer]


@dataclass(frozen=True)
class Problem:
    """What a yardstick is fitted on, and tested on.

    lexicon      the word forms as typed, to which `word_ids` of the splits point
    train        the training subset; each of its labels is one of `classes`
    validation   by which settings are chosen
    test         which is to be labelled, its own labels unread
    classes      number of labels of the training data
    score        of labels [examples] for the validation split, by the metric of the runs
    keys         the `yardstick` group
    should_stop  whether time is up
    """

    lexicon: list[str]
    train: Split
    validation: Split
    test: Split
    classes: int
    score: Callable[[Labels], float]
    keys: YardstickKeys
    should_stop: Callable[[], bool]

    def texts(self, split: Split) -> list[list[str]]:
        """The words of every sentence, as typed."""
        words = [self.lexicon[i] for i in split.word_ids.tolist()]
        ends = split.offsets.tolist()
        return [words[start:end] for start, end in pairwise(ends)]

    def go_on(self) -> None:
        """Called between the steps of a fit; RunStopped where time is up."""
        if self.should_stop():
            raise RunStopped


@dataclass(frozen=True)
class Fit:
    """What a fitted yardstick says.

    labels      [test examples], ids of classes
    validation  score of its settings on the validation split
    settings    what validation chose, by name
    """

    labels: Labels
    validation: float
    settings: Mapping[str, Any]


class Yardstick(ABC):
    """A method to hold the arms against.

    name     by which results know it
    words    what it is called
    version  raised by hand when a change of the program changes what it gives
    """

    name: str
    words: str
    version: int

    @abstractmethod
    def serves(self, kind: TaskKind) -> bool:
        """Whether it can be fitted on tasks of the kind; their examples have one label each."""

    def wanted(self, keys: YardstickKeys) -> bool:
        """Whether it is fitted where nobody says which: not if it lacks what a key would name."""
        return True

    def check(self, keys: YardstickKeys) -> None:  # noqa: B027  (most need nothing)
        """UserError where it is wanted and cannot be fitted here; asked before anything trains."""

    def describe(self, keys: YardstickKeys) -> dict[str, Any]:
        """What of the keys determines what it gives."""
        return {}

    @abstractmethod
    def fit(self, problem: Problem) -> Fit:
        """Fit it and label the test split.

        Raises
        ------
        RunStopped
            Time is up.
        """


YARDSTICKS: Registry[Yardstick] = Registry("yardstick", Yardstick)
