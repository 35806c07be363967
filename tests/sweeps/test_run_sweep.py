"""Sweeps: stored runs are not trained again, failures are noted, rows are those of one run."""

import sqlite3
import threading
from dataclasses import replace

import numpy as np
import pytest

import wvexp
from wvexp.config.schema import Model
from wvexp.errors import RunError, UserError
from wvexp.parity import engines as engine_parity
from wvexp.results.store import Store
from wvexp.sweeps import run as run_module
from wvexp.sweeps.run import FailedRun, SweepOutcome, run_sweep, train_run


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "results.sqlite")


def count_trained():
    trained = []

    def train_one(run, inputs, stop):
        trained.append(run.key)
        return train_run(run, inputs, stop)

    return trained, train_one


def test_a_sweep_stores_every_run(inputs, tiny, store):
    runs = tiny.make_grid(inputs).runs()
    outcome = run_sweep(runs, inputs, store)
    assert (outcome.done, outcome.skipped, outcome.failed) == (len(runs), 0, ())
    assert store.keys() == {run.key for run in runs}
    for run in runs[::5]:
        (row,) = store.runs(key=run.key)
        correct, total = store.unit_counts(run.key).sum(axis=0)
        assert row.metric.test == correct / total
        assert total == inputs.corpus.test.tokens
        assert store.unit_ids(run.key) == inputs.corpus.units.ids


def test_stored_runs_are_skipped_and_the_rest_trained(inputs, tiny, store):
    runs = tiny.make_grid(inputs).runs()
    run_sweep(runs[:7], inputs, store)
    trained, train_one = count_trained()
    outcome = run_sweep(runs, inputs, store, train_one=train_one)
    assert (outcome.done, outcome.skipped) == (len(runs) - 7, 7)
    assert sorted(trained) == sorted(run.key for run in runs[7:])
    again = run_sweep(runs, inputs, store, train_one=train_one)
    assert (again.done, again.skipped) == (0, len(runs))


def test_a_run_given_twice_is_trained_once(inputs, tiny, store):
    run = tiny.base_run(inputs)
    trained, train_one = count_trained()
    first = run_sweep([run, run], inputs, store, train_one=train_one)
    assert trained == [run.key]
    assert (first.done, first.skipped) == (1, 0)
    again = run_sweep([run, run], inputs, store, train_one=train_one)
    assert (again.done, again.skipped) == (0, 1)


def test_a_size_that_the_data_lack_is_named_before_anything_is_compared(inputs, tiny, store):
    with pytest.raises(UserError, match="train_size=777: the training data of tiny"):
        run_sweep([tiny.base_run(inputs, train_size=777)], inputs, store)


@pytest.mark.parametrize("workers", [0, -1])
def test_a_sweep_without_a_thread_is_refused(inputs, tiny, tmp_path, workers):
    grid, store = tiny.make_grid(inputs, seeds=1), tmp_path / "results.sqlite"
    with pytest.raises(UserError, match=f"workers={workers}: give 1 or more"):
        wvexp.sweep(grid, inputs=inputs, store=store, workers=workers)
    with pytest.raises(UserError, match=f"workers={workers}"):
        wvexp.sweep("guidance", inputs=inputs, store=store, workers=workers)
    assert Store(store).keys() == set()


def test_sweeps_add_up(inputs, tiny):
    failed = FailedRun(tiny.base_run(inputs), "x")
    one, other = SweepOutcome(1, 2, (failed,)), SweepOutcome(3, 4, (failed, failed))
    assert SweepOutcome.total([one, other]) == SweepOutcome(4, 6, (failed,) * 3)


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_a_run_is_bit_identical_alone_and_among_others(inputs, tiny, tmp_path, workers):
    runs = tiny.make_grid(inputs, seeds=2, sizes=(60,)).runs()
    runs.append(tiny.base_run(inputs, engine="autograd", finetune=True))
    pooled = Store(tmp_path / "pooled.sqlite")
    run_sweep(runs, inputs, pooled, workers=workers)
    for run in runs:
        alone = Store(tmp_path / f"{run.key}.sqlite")
        run_sweep([run], inputs, alone)
        assert tiny.table_of(alone)[run.key] == tiny.table_of(pooled)[run.key]


def test_a_failing_run_is_noted_while_the_others_go_on_and_is_tried_again(inputs, tiny, store):
    runs = tiny.make_grid(inputs).runs()
    broken = runs[4]

    def train_one(run, inputs, stop):
        if run == broken:
            raise RunError("training diverged: mean loss nan")
        return train_run(run, inputs, stop)

    outcome = run_sweep(runs, inputs, store, train_one=train_one)
    assert outcome.done == len(runs) - 1
    assert [failure.run for failure in outcome.failed] == [broken]
    (noted,) = store.failures()
    assert noted["key"] == broken.key
    assert noted["error"] == "training diverged: mean loss nan"
    assert (noted["arm"], noted["size"], noted["seed"]) == (
        broken.arm,
        broken.train_size,
        broken.seed,
    )
    again = run_sweep(runs, inputs, store)
    assert (again.done, again.skipped, again.failed) == (1, len(runs) - 1, ())
    assert store.failures() == []
    assert store.runs(key=broken.key)


def test_a_real_divergence_is_a_failed_run(inputs, tiny, store):
    good, bad = tiny.base_run(inputs), tiny.base_run(inputs, seed=1)
    bad = replace(bad, optim=replace(bad.optim, name="sgd", lr=1e5))
    outcome = run_sweep([good, bad], inputs, store)
    assert outcome.done == 1
    assert "diverged" in outcome.failed[0].error


def test_an_error_of_the_program_is_noted_with_its_kind(inputs, tiny, store):
    def train_one(run, inputs, stop):
        raise ZeroDivisionError("by zero")

    outcome = run_sweep([tiny.base_run(inputs)], inputs, store, train_one=train_one)
    assert outcome.failed[0].error == "ZeroDivisionError: by zero"


class RefusedError(UserError):
    """Of a kind of its own, as a plug-in may have it."""


@pytest.mark.parametrize("kind", [UserError, RunError, RefusedError])
def test_an_error_that_speaks_to_the_user_is_noted_as_it_is(inputs, tiny, store, kind):
    def train_one(run, inputs, stop):
        raise kind("too few words")

    outcome = run_sweep([tiny.base_run(inputs)], inputs, store, train_one=train_one)
    assert outcome.failed[0].error == "too few words"


def test_runs_of_other_data_are_refused(inputs, tiny, store):
    run = tiny.base_run(inputs, data="other")
    with pytest.raises(UserError, match="data other"):
        run_sweep([run], inputs, store)


def test_runs_that_read_words_as_typed_know_them_by_the_words_as_typed(inputs, tiny, store):
    corpus = inputs.corpus
    typed = replace(corpus, lexicon=[word.upper() for word in corpus.lexicon]).lowercased()
    assert typed.fingerprint == corpus.fingerprint
    loud = replace(inputs, corpus=typed)
    model = Model(name="window", window=3, hidden=5, features=["case"])
    run = tiny.base_run(loud, model=model, data=typed.typed_fingerprint)
    assert run_sweep([run], loud, store).done == 1
    with pytest.raises(UserError, match=f"data {typed.fingerprint}"):
        run_sweep([replace(run, data=typed.fingerprint)], loud, store)


@pytest.mark.parametrize("changes", [{"task": "sentence"}, {"folds": 3, "fold": 0}])
def test_runs_of_another_task_or_of_folds_that_the_data_lack_are_refused(
    inputs, tiny, store, changes
):
    with pytest.raises(UserError, match=r"the inputs task=token and data\.folds=None"):
        run_sweep([tiny.base_run(inputs, **changes)], inputs, store)
    assert store.keys() == set()


def test_a_pretrained_arm_without_vectors_is_refused(inputs, tiny, store):
    """It would start random, and be called pretrained."""
    bare = replace(inputs, reference=None)
    grid = tiny.make_grid(inputs, seeds=1, vectors=None)
    with pytest.raises(UserError, match="embed=pretrained, and no word vectors"):
        run_sweep(grid.runs(), bare, store)
    random = [run for run in grid.runs() if run.embed == "random"]
    assert run_sweep(random, bare, store).done == len(random)


def test_disagreeing_engines_stop_the_sweep_before_its_first_run(inputs, tiny, store, monkeypatch):
    right = engine_parity.make_engine

    def wrong(run, *others):
        if run.engine == "handwritten":
            run = replace(run, optim=replace(run.optim, lr=run.optim.lr * 1.01))
        return right(run, *others)

    monkeypatch.setattr(engine_parity, "make_engine", wrong)
    trained, train_one = count_trained()
    with pytest.raises(RunError, match="parity failed"):
        run_sweep([tiny.base_run(inputs)], inputs, store, train_one=train_one)
    assert trained == []
    assert store.keys() == set()


def test_a_stop_leaves_what_was_finished(inputs, tiny, store):
    runs, stop, trained = tiny.make_grid(inputs).runs(), threading.Event(), []

    def train_one(run, inputs, stop):
        result = train_run(run, inputs, stop)
        trained.append(run.key)
        if len(trained) == 5:
            stop.set()
        return result

    outcome = run_sweep(runs, inputs, store, workers=1, stop=stop, train_one=train_one)
    assert outcome.done == 5
    assert store.keys() == set(trained)


class StopAfter(threading.Event):
    """Set once it has been asked that many times."""

    def __init__(self, asked):
        super().__init__()
        self.left = asked

    def is_set(self):
        self.left -= 1
        if self.left == 0:
            self.set()
        return super().is_set()


@pytest.mark.parametrize("engine", ["handwritten", "autograd"])
def test_a_stop_within_a_run_ends_it_without_a_row(inputs, tiny, store, engine):
    run = tiny.base_run(inputs, engine=engine)
    asked_per_run = 3 if engine == "handwritten" else 9  # once an epoch, once a batch
    stop = StopAfter(1 + asked_per_run)
    outcome = run_sweep([run], inputs, store, workers=1, stop=stop)
    assert (outcome.done, outcome.failed) == (0, ())
    assert store.keys() == set()
    assert run_sweep([run], inputs, store, workers=1).done == 1


def test_sweeps_at_once_on_one_file_lose_nothing(inputs, tiny, tmp_path):
    path = tmp_path / "results.sqlite"
    runs = tiny.make_grid(inputs, seeds=4).runs()
    outcomes = []

    def one(first):
        outcomes.append(run_sweep(runs[first:], inputs, Store(path)))

    threads = [threading.Thread(target=one, args=(first,)) for first in (0, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 2
    assert not any(outcome.failed for outcome in outcomes)
    with sqlite3.connect(path) as connection:
        keys = [key for (key,) in connection.execute("SELECT key FROM runs")]
    connection.close()
    assert sorted(keys) == sorted(run.key for run in runs)


def test_a_store_that_fails_ends_the_sweep_with_its_error(inputs, tiny, store, monkeypatch):
    runs, saved = tiny.make_grid(inputs).runs(), []
    save = store.save

    def failing(result):
        if len(saved) == 3:
            raise UserError("store=x: database or disk is full")
        save(result)
        saved.append(result.run.key)

    monkeypatch.setattr(store, "save", failing)
    with pytest.raises(UserError, match="full"):
        run_sweep(runs, inputs, store)
    assert store.keys() == set(saved)


def test_the_longest_runs_come_first(inputs, tiny, store):
    runs = tiny.make_grid(inputs).runs()
    trained, train_one = count_trained()
    run_sweep(runs, inputs, store, workers=1, train_one=train_one)
    by_key = {run.key: run for run in runs}
    costs = [run_module.cost(by_key[key]) for key in trained]
    assert costs == sorted(costs, reverse=True)
    assert by_key[trained[0]].finetune


def test_python_sweeps_a_grid(inputs, tiny, tmp_path):
    path = tmp_path / "results.sqlite"
    grid = tiny.make_grid(inputs, seeds=1)
    assert wvexp.sweep(grid, inputs=inputs, store=path).done == 8
    assert wvexp.sweep(grid, inputs=inputs, store=path).skipped == 8
    assert np.mean([run.metric.test for run in Store(path).runs(arm="pretrained-tuned")]) > 0
    with pytest.raises(UserError, match="inputs"):
        wvexp.sweep(grid, store=path)
