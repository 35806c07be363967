"""One label per sentence, as in text classification."""

import numpy as np
from numpy.typing import NDArray

from wvexp.tasks.kind import TASKS, Array, Integers, TaskKind


class SentenceTask(TaskKind):
    """Every sentence (a whole text, of however many) is an example."""

    name, noun, listed, stratified = "sentence", "sentence", False, True

    def examples(self, sentences: int, tokens: int) -> int:
        return sentences

    def chosen(self, sentences: Integers, tokens: Integers) -> Integers:
        return sentences

    def of_examples(self, of_sentences: Array, offsets: NDArray[np.int64]) -> Array:
        return of_sentences

    def cut(self, values: Array, offsets: NDArray[np.int64]) -> list[Array]:
        return list(values[:, None])

    def sentences_for(self, size: int, lengths: Integers) -> int:
        return size

    def order(self, labels: Integers, shuffled: Integers, rng: np.random.Generator) -> Integers:
        """Each label's sentences spread evenly over [0, 1): a prefix holds all in proportion."""
        strata = self.strata(labels)[shuffled]
        position = np.empty(len(shuffled))
        for stratum in np.unique(strata):
            places = np.flatnonzero(strata == stratum)
            position[places] = (np.arange(len(places)) + rng.random()) / len(places)
        return shuffled[np.argsort(position, kind="stable")]


SENTENCE = TASKS.register(SentenceTask())
