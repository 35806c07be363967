"""Opening the user's files: gzip, UTF-8, and one clear line when refused."""

import gzip
import io
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from wvexp.data.reading.limits import Growth, Lines, TextLimits
from wvexp.errors import UserError


def is_gzip(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


def check_file(path: Path) -> None:
    """Refuses what is not a file with something in it."""
    try:
        if not path.exists():
            raise UserError(f"{path}: no such file", "check the path")
        if path.is_dir():
            raise UserError(f"{path}: a folder, expected a file", "name one file of it")
        if path.stat().st_size == 0:
            raise UserError(f"{path}: the file is empty", "give a file with labelled text")
        path.open("rb").close()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}", "check the path") from None


def check_growth(path: Path, limits: TextLimits) -> None:
    """Refuses a file beyond the limits, a gzipped one by unpacking it once without keeping it.

    That takes a second for a gigabyte of nothing, which costs minutes where it is parsed.
    """
    check_file(path)
    growth = Growth(path, limits)
    if not is_gzip(path):
        growth.add(path.stat().st_size)
        return
    with open_bytes(path) as file:
        while piece := file.read(1 << 20):
            growth.add(len(piece))


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """The file's bytes, unpacked where it is gzipped; a damaged archive is a UserError."""
    check_file(path)
    remedy = "copy or download it again"
    with gzip.open(path) if is_gzip(path) else path.open("rb") as file:
        try:
            yield file  # type: ignore[misc]
        except EOFError:
            raise UserError(f"{path}: the gzip file is truncated", remedy) from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise UserError(f"{path}: not a sound gzip file ({error})", remedy) from None


@contextmanager
def open_text(path: Path, limits: TextLimits, newline: str | None = None) -> Iterator[Lines]:
    """The file's lines as UTF-8, a byte order mark dropped; `newline` as in `open`."""
    with open_bytes(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline=newline)
        try:
            yield Lines(text, path, limits)
        except UnicodeDecodeError:
            raise _undecodable(path, limits) from None


def unpack(path: Path, target: Path) -> None:
    """Writes the unpacked content of a gzip file to `target`."""
    with open_bytes(path) as packed, target.open("wb") as plain:
        shutil.copyfileobj(packed, plain, 1 << 20)


def _undecodable(path: Path, limits: TextLimits) -> UserError:
    """The error that names the first line which is not UTF-8.

    The decoder reports places within its own buffer, so the file is read once more.
    """
    start = 0
    most = 4 * limits.line + 8  # bytes of a line that is not too long
    with open_bytes(path) as file:
        for number, line in enumerate(iter(lambda: file.readline(most), b""), start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                encoding = "UTF-16" if line.startswith((b"\xff\xfe", b"\xfe\xff")) else "LATIN1"
                return UserError(
                    f"{path}: line {number} is not UTF-8 "
                    f"(byte 0x{line[error.start]:02x} at offset {start + error.start})",
                    f"convert it, for instance with `iconv -f {encoding} -t UTF-8`",
                )
            start += len(line)
    return UserError(f"{path}: not UTF-8 text", "convert it with iconv")
