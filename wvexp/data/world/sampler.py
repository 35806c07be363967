"""Sentences by the block: one vectorised draw for thousands of them.

A block depends on the world, the style and its own random stream alone, so any text is a row of
blocks: a longer one extends a shorter one, and memory does not grow with length.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wvexp.data.world.build import World
from wvexp.data.world.lexicon import CATEGORIES, TOPICS
from wvexp.data.world.templates import ENTITY_TYPES

TAG_NAMES = ["O"] + [f"{part}-{entity}" for entity in ENTITY_TYPES for part in "BI"]

# Words of a category that a document keeps coming back to.
RECALLED = 3


@dataclass(frozen=True)
class Style:
    """How a kind of text is written.

    mixture             kind of template -> probability
    coherence           probability that a polar word agrees with its sentence
    document_sentences  sentences in a document; all share a topic
    repeats             probability that a word is one of the `RECALLED` that its document keeps
                        for the category
    entity_noise        probability that a mention's type is a random one
    label_noise         probability that a sentence's label is the wrong one
    turns               polar words that are `turned` stand for the other polarity
    """

    mixture: dict[str, float]
    coherence: float
    document_sentences: int = 1
    repeats: float = 0.0
    entity_noise: float = 0.0
    label_noise: float = 0.0
    turns: bool = False


@dataclass(frozen=True)
class Block:
    """word_ids int32 [tokens], offsets int64 [sentences+1], tags int32 [tokens] into
    `TAG_NAMES`, labels int32 [sentences]: 0 negative, 1 positive."""

    word_ids: NDArray[np.int32]
    offsets: NDArray[np.int64]
    tags: NDArray[np.int32]
    labels: NDArray[np.int32]

    @property
    def sentences(self) -> int:
        return len(self.labels)

    def first(self, sentences: int) -> "Block":
        """The first `sentences` sentences; all, if there are fewer."""
        offsets = self.offsets[: sentences + 1]
        tokens = offsets[-1]
        return Block(self.word_ids[:tokens], offsets, self.tags[:tokens], self.labels[:sentences])


class Writer:
    """Draws blocks of one style."""

    def __init__(self, world: World, style: Style) -> None:
        self.world = world
        self.style = style
        grammar = world.grammar
        self._templates = np.array(
            [i for i, kind in enumerate(grammar.kind) if style.mixture.get(kind)]
        )
        each = np.array([grammar.kind.count(grammar.kind[i]) for i in self._templates])
        weight = np.array([style.mixture[grammar.kind[i]] for i in self._templates]) / each
        self._cumulative = np.cumsum(weight) / weight.sum()
        self._cumulative[-1] = 1  # whatever the rounding: no draw lies beyond the last template

    def draw(self, rng: np.random.Generator, sentences: int) -> Block:
        """`sentences` new sentences, whole documents."""
        style, world, grammar = self.style, self.world, self.world.grammar
        documents = -(-sentences // style.document_sentences)
        document = np.arange(sentences) // style.document_sentences
        topic = rng.integers(len(TOPICS), size=documents)[document]
        template = self._templates[np.searchsorted(self._cumulative, rng.random(sentences))]
        polarity = rng.integers(2, size=sentences)
        polarity = np.where(grammar.polarity[template] < 0, polarity, grammar.polarity[template])

        # every place of every sentence
        lengths = np.diff(grammar.start)[template]
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        sentence = np.repeat(np.arange(sentences), lengths)
        place = np.arange(offsets[-1]) + (grammar.start[template] - offsets[:-1])[sentence]

        agrees = rng.random(len(place), dtype=np.float32) < style.coherence
        category = (
            grammar.category[place]
            + grammar.topical[place] * topic[sentence]
            + grammar.polar[place] * np.where(agrees, polarity[sentence], 1 - polarity[sentence])
        )
        draws = rng.integers(2**32, size=len(place), dtype=np.uint32)
        if style.repeats:
            kept = rng.integers(2**32, size=(documents, len(CATEGORIES), RECALLED), dtype=np.uint32)
            again = np.flatnonzero(
                (rng.random(len(place), dtype=np.float32) < style.repeats)
                & (category < len(CATEGORIES))
            )
            which = rng.integers(RECALLED, size=len(again))
            draws[again] = kept[document[sentence[again]], category[again], which]
        word_ids = world.table[world.table_start[category] + (draws >> world.table_shift[category])]
        if style.turns:
            word_ids = world.twin[word_ids]
        wrong = rng.random(sentences) < style.label_noise
        return Block(
            word_ids=word_ids,
            offsets=offsets,
            tags=self._tags(rng, word_ids, place),
            labels=np.where(wrong, 1 - polarity, polarity).astype(np.int32),
        )

    def _tags(
        self, rng: np.random.Generator, word_ids: NDArray[np.int32], place: NDArray[np.int64]
    ) -> NDArray[np.int32]:
        """BIO tags: the type of a mention is that of its first word. [tokens]"""
        grammar = self.world.grammar
        head = grammar.head[place]
        own = self.world.own_entity[word_ids]
        entity = np.where(own, own, grammar.entity[place])
        noisy = np.flatnonzero(
            (entity > 0) & (rng.random(len(place), dtype=np.float32) < self.style.entity_noise)
        )
        entity[noisy] = 1 + rng.integers(len(ENTITY_TYPES), size=len(noisy))
        entity = entity[np.arange(len(place)) - head].astype(np.int32)
        return np.where(entity, 2 * entity - (head == 0), 0).astype(np.int32)
