"""Cross-fitting: every example tested once per seed, by a model that has not seen it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wvexp.config.compose import compose
from wvexp.data.corpus import Corpus
from wvexp.data.dealing import fold_of_sentences
from wvexp.data.folds import concatenated, of_fold, pooled
from wvexp.data.split import Split
from wvexp.errors import UserError
from wvexp.experiment.inputs import prepare


def make_split(first, sentences, task="sentence", documents=None):
    """Sentence number n of the corpus holds the words n and n + 1, so that it can be told."""
    numbers = np.arange(first, first + sentences)
    words = np.stack([numbers, numbers + 1], axis=1).ravel().astype(np.int32)
    labels = (words if task == "token" else numbers) % 3
    return Split(
        task=task,
        word_ids=words,
        offsets=2 * np.arange(sentences + 1),
        labels=labels.astype(np.int32),
        documents=None if documents is None else np.array(documents, dtype=np.int32),
    )


def make_corpus(sentences, task="sentence", documents=None):
    """A tenth each for validation and test; `documents` of that many sentences each."""
    part = sentences // 10
    sizes = (sentences - 2 * part, part, part)
    splits, first = [], 0
    for size in sizes:
        of = None if documents is None else np.arange(size) // documents
        splits.append(make_split(first, size, task, of))
        first += size
    lexicon = [f"w{i}" for i in range(sentences + 1)]
    return Corpus("toy", lexicon, ["a", "b", "c"], *splits)


def numbers(split):
    return split.word_ids[split.offsets[:-1]].tolist()


@given(
    st.integers(30, 120),
    st.sampled_from(["token", "sentence"]),
    st.sampled_from([None, 1, 3]),
    st.integers(2, 5),
    st.integers(0, 99),
)
def test_every_example_is_tested_once_and_never_trained_on_then(n, task, documents, folds, seed):
    corpus = pooled(make_corpus(n, task, documents), folds)
    tested, units = [], []
    for fold in range(folds):
        one = of_fold(corpus, seed, fold)
        parts = [numbers(split) for split in (one.train, one.validation, one.test)]
        assert sorted(number for part in parts for number in part) == list(range(n))
        tested += parts[2]
        units += one.units.ids
        assert len(set(one.units.of_sentence.tolist())) == len(one.units.ids)
        if documents:
            held = [set(split.documents.tolist()) for split in (one.train, one.test)]
            assert not held[0] & held[1]
    assert sorted(tested) == list(range(n))
    assert sorted(units) == sorted(corpus.units.ids)


def folds_of(corpus, seed):
    return fold_of_sentences(corpus.train, corpus.groups, corpus.folds, seed)


def test_folds_are_of_one_size_and_keep_the_labels_in_proportion():
    corpus = pooled(make_corpus(90), 5)
    for seed in range(5):
        fold = folds_of(corpus, seed)
        counts = np.zeros((5, 3), dtype=int)
        np.add.at(counts, (fold, corpus.train.labels), 1)
        assert (counts == 6).all()


def test_a_seed_draws_the_same_folds_again_and_another_seed_others():
    corpus = pooled(make_corpus(90), 5)
    again = pooled(make_corpus(90), 5)
    assert (folds_of(corpus, 3) == folds_of(again, 3)).all()
    assert (folds_of(corpus, 3) != folds_of(corpus, 4)).any()


@pytest.mark.parametrize("documents", [None, [400, 12, 12, 12, 12, 12], [3] * 20])
@pytest.mark.parametrize("task", ["token", "sentence"])
def test_what_is_available_is_what_the_smallest_fold_has(task, documents):
    sentences = sum(documents) if documents else 101
    names = None if documents is None else np.repeat(np.arange(len(documents)), documents)
    whole, part = make_split(0, sentences, task, names), make_split(0, 0, task, documents and [])
    corpus = Corpus(
        "toy", [f"w{i}" for i in range(sentences + 1)], ["a", "b", "c"], whole, part, part
    )
    corpus = pooled(corpus, 3)
    sizes = {
        seed: min(of_fold(corpus, seed, fold).train.examples for fold in range(3))
        for seed in range(6)
    }
    assert {seed: corpus.available([seed]) for seed in sizes} == sizes
    assert corpus.available(range(6)) == min(sizes.values())
    corpus.check_training_size(min(sizes.values()), range(6))
    with pytest.raises(UserError, match=f"give a number from 1 to {min(sizes.values())}, or"):
        corpus.check_training_size(min(sizes.values()) + 1, range(6))


def test_equal_sentences_are_in_one_fold_and_two_units():
    split = make_split(0, 20)
    corpus = pooled(
        Corpus("toy", [f"w{i}" for i in range(21)], ["a", "b", "c"], split, split, split), 4
    )
    folds = [of_fold(corpus, 0, fold) for fold in range(4)]
    ids = [name for one in folds for name in one.units.ids]
    assert len(set(ids)) == len(ids) == 60
    for one in folds:
        trained = {*numbers(one.train)}
        assert not trained & {*numbers(one.test)}
        assert not trained & {*numbers(one.validation)}
        counts = np.bincount(one.test.labels, minlength=3)
        assert one.test.sentences == 15
        assert counts.max() - counts.min() <= 3  # one text of three copies


def test_without_a_fold_a_test_set_is_split_off():
    corpus = pooled(make_corpus(100), 5)
    kept = of_fold(corpus, 0, None)
    parts = [numbers(split) for split in (kept.train, kept.validation, kept.test)]
    assert sorted(number for part in parts for number in part) == list(range(100))
    assert [len(part) for part in parts] == [81, 9, 10]


def test_a_corpus_without_folds_is_left_as_it_is():
    corpus = make_corpus(50)
    assert of_fold(corpus, 0, None) is corpus


def test_documents_of_two_splits_are_two_documents():
    parts = [make_split(0, 4, documents=[0, 0, 1, 1]), make_split(4, 2, documents=[0, 1])]
    pool = concatenated(parts)
    assert pool.documents.tolist() == [0, 0, 1, 1, 2, 3]


def test_the_number_of_folds_is_part_of_what_the_data_are():
    corpus = make_corpus(60)
    prints = {pooled(corpus, folds).fingerprint for folds in (2, 5)} | {corpus.fingerprint}
    assert len(prints) == 3


def test_text_that_stands_in_two_documents_is_told_and_elsewhere_kept_together():
    corpus = make_corpus(60)
    long = [make_split(i, 10) for i in (0, 10, 0)]  # the third repeats the first

    def pool(task, documents):
        fives = [
            Split(
                task,
                s.word_ids,
                np.arange(0, 21, 5),
                s.labels[:4] if task == "sentence" else np.arange(20, dtype=np.int32) % 3,
                np.arange(4, dtype=np.int32) // 2 if documents else None,
            )
            for s in long
        ]
        return pooled(Corpus("toy", corpus.lexicon, ["a", "b", "c"], *fives), 2)

    leakage = pool("token", documents=True).leakage
    assert (leakage.shared, leakage.checked) == (8, 12)
    assert "stand in more than one document" in str(leakage)
    for task, documents in (("token", False), ("sentence", False), ("sentence", True)):
        assert pool(task, documents).leakage is None


def test_folds_of_repeated_text_are_other_data_than_before():
    """A results file must not take folds that part equal texts for folds that do not."""
    split = make_split(0, 20)
    names = [f"w{i}" for i in range(21)]
    empty = split.take(np.arange(0))
    once = pooled(Corpus("toy", names, ["a", "b", "c"], split, empty, empty), 4)
    assert once.fingerprint == "6ffd4f2c83d52e50"
    twice = pooled(Corpus("toy", names, ["a", "b", "c"], split, split, empty), 4)
    assert twice.fingerprint != "4a225765846c5e31"


def test_too_many_folds_are_refused():
    with pytest.raises(UserError, match=r"data.folds=61: the data have 60 sentences"):
        pooled(make_corpus(60), 61)
    with pytest.raises(UserError, match=r"data.folds=9: the data have 5 documents"):
        pooled(make_corpus(60, documents=16), 9)


def read_pooled(path, folds, *others):
    keys = ["data=files", f"data.train={path}", "embed=random", f"data.folds={folds}"]
    return prepare(compose([*keys, *others])).corpus


def test_files_are_pooled_as_they_stand(tmp_path):
    """Nothing is split off first, which would cut a document in two and change with its seed."""
    blocks = [f"-DOCSTART- O\n\nw{n} A\nx B\n\ny{n} A\n" for n in range(4)]
    path = tmp_path / "text.conll"
    path.write_text("\n".join(blocks))
    corpus = read_pooled(path, 2)
    assert corpus.train.documents.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    words = [corpus.lexicon[i] for i in corpus.train.word_ids]
    assert words == [word for n in range(4) for word in (f"w{n}", "x", f"y{n}")]


def test_what_lies_in_files_of_its_own_is_pooled_too(tmp_path):
    for name, first, rows in (("train", 0, 20), ("test", 20, 5)):
        lines = [f"w{i},{'ab'[i % 2]}\n" for i in range(first, first + rows)]
        (tmp_path / f"{name}.csv").write_text("text,label\n" + "".join(lines))
    corpus = read_pooled(tmp_path / "train.csv", 3, f"data.test={tmp_path / 'test.csv'}")
    assert corpus.train.word_ids.tolist() == list(range(25))


def test_the_seed_of_a_split_that_is_not_made_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"data\.split_seed=1 means nothing with data\.folds=3"):
        read_pooled(tmp_path / "x.csv", 3, "data.split_seed=1")
