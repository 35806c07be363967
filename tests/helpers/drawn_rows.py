"""What the files of `test_data_fuzz.py` hold: drawn texts, labels and sentences, and their case."""

import random
import unicodedata
from dataclasses import dataclass, field
from typing import Any

WORDS = [
    *("the film was good", "not", "bad.", "a,b", "c;d", "it's", "N/A", "NaN", "null", "inf", "1.0"),
    *(
        "1e400",
        "été",
        "e\u0301te\u0301",
        "東京",
        "😀",
        "-",
        "_",
        "#",
        "a|b",
        "=1+1",
        "<b>",
        "\\",
        "\\n",
    ),
    # Unicode spaces and separators inside a field; a reader of lines must not part there.
    *("x\u00a0y", "x\u2028y", "x\u2029y", "x\u0085y", "x\u3000y", "x\x0by", "x\x0cy", "x\x1cy"),
]
QUOTED = ['say "so"', '"', "two\nlines", "tab\there", '""']
LABELS = [
    *("pos", "neg", "Pos", "0", "1", "1.0", "-1", "nan", "null", "a|b", "caf\u00e9", "cafe\u0301"),
    *("\x1b[31mred", "x\u00a0y", "very good", "True", "B-PER", "O"),
]
# Cells of columns that nobody reads.
OTHERS: list[Any] = [None, float("nan"), float("inf"), -1, 10**400, 1e308, "", "x", [1, [2]], True]
OTHERS += [{"a": {"b": [None]}}, [], "\u2028"]

Row = tuple[list[str], list[str]]


@dataclass
class Case:
    """A file and what must come of it.

    expected  the rows in it, None where the file must be refused, "either" where `slow_reader`
              decides
    """

    name: str
    content: bytes
    expected: list[Row] | str | None
    options: dict[str, str] = field(default_factory=dict)
    story: str = ""


def draw(rng: random.Random, words: list[str]) -> tuple[list[str], list[str]]:
    """Texts and their labels, of two labels at least that stay two when forms are merged."""
    labels = rng.sample(LABELS, rng.randint(2, 4))
    while len({same_label(label) for label in labels}) < 2:
        labels = rng.sample(LABELS, 3)
    count = rng.randint(len(labels), 12)
    texts = [" ".join(rng.choices(words, k=rng.randint(1, 6))) for _ in range(count)]
    if rng.random() < 0.02:
        texts[0] = "word " * 20_000
    rest = [rng.choice(labels) for _ in range(count - len(labels))]
    return texts, [*labels, *rest]


def same_label(label: str) -> str:
    """What labels that are surely one have in common."""
    label = unicodedata.normalize("NFC", label.strip())
    return label[:-2] if label.endswith(".0") and label[:-2].lstrip("-").isdecimal() else label


def expected_rows(texts: list[Any], labels: list[Any]) -> list[Row]:
    """Rows of a sentence task; those without a word are left out."""
    pairs = zip(texts, labels, strict=True)
    rows = [(text.split(), [same_label(str(label))]) for text, label in pairs]
    return [row for row in rows if row[0]]


def expected_tokens(sentences: list[list[tuple[str, str]]]) -> list[Row]:
    return [
        ([word for word, _ in sentence], [same_label(tag) for _, tag in sentence])
        for sentence in sentences
    ]


def sentences_of(rng: random.Random) -> list[list[tuple[str, str]]]:
    tags = rng.sample(("O", "B-PER", "I-PER", "NN|JJ", "cafe\u0301", "caf\u00e9", ".", ","), 4)
    while len({same_label(tag) for tag in tags}) < 2:
        tags = rng.sample(("O", "B-PER", "I-PER", "."), 3)
    words = [word for word in WORDS if " " not in word]
    first = [(rng.choice(words), tag) for tag in tags]
    rest = [
        [(rng.choice(words), rng.choice(tags)) for _ in range(rng.randint(1, 5))]
        for _ in range(rng.randint(1, 6))
    ]
    return [first, *rest]
