"""Results files of other programs, of other versions, locked, cut, and with damaged rows."""

import json
import os
import shutil
import sqlite3
import tempfile
from functools import cache, partial
from pathlib import Path

from judging import Case, Step
from small_inputs import RANDOM, fill

ESC = "\x1b[31m\x1b]0;title\x07"
_SWEEP = ["grid.seed=[0,1,2]", "grid.finetune=[false,true]"]


@cache
def swept():
    """The bytes of a results file of six runs."""
    from wvexp.sweeps.session import sweep

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder)
        words = [w for w in RANDOM if not w.startswith(("data.train", "store"))]
        sweep(
            [*words, *_SWEEP, f"data.train={folder}/train.csv", "workers=1"],
            store=folder / "store.sqlite",
        )
        connection = sqlite3.connect(folder / "store.sqlite")
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.close()
        return (folder / "store.sqlite").read_bytes()


def _with_store(change, folder):
    fill(folder)
    (folder / "store.sqlite").write_bytes(swept())
    change(folder / "store.sqlite")


def _sql(*statements):
    def change(path):
        connection = sqlite3.connect(path)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    return change


def _row(edit):
    """`edit(content)` of the first row's JSON."""

    def change(path):
        connection = sqlite3.connect(path)
        key, text = connection.execute("SELECT key, result FROM runs ORDER BY key").fetchone()
        content = edit(json.loads(text))
        connection.execute("UPDATE runs SET result = ? WHERE key = ?", [json.dumps(content), key])
        connection.commit()
        connection.close()

    return change


def _drop(name):
    def edit(content):
        for part in name.split(".")[:-1]:
            part = content[part]
            part.pop(name.split(".")[-1])
            return content
        content.pop(name)
        return content

    return edit


def _put(name, value):
    return lambda content: {**content, name: value}


_KEYS = (
    "key",
    "task",
    "arm",
    "embed",
    "finetune",
    "model",
    "train_size",
    "train_tokens",
    "train_types",
    "labels_missing",
    "seed",
    "lr",
    "condition",
    "engine",
    "metric",
    "metric.name",
    "metric.validation",
    "metric.test",
    "groups",
    "per_class",
    "movement",
    "epochs",
    "best_epoch",
    "seconds",
    "config",
    "versions",
)
_BAD = {"null": None, "text": "x", "list": [1], "mapping": {"a": 1}, "negative": -1}


def _changes():
    """Name -> what is done to the file, and what a command that reads it does."""
    first = "(SELECT key FROM runs ORDER BY key LIMIT 1)"
    yield "nothing", lambda path: None, "works"
    for key in _KEYS:
        yield f"row without {key}", _row(_drop(key)), "either"
    for key in (
        "arm",
        "train_size",
        "seed",
        "lr",
        "metric",
        "groups",
        "movement",
        "seconds",
        "config",
        "labels_missing",
        "train_tokens",
        "per_class",
    ):
        for name, value in _BAD.items():
            yield f"row with {key} {name}", _row(_put(key, value)), "either"
    yield "row of escapes", _row(_put("labels_missing", [ESC])), "works"
    yield "row of no JSON", _sql(f"UPDATE runs SET result = '{{' WHERE key = {first}"), "refused"
    yield (
        "row of another JSON",
        _sql(f"UPDATE runs SET result = '3' WHERE key = {first}"),
        ("refused"),
    )
    yield (
        "row of deep JSON",
        _sql(f"UPDATE runs SET result = '{'[' * 50_000}' WHERE key = {first}"),
        "refused",
    )
    yield "row of bytes", _sql(f"UPDATE runs SET result = x'ff00' WHERE key = {first}"), "refused"
    yield (
        "row of NaN",
        _row(
            _put("metric", {"name": "accuracy", "validation": float("nan"), "test": float("nan")})
        ),
        "either",
    )
    yield "damaged units", _sql(f"UPDATE units SET counts = x'00' WHERE key = {first}"), "either"
    yield (
        "units of another shape",
        _sql(f"UPDATE units SET shape = '[9, 9]' WHERE key = {first}"),
        "either",
    )
    yield "units of no shape", _sql(f"UPDATE units SET shape = 'x' WHERE key = {first}"), "either"
    yield "no units", _sql("DELETE FROM units"), "either"
    yield "no ids", _sql("DELETE FROM unit_ids"), "either"
    yield "damaged ids", _sql("UPDATE unit_ids SET ids = x'00'"), "either"
    yield "no rows", _sql("DELETE FROM runs"), "either"
    yield "no table of units", _sql("DROP TABLE units"), "either"
    yield "no table of failures", _sql("DROP TABLE failures"), "either"
    yield (
        "a failure of escapes",
        _sql(
            f"INSERT INTO failures SELECT 'k', 'now', arm, 1, 1, '{ESC}', condition "
            "FROM runs LIMIT 1"
        ),
        "works",
    )
    yield "newer", _sql("PRAGMA user_version = 999"), "refused"
    yield "column more", _sql("ALTER TABLE runs ADD COLUMN more"), "either"
    yield "column less", _sql("ALTER TABLE runs DROP COLUMN lr"), "refused"
    yield (
        "a view for a table",
        _sql("DROP TABLE runs", "CREATE VIEW runs AS SELECT 1 AS key"),
        "refused",
    )
    yield "of another program", _sql("DROP TABLE runs", "CREATE TABLE songs (name TEXT)"), "refused"
    yield "empty", lambda path: path.write_bytes(b""), "either"
    yield "text", lambda path: path.write_text("not a database, but text\n" * 50), "refused"
    yield "cut", lambda path: path.write_bytes(path.read_bytes()[:5000]), "refused"
    yield (
        "zeros in it",
        lambda path: path.write_bytes(path.read_bytes()[:4096] + bytes(20_000)),
        "refused",
    )
    yield "folder", _instead(lambda path: path.mkdir()), "refused"
    yield "pipe", _instead(os.mkfifo), "refused"
    yield "zero", _instead(lambda path: path.symlink_to("/dev/zero")), "refused"
    yield "null", _instead(lambda path: path.symlink_to("/dev/null")), "refused"
    yield "loop", _instead(lambda path: path.symlink_to(path)), "refused"


def _instead(make):
    def change(path):
        path.unlink()
        make(path)

    return change


_QUICK = {"row without metric", "row of no JSON", "damaged units", "newer"}


def cases():
    report = Step("report", ["store=store.sqlite"])
    sweep = Step("train", [*RANDOM, *_SWEEP, "grid.lr=[0.001,0.01]"])
    for name, change, expect in _changes():
        made = partial(_with_store, change)
        yield Case(
            "store",
            f"report {name}",
            [report],
            _kept(made),
            expect,
            right=_as_it_was,
            quick=name in _QUICK,
        )
        again = "either" if expect == "works" or name in _MENDED else expect
        if name.startswith("row with") and name not in _QUICK:
            continue
        yield Case("store", f"sweep {name}", [sweep], made, again, quick=name in _QUICK)
        if name.startswith("row"):
            continue
        yield Case("store", f"regret {name}", [Step("regret", ["store=store.sqlite"])], made)
    for name, words in _PLACES.items():
        yield Case("store", f"place {name}", [Step("train", [*_unstored(), *words])], fill)
    yield Case("store", "locked", [sweep], _locked, "refused")


def _unstored():
    return [word for word in RANDOM if not word.startswith("store=")]


_MENDED = {"row of no JSON", "row of another JSON", "row of deep JSON", "row of bytes"}
_PLACES = {
    "a device": ["store=/dev/null"],
    "below a file": ["store=train.csv/store.sqlite"],
    "the data": ["store=train.csv"],
    "in the run": ["out=out", "store=out/store.sqlite"],
    "empty": ["store="],
    "odd": ["store=it's ü [1].sqlite"],
    "memory": ["store=:memory:"],
    "address": ["store=file:x?mode=memory"],
    "long": ["store=" + "s" * 300],
    "in proc": ["store=/proc/store.sqlite"],
}
_HELD = []


def _locked(folder):
    """Another program holds the file as long as this one lives."""
    _with_store(lambda path: None, folder)
    connection = sqlite3.connect(folder / "store.sqlite", isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    _HELD.append(connection)


def _kept(make):
    """A copy beside, to see that reading changes nothing."""

    def made(folder):
        make(folder)
        if (folder / "store.sqlite").is_file() and not (folder / "store.sqlite").is_symlink():
            shutil.copy(folder / "store.sqlite", folder / "before.sqlite")

    return made


def _as_it_was(folder, ended):
    same = (folder / "before.sqlite").read_bytes() == (folder / "store.sqlite").read_bytes()
    return None if same else "the report changed the results file"
