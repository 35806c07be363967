"""Named entities in BIO tags: spans and their F1, as conlleval and seqeval count them."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_TAG = re.compile(r"([BIESLU])-(.+)")


def is_bio(label_names: list[str]) -> bool:
    """Whether every label is `O` or a prefixed tag such as `B-LOC`, with both kinds present."""
    tags = [name for name in label_names if name != "O"]
    return len(tags) < len(label_names) and bool(tags) and all(_TAG.fullmatch(t) for t in tags)


@dataclass(frozen=True)
class TagScheme:
    """What each label id says: whether it begins or ends a chunk, and of which type.

    outside, begins, ends  bool [labels]
    type_of                int32 [labels], ids into `types`; -1 for O

    A label that is neither O nor a tag is of a type of its own. Test sets alone may hold one (with
    one in training `is_bio` is false), and no prediction has it.
    """

    outside: NDArray[np.bool_]
    begins: NDArray[np.bool_]
    ends: NDArray[np.bool_]
    type_of: NDArray[np.int32]
    types: list[str]

    @classmethod
    def from_labels(cls, label_names: list[str]) -> "TagScheme":
        parsed = [_TAG.fullmatch(name) for name in label_names]
        kinds = [
            None if name == "O" else match[2] if match else f"{name} (no tag)"
            for name, match in zip(label_names, parsed, strict=True)
        ]
        types = sorted({kind for kind in kinds if kind is not None})
        return cls(
            outside=np.array([kind is None for kind in kinds]),
            begins=np.array([match is not None and match[1] in "BSU" for match in parsed]),
            ends=np.array([match is not None and match[1] in "ESLU" for match in parsed]),
            type_of=np.array([-1 if k is None else types.index(k) for k in kinds], dtype=np.int32),
            types=types,
        )

    def spans(self, labels: NDArray[np.integer], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
        """Entities [n, 3] as (first token, token after the last, type).

        A chunk begins at a B tag, and at an I tag that continues nothing: after O, after another
        type, after a tag that ends a chunk, or at a sentence's start.
        """
        outside, kind = self.outside[labels], self.type_of[labels]
        fresh = np.zeros(len(labels) + 1, dtype=bool)
        fresh[offsets] = True  # sentence starts, and the end of the text
        fresh[1:-1] |= outside[:-1] | (kind[1:] != kind[:-1]) | self.ends[labels[:-1]]
        start = ~outside & (fresh[:-1] | self.begins[labels])
        # A chunk lasts until the next token that is outside, begins another, or opens a sentence.
        stop = np.append(outside | start, True)
        stop[offsets] = True
        stops = np.flatnonzero(stop)
        starts = np.flatnonzero(start)
        after = stops[np.searchsorted(stops, starts, side="right")]
        return np.stack([starts, after, kind[starts]], axis=1).astype(np.int64)


@dataclass(frozen=True)
class EntityCounts:
    """Spans found and missed: bool [gold] and [predicted], true where the two agree."""

    gold: NDArray[np.int64]
    predicted: NDArray[np.int64]
    gold_found: NDArray[np.bool_]
    predicted_right: NDArray[np.bool_]


def compare_spans(gold: NDArray[np.int64], predicted: NDArray[np.int64]) -> EntityCounts:
    """Match spans [n, 3], ordered by their first token, that agree in both ends and in type."""
    return EntityCounts(gold, predicted, _found(gold, predicted), _found(predicted, gold))


def _found(spans: NDArray[np.int64], among: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the spans the others hold too: of those, one at most begins where a span does."""
    if not len(among):
        return np.zeros(len(spans), dtype=bool)
    place = np.searchsorted(among[:, 0], spans[:, 0])
    return (among[np.minimum(place, len(among) - 1)] == spans).all(axis=1)
