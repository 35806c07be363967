"""One row of a results file, read with care: files are edited, copied in part, and damaged."""

import json
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.arms import Arm, Tuning, treatment_of
from wvexp.data.records import read_record
from wvexp.errors import DamagedError, UserError
from wvexp.results.stored_run import StoredRun
from wvexp.results.stored_yardstick import StoredYardstick

# Columns of the table `runs` that its JSON holds too; a row in which they differ is damaged.
COLUMNS = ("key", "task", "condition", "arm", "model", "train_size", "seed", "lr")
# Rows are read again with every look at a results file, and do not change: so many are remembered.
_REMEMBERED = 4096


def read_run(text: str | bytes, columns: Mapping[str, Any]) -> StoredRun:
    """A run from the text of its `result.json`, whole and in agreement with the row's columns.

    Raises
    ------
    DamagedError
        It is no JSON, lacks a key, or holds a value of another kind.
    """
    run = _read_run(text, tuple(columns.items()))
    arm = _arm_of(run)
    return run if arm == run.arm else replace(run, arm=arm)


@lru_cache(_REMEMBERED)
def _read_run(text: str | bytes, columns: tuple[tuple[str, Any], ...]) -> StoredRun:
    """The same, with the arm's name as the row has it."""
    content = _object(text, "run")
    run = read_record(StoredRun, content)
    for name in ("train_size", "lr"):
        if getattr(run, name) <= 0:
            raise DamagedError(f"{name} is not above 0")
    if run.config is not None and not isinstance(run.config.get("optim", {}), dict):
        raise DamagedError("config.optim is not a group")
    if run.fold is not None and (run.folds is None or run.config is None):
        raise DamagedError("a fold, and not of how many, or without its configuration")
    for name, value in columns:
        if content[name] != value:
            raise DamagedError(f"its column {name} is {value!r}, its result has {content[name]!r}")
    return run


def _object(text: str | bytes, of: str) -> dict[str, Any]:
    """The JSON object of a row; DamagedError where it is none."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError, TypeError) as error:
        raise DamagedError("its result is no JSON") from error
    if not isinstance(content, dict):
        raise DamagedError(f"its result is no JSON of a {of}")
    return content


def _arm_of(run: StoredRun) -> str:
    """The arm's name of today: a treatment that has one by now, key by key where it has none more.

    As when a plug-in that named it is not there.
    """
    with suppress(UserError):
        return Arm.parse(run.arm).name
    with suppress(UserError, TypeError, KeyError):
        tuning = Tuning(**(run.config or {})["tuning"])
        return Arm(run.embed or "", treatment_of(run.finetune, tuning), tuning).name
    return run.arm


def read_yardstick(text: str | bytes, key: str) -> StoredYardstick:
    """A fitted yardstick from the text of its row; DamagedError as from `read_run`."""
    content = _object(text, "yardstick")
    fit = read_record(StoredYardstick, content)
    if fit.key != key:
        raise DamagedError(f"its column key is {key!r}, its result has {fit.key!r}")
    if fit.fold is not None and fit.folds is None:
        raise DamagedError("a fold, and not of how many")
    return fit


def write_counts(counts: NDArray[Any]) -> tuple[bytes, str]:
    """Counts as `read_counts` takes them: whole ones in four bytes each, sums in eight."""
    dtype = "<f8" if counts.dtype.kind == "f" else "<i4"
    plain = np.ascontiguousarray(counts, dtype=dtype)
    return zlib.compress(plain.tobytes(), 1), json.dumps(counts.shape)


def read_counts(counts: bytes, shape: str) -> NDArray[Any]:
    """Counts of the given shape (a JSON list), int32 or float64, from compressed bytes.

    DamagedError where they are not.
    """
    try:
        plain, of_shape = zlib.decompress(counts), json.loads(shape)
        each = len(plain) // max(1, prod(of_shape))
        dtype: Any = np.float64 if each == 8 else np.int32
        flat = np.frombuffer(plain, dtype="<f8" if each == 8 else "<i4")
        return flat.reshape(of_shape).astype(dtype)
    except (zlib.error, ValueError, TypeError, RecursionError) as error:
        raise DamagedError("its counts of test units cannot be read") from error


def read_ids(ids: bytes) -> list[str]:
    """The ids of a test split, a line each, from compressed bytes; DamagedError."""
    try:
        return zlib.decompress(ids).decode().split("\n")
    except (zlib.error, ValueError, TypeError) as error:
        raise DamagedError("the names of its test units cannot be read") from error
