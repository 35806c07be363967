"""Results file: SQLite, one row per run, keyed by what determines the run."""

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from numpy.typing import NDArray

from wvexp.errors import DamagedError, UserError
from wvexp.results.rows import (
    COLUMNS,
    read_counts,
    read_ids,
    read_run,
    read_yardstick,
    write_counts,
)
from wvexp.results.stored_run import StoredRun
from wvexp.results.stored_yardstick import StoredYardstick
from wvexp.training.identity import RunConfig
from wvexp.training.result import RunResult, UnitCounts
from wvexp.yardsticks.fitted import YardstickResult

# `units` holds zlib-compressed counts of the given shape (a JSON list), as `write_counts` writes;
# `unit_ids` the ids of one test split, a line each, compressed too. Both are of runs and of
# yardsticks. `typed_corpora` says of what runs call their data which corpus as typed that is, by
# which yardsticks go, for they read words as typed whatever the vectors' casing.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    key TEXT PRIMARY KEY,
    task TEXT NOT NULL,
    condition TEXT NOT NULL,
    arm TEXT NOT NULL,
    embed TEXT NOT NULL,
    finetune INTEGER NOT NULL,
    model TEXT NOT NULL,
    train_size INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    fold INTEGER,
    lr REAL NOT NULL,
    metric TEXT NOT NULL,
    validation REAL NOT NULL,
    test REAL NOT NULL,
    result TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS units (
    key TEXT PRIMARY KEY,
    split TEXT NOT NULL,
    shape TEXT NOT NULL,
    counts BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS unit_ids (
    split TEXT PRIMARY KEY,
    ids BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS failures (
    key TEXT PRIMARY KEY,
    "when" TEXT NOT NULL,
    arm TEXT NOT NULL,
    size INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    error TEXT NOT NULL,
    condition TEXT
);
CREATE TABLE IF NOT EXISTS yardsticks (
    key TEXT PRIMARY KEY,
    corpus TEXT NOT NULL,
    metric TEXT NOT NULL,
    yardstick TEXT NOT NULL,
    result TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS typed_corpora (
    data TEXT PRIMARY KEY,
    corpus TEXT NOT NULL
);
"""
_COLUMNS = (
    "key, task, condition, arm, embed, finetune, model, train_size, seed, fold, lr, metric, "
    "validation, test, result"
)
_PLACES = ", ".join(f":{name}" for name in _COLUMNS.split(", "))
_ORDER = "arm, train_size, seed, lr, key"
_BUSY_SECONDS = 15.0
# `PRAGMA user_version` of the files that this version writes.
_VERSION = 0
# What SQLite says, and what to do about it.
_REMEDIES = {
    "locked": "another program is writing to it: let that end, or give another store=FILE",
    "full": "free some space, or give another store=FILE",
    "readonly": "make it writable, or give another store=FILE",
    "read-only": "make it writable, or give another store=FILE",
}


class Store:
    """The results file at `path`, made on first use.

    Several processes may write to one file; within a process one thread at a time. As a context
    manager the store keeps its connection, which is quicker for many writes:

        with Store(path) as store:
            for result in results:
                store.save(result)

    `Store.to_read(path)` makes and changes nothing and needs no write access.

    Raises
    ------
    UserError
        The file cannot be made or written, or is no results file; so from every method.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._kept: sqlite3.Connection | None = None
        self._reading: str | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"store={path}: {error.strerror}", "give another store=FILE") from error
        if path.exists() and not path.is_file():
            raise UserError(f"store={path} is not a file", "give another store=FILE")
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            if _tables(connection) and not _is_ours(connection):
                raise UserError(
                    f"store={path} is a database of another program", "give another store=FILE"
                )
            self._require_version(_version(connection))
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"SELECT {_COLUMNS} FROM runs LIMIT 0")  # refuses other columns
            if "condition" not in _columns(connection, "failures"):  # of an earlier version
                connection.execute("ALTER TABLE failures ADD COLUMN condition TEXT")
            connection.execute("DELETE FROM failures WHERE 0")  # and what cannot be written
            connection.commit()
            # A network file system may refuse WAL; SQLite then stays with its rollback journal.
            with suppress(sqlite3.OperationalError):
                connection.execute("PRAGMA journal_mode=WAL")

    @classmethod
    def to_read(cls, path: Path) -> "Store":
        """The results file at `path`, never written to.

        Raises
        ------
        UserError
            There is no such file, it cannot be read, or it is empty or no results file.
        """
        store = cls.__new__(cls)
        store.path, store._kept = path, None
        if not path.is_file():
            raise UserError(f"store={path}: no such file", "give store=FILE, as train.py wrote it")
        last: UserError | None = None
        # A file in WAL mode wants an index beside it; where none can be made, and so nobody is
        # writing, the file is read as it lies.
        log = path.with_name(path.name + "-wal")
        for mode in ("mode=ro", "mode=ro&immutable=1"):
            if "immutable" in mode and log.is_file() and log.stat().st_size:
                raise UserError(
                    f"store={path}: its last rows lie in {log.name}, which cannot be read in place",
                    "copy both files to a folder that can be written to",
                )
            store._reading = f"{path.absolute().as_uri()}?{mode}"
            try:
                with store._connection() as connection:
                    version = _version(connection)
                    ours = _is_ours(connection)
            except UserError as error:
                last = last or error
                continue
            if not ours:
                raise UserError(
                    f"store={path} is no results file",
                    "give store=FILE, as train.py or decide.py wrote it",
                )
            store._require_version(version)
            return store
        assert last is not None
        raise last

    def __enter__(self) -> "Store":
        with self._errors():
            self._kept = self._connect()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        kept, self._kept = self._kept, None
        assert kept is not None
        kept.close()

    def save(self, result: RunResult) -> None:
        """Insert the run's row, replacing one with the same key, and forget its failure.

        When this returns the run is on disk: the end of the process cannot lose it.
        """
        content = result.to_json()
        row = {
            **content,
            "finetune": int(content["finetune"]),
            "fold": content.get("fold"),
            "metric": content["metric"]["name"],
            "validation": content["metric"]["validation"],
            "test": content["metric"]["test"],
            "result": json.dumps(content),
        }
        row = {name: row[name] for name in _COLUMNS.split(", ")}
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(f"REPLACE INTO runs ({_COLUMNS}) VALUES ({_PLACES})", row)
            connection.execute("DELETE FROM failures WHERE key = ?", [row["key"]])
            if result.units is not None:
                _save_units(connection, row["key"], result.units)

    def runs(self, **equal: Any) -> list[StoredRun]:
        """Every run whose columns equal the given values.

        Such as `store.runs(condition="...", arm="random-tuned", train_size=1000)`; the columns
        are those of the table `runs`. Ordered by arm, size, seed and learning rate.

        Raises
        ------
        TypeError
            A name that is no column.
        """
        columns = _COLUMNS.split(", ")
        for name in equal:
            if name not in columns:
                raise TypeError(f"runs() filters by {', '.join(columns)}, not by {name}")
        where = " AND ".join(f"{name} IS :{name}" for name in equal) or "1"
        names = ", ".join(COLUMNS)
        query = f"SELECT result, {names} FROM runs WHERE {where} ORDER BY {_ORDER}"
        return [self._run(*row) for row in self._rows(query, equal)]

    def save_yardstick(self, result: YardstickResult) -> None:
        """Insert the row of a fitted yardstick, replacing one with the same key."""
        fit, text = result.fit, json.dumps(result.to_json())
        row = [fit.key, fit.corpus, fit.metric, fit.yardstick, text]
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("REPLACE INTO yardsticks VALUES (?, ?, ?, ?, ?)", row)
            _save_units(connection, fit.key, result.units)

    def name_corpus(self, data: Iterable[str], corpus: str) -> None:
        """Note that the fingerprints `data`, of what runs read, are of one corpus as typed."""
        rows = [(fingerprint, corpus) for fingerprint in data]
        with self._connection() as connection:
            connection.executemany("REPLACE INTO typed_corpora VALUES (?, ?)", rows)

    def yardsticks(self, corpus: str, metric: str) -> list[StoredYardstick]:
        """The yardsticks fitted on a corpus as typed; none in files of earlier versions."""
        query = "SELECT key, result FROM yardsticks WHERE corpus = ? AND metric = ? ORDER BY key"
        found = []
        for key, text in self._rows_of("yardsticks", query, [corpus, metric]):
            with self._undamaged(key, "yardsticks"):
                found.append(read_yardstick(text, key))
        return found

    def typed_corpus(self, data: str) -> str | None:
        """The corpus as typed of which runs read `data`; None where nobody said."""
        query = "SELECT corpus FROM typed_corpora WHERE data = ?"
        return next((c for (c,) in self._rows_of("typed_corpora", query, [data])), None)

    def _rows_of(self, table: str, query: str, values: Any) -> list[Any]:
        """Rows of a table that files of earlier versions lack."""
        with self._connection() as connection:
            if table not in _tables(connection):
                return []
            return connection.execute(query, values).fetchall()

    def _run(self, result: Any, *values: Any) -> StoredRun:
        columns = dict(zip(COLUMNS, values, strict=True))
        with self._undamaged(columns["key"]):
            return read_run(result, columns)

    def keys(self) -> set[str]:
        """The keys of all runs."""
        return {key for (key,) in self._rows("SELECT key FROM runs")}

    def unit_counts(self, key: str) -> NDArray[Any]:
        """Counts of every test unit of a run, [units, ...] as `Scorer.by_unit` makes them.

        Raises
        ------
        KeyError
            No run of this key, or one without counts.
        """
        query = "SELECT counts, shape FROM units WHERE key = ?"
        for counts, shape in self._rows(query, [key]):
            with self._undamaged(key):
                return read_counts(counts, shape)
        raise KeyError(key)

    def unit_ids(self, key: str) -> list[str]:
        """The stable ids of the units that `unit_counts` counts; KeyError as there."""
        query = "SELECT ids FROM unit_ids JOIN units USING (split) WHERE key = ?"
        for (ids,) in self._rows(query, [key]):
            with self._undamaged(key):
                return read_ids(ids)
        raise KeyError(key)

    @contextmanager
    def _undamaged(self, key: str, table: str = "runs") -> Iterator[None]:
        """Nothing is thrown away here: what is to become of a damaged row is the user's say."""
        try:
            yield
        except DamagedError as damage:
            what, again = "run", "the next sweep trains that run again"
            if table != "runs":
                what, again = "yardstick", "the next decision fits that yardstick again"
            raise UserError(
                f"store={self.path}: the row of {what} {key} is damaged ({damage})",
                f"remove it, and {again}: "
                f"sqlite3 {self.path} \"DELETE FROM {table} WHERE key = '{key}'\"",
            ) from damage

    def fail(self, run: RunConfig, error: str) -> None:
        """Note that the run failed; the note goes when the run succeeds."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        row = [run.key, now, run.arm, run.train_size, run.seed, error, run.condition]
        names = 'key, "when", arm, size, seed, error, condition'
        with self._connection() as connection:
            connection.execute(f"REPLACE INTO failures ({names}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def failures(self, condition: str | None = None) -> list[dict[str, Any]]:
        """The runs whose last attempt failed: key, when, arm, size, seed, error.

        Of one condition, if it is given; files of earlier versions do not say which.
        """
        names = ("key", "when", "arm", "size", "seed", "error")
        query = 'SELECT key, "when", arm, size, seed, error FROM failures'
        with self._connection() as connection:
            if condition is not None and "condition" not in _columns(connection, "failures"):
                return []
            where = "" if condition is None else " WHERE condition = ?"
            values = [] if condition is None else [condition]
            rows = connection.execute(f'{query}{where} ORDER BY "when", key', values).fetchall()
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _require_version(self, version: int) -> None:
        if version > _VERSION:
            raise UserError(
                f"store={self.path} was written by a newer wvexp (layout {version}, this one "
                f"reads {_VERSION})",
                "update wvexp, or give another store=FILE",
            )

    def _rows(self, query: str, values: Any = ()) -> list[Any]:
        with self._connection() as connection:
            return connection.execute(query, values).fetchall()

    def _connect(self) -> sqlite3.Connection:
        if self._reading is not None:
            return sqlite3.connect(self._reading, uri=True, timeout=_BUSY_SECONDS)
        connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS)
        # In WAL mode a commit then survives the process at once, and the machine soon after.
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with self._errors():
            connection = self._kept or self._connect()
            try:
                with connection:
                    yield connection
            finally:
                if connection is not self._kept:
                    connection.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            remedies = (remedy for word, remedy in _REMEDIES.items() if word in str(error))
            raise UserError(
                f"store={self.path}: {error}",
                next(remedies, "give another store=FILE, or repair this one"),
            ) from error


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _tables(connection: sqlite3.Connection) -> set[str]:
    names = "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
    return {name for (name,) in connection.execute(names)}


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}


def _is_ours(connection: sqlite3.Connection) -> bool:
    """Whether this is a results file; one that is empty is not."""
    return set(_COLUMNS.split(", ")) <= _columns(connection, "runs")


def _save_units(connection: sqlite3.Connection, key: str, units: UnitCounts) -> None:
    counts, shape = write_counts(units.counts)
    connection.execute(
        "REPLACE INTO units VALUES (?, ?, ?, ?)", [key, units.fingerprint, shape, counts]
    )
    known = "SELECT 1 FROM unit_ids WHERE split = ?"
    if connection.execute(known, [units.fingerprint]).fetchone() is None:
        ids = zlib.compress("\n".join(units.ids).encode())
        connection.execute("INSERT INTO unit_ids VALUES (?, ?)", [units.fingerprint, ids])
