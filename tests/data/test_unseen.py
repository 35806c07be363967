"""Labels that validation or test alone hold: read, numbered, counted; and when refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wvexp.data.corpus import Corpus
from wvexp.data.folds import of_fold, pooled
from wvexp.data.reading.asked import Asked
from wvexp.data.reading.encode import build_corpus
from wvexp.data.reading.examples import Example, Source
from wvexp.data.reading.files import read_files
from wvexp.data.unseen import UnseenLabels, count_unseen
from wvexp.errors import UserError

ROWS = "text,label\nfine day,pos\ndull day,neg\n"
TAGS = "Ann\tB-PER\nruns\tO\n\nBo\tB-PER\n\n"


def write(path: Path, content: str) -> Path:
    path.write_text(content)
    return path


def read(train: Path, validation: Path, test: Path, seed: int | None = 0) -> Corpus:
    return read_files(train, validation, test, Asked(seed=seed))


def build(*parts):
    """A corpus whose sentences hold one word each; parts are lists of labels."""
    sources = [
        Source(name, "sentence", None, None, iter([Example(f"w{i}", c, None) for i, c in part]))
        for name, part in zip(
            ("train", "validation", "test"), (list(enumerate(p)) for p in parts), strict=True
        )
    ]
    return build_corpus("made", *sources, Asked(tokenizer="whitespace"))


LABELS = st.lists(st.sampled_from(["a", "b", "10", "9", "é", "x y"]), min_size=1, max_size=12)


@given(LABELS, LABELS, LABELS)
def test_every_label_comes_back_by_its_id_whatever_stands_where(train, validation, test):
    train = [*train, "a", "b"]
    if not (set(validation) & set(train) and set(test) & set(train)):
        with pytest.raises(UserError, match="no label of it stands in train: "):
            build(train, validation, test)
        return
    corpus = build(train, validation, test)
    assert set(corpus.label_names) == set(train)
    assert set(corpus.unseen_labels) == {*validation, *test} - set(train)
    names = [*corpus.label_names, *corpus.unseen_labels]
    assert len(names) == len(set(names))
    splits = (corpus.train, corpus.validation, corpus.test)
    for split, labels in zip(splits, (train, validation, test), strict=True):
        assert [names[i] for i in split.labels] == labels
    assert corpus.train.labels.max() < len(corpus.label_names)
    expected = {
        part: UnseenLabels(
            len(labels), {label: labels.count(label) for label in {*labels} - {*train}}
        )
        for part, labels in (("validation", validation), ("test", test))
        if {*labels} - {*train}
    }
    assert count_unseen(corpus) == expected


def test_a_csv_and_a_conll_file_with_labels_of_their_own(tmp_path: Path) -> None:
    train = write(tmp_path / "a.csv", ROWS)
    other = write(tmp_path / "b.csv", ROWS + "so so,mixed\nwell,mixed\n")
    corpus = read(train, other, train)
    assert corpus.label_names == ["neg", "pos"]
    assert corpus.unseen_labels == ("mixed",)
    assert corpus.validation.labels.tolist() == [1, 0, 2, 2]
    train = write(tmp_path / "a.conll", TAGS)
    other = write(tmp_path / "b.conll", TAGS + "Lee\tI-PER\nUN\tB-ORG\n")
    corpus = read(train, train, other)
    assert corpus.label_names == ["B-PER", "O"]
    assert corpus.unseen_labels == ("B-ORG", "I-PER")
    assert corpus.test.labels.tolist() == [0, 1, 0, 3, 2]


@pytest.mark.parametrize("part", ["validation", "test"])
def test_a_file_without_any_label_of_training_is_refused_with_examples(tmp_path: Path, part):
    train = write(tmp_path / "a.csv", ROWS)
    other = write(tmp_path / "b.csv", "text,label\nso so,-1\nwell well,-1\n")
    files = {"validation": train, "test": train, part: other}
    with pytest.raises(UserError) as error:
        read(train, **files)
    said = f"{other}: no label of it stands in {train}: '-1' here, 'pos', 'neg' there; do the two"
    assert str(error.value).startswith(said)
    assert "\n" not in str(error.value)


def test_the_refusal_names_the_labels_of_that_file_alone(tmp_path: Path) -> None:
    train = write(tmp_path / "a.csv", ROWS)
    validation = write(tmp_path / "b.csv", ROWS + "so so,mixed\n")
    test = write(tmp_path / "c.csv", "text,label\n" + "".join(f"x,{i}\n" for i in range(7)))
    with pytest.raises(
        UserError, match=r"c\.csv: no .*: '0', '1', '2', '3', '4', \.\.\. here, 'pos'"
    ):
        read(train, validation, test)


def test_the_fingerprint_covers_their_names_and_is_as_it_was_without_any() -> None:
    corpus = build("ab", "ab", "abz")
    assert corpus.unseen_labels == ("z",)
    renamed = replace(corpus, unseen_labels=("y",))
    assert len({corpus.fingerprint, renamed.fingerprint, build("ab", "ab", "aba").fingerprint}) == 3
    # Computed before there were unseen labels: the results under it stay valid.
    assert build("ab", "ab", "aba").fingerprint == "57f94f723184868c"


def test_lower_case_keeps_them() -> None:
    corpus = build("ab", "ab", "abz")
    loud = replace(corpus, lexicon=[word.upper() for word in corpus.lexicon]).lowercased()
    assert loud.unseen_labels == ("z",)
    assert count_unseen(loud) == count_unseen(corpus)


def test_in_a_cross_fit_they_are_classes_like_every_other() -> None:
    corpus = pooled(build("ab" * 10, "abz" * 5, "aby" * 5), 4)
    assert (corpus.label_names, corpus.unseen_labels) == (["a", "b", "y", "z"], ())
    assert np.bincount(corpus.train.labels).tolist() == [20, 20, 5, 5]
    for fold in range(4):
        one = of_fold(corpus, 0, fold)
        assert set(one.train.labels.tolist()) == {0, 1, 2, 3}, "dealt label by label"
        assert count_unseen(one) == {}
    once = pooled(build("ab" * 10, "ab" * 5, "ab" * 5 + "z"), 4)
    (where,) = [fold for fold in range(4) if 2 in of_fold(once, 0, fold).test.labels]
    assert 2 not in of_fold(once, 0, where).train.labels  # there it counts as wrong, by itself
