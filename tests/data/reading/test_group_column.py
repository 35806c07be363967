"""`data.group`: rows of one customer stay on one side of every split that is made."""

import numpy as np
import pytest

from wvexp.config.compose import compose
from wvexp.data.folds import of_fold, pooled
from wvexp.data.reading.files import read_files
from wvexp.errors import UserError
from wvexp.experiment.inputs import prepare


def csv(path, rows=300, customers=40, first=0):
    """The text's first word is the customer; row 7 has none."""
    lines = ["text,label,customer"]
    for i in range(first, first + rows):
        of = (i * 7) % customers
        name = "" if i == 7 else f"c{of}"
        lines.append(f"customer{of} wrote text number {i},{'ab'[i % 3 == 0]},{name}")
    path.write_text("\n".join(lines) + "\n")
    return path


def read(*paths, **options):
    paths = [*paths, None, None][:3]
    usual = {"text": None, "label": None, "task": None, "seed": 0, "group": "customer"}
    return read_files(*paths, **{**usual, **options})


def customers(corpus, split):
    """By the first word, leaving out the row that is a group of its own."""
    found = set()
    for start, end in zip(split.offsets[:-1], split.offsets[1:], strict=True):
        words = [corpus.lexicon[i] for i in split.word_ids[start:end]]
        if words[-1] != "7":
            found.add(words[0])
    return found


@pytest.mark.parametrize("seed", range(4))
def test_customers_are_on_one_side(tmp_path, seed):
    corpus = read(csv(tmp_path / "a.csv"), seed=seed)
    parts = [customers(corpus, s) for s in (corpus.train, corpus.validation, corpus.test)]
    assert len(set.union(*parts)) == sum(map(len, parts)) == 40
    assert all(parts)
    assert corpus.group == "customer"
    assert len(corpus.units.ids) < corpus.test.sentences  # statistics resample customers


def test_without_the_key_they_are_not(tmp_path):
    corpus = read(csv(tmp_path / "a.csv"), group=None)
    assert customers(corpus, corpus.train) & customers(corpus, corpus.test)


def test_a_row_without_a_value_is_a_group_alone(tmp_path):
    corpus = pooled(read(csv(tmp_path / "a.csv"), seed=None), 3)
    assert len(corpus.units.ids) == 41
    assert np.bincount(corpus.train.documents).min() == 1


def test_folds_keep_customers_together_across_files(tmp_path):
    paths = [csv(tmp_path / f"{i}.csv", rows=100, first=100 * i) for i in range(3)]
    corpus = pooled(read(*paths, seed=None), 4)
    for fold in range(4):
        one = of_fold(corpus, 1, fold)
        parts = [customers(corpus, split) for split in (one.train, one.validation, one.test)]
        assert len(set.union(*parts)) == sum(map(len, parts)) == 40


@pytest.mark.parametrize(("customers", "part"), [(1, "test"), (2, "validation")])
def test_too_few_customers_are_not_parted(tmp_path, customers, part):
    path = csv(tmp_path / "a.csv", customers=customers)
    path.write_text(path.read_text().replace("text number 7,a,", "text number 7,a,c0"))
    said = f"data.group=customer: all that is left to split a {part} set off is one group; leave"
    with pytest.raises(UserError, match=said):
        read(path)
    given = {2: [None, path], 1: [path, path]}[customers]
    assert read(path, *given).group == "customer"  # the remedy: a file for the part


@pytest.mark.parametrize(
    ("customers", "said"),
    [
        (1, "data.folds=5: the data have 1 group by data.group=customer; leave data.group out"),
        (2, "data.folds=5: the data have 2 groups by data.group=customer; leave data.group out"),
        (3, "data.folds=5: the data have 3 groups by data.group=customer; give 3 at most"),
    ],
)
def test_too_few_customers_for_folds_are_not_parted(tmp_path, customers, said):
    path = csv(tmp_path / "a.csv", customers=customers)
    path.write_text(path.read_text().replace("text number 7,a,", "text number 7,a,c0"))
    whole = read(path, seed=None)
    with pytest.raises(UserError, match=said):
        pooled(whole, 5)
    if customers == 3:
        assert pooled(whole, 3).folds == 3
        return
    with pytest.raises(UserError, match=r"by data\.group=customer.*; leave data\.group out"):
        pooled(whole, 2)


def test_equal_texts_of_two_customers_join_them(tmp_path):
    path = csv(tmp_path / "a.csv")
    twice = "".join(f"the very same text again here,a,c{i}\n" for i in (3, 9))
    path.write_text(path.read_text() + twice)
    for seed in range(6):
        corpus = read(path, seed=seed)
        held = customers(corpus, corpus.train)
        assert ("customer3" in held) == ("customer9" in held)
        assert corpus.leakage is None


def test_the_key_goes_all_the_way(tmp_path):
    path = csv(tmp_path / "a.csv")
    keys = ["data=files", f"data.train={path}", "embed=random", "data.group=customer"]
    reading = prepare(compose(keys)).reading
    assert "text=text, label=label, group=customer" in reading.lines()[0]


@pytest.mark.parametrize(
    ("group", "said"),
    [
        ("client", "no column 'client' .data.group.; its columns are 'text'"),
        ("label", "data.group=label is the column of"),
    ],
)
def test_a_column_that_is_none_is_refused(tmp_path, group, said):
    with pytest.raises(UserError, match=said):
        read(csv(tmp_path / "a.csv"), group=group)


def test_lines_and_the_world_have_no_columns(tmp_path):
    path = tmp_path / "a.conll"
    path.write_text("a\tX\n\nb\tY\n")
    with pytest.raises(UserError, match=r"data\.group=customer is for tables"):
        read(path)
    with pytest.raises(UserError, match=r"data\.group=customer means nothing with data=world"):
        compose(["data.group=customer"])
