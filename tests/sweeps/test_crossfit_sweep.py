"""`data.folds` through a sweep: the store, the resume, the score."""

from dataclasses import replace

import numpy as np
import pytest

from wvexp.data.folds import of_fold, pooled
from wvexp.report.measurements import measure
from wvexp.results.store import Store
from wvexp.sweeps.run import run_sweep


@pytest.fixture(scope="module")
def folded(inputs):
    return replace(inputs, corpus=pooled(inputs.corpus, 4))


@pytest.fixture(scope="module")
def swept(folded, tiny, tmp_path_factory):
    path = tmp_path_factory.mktemp("folded") / "results.sqlite"
    grid = tiny.make_grid(folded, seeds=2, folds=4)
    outcome = run_sweep(grid.runs(), folded, Store(path))
    assert (outcome.done, outcome.failed) == (4 * 2 * 2 * 4, ())
    return path, grid


def test_every_sentence_is_counted_once_a_seed(swept, folded):
    path, grid = swept
    m = measure(Store(path), grid.base.condition)
    assert m.folds == 4
    pool = folded.corpus.train
    tokens, ends = pool.tokens, pool.offsets[1:-1]
    # Equal sentences are one unit.
    distinct = {words.tobytes() for words in np.split(pool.words, ends)}
    assert len(distinct) < pool.sentences
    for counts in m.counts.values():
        assert counts.shape == (2, len(distinct), 2)
        np.testing.assert_array_equal(counts[..., 1].sum(axis=1), [tokens, tokens])


def test_a_row_holds_the_counts_of_its_fold(swept, folded):
    path, grid = swept
    store = Store(path)
    for run in grid.runs()[:8]:
        one = of_fold(folded.corpus, run.seed, run.fold)
        assert store.unit_ids(run.key) == one.units.ids
        [row] = store.runs(key=run.key)
        assert (row["fold"], row["folds"]) == (run.fold, 4)
        correct, total = store.unit_counts(run.key).sum(axis=0)
        assert correct / total == pytest.approx(row["metric"]["test"])


def test_what_is_stored_is_not_trained_again(swept, folded):
    path, grid = swept
    assert run_sweep(grid.runs(), folded, Store(path)).skipped == 64


def test_folds_are_runs_of_one_condition_with_keys_of_their_own(folded, tiny):
    runs = tiny.make_grid(folded, seeds=1, folds=4).runs()
    assert len({run.key for run in runs}) == len(runs)
    assert len({run.condition for run in runs}) == 1


def test_a_run_without_folds_has_the_key_that_it_always_had(inputs, tiny):
    description = tiny.base_run(inputs).describe()
    assert "fold" not in description
    assert "folds" not in description
