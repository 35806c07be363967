"""Real vectors and real text: coverage as their README states it."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from wvexp.vectors.coverage import coverage_report
from wvexp.vectors.pretrained import describe_vectors, load_vectors

# README of the data: lower-cased types and tokens of the training split, in per cent
STATED = {"mr": (72.7, 94.1), "sst2": (81.2, 96.7), "subj": (73.3, 94.9), "trec": (86.8, 97.0)}
FILES = ["minilm-static.100d.bin", "minilm-static.50d.glove.txt.gz"]


def training_words(folder: Path) -> Counter[str]:
    if (folder / "train.csv").exists():
        with (folder / "train.csv").open(newline="") as file:
            texts = [row["text"] for row in csv.DictReader(file)]
    else:
        texts = [
            json.loads(line)["text"] for line in (folder / "train.jsonl").read_text().splitlines()
        ]
    return Counter(word.lower() for text in texts for word in text.split())


@pytest.mark.parametrize("name", list(STATED))
def test_coverage_is_as_stated(name: str, real_data: Path) -> None:
    found = coverage_report(training_words(real_data / name), real_data / "vectors" / FILES[0])
    shares = 100 * found.known_types / found.types, 100 * found.known_tokens / found.tokens
    print(name, shares)
    assert shares == pytest.approx(STATED[name], abs=0.5)


def test_both_files_load(real_data: Path) -> None:
    for file, rows, dim in zip(FILES, (76_346, 40_000), (100, 50), strict=True):
        path = real_data / "vectors" / file
        about = describe_vectors(path)
        assert (about.rows, about.dim, about.casing, about.problems) == (rows, dim, "lower", [])
        assert 0.3 < about.sd.mean() < 0.6
        assert load_vectors(path).vectors.shape == (rows, dim)
