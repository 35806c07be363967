"""Texts of the built-in world with several labels each, or with a number each, as CSV files."""

import csv
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

from wvexp.data.corpus import Corpus
from wvexp.data.split import Split
from wvexp.data.world import world_corpus
from wvexp.tasks import SENTENCE, TOKEN

VOCABULARY = 8_000


def write_multilabel(folder: Path, *, seed: int, train: int, test: int) -> None:
    """`train.csv` and `test.csv`: which kinds of name a text of one to three sentences holds, and
    whether it praises or blames; many texts have several labels, some none."""
    facts = world_corpus(TOKEN.name, seed, 16 * 3 * train, 100, 16 * 3 * test, VOCABULARY)
    views = world_corpus(SENTENCE.name, seed, train, 100, test, VOCABULARY)
    for name, size in (("train", train), ("test", test)):
        rng = np.random.default_rng([seed, size])
        told = list(_facts(facts, getattr(facts, name)))
        judged = list(_views(views, getattr(views, name)))
        rows = []
        for text in range(size):
            several = [told[i] for i in rng.integers(len(told), size=rng.integers(1, 4))]
            if rng.random() < 0.4:
                several.append(judged[text])
            words, labels = zip(*several, strict=True)
            rows.append((" ".join(words), "|".join(sorted(set().union(*labels)))))
        _write(folder / f"{name}.csv", "labels", rows)


def write_numbers(folder: Path, *, seed: int, train: int, test: int) -> None:
    """`train.csv` and `test.csv`: a rating of one to five sentences, by how many of them praise,
    with a spread of 0.3 that no text tells."""
    views = world_corpus(SENTENCE.name, seed, 3 * train, 100, 3 * test, VOCABULARY)
    for name, size in (("train", train), ("test", test)):
        rng = np.random.default_rng([seed, size])
        judged = list(_views(views, getattr(views, name)))
        rows = []
        for _ in range(size):
            several = [judged[i] for i in rng.integers(len(judged), size=rng.integers(1, 6))]
            praised = np.mean(["positive" in labels for _, labels in several])
            number = 1 + 4 * praised + rng.normal(0, 0.3)
            rows.append((" ".join(words for words, _ in several), f"{number:.2f}"))
        _write(folder / f"{name}.csv", "rating", rows)


def _facts(corpus: Corpus, split: Split) -> Iterator[tuple[str, set[str]]]:
    """Sentences and the kinds of name in them."""
    for start, end in pairwise(split.offsets.tolist()):
        tags = {corpus.label_names[i].partition("-")[2] for i in split.labels[start:end]}
        yield _text(corpus, split, start, end), tags - {""}


def _views(corpus: Corpus, split: Split) -> Iterator[tuple[str, set[str]]]:
    for sentence, (start, end) in enumerate(pairwise(split.offsets.tolist())):
        label = corpus.label_names[split.labels[sentence]]
        yield _text(corpus, split, start, end), {label}


def _text(corpus: Corpus, split: Split, start: int, end: int) -> str:
    return " ".join(corpus.lexicon[i] for i in split.word_ids[start:end])


def _write(path: Path, label: str, rows: list[tuple[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", label])
        writer.writerows(rows)
