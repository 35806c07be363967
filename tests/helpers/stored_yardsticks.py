"""A fitted yardstick as a results file has it, for tests of what is said of it."""

from wvexp.results.stored_yardstick import StoredYardstick


def stored_yardstick(key, **changes):
    """One that was fitted on all data of the corpus `c`; `changes` in the place of its fields."""
    values = {
        "yardstick": "tfidf",
        "corpus": "c",
        "task": "sentence",
        "metric": "accuracy",
        "train_size": 100,
        "seed": None,
        "fold": None,
        "folds": None,
        "version": 1,
        "keys": {},
        "validation": 0.5,
        "test": 0.5,
        "settings": {},
        "seconds": 2.0,
    }
    return StoredYardstick(key, **{**values, **changes})
