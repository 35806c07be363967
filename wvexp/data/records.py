"""Dataclasses from JSON, read with care, and JSON from dataclasses.

The annotations of a dataclass say what its fields are read from: text, numbers, true or false,
groups (`Mapping`), lists (`tuple`), other dataclasses. What may be absent is annotated `| None`, or
has a default; what is there and of another kind is damage. Other values are passed over.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache, partial
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from wvexp.errors import DamagedError

Record = TypeVar("Record")
_Read = Callable[[Any, str], Any]

_NAMES = {
    str: "text",
    int: "a whole number",
    float: "a number",
    dict: "a group",
    list: "a list",
    bool: "true or false",
}


def read_record(kind: type[Record], content: Any, name: str = "") -> Record:
    """A dataclass from a JSON object, which the caller knows by `name`.

    Raises
    ------
    DamagedError
        A value is absent or of another kind, or a number is not finite.
    """
    values = {}
    _require(name, content, dict)
    for field, read, absent in _plan(cast(Any, kind)):
        value = content.get(field)
        path = f"{name}.{field}" if name else field
        if value is None and absent is not MISSING:
            values[field] = absent
        elif field not in content:
            raise DamagedError(f"no {path}")
        else:
            values[field] = read(value, path)
    return kind(**values)


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


@cache
def _plan(kind: Any) -> list[tuple[str, _Read, Any]]:
    """Name of each field, how it is read, its value where absent; MISSING: it must be there."""
    hints, plan = get_type_hints(kind), []
    for field in fields(kind):
        hint, absent = hints[field.name], field.default
        if isinstance(hint, UnionType):
            [hint] = (one for one in get_args(hint) if one is not NoneType)
            absent = None
        plan.append((field.name, _reader(hint), absent))
    return plan


@cache
def _reader(hint: Any) -> _Read:
    if is_dataclass(hint):
        return partial(read_record, hint)  # type: ignore[arg-type]
    origin, of_items = get_origin(hint), get_args(hint)
    if origin is tuple:
        return _list_reader(of_items)
    if origin is not None and issubclass(origin, Mapping):
        read = _reader(of_items[1])
        return lambda value, name: {
            key: read(item, f"{name}.{key}") for key, item in _require(name, value, dict).items()
        }
    if hint is Any:
        return lambda value, name: value
    return lambda value, name: _require(name, value, hint)


def _list_reader(of_items: tuple[Any, ...]) -> _Read:
    """Of a list of any length (`tuple[str, ...]`), or of as many as are named."""
    read, length = _reader(of_items[0]), None if of_items[-1] is ... else len(of_items)

    def read_list(value: Any, name: str) -> tuple[Any, ...]:
        _require(name, value, list)
        if length not in (None, len(value)):
            raise DamagedError(f"{name} has {len(value)} values, not {length}")
        return tuple(read(item, f"{name}[{i}]") for i, item in enumerate(value))

    return read_list


def _require(name: str, value: Any, kind: Any) -> Any:
    fits = isinstance(value, (int, float) if kind is float else kind)
    if not fits or (isinstance(value, bool) and kind is not bool):
        raise DamagedError(f"{name or 'it'} is not {_NAMES[kind]}")
    if isinstance(value, float) and not math.isfinite(value):
        raise DamagedError(f"{name} is not {_NAMES[kind]}")
    return value
