"""JSON lines, and JSON lists of objects, one object at a time."""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from wvexp.data.reading.limits import Lines, TextLimits
from wvexp.data.reading.opening import open_text
from wvexp.data.reading.table import HEAD, HEAD_SIZE, Table, repeated_name
from wvexp.errors import UserError

_Object = dict[str, Any]
_PIECE = 1 << 16  # characters of a list read at once
_CUT = 16  # a word such as -Infinity that the end of a piece cuts is shorter
_BLANK = re.compile(r"[ \t\n\r]*")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def open_json(path: Path, limits: TextLimits) -> Table:
    """The table in a file with one JSON object per line, or one list of objects.

    Columns are the keys of the first rows; a key that an object lacks is a missing value. Half a
    surrogate pair, as is left where a text was cut, becomes U+FFFD.

    Raises
    ------
    UserError
        What stands there is no JSON object (line or item are named), names a key twice, or is
        nested too deeply; what `open_text` refuses. Raised here or while rows are read.
    """
    objects = _listed if _is_list(path, limits) else _lined
    head: list[_Object] = []
    room = HEAD_SIZE
    for item, size in islice(objects(path, limits), HEAD):
        head.append(item)
        room -= size
        if room < 0:
            break
    names = list(dict.fromkeys(name for item in head for name in item))

    def rows(columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        for item, _ in objects(path, limits):
            yield tuple([item.get(name) for name in columns])

    return Table(str(path), {name: [item.get(name) for item in head] for name in names}, rows)


def _is_list(path: Path, limits: TextLimits) -> bool:
    with open_text(path, limits) as lines:
        return _Buffer(path, lines, limits).peek() == "["


def _lined(path: Path, limits: TextLimits) -> Iterator[tuple[_Object, int]]:
    """The objects of JSON lines, each with its number of characters."""
    with open_text(path, limits) as lines:
        for line in lines:
            if not line.isspace():
                where = f"{path}: line {lines.number}"
                try:
                    item = _DECODER.decode(line)
                except (ValueError, RecursionError) as error:
                    raise _unreadable(where, error) from None
                yield _object(where, item, line), len(line)
                lines.end_record()


def _listed(path: Path, limits: TextLimits) -> Iterator[tuple[_Object, int]]:
    """The objects of a list, which may all stand on one line."""
    with open_text(path, limits) as lines:
        buffer = _Buffer(path, lines, limits)
        buffer.peek()
        buffer.skip()
        number = 0
        while (mark := buffer.peek()) != "]" or number:
            if number:
                if mark not in (",", "]"):
                    raise _unreadable(f"{path}: what follows item {number}", None)
                buffer.skip()
                if mark == "]":
                    break
                buffer.peek()
            number += 1
            yield buffer.item(f"{path}: item {number}")
        else:
            buffer.skip()
        if buffer.peek():
            raise UserError(f"{path}: something follows the list", "write the file anew")


class _Buffer:
    """A piece of a file, from the place that is read to where it has been taken in."""

    def __init__(self, path: Path, lines: Lines, limits: TextLimits) -> None:
        self._path = path
        self._lines = lines
        self._limits = limits
        self._text = ""
        self._place = 0

    def peek(self) -> str:
        """The next character that is not blank, "" at the end of the file."""
        blank = 0
        while True:
            place = _BLANK.match(self._text, self._place).end()  # type: ignore[union-attr]
            blank += place - self._place
            self._limits.check_record(self._path, blank, "a stretch of blank space")
            self._place = place
            if place < len(self._text):
                return self._text[place]
            self._text, self._place = self._lines.read(_PIECE), 0
            if not self._text:
                return ""

    def skip(self) -> None:
        """Go past one character."""
        self._place += 1

    def item(self, where: str) -> tuple[_Object, int]:
        """The object that begins here, and its number of characters."""
        while True:
            try:
                item, end = _DECODER.raw_decode(self._text, self._place)
            except (ValueError, RecursionError) as error:
                if not self._cut(error) or not self._grow(where):
                    raise _unreadable(where, error) from None
                continue
            raw = self._text[self._place : end]
            self._place = end
            return _object(where, item, raw), len(raw)

    def _cut(self, error: Exception) -> bool:
        """Whether the error may come of the end of the buffer alone."""
        return isinstance(error, json.JSONDecodeError) and (
            error.msg.startswith("Unterminated string") or error.pos >= len(self._text) - _CUT
        )

    def _grow(self, where: str) -> bool:
        """Take in as much again; False at the end of the file."""
        rest = self._text[self._place :]
        self._limits.check_record(self._path, len(rest), where.removeprefix(f"{self._path}: "))
        piece = self._lines.read(max(_PIECE, len(rest)))
        self._text, self._place = rest + piece, 0
        return bool(piece)


def _once(pairs: list[tuple[str, Any]]) -> _Object:
    item = dict(pairs)
    if len(item) < len(pairs):
        repeated = repeated_name(name for name, _ in pairs)
        raise ValueError(f"it names {repeated!r:.40} twice")
    return item


_DECODER = json.JSONDecoder(object_pairs_hook=_once)


def _object(where: str, item: Any, raw: str) -> _Object:
    if not isinstance(item, dict):
        raise UserError(f"{where} is not a JSON object", "give each row as an object")
    return _whole(item) if _SURROGATE.search(raw) else item


def _whole(value: Any) -> Any:
    """The value with U+FFFD in place of halves of surrogate pairs."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_whole(part) for part in value]
    if isinstance(value, dict):
        return {_whole(name): _whole(part) for name, part in value.items()}
    return value


def _unreadable(where: str, error: Exception | None) -> UserError:
    if isinstance(error, json.JSONDecodeError):
        reason = f"{error.msg} in column {error.colno}"
    elif isinstance(error, RecursionError):
        reason = "nested too deeply"
    else:
        reason = str(error) if error else "a comma or a bracket is missing"
    return UserError(
        f"{where} is not JSON ({reason})", "give one JSON object per line, or one list of objects"
    )
