"""Labelled texts as a corpus, for tests that read words."""

import numpy as np

from wvexp.data.corpus import Corpus
from wvexp.data.split import Split


def corpus_of(parts, task="sentence"):
    """From `(words, label)` of every sentence of three parts; of tokens, `(words, labels)`."""
    words = [word for part in parts for said, _ in part for word in said]
    lexicon = list(dict.fromkeys(words))
    listed = task == "token"
    named = [label for _, label in parts[0]]
    names = sorted({label for one in named for label in (one if listed else [one])})
    place = {word: i for i, word in enumerate(lexicon)}
    splits = []
    for part in parts:
        ends = np.cumsum([0, *(len(said) for said, _ in part)])
        labels = [label for _, one in part for label in (one if listed else [one])]
        splits.append(
            Split(
                task=task,
                word_ids=np.array([place[w] for said, _ in part for w in said], dtype=np.int32),
                offsets=ends.astype(np.int64),
                labels=np.array([names.index(label) for label in labels], dtype=np.int32),
            )
        )
    return Corpus("texts", lexicon, names, *splits)


def drawn_texts(seed, sizes, classes=3, words=60, length=8):
    """Sentences whose words lean to their label, some of them capitalised."""
    rng = np.random.default_rng(seed)
    leaning = rng.dirichlet(np.full(words, 0.3), classes)
    parts = []
    for size in sizes:
        part = []
        for _ in range(size):
            label = int(rng.integers(classes))
            said = [f"w{i}" for i in rng.choice(words, length, p=leaning[label])]
            said[0] = said[0].capitalize()
            part.append((said, f"label{label}"))
        parts.append(part)
    return corpus_of(parts)
