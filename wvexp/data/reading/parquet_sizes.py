"""What a Parquet file will take, from its own headers, before any page of it is unpacked.

pyarrow unpacks whatever size a page claims, and ends the process on some damaged footers; these few
fields are therefore read here, as the format's Thrift definition and the Thrift compact protocol
give them (github.com/apache/parquet-format, github.com/apache/thrift/blob/master/doc/specs).
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

_MAGIC = b"PAR1"
_HEADER = 1 << 12  # bytes in which a page's header mostly ends; statistics may make it longer
_LONGEST_HEADER = 1 << 24
_DEEPEST = 16


@dataclass(frozen=True)
class Page:
    """What the header of a page says: bytes unpacked, and values in it."""

    size: int
    values: int


@dataclass(frozen=True)
class Chunk:
    """What a file says of one column in one group of rows."""

    column: str
    size: int
    values: int
    start: int
    end: int


def chunks(file: IO[bytes]) -> list[Chunk]:
    """The chunks that the footer lists.

    Raises
    ------
    ValueError
        It is no Parquet file, or its footer is damaged.
    """
    file.seek(0, 2)
    whole = file.tell()
    file.seek(max(0, whole - 8))
    tail = file.read(8)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != _MAGIC or length > whole - 12:
        raise ValueError("no Parquet footer at its end")
    file.seek(whole - 8 - length)
    content = file.read(length)
    with _damage("the footer"):
        found = []
        for group in _Thrift(content).struct().get(4, []):
            for column in group.get(1, []):
                about = column[3]
                start = min(about[key] for key in (9, 11) if about.get(key, 0) > 0)
                chunk = Chunk(about[3][0].decode(), about[6], about[5], start, start + about[7])
                if min(chunk.size, chunk.values, about[7]) < 0 or chunk.end > whole:
                    raise ValueError("a column lies outside the file")
                found.append(chunk)
        return found


def pages(file: IO[bytes], chunk: Chunk) -> Iterator[Page]:
    """The pages of a chunk.

    Raises
    ------
    ValueError
        A header is damaged, or the pages hold other values than the footer says: pyarrow looks for
        those that are missing beyond the chunk, in gigabytes of memory.
    """
    place, found = chunk.start, 0
    while place < chunk.end:
        with _damage("a page's header"):
            header, length = _page_header(file, place)
            packed, size = header[3], header[2]
            # A data page, a dictionary, or a data page of the second version.
            kind = ({5, 7, 8} & set(header)).pop()
            count = header[kind][1]
        if min(packed, size, count) < 0 or (kind == 7 and count > size):
            raise ValueError("a page's header is damaged")
        yield Page(size, count)
        place += length + packed
        found += 0 if kind == 7 else count
    if found != chunk.values:
        raise ValueError(f"a column's pages hold {found:,} of its {chunk.values:,} values")


def _page_header(file: IO[bytes], place: int) -> tuple[dict[int, Any], int]:
    size = _HEADER
    while True:
        file.seek(place)
        thrift = _Thrift(file.read(size))
        try:
            return thrift.struct(), thrift.place
        except IndexError:
            if size >= _LONGEST_HEADER:
                raise ValueError("a page's header does not end") from None
            size *= 64


@contextmanager
def _damage(what: str) -> Iterator[None]:
    """Turns what comes of fields that are absent or of another type into a ValueError."""
    try:
        yield
    except (KeyError, IndexError, TypeError, AttributeError, UnicodeDecodeError):
        raise ValueError(f"{what} is damaged") from None


class _Thrift:
    """Values in the compact protocol; IndexError where the bytes end before the value."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._depth = 0
        self.place = 0

    def struct(self) -> dict[int, Any]:
        """A struct as field number -> value."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError("nested too deeply")
        fields: dict[int, Any] = {}
        number = 0
        while (head := self._byte()) != 0:
            number = number + (head >> 4) if head >> 4 else self._signed()
            kind = head & 15
            fields[number] = kind == 1 if kind in (1, 2) else self._value(kind)
        self._depth -= 1
        return fields

    def _value(self, kind: int) -> Any:
        if kind in (1, 2):  # in a list, a truth takes a byte
            return self._byte() == 1
        if kind == 3:
            return self._byte()
        if kind in (4, 5, 6):
            return self._signed()
        if kind == 7:
            return struct.unpack("<d", self._bytes(8))[0]
        if kind == 8:
            return self._bytes(self._unsigned())
        if kind in (9, 10):
            head = self._byte()
            count = head >> 4 if head >> 4 < 15 else self._unsigned()
            return [self._value(head & 15) for _ in range(count)]
        if kind == 12:
            return self.struct()
        raise ValueError(f"unknown type {kind}")

    def _byte(self) -> int:
        self.place += 1
        return self._content[self.place - 1]

    def _bytes(self, size: int) -> bytes:
        self.place += size
        if self.place > len(self._content):
            raise IndexError
        return self._content[self.place - size : self.place]

    def _unsigned(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            if shift > 63:
                raise ValueError("a number without end")

    def _signed(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)
