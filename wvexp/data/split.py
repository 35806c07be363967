"""Split: sentences of one part of the data in flat arrays, and the order they are drawn in."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.seeds import stream
from wvexp.tasks import TASKS, TaskKind

# The name of a `TaskKind`, as keys and files have it.
Task = str


@dataclass(frozen=True)
class Split:
    """Sentences of one split, one after another.

    task      name of the `TaskKind`: whether tokens or sentences are the examples
    word_ids  int32 [tokens]       index into `Corpus.lexicon`
    offsets   int64 [sentences+1]  sentence i is word_ids[offsets[i]:offsets[i+1]]
    labels    int32 [examples], by task; ids into `Corpus.label_names`, from its end
              on into `Corpus.unseen_labels` (never in training). Where examples have several
              labels, bool [examples, labels]; where they have numbers, float64 [examples]
    documents int32 [sentences]    the document of each sentence; None where the data names none
    typed     int32 [tokens]       index into `Corpus.typed`; None where words are read as typed
    """

    task: Task
    word_ids: NDArray[np.int32]
    offsets: NDArray[np.int64]
    labels: NDArray[Any]
    documents: NDArray[np.int32] | None = None
    typed: NDArray[np.int32] | None = None

    def __post_init__(self) -> None:
        expected = self.kind.examples(self.sentences, self.tokens)
        if self.offsets[-1] != self.tokens or len(self.labels) != expected:
            raise ValueError(
                f"{self.task} split: {len(self.labels)} labels, expected {expected}; "
                f"offsets end at {self.offsets[-1]}, {self.tokens} tokens"
            )
        if self.typed is not None and len(self.typed) != self.tokens:
            raise ValueError(f"{len(self.typed)} words as typed, {self.tokens} tokens")

    @property
    def kind(self) -> TaskKind:
        return TASKS[self.task]

    @property
    def sentences(self) -> int:
        return len(self.offsets) - 1

    @property
    def tokens(self) -> int:
        return len(self.word_ids)

    @property
    def examples(self) -> int:
        """What `train_size` counts: tokens or sentences, by task."""
        return len(self.labels)

    def take(self, sentences: NDArray[np.integer]) -> "Split":
        """The given sentences, in the given order."""
        starts = self.offsets[sentences]
        lengths = self.offsets[sentences + 1] - starts
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        # index of every token taken: its sentence's start plus its place in the sentence
        tokens = np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1])
        return Split(
            task=self.task,
            word_ids=self.word_ids[tokens],
            offsets=offsets,
            labels=self.labels[self.kind.chosen(sentences, tokens)],
            documents=None if self.documents is None else self.documents[sentences],
            typed=None if self.typed is None else self.typed[tokens],
        )


def training_order(split: Split, seed: int) -> NDArray[np.int64]:
    """The seed's permutation of the sentences, of which every training subset is a prefix."""
    rng = stream(seed, "subset")
    return split.kind.order(split.labels, rng.permutation(split.sentences), rng)
