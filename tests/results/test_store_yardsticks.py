"""Yardsticks in the results file: as they were, in old files too, and read with care."""

import json
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from wvexp.errors import UserError
from wvexp.results.store import Store
from wvexp.results.stored_yardstick import whole
from wvexp.training.result import UnitCounts
from wvexp.yardsticks.fitted import YardstickFit, YardstickResult

EARLIER = Path(__file__).with_name("earlier.sqlite")


def make_fit(**changes):
    values = {
        "yardstick": "tfidf",
        "corpus": "c",
        "task": "sentence",
        "metric": "accuracy",
        "train_size": 100,
        "seed": 0,
        "fold": None,
        "folds": None,
        "version": 1,
        "keys": {},
    }
    return YardstickFit(**{**values, **changes})


def result_of(fit, counts=((1, 2), (3, 4))):
    units = UnitCounts(np.array(counts, dtype=np.int32), ["a", "b"], "ids of a, b")
    return YardstickResult(fit, 0.25, 0.5, {"C": 3.16}, 1.5, units)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "results.sqlite")


def test_a_yardstick_comes_back_as_it_was(store):
    fit = make_fit()
    store.save_yardstick(result_of(fit))
    store.save_yardstick(result_of(fit))  # as two decisions at once do
    store.save_yardstick(result_of(make_fit(corpus="d")))
    store.save_yardstick(result_of(make_fit(metric="macro_f1")))
    [found] = store.yardsticks("c", "accuracy")
    assert (found.key, found.yardstick, found.train_size) == (fit.key, "tfidf", 100)
    assert (found.seed, found.fold, found.folds) == (0, None, None)
    assert (found.validation, found.test, found.seconds) == (0.25, 0.5, 1.5)
    assert found.settings == {"C": 3.16}
    assert store.unit_counts(fit.key).tolist() == [[1, 2], [3, 4]]
    assert store.unit_ids(fit.key) == ["a", "b"]
    assert store.keys() == set()  # they are no runs


def test_what_runs_call_a_corpus_is_kept(store):
    assert store.typed_corpus("lower") is None
    store.name_corpus(["lower", "typed"], "c")
    assert store.typed_corpus("lower") == store.typed_corpus("typed") == "c"


def test_an_earlier_file_is_read_and_extended_when_written(tmp_path):
    path = tmp_path / "earlier.sqlite"
    shutil.copy(EARLIER, path)
    before = path.read_bytes()
    reading = Store.to_read(path)
    assert reading.yardsticks("c", "accuracy") == []
    assert reading.typed_corpus("d") is None
    assert path.read_bytes() == before
    runs = reading.runs()
    writing = Store(path)
    writing.save_yardstick(result_of(make_fit()))
    assert len(Store.to_read(path).yardsticks("c", "accuracy")) == 1
    assert Store.to_read(path).runs() == runs


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda content: "{", "its result is no JSON"),
        (lambda content: "[]", "its result is no JSON of a yardstick"),
        (lambda content: json.dumps({**content, "test": "much"}), "test is not a number"),
        (lambda content: json.dumps({**content, "key": "y0"}), "its column key is"),
        (lambda content: json.dumps({**content, "fold": 1}), "a fold, and not of how many"),
    ],
)
def test_a_damaged_row_is_one_line_that_says_how_to_remove_it(store, edit, said):
    result = result_of(make_fit())
    store.save_yardstick(result)
    connection = sqlite3.connect(store.path)
    connection.execute("UPDATE yardsticks SET result = ?", [edit(result.to_json())])
    connection.commit()
    with pytest.raises(UserError, match=said) as caught:
        store.yardsticks("c", "accuracy")
    statement = str(caught.value).partition("sqlite3 ")[2].partition('"')[2].rstrip('"')
    connection.execute(statement)
    connection.commit()
    connection.close()
    assert store.yardsticks("c", "accuracy") == []


def test_folds_of_one_fit_go_together_and_old_versions_are_left(store):
    fits = [make_fit(folds=2, fold=fold, seed=seed) for seed in (0, 1) for fold in (1, 0)]
    fits += [make_fit(folds=2, fold=0, seed=2)]  # which lacks a fold
    fits += [make_fit(yardstick="nbsvm", version=version) for version in (1, 2)]
    fits += [make_fit(keys={"encoder": name}) for name in "ab"]
    for fit in fits:
        store.save_yardstick(result_of(fit))
    found = {tuple((one.method, one.version, one.seed, one.fold) for one in parts)
             for parts in whole(store.yardsticks("c", "accuracy"))}  # fmt: skip
    assert found == {
        (("tfidf", 1, 0, 0), ("tfidf", 1, 0, 1)),
        (("tfidf", 1, 1, 0), ("tfidf", 1, 1, 1)),
        (("nbsvm", 2, 0, None),),
        (("tfidf a", 1, 0, None),),
        (("tfidf b", 1, 0, None),),
    }
