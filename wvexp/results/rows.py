"""One row of a results file, read with care: files are edited, copied in part, and damaged."""

import json
import math
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.data.overview import Reading
from wvexp.errors import DamagedError

# Columns of the table `runs` that its JSON holds too; a row in which they differ is damaged.
COLUMNS = ("key", "task", "condition", "arm", "model", "train_size", "seed", "lr")
# What every run has, and what it may have, by the kind of value.
_ALWAYS: dict[str, Any] = {
    **dict.fromkeys(("key", "task", "condition", "arm", "model", "engine"), str),
    **dict.fromkeys(("train_size", "seed"), int),
    **dict.fromkeys(("lr", "seconds"), float),
    **dict.fromkeys(("metric", "groups", "movement"), dict),
    "finetune": bool,
}
_SOMETIMES: dict[str, Any] = {
    **dict.fromkeys(("fold", "folds"), int),
    **dict.fromkeys(("train_tokens", "train_types", "type_coverage", "epochs"), float),
    **dict.fromkeys(
        ("per_class", "coverage", "parity", "leakage", "config", "versions", "read"), dict
    ),
    "labels_missing": list,
}
_NAMES = {
    str: "text",
    int: "a whole number",
    float: "a number",
    dict: "a group",
    list: "a list",
    bool: "true or false",
}


def read_run(text: str | bytes, columns: Mapping[str, Any]) -> dict[str, Any]:
    """The content of `result.json` from its text, whole and in agreement with the row's columns.

    Raises
    ------
    DamagedError
        It is no JSON, lacks a key, or holds a value of another kind.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError, TypeError) as error:
        raise DamagedError("its result is no JSON") from error
    if not isinstance(content, dict):
        raise DamagedError("its result is no JSON of a run")
    for name, kind in _ALWAYS.items():
        if name not in content:
            raise DamagedError(f"no {name}")
        _require(name, content[name], kind)
    for name, kind in _SOMETIMES.items():
        if name in content:
            _require(name, content[name], kind)
    for name in ("name", "validation", "test"):
        if name not in content["metric"]:
            raise DamagedError(f"no metric.{name}")
        _require(f"metric.{name}", content["metric"][name], str if name == "name" else float)
    for group in ("groups", "per_class"):
        for name, cells in content.get(group, {}).items():
            _require(f"{group}.{name}", cells, dict)
    if "read" in content:
        try:
            Reading.from_json(content["read"])
        except ValueError as error:
            raise DamagedError(f"read: {error}") from error
    for name, value in columns.items():
        if content[name] != value:
            raise DamagedError(f"its column {name} is {value!r}, its result has {content[name]!r}")
    return content


def read_counts(counts: bytes, shape: str) -> NDArray[np.int32]:
    """int32 counts of the given shape (a JSON list) from compressed bytes; DamagedError."""
    try:
        flat = np.frombuffer(zlib.decompress(counts), dtype="<i4")
        return flat.reshape(json.loads(shape)).astype(np.int32)
    except (zlib.error, ValueError, TypeError, RecursionError) as error:
        raise DamagedError("its counts of test units cannot be read") from error


def read_ids(ids: bytes) -> list[str]:
    """The ids of a test split, a line each, from compressed bytes; DamagedError."""
    try:
        return zlib.decompress(ids).decode().split("\n")
    except (zlib.error, ValueError, TypeError) as error:
        raise DamagedError("the names of its test units cannot be read") from error


def _require(name: str, value: Any, kind: type) -> None:
    kinds = (int, float) if kind is float else (kind,)
    fits = isinstance(value, kinds) and (kind is bool or not isinstance(value, bool))
    if fits and isinstance(value, float):
        fits = math.isfinite(value)
    if fits and name in ("train_size", "lr"):
        fits = value > 0
    if not fits:
        raise DamagedError(f"{name} is not {_NAMES[kind]}")
