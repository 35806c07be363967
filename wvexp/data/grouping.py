"""What stays on one side of a split that is made here: a document, a group, equal texts."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from wvexp.data.split import Split

# Shorter sentences ("yes .") come up in two documents by chance.
LEAST_TOKENS = 5


def make_groups(split: Split, lexicon: Sequence[str]) -> NDArray[np.int64]:
    """The group of each sentence [sentences], numbered by first occurrence.

    Sentences that are equal but for casing are one group, and so are the sentences of a document
    where the data name at least two. Documents of a sentence task that share a text of five words
    and more are one group too, unless that chains most of the data together: then documents are.
    """
    documents = split.documents
    texts = _equal_texts(split, lexicon)
    if documents is None or len(np.unique(documents)) < 2:
        return _by_first(texts)
    groups = _by_first(documents.astype(np.int64))
    if not split.kind.stratified:
        return groups
    long = np.diff(split.offsets) >= LEAST_TOKENS
    joined = _joined(groups, texts, long)
    return groups if np.bincount(joined).max() > split.sentences / 2 else joined


def _equal_texts(split: Split, lexicon: Sequence[str]) -> NDArray[np.int64]:
    """Equal numbers [sentences] for texts that are equal but for casing."""
    forms: dict[str, int] = {}
    folded = np.array([forms.setdefault(w.lower(), len(forms)) for w in lexicon], dtype=np.int32)
    word_ids = folded[split.word_ids]
    seen: dict[bytes, int] = {}
    return np.array(
        [
            seen.setdefault(word_ids[start:end].tobytes(), len(seen))
            for start, end in pairwise(split.offsets.tolist())
        ],
        dtype=np.int64,
    )


def _by_first(names: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same groups, numbered in order of first occurrence."""
    _, first, place = np.unique(names, return_index=True, return_inverse=True)
    numbered: NDArray[np.int64] = np.argsort(np.argsort(first))[place]
    return numbered


def _joined(
    groups: NDArray[np.int64], texts: NDArray[np.int64], where: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Groups that share a text, of those asked for, made one (union by the least number)."""
    parent = list(range(int(groups.max(initial=-1)) + 1))

    def root(group: int) -> int:
        while parent[group] != group:
            parent[group] = parent[parent[group]]
            group = parent[group]
        return group

    holder: dict[int, int] = {}
    for group, text in zip(groups[where].tolist(), texts[where].tolist(), strict=True):
        a, b = root(group), root(holder.setdefault(text, group))
        parent[max(a, b)] = min(a, b)
    roots = np.array([root(group) for group in range(len(parent))], dtype=np.int64)
    return _by_first(roots[groups])
