"""A fitted yardstick: by which examples it learns, on which units it is counted, what names it."""

from dataclasses import replace

import numpy as np
import pytest
from run_configs import make_run
from texts import corpus_of, drawn_texts

from wvexp.config.schema import YardstickKeys
from wvexp.data.folds import of_fold, pooled
from wvexp.errors import RunError
from wvexp.metrics import METRICS
from wvexp.tasks import TASKS
from wvexp.training.setup import set_up
from wvexp.yardsticks import TFIDF, YARDSTICKS, Fit, Yardstick
from wvexp.yardsticks.fitted import fit_of, fit_yardstick
from wvexp.yardsticks.yardstick import Problem

KEYS = YardstickKeys()


def wanted(corpus, name="tfidf", size=100, seed=0, fold=None):
    return fit_of(name, corpus, "accuracy", size, seed, fold, KEYS)


@pytest.fixture
def seen(monkeypatch):
    """The problems that yardsticks are given."""
    problems = []

    def fit(self, problem):
        problems.append(problem)
        return Fit(np.zeros(problem.test.examples, dtype=np.int64), 0.5, {})

    monkeypatch.setattr(type(TFIDF), "fit", fit)
    return problems


@pytest.mark.parametrize("folds", [None, 3])
def test_it_is_fitted_on_the_examples_of_the_runs(seen, folds):
    corpus = drawn_texts(1, (200, 60, 70))
    corpus = pooled(corpus, folds) if folds else corpus
    for seed in (0, 1):
        for fold in range(folds) if folds else [None]:
            run = make_run(task="sentence", train_size=50, seed=seed, fold=fold, folds=folds)
            run = replace(run, model=replace(run.model, name="mean"), embed="random")
            setup = set_up(run, corpus, None)
            result = fit_yardstick(wanted(corpus, size=50, seed=seed, fold=fold), corpus, KEYS)
            problem = seen.pop()
            assert np.array_equal(problem.train.word_ids, setup.subset.word_ids)
            assert np.array_equal(problem.train.labels, setup.subset.labels)
            part = of_fold(corpus, seed, fold)
            assert np.array_equal(problem.test.labels, part.test.labels)
            assert np.array_equal(problem.validation.labels, part.validation.labels)
            assert result.units.ids == part.units.ids
            assert result.units.fingerprint == part.units.fingerprint


def test_on_all_data_it_is_one_fit_for_every_seed(seen):
    corpus = drawn_texts(1, (200, 60, 70))
    whole = [wanted(corpus, size=200, seed=seed) for seed in range(3)]
    assert len({fit.key for fit in whole}) == 1
    assert whole[0].seed is None
    fit_yardstick(whole[0], corpus, KEYS)
    assert seen.pop().train is corpus.train
    assert len({wanted(corpus, size=199, seed=seed).key for seed in range(3)}) == 3
    folded = pooled(corpus, 3)
    assert len({wanted(folded, size=330, seed=seed, fold=0).key for seed in range(3)}) == 3


def test_the_casing_of_the_vectors_changes_nothing(seen):
    corpus = drawn_texts(1, (200, 60, 70))
    lower = corpus.lowercased()
    assert lower.fingerprint != corpus.fingerprint
    assert lower.as_typed().fingerprint == corpus.fingerprint == corpus.as_typed().fingerprint
    keys = {wanted(one.as_typed()).key for one in (corpus, lower)}
    assert len(keys) == 1
    pool = pooled(corpus, 3)
    assert pooled(lower, 3).as_typed().fingerprint == pool.fingerprint
    for one in (lower, pooled(lower, 3)):
        fold = None if one.folds is None else 1
        fit_yardstick(wanted(one.as_typed(), fold=fold), one.as_typed(), KEYS)
        problem = seen.pop()
        # The words as typed, in the very sentences that the runs of this corpus are tested on.
        tested = of_fold(one, 0, fold).test
        assert [w.lower() for words in problem.texts(problem.test) for w in words] == [
            one.lexicon[i] for i in tested.word_ids
        ]
        assert any(w != w.lower() for words in problem.texts(problem.test) for w in words)


def test_what_determines_the_result_names_it(monkeypatch):
    corpus = drawn_texts(1, (200, 60, 70))
    fits = [
        wanted(corpus),
        wanted(corpus, name="nbsvm"),
        wanted(corpus, size=99),
        wanted(corpus, seed=1),
        fit_of("tfidf", corpus, "macro_f1", 100, 0, None, KEYS),
        wanted(drawn_texts(2, (200, 60, 70))),
    ]
    monkeypatch.setattr(type(TFIDF), "version", 2)
    fits.append(wanted(corpus))
    assert len({fit.key for fit in fits}) == len(fits)


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
@pytest.mark.parametrize("name", ["tfidf", "nbsvm", "most_frequent"])
def test_its_counts_make_its_score(metric, name):
    corpus = drawn_texts(1, (200, 60, 70))
    fit = fit_of(name, corpus, metric, 200, 0, None, KEYS)
    result = fit_yardstick(fit, corpus, KEYS)
    counts = result.units.counts.reshape(1, 70, -1).astype(float)
    assert METRICS[metric].values(counts).mean() == pytest.approx(result.test)
    assert result.seconds > 0


class Odd(Yardstick):
    """Gives what it is told to."""

    name, words, version = "odd", "an odd one", 1
    labels = np.zeros(0, dtype=np.int64)

    def serves(self, kind):
        return True

    def fit(self, problem: Problem) -> Fit:
        return Fit(self.labels, 0.5, {})


@pytest.mark.parametrize(
    "labels", [np.zeros(69, dtype=int), np.full(70, 3), np.full(70, -1), np.zeros((70, 2), int)]
)
def test_labels_that_are_none_are_refused(labels, monkeypatch):
    odd = Odd()
    monkeypatch.setitem(YARDSTICKS._things, "odd", odd)
    odd.labels = labels
    corpus = drawn_texts(1, (200, 60, 70))
    with pytest.raises(RunError, match=r"yardstick odd gives labels of shape .*: expected \(70,\)"):
        fit_yardstick(wanted(corpus, name="odd"), corpus, KEYS)
    assert fit_of("odd", corpus, "accuracy", 9, 0, None, KEYS).keys.keys() == {"plugin"}


def test_a_label_that_training_lacks_counts_as_wrong():
    train = [(["a"], "x"), (["b"], "y")] * 5
    corpus = corpus_of([train, train, [(["a"], "x"), (["b"], "y")]])
    unseen = replace(
        corpus,
        unseen_labels=("z",),
        test=replace(corpus.test, labels=np.array([0, 2], dtype=np.int32)),
    )
    assert fit_yardstick(wanted(unseen, size=10), unseen, KEYS).test == 0.5


def test_every_kind_of_task_has_a_yardstick_that_learns():
    for kind in TASKS:
        assert len([one for one in YARDSTICKS if one.serves(kind)]) >= 2
