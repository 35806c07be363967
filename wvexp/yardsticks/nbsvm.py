"""NB-SVM: a linear SVM on words and bigrams, each weighted by its log-count ratio.

Wang and Manning (2012), "Baselines and Bigrams", section 2.3: with f the binarised counts, p and q
their sums over the examples of a class and over the others, each plus alpha = 1, the ratio is
r = log((p / |p|) / (q / |q|)). The SVM sees f times r, and its weights are drawn towards their mean
size: w' = (1 - beta) mean|w| + beta w, with beta = 1/4. Several classes: one against the rest.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.tasks import SentenceTask, TaskKind
from wvexp.yardsticks.frequent import FREQUENT
from wvexp.yardsticks.regularised import Labelled, as_far_as_it_goes, best_regularised
from wvexp.yardsticks.tfidf import grams
from wvexp.yardsticks.yardstick import YARDSTICKS, Fit, Labels, Problem, Yardstick

_ALPHA, _BETA = 1.0, 0.25
# Powers of ten of C: the features are larger than those of TF-IDF.
_FIRST = (-2, -1, 0)


class NbSvm(Yardstick):
    name, words, version = "nbsvm", "NB-SVM", 1

    def serves(self, kind: TaskKind) -> bool:
        return isinstance(kind, SentenceTask)

    def fit(self, problem: Problem) -> Fit:
        from sklearn.feature_extraction.text import CountVectorizer

        if len(set(problem.train.labels.tolist())) < 2 or not problem.train.tokens:
            return FREQUENT.fit(problem)
        read = CountVectorizer(analyzer=grams, binary=True, dtype=np.float64)
        train = read.fit_transform(problem.texts(problem.train))
        problem.go_on()
        validation, test = (
            read.transform(problem.texts(split)) for split in (problem.validation, problem.test)
        )
        labelled = _one_against_rest(problem, train, validation, test)
        return best_regularised(problem, labelled, _FIRST)


def log_count_ratios(counts: Any, positive: NDArray[np.bool_]) -> NDArray[np.float64]:
    """r [features] of binarised counts [examples, features], sparse; positive [examples]."""
    p = _ALPHA + np.asarray(counts[positive].sum(axis=0)).ravel()
    q = _ALPHA + np.asarray(counts[~positive].sum(axis=0)).ravel()
    ratios: NDArray[np.float64] = np.log((p / p.sum()) / (q / q.sum()))
    return ratios


def interpolated(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """w' of the weights w [features]."""
    return (1 - _BETA) * np.abs(weights).mean() + _BETA * weights


def _one_against_rest(problem: Problem, train: Any, validation: Any, test: Any) -> Labelled:
    from sklearn.svm import LinearSVC

    labels = problem.train.labels
    classes = np.unique(labels)
    # Of two classes the second speaks for both: it is chosen where its score is above 0.
    ratios = [log_count_ratios(train, labels == k) for k in classes[len(classes) == 2 :]]
    scaled = [train.multiply(r).tocsr() for r in ratios]

    def labelled(c: float) -> tuple[Labels, Labels]:
        scores: list[list[NDArray[np.float64]]] = [[], []]
        for k, r, features in zip(classes[-len(ratios) :], ratios, scaled, strict=True):
            problem.go_on()
            with as_far_as_it_goes():
                fitted = LinearSVC(C=c, random_state=0).fit(features, labels == k)
            weights = r * interpolated(fitted.coef_[0])
            for of_split, split in zip(scores, (validation, test), strict=True):
                of_split.append(split @ weights + fitted.intercept_[0])
        first, second = (classes[_places(np.stack(s, axis=1))] for s in scores)
        return first, second

    return labelled


def _places(scores: NDArray[np.float64]) -> NDArray[np.intp]:
    """The place of the class of each example, from scores [examples, classes or 1]."""
    if scores.shape[1] == 1:
        return (scores[:, 0] > 0).astype(np.intp)
    return scores.argmax(axis=1)


NBSVM = YARDSTICKS.register(NbSvm())
