"""Texts with several labels or with a number: what is read of each format, and what is refused."""

import json

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from wvexp.config.compose import compose
from wvexp.data.contents import contents
from wvexp.data.reading.assumptions import measured
from wvexp.data.reading.cells import find_separator
from wvexp.data.unseen import count_unseen
from wvexp.errors import UserError
from wvexp.experiment.inputs import read_corpus

SETS = [["joy"], ["joy", "love"], [], ["anger"], ["love"], ["anger", "joy"]]
NUMBERS = [1.5, -2.0, 3.25, 0.5, 4.75, 6.125, 2.25]


def text(i):
    return f"the {i} cats sat on mat {i % 7} again"


def read(folder, *keys, **files):
    """The corpus of files by the part they are, each a name and its content."""
    words = ["data=files", "embed=random", *keys]
    for part, (name, content) in files.items():
        path = folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, encoding="utf-8")
        words.append(f"data.{part}={path}")
    return read_corpus(compose(words).data)


def table(cells, *, label="labels", mark=","):
    return f"text{mark}{label}\n" + "".join(f"{text(i)}{mark}{c}\n" for i, c in enumerate(cells))


def rows(cells, *, label="labels"):
    return "".join(json.dumps({"text": text(i), label: c}) + "\n" for i, c in enumerate(cells))


def parquet(tmp_path, cells, *, label="labels"):
    columns = {"text": [text(i) for i in range(len(cells))], label: cells}
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "made.parquet")
    return (tmp_path / "made.parquet").read_bytes()


def sets_of(split, names):
    return sorted(tuple(np.array(names)[row]) for row in split.labels)


MANY = SETS * 10
AS_READ = sorted(tuple(sorted(labels)) for labels in MANY)


@pytest.mark.parametrize("form", ["joined", "semicolon", "tab", "json in csv", "jsonl", "parquet"])
def test_sets_are_read_from_every_format(tmp_path, form):
    keys = ["data.task=multilabel", "data.folds=2"]
    train = {
        "joined": ("a.csv", table(["|".join(labels) for labels in MANY])),
        "semicolon": ("a.csv", table([";".join(labels) for labels in MANY])),
        "tab": ("a.tsv", table([", ".join(labels) for labels in MANY], mark="\t")),
        "json in csv": (
            "a.csv",
            table(['"' + json.dumps(s).replace('"', '""') + '"' for s in MANY]),
        ),
        "jsonl": ("a.jsonl", rows(MANY)),
        "parquet": ("a.parquet", parquet(tmp_path, MANY)),
    }[form]
    corpus = read(tmp_path, *keys, train=train)
    assert corpus.label_names == ["anger", "joy", "love"]
    assert corpus.train.labels.dtype == bool
    assert sets_of(corpus.train, corpus.label_names) == AS_READ
    separators = {"joined": "|", "semicolon": ";", "tab": ","}
    assert corpus.separator == separators.get(form)


def test_lists_beside_a_text_are_its_labels_without_a_word(tmp_path):
    corpus = read(tmp_path, "data.folds=2", train=("a.jsonl", rows(MANY)))
    assert corpus.task == "multilabel"
    assert corpus.notes == ()


def test_a_separator_of_ones_own(tmp_path):
    cells = [" ".join(labels) for labels in MANY]
    keys = ["data.task=multilabel", "data.folds=2", 'data.label_separator=" "']
    corpus = read(tmp_path, *keys, train=("a.csv", table(cells)))
    assert corpus.label_names == ["anger", "joy", "love"]
    assert sets_of(corpus.train, corpus.label_names) == AS_READ


def test_without_a_separator_a_cell_is_one_label(tmp_path):
    cells = ["in love", "angry", ""] * 20
    keys = ["data.task=multilabel", "data.folds=2"]
    corpus = read(tmp_path, *keys, train=("a.csv", table(cells)))
    assert corpus.label_names == ["angry", "in love"]


def test_the_separator_of_training_is_that_of_the_test(tmp_path):
    """Where the test file alone has commas within labels."""
    train = ["a|b", "b", "a"] * 20
    test = ["a", "b, or c", "b"]
    corpus = read(
        tmp_path,
        "data.task=multilabel",
        train=("a.csv", table(train)),
        test=("b.csv", table([f'"{cell}"' for cell in test])),
    )
    assert corpus.unseen_labels == ("b, or c",)


def test_labels_that_training_lacks_follow_and_are_counted(tmp_path):
    corpus = read(
        tmp_path,
        train=("a.jsonl", rows(MANY)),
        test=("b.jsonl", rows([["joy", "awe"], ["awe"], ["love"]])),
    )
    assert corpus.label_names == ["anger", "joy", "love"]
    assert corpus.unseen_labels == ("awe",)
    assert corpus.train.labels.shape[1] == corpus.test.labels.shape[1] == 4
    assert not corpus.train.labels[:, 3].any()
    assert count_unseen(corpus)["test"].labels == {"awe": 2}
    assert contents(corpus).test.labels == {"joy": 1, "love": 1, "awe": 2}


def test_rare_labels_are_in_every_part(tmp_path):
    cells = [["common"] for _ in range(380)] + [["common", "rare"] for _ in range(20)]
    corpus = read(tmp_path, train=("a.jsonl", rows(cells)))
    rare = corpus.label_names.index("rare")
    found = [int(s.labels[:, rare].sum()) for s in (corpus.train, corpus.validation, corpus.test)]
    assert found == [16, 2, 2]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["[joy]", *["a|b"] * 9], "row 1 has '[joy]', which is no JSON list in column 'labels'"),
        (['["a", null]', "a", "b"], "row 1 has '[\"a\", null]', with an empty label"),
        (["a|b"] * 9, "every example has 'a', 'b'"),
        ([""] * 9, "every example has no label"),
    ],
)
def test_what_is_no_set_of_labels_is_named(tmp_path, cells, said):
    quoted = ['"' + cell.replace('"', '""') + '"' for cell in cells]
    with pytest.raises(UserError) as refused:
        read(tmp_path, "data.task=multilabel", train=("a.csv", table(quoted)))
    assert said in str(refused.value)


def test_a_missing_set_is_a_row_without_a_label(tmp_path):
    content = rows([None, *SETS * 5])
    with pytest.raises(UserError, match="1 of 31 rows has no label in column 'labels', row 1"):
        read(tmp_path, train=("a.jsonl", content))
    corpus = read(tmp_path, "data.missing=drop", "data.folds=2", train=("a.jsonl", content))
    assert corpus.train.sentences == 30


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "parquet"])
def test_numbers_are_read_from_every_format_and_guessed(tmp_path, form):
    cells = NUMBERS * 6
    train = {
        "csv": ("a.csv", table(cells, label="score")),
        "tsv": ("a.tsv", table(cells, label="score", mark="\t")),
        "jsonl": ("a.jsonl", rows(cells, label="score")),
        "parquet": ("a.parquet", parquet(tmp_path, cells, label="score")),
    }[form]
    corpus = read(tmp_path, "data.folds=2", train=train)
    assert corpus.task == "regression"
    assert corpus.label_names == []
    assert corpus.train.labels.dtype == np.float64
    assert sorted(corpus.train.labels) == sorted(cells)
    [note] = corpus.notes
    assert "data.task=sentence takes each value as a class of its own" in note


def test_low_and_high_numbers_are_in_every_part(tmp_path):
    cells = np.random.default_rng(0).permutation(np.arange(400) + 0.5).tolist()
    corpus = read(tmp_path, train=("a.csv", table(cells, label="score")))
    for split in (corpus.validation, corpus.test):
        assert split.sentences == 40
        assert np.bincount((split.labels // 40).astype(int), minlength=10).tolist() == [4] * 10


@pytest.mark.parametrize(
    ("cells", "is_measured"),
    [
        ([1, 2, 3, 4, 5] * 9, False),
        ([str(i) for i in range(40)] * 5, False),  # numbers of classes
        (list(range(0, 300, 2)), False),  # so are those with a gap here and there
        ([1.5, 2.5, 3.0], False),  # a handful
        ([i / 2 for i in range(9)], True),
        ([i * 997 for i in range(100)], True),  # prices
        ([i * 997 for i in range(30)] * 9, False),  # codes, which come again
        (["1.5", "2.5", "low"] * 9, False),
        ([True, False] * 9, False),
        ([None, *[i / 7 for i in range(9)]], True),
        ([], False),
    ],
)
def test_what_looks_measured(cells, is_measured):
    assert measured(cells) is is_measured


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("abc", "row 3 has 'abc' for a number in column 'score'; write it as 3 or -2.5e3, or"),
        ("nan", "row 3 has 'nan' for a number"),
        ("inf", "row 3 has 'inf' for a number"),
        ("1e999", "row 3 has '1e999' for a number"),
        ("1_000", "row 3 has '1_000' for a number"),
        ('"1,5"', "row 3 has '1,5' for a number"),
        ("1e200", "row 3 has '1e200' for a number in column 'score'; give the numbers in a larger"),
        ("", "1 of 22 rows has no label in column 'score', row 3 first"),
    ],
)
def test_what_is_no_number_is_named_with_file_and_row(tmp_path, cell, said):
    cells = [*NUMBERS[:2], cell, *NUMBERS[3:], *NUMBERS, *NUMBERS, 7.5]
    content = table(cells, label="score")
    with pytest.raises(UserError) as refused:
        read(tmp_path, "data.task=regression", train=("a.csv", content))
    assert said in str(refused.value)
    assert str(tmp_path / "a.csv") in str(refused.value)


@pytest.mark.parametrize("cell", [True, float("inf")])
def test_what_is_no_number_in_json_is_named(tmp_path, cell):
    with pytest.raises(UserError, match=r"row 1 has .* for a number"):
        read(
            tmp_path,
            "data.task=regression",
            "data.label=score",
            train=("a.jsonl", rows([cell, *NUMBERS], label="score")),
        )


def test_numbers_without_a_spread_are_refused(tmp_path):
    for cells, said in (([2.5] * 9, "the number 2.5"), ([1e9 + i for i in range(9)], "1e\\+09")):
        with pytest.raises(UserError, match=said):
            read(tmp_path, "data.task=regression", train=("a.csv", table(cells, label="score")))


def test_a_separator_that_is_looked_for():
    assert find_separator(["a", "b;c", "d,e"]) == ";"
    assert find_separator(["a", '["b|c"]']) is None


def test_the_world_has_one_label_each():
    with pytest.raises(UserError, match=r"data.task=regression: the built-in world has one label"):
        read_corpus(compose(["data.task=regression"]).data)
