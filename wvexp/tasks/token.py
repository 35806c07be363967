"""One label per token, as in tagging."""

import numpy as np
from numpy.typing import NDArray

from wvexp.tasks.kind import TASKS, Array, Integers, TaskKind


class TokenTask(TaskKind):
    """Every token is an example."""

    name, noun, listed, stratified = "token", "token", True, False

    def examples(self, sentences: int, tokens: int) -> int:
        return tokens

    def chosen(self, sentences: Integers, tokens: Integers) -> Integers:
        return tokens

    def of_examples(self, of_sentences: Array, offsets: NDArray[np.int64]) -> Array:
        return np.repeat(of_sentences, np.diff(offsets))

    def cut(self, values: Array, offsets: NDArray[np.int64]) -> list[Array]:
        return np.split(values, offsets[1:-1])

    def sentences_for(self, size: int, lengths: Integers) -> int:
        return int(np.searchsorted(np.cumsum(lengths), size)) + 1

    def order(self, labels: Integers, shuffled: Integers, rng: np.random.Generator) -> Integers:
        return shuffled


TOKEN = TASKS.register(TokenTask())
