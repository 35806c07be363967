"""The results file of sweeps: unit counts, failures, reading, and disks that fill up."""

import sqlite3

import numpy as np
import pytest
from run_configs import make_run

from wvexp.data.records import to_plain
from wvexp.errors import UserError
from wvexp.results.store import Store
from wvexp.training.result import RunResult, UnitCounts


def make_result(run, counts=None, ids=("a", "b")):
    if counts is None:
        counts = np.array([[1, 2], [3, 4]], dtype=np.int32)
    return RunResult(
        run=run,
        train_tokens=100,
        train_types=10,
        labels_missing=[],
        validation=0.25,
        test=0.5,
        groups={},
        per_class={},
        coverage=None,
        parity=None,
        movement={"rows": 0, "moved": 0, "max": 0.0, "mean": 0.0},
        epochs=3,
        best_epoch=2,
        seconds=1.0,
        units=UnitCounts(counts, list(ids), f"ids of {ids}"),
    )


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "results.sqlite")


@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (2, 5, 3)])
def test_counts_come_back_as_they_were(store, shape):
    counts = np.random.default_rng(0).integers(0, 2**31 - 1, size=shape).astype(np.int32)
    run = make_run()
    store.save(make_result(run, counts))
    found = store.unit_counts(run.key)
    assert found.dtype == np.int32
    assert np.array_equal(found, counts)
    assert store.unit_ids(run.key) == ["a", "b"]


def test_ids_are_stored_once_a_split(store):
    for seed in range(5):
        store.save(make_result(make_run(seed=seed)))
    store.save(make_result(make_run(seed=9), ids=("c", "d")))
    connection = sqlite3.connect(store.path)
    assert connection.execute("SELECT COUNT(*) FROM unit_ids").fetchone() == (2,)
    connection.close()
    assert store.unit_ids(make_run(seed=9).key) == ["c", "d"]


def test_counts_of_no_run_are_a_key_error(store):
    for read in (store.unit_counts, store.unit_ids):
        with pytest.raises(KeyError, match="nothing"):
            read("nothing")


def test_runs_are_chosen_by_their_columns(store):
    runs = [
        make_run(seed=seed, embed=embed, train_size=size)
        for seed in (0, 1)
        for embed in ("random", "shuffled")
        for size in (10, 20)
    ]
    for run in runs:
        store.save(make_result(run))
    assert store.keys() == {run.key for run in runs}
    chosen = store.runs(arm="shuffled-tuned", train_size=20, condition=runs[0].condition)
    assert [run.seed for run in chosen] == [0, 1]
    assert to_plain(chosen[0]) == make_result(runs[3]).to_json()
    assert store.runs(seed=7) == []
    with pytest.raises(TypeError, match="size"):
        store.runs(size=20)


def test_a_failure_is_kept_until_the_run_succeeds(store):
    run = make_run()
    store.fail(run, "first")
    store.fail(run, "second")
    (failure,) = store.failures()
    assert {name: failure[name] for name in ("key", "arm", "size", "seed", "error")} == {
        "key": run.key, "arm": "pretrained-tuned", "size": 100, "seed": 0, "error": "second",
    }  # fmt: skip
    assert failure["when"].startswith("20")
    store.save(make_result(run))
    assert store.failures() == []


def test_a_kept_connection_writes_what_others_read_at_once(store):
    with store:
        store.save(make_result(make_run()))
        assert Store(store.path).keys() == {make_run().key}


def test_a_full_disk_is_one_line_and_loses_nothing(store):
    with store:
        store.save(make_result(make_run()))
        connection = store._kept
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        big = np.random.default_rng(0).integers(0, 2**30, size=(50_000, 2)).astype(np.int32)
        with pytest.raises(UserError, match="full") as caught:
            store.save(make_result(make_run(seed=1), big))
        assert f"store={store.path}" in str(caught.value)
    assert Store(store.path).keys() == {make_run().key}
    with pytest.raises(KeyError):
        store.unit_counts(make_run(seed=1).key)


def test_a_read_only_file_is_refused(store, monkeypatch):
    store.save(make_result(make_run()))
    connect = sqlite3.connect

    def read_only(path, **options):
        return connect(f"file:{path}?mode=ro", uri=True, **options)

    monkeypatch.setattr(sqlite3, "connect", read_only)
    with pytest.raises(UserError, match="readonly"):
        Store(store.path)
    with pytest.raises(UserError, match="readonly"):
        store.save(make_result(make_run(seed=1)))


def test_a_file_damaged_while_it_is_used_is_one_line(store):
    for seed in range(200):
        store.save(make_result(make_run(seed=seed)))
    content = bytearray(store.path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    store.path.write_bytes(content)
    with pytest.raises(UserError, match="malformed"):
        store.runs()


def test_a_results_file_from_before_unit_counts_gets_their_tables(store):
    connection = sqlite3.connect(store.path)
    for table in ("units", "unit_ids", "failures"):
        connection.execute(f"DROP TABLE {table}")
    connection.close()
    again = Store(store.path)
    again.save(make_result(make_run()))
    assert again.unit_counts(make_run().key).tolist() == [[1, 2], [3, 4]]
