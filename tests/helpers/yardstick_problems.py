"""A corpus as the problem that a yardstick is fitted on."""

from wvexp.config.schema import YardstickKeys
from wvexp.yardsticks import Problem


def problem_of(corpus, **changes):
    gold = corpus.validation.labels
    values = {
        "lexicon": corpus.lexicon,
        "train": corpus.train,
        "validation": corpus.validation,
        "test": corpus.test,
        "classes": len(corpus.label_names),
        "score": lambda labels: float((labels == gold).mean()),
        "keys": YardstickKeys(),
        "should_stop": lambda: False,
    }
    return Problem(**{**values, **changes})


def joined(problem, split):
    return [" ".join(words) for words in problem.texts(split)]
