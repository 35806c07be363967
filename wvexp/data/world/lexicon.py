"""The vocabulary of a world: categories of words, ambiguous words, Zipfian frequencies."""

from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from wvexp.data.world import facts
from wvexp.data.world.invent import invented_words
from wvexp.errors import UserError
from wvexp.seeds import stream

MINIMUM_VOCABULARY = 2000
TOPICS = tuple(facts.TOPIC_NOUNS)
POLARITIES = ("negative", "positive")
# Categories with one half for each polarity: share and ending of a half.
POLAR = {
    "polar_adjective": (250, "ous"),
    "polar_verb": (150, "ed"),
    "polar_noun": (250, "ness"),
    "polar_adverb": (80, "ly"),
}


@dataclass(frozen=True)
class Category:
    """Words that fill the same slots.

    share     number of words it owns, relative to the other categories; 0: the facts alone
    facts     its words that exist; the others are invented and have the given ending
    borrows   categories whose words fill `borrowed` of its slots (ambiguous words)
    """

    name: str
    share: int
    facts: tuple[str, ...] = ()
    ending: str = ""
    borrows: tuple[str, ...] = ()
    borrowed: float = 0.12


def _categories() -> list[Category]:
    things = tuple(f"noun.{topic}" for topic in TOPICS)
    categories = [
        Category("month", 0, facts.MONTHS),
        Category("day", 0, facts.DAYS),
        Category("number", 0, facts.NUMBERS),
        Category("city", 2500, facts.CITIES, "ville"),
        Category("country", 150, facts.COUNTRIES, "land"),
        Category("region", 600, facts.REGIONS, "shire"),
        Category("given", 1500, facts.GIVEN_NAMES, "a", ("city", "region"), 0.04),
        Category("surname", 3500, facts.SURNAMES, "son", ("city", "given", "country")),
        Category("company", 2000, facts.COMPANIES, "co", ("surname", *things)),
        Category("institution", 500, facts.INSTITUTIONS, "um"),
        Category("team", 300, facts.TEAMS, "ers", ("city", *things)),
        Category("nationality", 150, facts.NATIONALITIES, "ish"),
        Category("event", 400, facts.EVENTS, "fest", ("month", "city", "institution")),
        Category("brand", 1500, (), "ix"),
    ]
    categories += [
        Category(f"noun.{topic}", 350, words) for topic, words in facts.TOPIC_NOUNS.items()
    ]
    categories += [Category(f"verb.{topic}", 120, (), "e") for topic in TOPICS]
    categories += [Category(f"adjective.{topic}", 100, (), "y") for topic in TOPICS]
    known = {"polar_adjective": (facts.NEGATIVE_ADJECTIVES, facts.POSITIVE_ADJECTIVES)}
    for name, (share, ending) in POLAR.items():
        words = known.get(name, ((), ()))
        categories += [
            Category(f"{name}.{polarity}", share, words[i], ending)
            for i, polarity in enumerate(POLARITIES)
        ]
    return categories


CATEGORIES = _categories()


@dataclass(frozen=True)
class Lexicon:
    """The words of one world.

    forms      [vocabulary_size] distinct; the fixed words of the templates come first
    members    category -> word ids by falling frequency, each id once
    invented   category -> word ids of those invented for it
    """

    forms: list[str]
    members: dict[str, NDArray[np.int32]]
    invented: dict[str, NDArray[np.int32]]


def build_lexicon(seed: int, vocabulary_size: int, fixed: list[str]) -> Lexicon:
    """Words and categories of the world of `seed`.

    Parameters
    ----------
    vocabulary_size
        Number of distinct words, at least 2,000; categories grow in proportion.
    fixed
        The words that templates hold as they stand.

    Raises
    ------
    UserError
        `vocabulary_size` is too small for every category to have words.
    """
    if vocabulary_size < MINIMUM_VOCABULARY:
        raise UserError(
            f"data.world_vocabulary={vocabulary_size}: the built-in world needs at least "
            f"{MINIMUM_VOCABULARY} words",
            f"give {MINIMUM_VOCABULARY} or more",
        )
    rng = stream(seed, "world/lexicon")
    ids = {word: i for i, word in enumerate(fixed)}
    for category in CATEGORIES:
        if not category.share:
            for word in category.facts:
                ids.setdefault(word, len(ids))
    ranked, invented = {}, {}
    for category, size in zip(CATEGORIES, _sizes(vocabulary_size - len(ids)), strict=True):
        known = [category.facts[i] for i in rng.permutation(len(category.facts))]
        new = [word for word in known if word not in ids][:size]
        ids |= {word: len(ids) + i for i, word in enumerate(new)}
        first = len(ids)
        for word in islice(invented_words(rng, category.ending, ids), size - len(new)):
            ids[word] = len(ids)
        invented[category.name] = np.arange(first, len(ids), dtype=np.int32)
        existing = np.array([ids[word] for word in known if word in ids], dtype=np.int32)
        ranked[category.name] = np.concatenate([existing, invented[category.name]])
    members = {category.name: _with_loans(rng, category, ranked) for category in CATEGORIES}
    return Lexicon(list(ids), members, invented)


def _sizes(words: int) -> list[int]:
    """`words` shared out over the categories, exactly."""
    shares = np.array([category.share for category in CATEGORIES])
    bounds = np.round(np.cumsum(shares) / shares.sum() * words).astype(np.int64)
    return np.diff(bounds, prepend=0).tolist()


def _with_loans(
    rng: np.random.Generator, category: Category, ranked: dict[str, NDArray[np.int32]]
) -> NDArray[np.int32]:
    """The category's words with words of other categories at random ranks among them."""
    own = ranked[category.name]
    if not category.borrows:
        return own
    lenders = np.concatenate([ranked[name] for name in category.borrows])
    lendable = np.setdiff1d(lenders, own)
    loans = round(len(own) * category.borrowed / (1 - category.borrowed))
    borrowed = rng.choice(lendable, size=min(loans, len(lendable)), replace=False)
    places = np.sort(rng.integers(0, len(own) + 1, size=len(borrowed)))
    return np.insert(own, places, borrowed)


def zipf(members: int, exponent: float) -> NDArray[np.float64]:
    """Probability by rank, 1 / (rank + 2.7)^exponent (Mandelbrot 1953), summing to 1. [members]"""
    weights = (np.arange(1, members + 1) + 2.7) ** -exponent
    return weights / weights.sum()
