"""Files that a sound command takes, small enough for a run in a fraction of a second."""

from pathlib import Path

import numpy as np

WORDS = [f"word{i}" for i in range(20)]
D = 4
RUN = ["data=files", "data.train=train.csv", "optim.epochs=1", "store=store.sqlite"]
RANDOM = [*RUN, "embed=random", "embed.dim=4"]
PRETRAINED = [*RUN, "embed.path=vectors.txt"]


def rows():
    return np.random.default_rng(0).normal(size=(len(WORDS), D)).round(3)


def sentences(number=40):
    """So many sentences with labels; the first words of the list go with `yes`."""
    rng = np.random.default_rng(1)
    for i in range(number):
        half = WORDS[:10] if i % 2 else WORDS[10:]
        yield " ".join(rng.choice(half, 5)), "yes" if i % 2 else "no"


def table(number=40):
    return "text,label\n" + "".join(f"{text},{label}\n" for text, label in sentences(number))


def vector_text():
    return "".join(
        f"{word} {' '.join(map(str, row))}\n" for word, row in zip(WORDS, rows(), strict=True)
    )


def conll(number=40):
    return "".join(
        "".join(f"{word}\t{'B-X' if word < 'word3' else 'O'}\n" for word in text.split()) + "\n"
        for text, _ in sentences(number)
    )


def fill(folder: Path):
    """The training data as table and as CoNLL, and vectors of its words."""
    (folder / "train.csv").write_text(table())
    (folder / "train.conll").write_text(conll())
    (folder / "vectors.txt").write_text(vector_text())


def writing(fill, name, content):
    """What `fill` makes, and a file beside it."""

    def make(folder):
        fill(folder)
        (folder / name).write_bytes(content)

    return make


def filling_and(fill, make):
    """What `fill` makes, and then what `make` does."""

    def fill_and_make(folder):
        fill(folder)
        make(folder)

    return fill_and_make
