"""TF-IDF and NB-SVM against scikit-learn's own pipeline, and against the paper's formulas."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVC
from texts import corpus_of, drawn_texts
from yardstick_problems import joined, problem_of

from wvexp.errors import RunStopped
from wvexp.yardsticks import NBSVM, TFIDF, YARDSTICKS
from wvexp.yardsticks.nbsvm import interpolated, log_count_ratios
from wvexp.yardsticks.regularised import TOLERANCE, as_far_as_it_goes, best_regularised


@pytest.mark.parametrize("classes", [2, 3])
def test_tfidf_is_what_a_pipeline_of_scikit_learn_gives(classes):
    problem = problem_of(drawn_texts(1, (150, 80, 90), classes))
    found = TFIDF.fit(problem)

    def pipeline(c):
        # Its own way to the same features: of text, not of lists of words.
        read = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\S+", lowercase=True)
        fit = LogisticRegression(C=c, tol=TOLERANCE, max_iter=1000)
        whole = Pipeline([("read", read), ("fit", fit)])
        return whole.fit(joined(problem, problem.train), problem.train.labels)

    scores, same = {}, False
    for power in range(-4, 5):
        c = 10.0**power
        fitted = pipeline(c)
        scores[power] = problem.score(fitted.predict(joined(problem, problem.validation)))
        if found.settings["C"] == c:
            same = True
            assert np.array_equal(fitted.predict(joined(problem, problem.test)), found.labels)
            assert found.validation == scores[power]
    assert same
    # Not always the best of them all, for the search goes uphill alone: but nothing beside it.
    at = round(np.log10(found.settings["C"]))
    assert scores[at] >= max(scores.get(at - 1, 0), scores.get(at + 1, 0))


def test_the_log_count_ratio_by_hand():
    """Three sentences of a class (a b, a, a c) and two others (b, b c), over a, b, c."""
    counts = np.array([[1, 1, 0], [1, 0, 0], [1, 0, 1], [0, 1, 0], [0, 1, 1]], dtype=float)
    found = log_count_ratios(csr_matrix(counts), np.array([True, True, True, False, False]))
    # p = (1 + 3, 1 + 1, 1 + 1) of 8, q = (1 + 0, 1 + 2, 1 + 1) of 6
    expected = np.log([(4 / 8) / (1 / 6), (2 / 8) / (3 / 6), (2 / 8) / (2 / 6)])
    assert found == pytest.approx(expected)


def test_weights_are_drawn_towards_their_mean_size():
    assert interpolated(np.array([2.0, -4.0])) == pytest.approx([0.75 * 3 + 0.5, 0.75 * 3 - 1.0])


@pytest.mark.parametrize("classes", [2, 3])
def test_nbsvm_is_the_paper_written_out(classes):
    problem = problem_of(drawn_texts(2, (120, 80, 90), classes))
    found = NBSVM.fit(problem)
    c = found.settings["C"]

    def grams(words):
        lower = [word.lower() for word in words]
        return {*lower, *pairwise(lower)}

    each = {part: [grams(w) for w in problem.texts(getattr(problem, part))]
            for part in ("train", "test")}  # fmt: skip
    features = sorted({gram for one in each["train"] for gram in one}, key=str)
    train, test = (
        np.array([[float(gram in one) for gram in features] for one in each[part]])
        for part in ("train", "test")
    )
    labels, scores = problem.train.labels, []
    for k in range(classes):
        p = 1 + train[labels == k].sum(axis=0)
        q = 1 + train[labels != k].sum(axis=0)
        r = np.log((p / np.abs(p).sum()) / (q / np.abs(q).sum()))
        with as_far_as_it_goes():
            svm = LinearSVC(C=c, random_state=0, tol=1e-8, max_iter=100_000).fit(
                train * r, labels == k
            )
        w = svm.coef_[0]
        mixed = 0.75 * np.abs(w).mean() + 0.25 * w
        scores.append((test * r) @ mixed + svm.intercept_[0])
    expected = np.argmax(scores, axis=0) if classes > 2 else (scores[1] > 0).astype(int)
    assert np.mean(found.labels == expected) >= 0.97  # where the solver's last digits decide


@pytest.mark.parametrize("yardstick", [TFIDF, NBSVM])
def test_they_learn_what_can_be_learnt(yardstick):
    corpus = drawn_texts(3, (300, 100, 200))
    found = yardstick.fit(problem_of(corpus))
    assert np.mean(found.labels == corpus.test.labels) > 0.85


@pytest.mark.parametrize("yardstick", list(YARDSTICKS))
def test_a_single_label_is_given_always(yardstick):
    task = "sentence" if yardstick.name in ("tfidf", "nbsvm", "sbert") else "token"
    part = [(["a", "b"], "x" if task == "sentence" else ["x", "x"])] * 4
    corpus = corpus_of([part, part, part], task)
    assert set(yardstick.fit(problem_of(corpus)).labels.tolist()) == {0}


@pytest.mark.parametrize("yardstick", [TFIDF, NBSVM])
def test_texts_without_a_word_get_the_most_frequent_label(yardstick):
    part = [([], "x"), ([], "y"), ([], "y")]
    corpus = corpus_of([part, part, part])
    assert yardstick.fit(problem_of(corpus)).labels.tolist() == [1, 1, 1]


@pytest.mark.parametrize("yardstick", [TFIDF, NBSVM])
def test_time_that_is_up_ends_a_fit(yardstick):
    with pytest.raises(RunStopped):
        yardstick.fit(problem_of(drawn_texts(4, (60, 30, 30)), should_stop=lambda: True))


@pytest.mark.parametrize("peak", range(-4, 5))
@pytest.mark.parametrize("first", [(0, 1, 2), (-2, -1, 0)])
def test_the_best_c_of_a_curve_with_one_peak_is_found(peak, first):
    """Labels are powers here, and their score falls with the distance from the peak."""
    tried = []

    def labelled(c):
        tried.append(c)
        return np.array([round(np.log10(c))]), np.array([round(np.log10(c))])

    problem = problem_of(
        drawn_texts(5, (9, 9, 9)), score=lambda labels: -abs(float(labels[0]) - peak)
    )
    found = best_regularised(problem, labelled, first)
    assert found.labels.tolist() == [peak]
    assert found.settings["C"] == 10.0**peak
    assert len(tried) == len(set(tried)) <= 3 + abs(peak - first[1])


def test_of_what_scores_alike_the_smallest_c_is_taken():
    problem = problem_of(drawn_texts(5, (9, 9, 9)), score=lambda labels: 0.5)
    found = best_regularised(problem, lambda c: (np.array([0]), np.array([0])), (0, 1, 2))
    assert found.settings["C"] == 1e-4


def test_only_warnings_of_steps_used_up_and_of_many_labels_are_kept_quiet():
    with as_far_as_it_goes():
        warnings.warn("all steps used", ConvergenceWarning, stacklevel=1)
        LogisticRegression().fit(np.eye(30), np.arange(30) % 20)  # 20 labels over 30 texts
    with pytest.raises(RuntimeWarning), as_far_as_it_goes():
        warnings.warn("overflow", RuntimeWarning, stacklevel=1)
