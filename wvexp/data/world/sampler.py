"""Sentences by the block: one vectorised draw for thousands of them.

A block depends on the world, the style and its own random stream alone, so any text is a row of
blocks: a longer one extends a shorter one, and memory does not grow with length.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wvexp.data.world.grammar import Grammar, build_grammar
from wvexp.data.world.lexicon import CATEGORIES, TOPICS, Lexicon, build_lexicon, zipf
from wvexp.data.world.templates import ENTITY_TYPES
from wvexp.seeds import stream

TAG_NAMES = ["O"] + [f"{part}-{entity}" for entity in ENTITY_TYPES for part in "BI"]

_IDIOSYNCRATIC = ("city", "region", "given", "surname", "company", "institution", "team", "event")
_MAKERS = ("brand",)  # a company or a product, by the word alone: nothing around it tells


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


RECALLED = 3


@dataclass(frozen=True)
class World:
    """What the sampler looks up.

    table        int32 [...]  for each category a run of word ids in which each word stands in
                 proportion to its probability
    table_start  int64 [categories]
    table_shift  uint32 [categories]  a 32-bit draw >> shift is a place in the run
    own_entity   int8 [vocabulary_size]  1 + the entity type that a word has wherever it heads a
                 mention; 0: the slot decides
    twin         int32 [vocabulary_size]  a turned word's counterpart of the other polarity and the
                 same rank; every other word itself
    """

    lexicon: Lexicon
    grammar: Grammar
    table: NDArray[np.int32]
    table_start: NDArray[np.int64]
    table_shift: NDArray[np.uint32]
    own_entity: NDArray[np.int8]
    twin: NDArray[np.int32]


@dataclass(frozen=True)
class Block:
    """words int32 [tokens], offsets int64 [sentences+1], tags int32 [tokens] into `TAG_NAMES`,
    labels int32 [sentences]: 0 negative, 1 positive."""

    words: NDArray[np.int32]
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
        return Block(self.words[:tokens], offsets, self.tags[:tokens], self.labels[:sentences])


def build_world(
    seed: int, vocabulary_size: int, exponent: float, idiosyncratic: float, turned: float
) -> World:
    """The world of `seed`.

    Parameters
    ----------
    exponent
        Of the Zipfian law within each category.
    idiosyncratic
        Share of the invented words of nouns and entities that have an entity type of their own.
    turned
        Share of the polar words, but for the most frequent, that labelled text uses in the opposite sense: what their company
        in unlabelled text tells of them is wrong.
    """
    grammar = build_grammar()
    lexicon = build_lexicon(seed, vocabulary_size, grammar.fixed)
    fixed = [np.array([i], dtype=np.int32) for i in range(len(grammar.fixed))]
    runs, shifts = [], []
    for words in [lexicon.members[category.name] for category in CATEGORIES] + fixed:
        # 16 to 32 places a word, so that the rarest still has one (p >= 1 / (16 n) up to n = e^16)
        bits = int(np.ceil(np.log2(len(words)))) + 4
        steps = (np.arange(2**bits) + 0.5) / 2**bits
        cumulative = np.cumsum(zipf(len(words), exponent))
        runs.append(words[np.minimum(np.searchsorted(cumulative, steps), len(words) - 1)])
        shifts.append(32 - bits)
    sizes = [len(run) for run in runs]
    return World(
        lexicon=lexicon,
        grammar=grammar,
        table=np.concatenate(runs),
        table_start=np.cumsum([0, *sizes[:-1]]),
        table_shift=np.array(shifts, dtype=np.uint32),
        own_entity=_own_entities(seed, lexicon, idiosyncratic),
        twin=_twins(seed, lexicon, turned),
    )


def _own_entities(seed: int, lexicon: Lexicon, share: float) -> NDArray[np.int8]:
    rng = stream(seed, "world/entities")
    own = np.zeros(len(lexicon.words), dtype=np.int8)
    for category in (*_IDIOSYNCRATIC, *(f"noun.{topic}" for topic in TOPICS)):
        words = lexicon.invented[category]
        odd = words[rng.random(len(words)) < share]
        own[odd] = 1 + rng.integers(len(ENTITY_TYPES), size=len(odd))
    for category in _MAKERS:
        words = lexicon.invented[category]
        types = [1 + ENTITY_TYPES.index(name) for name in ("ORG", "PROD")]
        own[words] = rng.choice(types, size=len(words))
    return own


def _twins(seed: int, lexicon: Lexicon, share: float) -> NDArray[np.int32]:
    rng = stream(seed, "world/twins")
    twin = np.arange(len(lexicon.words), dtype=np.int32)
    negatives = [name for name in lexicon.members if name.endswith(".negative")]
    for name in negatives:
        negative = lexicon.members[name]
        positive = lexicon.members[name.replace(".negative", ".positive")]
        # categories of nearly equal size: the last ranks may lack a counterpart
        pairs = min(len(negative), len(positive))
        # never the most frequent: a few sentences would teach those
        turned = pairs // 4 + np.flatnonzero(rng.random(pairs - pairs // 4) < share)
        twin[negative[turned]] = positive[turned]
        twin[positive[turned]] = negative[turned]
    return twin


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
        words = world.table[world.table_start[category] + (draws >> world.table_shift[category])]
        if style.turns:
            words = world.twin[words]
        wrong = rng.random(sentences) < style.label_noise
        return Block(
            words=words,
            offsets=offsets,
            tags=self._tags(rng, words, place),
            labels=np.where(wrong, 1 - polarity, polarity).astype(np.int32),
        )

    def _tags(
        self, rng: np.random.Generator, words: NDArray[np.int32], place: NDArray[np.int64]
    ) -> NDArray[np.int32]:
        """BIO tags: the type of a mention is that of its first word. [tokens]"""
        grammar = self.world.grammar
        head = grammar.head[place]
        own = self.world.own_entity[words]
        entity = np.where(own, own, grammar.entity[place])
        noisy = np.flatnonzero(
            (entity > 0) & (rng.random(len(place), dtype=np.float32) < self.style.entity_noise)
        )
        entity[noisy] = 1 + rng.integers(len(ENTITY_TYPES), size=len(noisy))
        entity = entity[np.arange(len(place)) - head].astype(np.int32)
        return np.where(entity, 2 * entity - (head == 0), 0).astype(np.int32)
