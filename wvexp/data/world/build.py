"""One world, built from its seed: the tables that sentences are drawn from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wvexp.data.world.grammar import Grammar, build_grammar
from wvexp.data.world.lexicon import (
    CATEGORIES,
    POLAR,
    POLARITIES,
    TOPICS,
    Lexicon,
    build_lexicon,
    zipf,
)
from wvexp.data.world.templates import ENTITY_TYPES
from wvexp.seeds import stream

_NAMES = ("city", "region", "given", "surname", "company", "institution", "team", "event")


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
        Share of the polar words, the most frequent quarter excepted, that labelled text uses in the
        opposite sense: what their company in unlabelled text tells of them is wrong.
    """
    grammar = build_grammar()
    lexicon = build_lexicon(seed, vocabulary_size, grammar.fixed)
    fixed = [np.array([i], dtype=np.int32) for i in range(len(grammar.fixed))]
    runs, shifts = [], []
    for members in [lexicon.members[category.name] for category in CATEGORIES] + fixed:
        # 16 to 32 places a word, so that the rarest still has one (p >= 1 / (16 n) up to n = e^16)
        bits = int(np.ceil(np.log2(len(members)))) + 4
        steps = (np.arange(2**bits) + 0.5) / 2**bits
        cumulative = np.cumsum(zipf(len(members), exponent))
        runs.append(members[np.minimum(np.searchsorted(cumulative, steps), len(members) - 1)])
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
    """`World.own_entity`: all brands, and `share` of the other invented names and nouns."""
    rng = stream(seed, "world/entities")
    own = np.zeros(len(lexicon.forms), dtype=np.int8)
    for category in (*_NAMES, *(f"noun.{topic}" for topic in TOPICS)):
        invented = lexicon.invented[category]
        odd = invented[rng.random(len(invented)) < share]
        own[odd] = 1 + rng.integers(len(ENTITY_TYPES), size=len(odd))
    brands = lexicon.invented["brand"]
    maker_or_product = [1 + ENTITY_TYPES.index(name) for name in ("ORG", "PROD")]
    own[brands] = rng.choice(maker_or_product, size=len(brands))
    return own


def _twins(seed: int, lexicon: Lexicon, share: float) -> NDArray[np.int32]:
    """`World.twin`, with `share` of the polar words turned."""
    rng = stream(seed, "world/twins")
    twin = np.arange(len(lexicon.forms), dtype=np.int32)
    for name in POLAR:
        negative, positive = (lexicon.members[f"{name}.{polarity}"] for polarity in POLARITIES)
        # rounding may leave one of them a word longer
        pairs = min(len(negative), len(positive))
        # never the most frequent: a few sentences would teach those
        turned = pairs // 4 + np.flatnonzero(rng.random(pairs - pairs // 4) < share)
        twin[negative[turned]] = positive[turned]
        twin[positive[turned]] = negative[turned]
    return twin
