"""Dataclasses from JSON, read with care, and JSON from dataclasses.

The annotations of a dataclass say what its fields are read from: text, numbers, true or false,
groups (`Mapping`), lists (`tuple`), other dataclasses. What may be absent is annotated `| None`, or
has a default; what is there and of another kind is damage. Other values are passed over.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from wvexp.errors import DamagedError

Record = TypeVar("Record")
_Read = Callable[[Any], Any]

_NAMES = {
    str: "text",
    int: "a whole number",
    float: "a number",
    dict: "a group",
    list: "a list",
    bool: "true or false",
}


class _OddError(Exception):
    """What is wrong with the value at the end of `path`, which is filled from its end."""

    def __init__(self, wrong: str, *path: str) -> None:
        self.wrong, self.path = wrong, [*path]


def read_record(kind: type[Record], content: Any) -> Record:
    """A dataclass from a JSON object.

    Raises
    ------
    DamagedError
        A value is absent or of another kind, or a number is not finite.
    """
    try:
        return cast(Record, _reader(cast(Any, kind))(content))
    except _OddError as odd:
        raise DamagedError(odd.wrong.format(".".join(reversed(odd.path)) or "it")) from None


def to_plain(value: Any) -> Any:
    """The same as JSON has it; what a dataclass has as None is absent."""
    if hasattr(value, "to_json"):
        return value.to_json()
    if is_dataclass(value):
        named = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: to_plain(item) for name, item in named if item is not None}
    if isinstance(value, Mapping):
        return {name: to_plain(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    return value


def _record_reader(kind: Any) -> _Read:
    hints, plan = get_type_hints(kind), []
    for field in fields(kind):
        hint, absent = hints[field.name], field.default
        if isinstance(hint, UnionType):
            [hint] = (one for one in get_args(hint) if one is not NoneType)
            absent = None
        plan.append((field.name, _reader(hint), absent))

    def read_fields(content: Any) -> Any:
        _require(content, dict)
        values, name = {}, ""
        try:
            for name, read, absent in plan:
                value = content.get(name)
                if value is not None:
                    values[name] = read(value)
                elif absent is not MISSING:
                    values[name] = absent
                elif name not in content:
                    raise _OddError("no {}")
                else:
                    values[name] = read(None)
        except _OddError as odd:
            odd.path.append(name)
            raise
        return kind(**values)

    return read_fields


def _group_reader(of_item: Any) -> _Read:
    read = _reader(of_item)

    def read_group(value: Any) -> dict[str, Any]:
        _require(value, dict)
        found, key = {}, ""
        try:
            for key, item in value.items():
                found[key] = read(item)
        except _OddError as odd:
            odd.path.append(key)
            raise
        return found

    return read_group


def _list_reader(of_items: tuple[Any, ...]) -> _Read:
    """Of a list of any length (`tuple[str, ...]`), or of as many as are named."""
    read, length = _reader(of_items[0]), None if of_items[-1] is ... else len(of_items)

    def read_list(value: Any) -> tuple[Any, ...]:
        _require(value, list)
        if length not in (None, len(value)):
            raise _OddError(f"{{}} has {len(value)} values, not {length}")
        return tuple(read(item) for item in value)

    return read_list


@cache
def _reader(hint: Any) -> _Read:
    if is_dataclass(hint):
        return _record_reader(hint)
    origin, of_items = get_origin(hint), get_args(hint)
    if origin is tuple:
        return _list_reader(of_items)
    if origin is not None and issubclass(origin, Mapping):
        return _group_reader(of_items[1])
    if hint is Any:
        return lambda value: value

    def read_value(value: Any) -> Any:
        if type(value) is not hint or hint is float:
            _require(value, hint)
        return value

    return read_value


def _require(value: Any, kind: Any) -> None:
    fits = isinstance(value, (int, float) if kind is float else kind)
    if not fits or (isinstance(value, bool) and kind is not bool):
        raise _OddError(f"{{}} is not {_NAMES[kind]}")
    if isinstance(value, float) and not math.isfinite(value):
        raise _OddError(f"{{}} is not {_NAMES[kind]}")
