"""The results file: one row a run, replaced by key, shared by processes, refused when unusable."""

import json
import multiprocessing
import sqlite3

import pytest
from run_configs import make_run

from wvexp.errors import UserError
from wvexp.results.store import Store
from wvexp.training.result import RunResult

COLUMNS = (
    "key task condition arm embed finetune model train_size seed fold lr metric validation test "
    "result"
)


def make_result(seed=0, test=0.5):
    return RunResult(
        run=make_run(seed=seed),
        train_tokens=100,
        train_types=10,
        labels_missing=[],
        validation=0.25,
        test=test,
        groups={"seen": {"n": 3, "score": 0.5}},
        per_class={"é": {"support": 0}},
        coverage=None,
        parity=None,
        movement={"rows": 1, "moved": 1, "max": 0.5, "mean": 0.5},
        epochs=3,
        best_epoch=2,
        seconds=1.0,
    )


def rows_of(path):
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute("SELECT * FROM runs ORDER BY seed")]
    finally:
        connection.close()


def test_a_run_is_a_row_with_its_whole_result(tmp_path):
    path, result = tmp_path / "deep" / "down" / "results.sqlite", make_result()
    Store(path).save(result)
    (row,) = rows_of(path)
    assert " ".join(row) == COLUMNS
    content = result.to_json()
    assert json.loads(row["result"]) == content
    for name in ("key", "task", "condition", "arm", "embed", "model", "train_size", "seed", "lr"):
        assert row[name] == content[name]
    assert (row["metric"], row["validation"], row["test"]) == ("accuracy", 0.25, 0.5)
    assert (row["finetune"], row["fold"]) == (1, None)


def test_the_same_run_again_replaces_its_row(tmp_path):
    path = tmp_path / "results.sqlite"
    Store(path).save(make_result(test=0.1))
    Store(path).save(make_result(seed=1))
    Store(path).save(make_result(test=0.9))
    assert [(row["seed"], row["test"]) for row in rows_of(path)] == [(0, 0.9), (1, 0.5)]


def test_the_key_is_the_primary_key(tmp_path):
    path = tmp_path / "results.sqlite"
    Store(path)
    connection = sqlite3.connect(path)
    info = connection.execute("PRAGMA table_info(runs)").fetchall()
    connection.close()
    assert [name for _, name, _, _, _, primary in info if primary] == ["key"]


def not_sqlite(path):
    path.write_text("these are no results\n" * 100)


def damaged(path):
    Store(path).save(make_result())
    content = bytearray(path.read_bytes())
    content[:64] = b"x" * 64
    path.write_bytes(content)


def of_other_columns(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE runs (name TEXT)")
    connection.commit()
    connection.close()


def a_folder(path):
    path.mkdir()


@pytest.mark.parametrize("spoil", [not_sqlite, damaged, of_other_columns, a_folder])
def test_what_is_no_results_file_is_refused_and_left_as_it_is(tmp_path, spoil):
    path = tmp_path / "results.sqlite"
    spoil(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(UserError, match="give another store=FILE") as caught:
        Store(path)
    assert f"store={path}" in str(caught.value)
    assert (path.read_bytes() if path.is_file() else None) == before


def test_a_place_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "results.sqlite", tmp_path / "file" / "a" / "b.sqlite"):
        with pytest.raises(UserError, match="store="):
            Store(path)


def write_many(path, first, count):
    for seed in range(first, first + count):
        Store(path).save(make_result(seed=seed))


def test_processes_that_write_at_once_lose_nothing(tmp_path):
    path = tmp_path / "results.sqlite"
    context = multiprocessing.get_context("spawn")  # forking a process with threads is deprecated
    workers = [context.Process(target=write_many, args=(path, 20 * i, 20)) for i in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 3
    assert [row["seed"] for row in rows_of(path)] == list(range(60))
