"""TF-IDF of words and bigrams with logistic regression."""

from itertools import pairwise

from wvexp.tasks import SentenceTask, TaskKind
from wvexp.yardsticks.frequent import FREQUENT
from wvexp.yardsticks.regularised import logistic
from wvexp.yardsticks.yardstick import YARDSTICKS, Fit, Problem, Yardstick


class TfIdf(Yardstick):
    """scikit-learn's `TfidfVectorizer` as it is (smoothed idf, rows of length 1).

    Words are those of `data.tokenizer`, in lower case.
    """

    name, words, version = "tfidf", "TF-IDF with logistic regression", 1

    def serves(self, kind: TaskKind) -> bool:
        return isinstance(kind, SentenceTask)

    def fit(self, problem: Problem) -> Fit:
        from sklearn.feature_extraction.text import TfidfVectorizer

        if len(set(problem.train.labels.tolist())) < 2 or not problem.train.tokens:
            return FREQUENT.fit(problem)
        read = TfidfVectorizer(analyzer=grams)
        train = read.fit_transform(problem.texts(problem.train))
        problem.go_on()
        validation, test = (
            read.transform(problem.texts(split)) for split in (problem.validation, problem.test)
        )
        return logistic(problem, train, validation, test)


def grams(words: list[str]) -> list[str]:
    """The words of a sentence and its pairs of neighbours, in lower case."""
    lower = [word.lower() for word in words]
    # No word has a blank within it but one that a tokenizer kept; then two grams may be one.
    return lower + [f"{a} {b}" for a, b in pairwise(lower)]


TFIDF = YARDSTICKS.register(TfIdf())
