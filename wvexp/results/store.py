"""Results file: SQLite, one row a run, keyed by what determines the run."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wvexp.errors import UserError
from wvexp.training.result import RunResult

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
) WITHOUT ROWID
"""
_COLUMNS = (
    "key, task, condition, arm, embed, finetune, model, train_size, seed, fold, lr, metric, "
    "validation, test, result"
)
_BUSY_SECONDS = 60.0


class Store:
    """The results file at `path`, made on first use.

    Raises
    ------
    UserError
        The file cannot be made or written, or is no results file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"store={path}: {error.strerror}", "give another store=FILE") from error
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")  # refuses a file that cannot be written
            connection.execute(_SCHEMA)
            connection.execute(f"SELECT {_COLUMNS} FROM runs LIMIT 0")  # and one of other columns
            connection.commit()
            # A network file system may refuse WAL; SQLite then stays with its rollback journal.
            connection.execute("PRAGMA journal_mode=WAL")

    def save(self, result: RunResult) -> None:
        """Insert the run's row, replacing one with the same key."""
        content = result.to_json()
        row = {
            **content,
            "finetune": int(content["finetune"]),
            "fold": None,
            "metric": content["metric"]["name"],
            "validation": content["metric"]["validation"],
            "test": content["metric"]["test"],
            "result": json.dumps(content),
        }
        places = ", ".join(f":{name.strip()}" for name in _COLUMNS.split(","))
        with self._connection() as connection:
            connection.execute(f"INSERT OR REPLACE INTO runs ({_COLUMNS}) VALUES ({places})", row)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS)
            try:
                with connection:
                    yield connection
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise UserError(
                f"store={self.path}: {error}", "give another store=FILE, or mend this one"
            ) from error
