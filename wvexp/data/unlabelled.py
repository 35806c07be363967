"""Text to be labelled, in the form in which training reads its own."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wvexp.data.split import Split, Task
from wvexp.tasks import TASKS


class Unlabelled(NamedTuple):
    """A split whose labels are all 0, and the forms of its words: as `Corpus` has them.

    typed is None where words are read as typed.
    """

    split: Split
    lexicon: list[str]
    typed: list[str] | None


def read_unlabelled(
    task: Task, sentences: Sequence[Sequence[str]], *, lowercase: bool
) -> Unlabelled:
    """Sentences of words as typed, lower-cased where the model reads them so."""
    forms, ids = _numbered(word for sentence in sentences for word in sentence)
    lengths = [len(sentence) for sentence in sentences]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    labels = np.zeros(TASKS[task].examples(len(sentences), len(ids)), np.int32)
    if not lowercase:
        return Unlabelled(Split(task, ids, offsets, labels), forms, None)
    lexicon, lowered = _numbered(form.lower() for form in forms)
    return Unlabelled(Split(task, lowered[ids], offsets, labels, typed=ids), lexicon, forms)


def _numbered(words: Iterable[str]) -> tuple[list[str], NDArray[np.int32]]:
    """The distinct words, in the order of their first use, and each word's place among them."""
    places: dict[str, int] = {}
    ids = [places.setdefault(word, len(places)) for word in words]
    return list(places), np.array(ids, np.int32)
