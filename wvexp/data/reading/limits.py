"""How far a file may grow while it is read: a megabyte of gzip can hold a gigabyte of nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from wvexp.errors import UserError

MB, GB = 10**6, 10**9
# DEFLATE shrinks a run of one character 1,000 times, labelled text 3 to 20 times.
_MOST_GROWTH = 200
_SMALL = 16 * MB  # what this is may grow as it likes


@dataclass(frozen=True)
class TextLimits:
    """Bounds on what is read.

    line_mb  million characters in one line, in one record (a CSV row, a JSON object, a sentence of
             a CoNLL file), and in blank space between two
    file_gb  gigabytes in one file, unpacked
    prefix   what stands before the keys' names where a message calls for them
    column   the key that names the column of the text, where texts alone are read
    """

    line_mb: float = 10.0
    file_gb: float = 16.0
    prefix: str = "data."
    column: str = "column"

    @property
    def line(self) -> int:
        return max(1, int(self.line_mb * MB))

    def check_record(self, path: Path, size: int, where: str) -> None:
        """Refuse a record of more characters than a line may have; `where` it is."""
        if size > self.line:
            raise UserError(
                f"{path}: {where} has more than {self.line_mb:g} million characters",
                f"is the file damaged? {self.prefix}max_line_mb= sets the limit",
            )


USUAL = TextLimits()


class Growth:
    """Counts what comes out of a file, and refuses more than the limits allow.

    Raises
    ------
    UserError
        From `add`: more bytes than `file_gb`, or than a packed file of real text could hold.
    """

    def __init__(self, path: Path, limits: TextLimits) -> None:
        self._path = path
        self._limits = limits
        self._packed = path.stat().st_size
        self._bytes = 0

    def add(self, size: int) -> None:
        self._bytes += size
        if self._bytes > self._limits.file_gb * GB:
            raise UserError(
                f"{self._path}: more than {self._limits.file_gb:g} GB of data",
                f"{self._limits.prefix}max_file_gb= sets the limit",
            )
        if self._bytes > max(_SMALL, _MOST_GROWTH * self._packed):
            raise UserError(
                f"{self._path}: its {self._packed:,} bytes unpack to more than {_MOST_GROWTH} "
                "times as many, which no text does",
                "is it a decompression bomb? if not, give it as plain CSV or JSON lines, which "
                f"{self._limits.prefix}max_file_gb= bounds",
            )


class Lines:
    """The lines of a text file, of which one record may take no more than a line may.

    The reader calls `end_record` behind each record; blank lines between records count as well.
    """

    def __init__(self, file: IO[str], path: Path, limits: TextLimits) -> None:
        self._file = file
        self._path = path
        self._limits = limits
        self._size = 0
        self._start = 1
        self.number = 0  # of the last line given out, counted from 1

    def __iter__(self) -> Iterator[str]:
        most = self._limits.line
        while line := self._file.readline(most + 1):
            self.number += 1
            self._size += len(line)
            if self._size > most:
                alone = self.number == self._start
                where = f"line {self.number}" if alone else f"what begins on line {self._start}"
                self._limits.check_record(self._path, self._size, where)
            yield line

    def read(self, size: int) -> str:
        """So many characters, whatever lines they are in; the reader bounds its own records."""
        return self._file.read(size)

    def end_record(self) -> None:
        self._size = 0
        self._start = self.number + 1
