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


def of_another_program(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.commit()
    connection.close()


def test_a_database_of_another_program_gets_no_tables_of_ours(tmp_path):
    path = tmp_path / "recipes.sqlite"
    of_another_program(path)
    before = path.read_bytes()
    with pytest.raises(UserError, match="database of another program; give another store=FILE"):
        Store(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def nothing(path):
    pass


def empty(path):
    path.touch()


def empty_database(path):
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (nothing, "no such file"),
        (a_folder, "no such file"),
        (empty, "is no results file"),
        (empty_database, "is no results file"),
        (of_another_program, "is no results file"),
        (of_other_columns, "is no results file"),
        (not_sqlite, "file is not a database"),
    ],
)
def test_what_is_no_results_file_is_not_read_and_nothing_is_made(tmp_path, make, said):
    path = tmp_path / "results.sqlite"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(UserError, match=said):
        Store.to_read(path)
    assert (path.read_bytes() if path.is_file() else None) == before
    assert len(list(tmp_path.iterdir())) <= 1


def test_a_file_is_read_without_being_written_to(tmp_path):
    path = tmp_path / "a results file?.sqlite"
    Store(path).save(make_result())
    before = path.read_bytes()
    store = Store.to_read(path)
    assert [run.seed for run in store.runs()] == [0]
    with pytest.raises(UserError, match="readonly"):
        store.save(make_result(seed=1))
    assert path.read_bytes() == before


def test_a_file_in_a_place_without_write_access_is_read(tmp_path, monkeypatch):
    """SQLite then opens a file in WAL mode as immutable alone."""
    path = tmp_path / "results.sqlite"
    Store(path).save(make_result())
    connect, opened = sqlite3.connect, []

    def without_access(database, **options):
        opened.append(database)
        if "immutable=1" not in database:
            raise sqlite3.OperationalError("unable to open database file")
        return connect(database, **options)

    monkeypatch.setattr("wvexp.results.store.sqlite3.connect", without_access)
    assert [run.seed for run in Store.to_read(path).runs()] == [0]
    assert opened[0].endswith("mode=ro")
    # As a process that was killed leaves it: rows that are in the log alone would be missing.
    path.with_name("results.sqlite-wal").write_bytes(b"rows")
    with pytest.raises(UserError, match=r"its last rows lie in results\.sqlite-wal"):
        Store.to_read(path)


def test_failures_are_those_of_a_condition(tmp_path):
    store = Store(tmp_path / "results.sqlite")
    ours, other = make_run(seed=1), make_run(metric="macro_f1")
    assert ours.condition != other.condition
    store.fail(ours, "diverged")
    store.fail(other, "diverged too")
    assert [failure["key"] for failure in store.failures(ours.condition)] == [ours.key]
    assert len(store.failures()) == 2


def test_a_file_from_before_failures_had_a_condition_still_serves(tmp_path):
    path = tmp_path / "results.sqlite"
    Store(path)
    connection = sqlite3.connect(path)
    connection.execute("ALTER TABLE failures DROP COLUMN condition")
    connection.execute("INSERT INTO failures VALUES ('k', 'then', 'a', 1, 0, 'lost')")
    connection.commit()
    connection.close()
    assert Store.to_read(path).failures("c") == []
    assert [failure["error"] for failure in Store.to_read(path).failures()] == ["lost"]
    run = make_run()
    Store(path).fail(run, "diverged")
    assert [f["error"] for f in Store.to_read(path).failures(run.condition)] == ["diverged"]


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
