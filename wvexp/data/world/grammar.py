"""Templates as flat arrays, ready to be sampled without a loop."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wvexp.data.world import templates
from wvexp.data.world.lexicon import CATEGORIES, POLARITIES, TOPICS

KINDS: dict[str, tuple[str, ...]] = {
    "telling": templates.TELLING,
    "neutral": tuple(
        text.format(kind) for kind in templates.NEUTRAL_KINDS for text in templates.NEUTRAL
    ),
    "review": templates.REVIEW,
    "praise": templates.PRAISE,
    "blame": templates.BLAME,
}
_POLARITY_OF_KIND = {"blame": 0, "praise": 1}


@dataclass(frozen=True)
class Grammar:
    """All templates, one after another; T templates of P places together.

    fixed        words that templates hold as they stand
    start        int64 [T+1]  template t is places start[t]:start[t+1]
    kind         [T]          name of each template's kind
    polarity     int8 [T]     the polarity a template stands for; -1: either
    category     int32 [P]    index into `CATEGORIES`, or past its end into `fixed`; for topical
                              and polar slots the first of the consecutive ones to choose from
    topical      bool [P]     add the sentence's topic to `category`
    polar        bool [P]     add the word's polarity to `category`
    entity       int8 [P]     1 + entity type of a mention's words; 0: outside
    head         int64 [P]    places back to the mention's first word; 0: the first, or outside
    """

    fixed: list[str]
    start: NDArray[np.int64]
    kind: list[str]
    polarity: NDArray[np.int8]
    category: NDArray[np.int32]
    topical: NDArray[np.bool_]
    polar: NDArray[np.bool_]
    entity: NDArray[np.int8]
    head: NDArray[np.int64]


def _fixed_words(texts: Iterable[str]) -> list[str]:
    """The words that the templates hold as they stand, each once, in order."""
    words = (word.partition(":")[0] for text in texts for word in text.split())
    return list(dict.fromkeys(word for word in words if not word.startswith("@")))


def build_grammar() -> Grammar:
    """Parse every template."""
    texts = [text for kind in KINDS.values() for text in kind]
    kinds = [name for name, kind in KINDS.items() for _ in kind]
    fixed = _fixed_words(texts)
    names = [f"@{category.name}" for category in CATEGORIES] + fixed
    index = {name: i for i, name in enumerate(names)}
    start, rows = [0], []
    for text in texts:
        of_mention = back = 0
        for word in text.split():
            name, _, mention = word.partition(":")
            topical = f"{name}.{TOPICS[0]}" in index
            polar = f"{name}.{POLARITIES[0]}" in index
            if topical or polar:
                name = f"{name}.{(TOPICS if topical else POLARITIES)[0]}"
            if mention == "+":
                back += 1
            else:
                of_mention = 1 + templates.ENTITY_TYPES.index(mention) if mention else 0
                back = 0
            rows.append((index[name], topical, polar, of_mention, back))
        start.append(len(rows))
    category, topical, polar, entity, head = np.array(rows).T
    return Grammar(
        fixed=fixed,
        start=np.array(start),
        kind=kinds,
        polarity=np.array([_POLARITY_OF_KIND.get(kind, -1) for kind in kinds], dtype=np.int8),
        category=category.astype(np.int32),
        topical=topical.astype(bool),
        polar=polar.astype(bool),
        entity=entity.astype(np.int8),
        head=head,
    )
