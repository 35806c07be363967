"""What was once read from vector files, kept on disk: indexes, unpacked copies, parsed rows.

    <cache>/vectors/<key>/          one folder a file; the key changes when the file does
        words.txt spans.npy index.json    the index (`wvexp.vectors.index`)
        plain                             the unpacked file, where it was packed
        rows.npy                          rows parsed from text so far, sorted by place in the file

A folder is built under another name and renamed into place when whole; `rows.npy` is replaced by
a larger one in the same way. So a reader sees all of something or nothing, two builders do the
same work and one of them wins, and a killed one leaves only a folder that the next one clears.
Whatever cannot be read or written here is read from the file itself instead.
"""

import hashlib
import logging
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wvexp.errors import UserError
from wvexp.files import cache_root
from wvexp.vectors.sources import Source, fingerprint

VERSION = 2  # raise it when what is kept, or how, changes
LIMIT = 10_000_000_000  # bytes, unless WVEXP_CACHE_BYTES says otherwise
IN_USE = 600  # seconds for which a folder is left alone: somebody may be reading it
ABANDONED = 24 * 3600  # seconds after which an unfinished folder of another machine is cleared

log = logging.getLogger("wvexp")

ReadRows = Callable[[NDArray[np.int64]], NDArray[np.float32]]


def key_of(source: Source) -> str:
    """What names a file's folder: its content, size and time, and how it is kept."""
    stat = os.stat(source.path)
    parts = (VERSION, fingerprint(source), stat.st_size, stat.st_mtime_ns)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def find(key: str) -> Path | None:
    """The folder kept under `key`, marked as just used; None where there is none."""
    folder = _home() / key
    if not folder.is_dir():
        return None
    with suppress(OSError):
        os.utime(folder)
    return folder


def drop(folder: Path) -> None:
    """Remove a folder; nobody ever finds half of it."""
    gone = folder.with_name(_unfinished())
    with suppress(OSError):
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


@contextmanager
def workspace() -> Iterator[Path]:
    """An empty folder to build in, in the cache where that can be written, else a temporary one.

    It is removed at the end, unless published before.
    """
    try:
        _home().mkdir(parents=True, exist_ok=True)
        folder = _home() / _unfinished()
        folder.mkdir()
    except OSError as error:
        _say_once(f"the cache {_home()} cannot be written ({error.strerror}): working without it")
        folder = Path(tempfile.mkdtemp(prefix="wvexp-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(folder: Path, key: str) -> Path:
    """Keep a built workspace under `key`, if it is in the cache and not above the cache's limit.

    Returns the place where its content now lies.
    """
    home = _home()
    if folder.parent != home or _size(folder) > _limit():
        return folder
    try:
        folder.rename(home / key)
    except OSError:  # somebody else published the same first
        return home / key if (home / key).is_dir() else folder
    _trim()
    return home / key


def rows_through(folder: Path, dim: int, ids: NDArray[np.int64], read: ReadRows) -> NDArray:
    """Rows float32 [ids, dim] of a kept file: those kept already from `rows.npy`, the others
    through `read`, after which they are kept too.

    ids   ascending places in the file's index
    """
    kept = _kept_rows(folder, dim)
    places = np.searchsorted(kept["id"], ids)
    known = places < len(kept)
    known[known] = kept["id"][places[known]] == ids[known]
    if known.all():
        return kept["row"][places]
    missing = read(ids[~known])
    if folder.parent == _home():
        _keep_rows(folder, kept, ids[~known], missing)
    if not known.any():
        return missing
    rows = np.empty((len(ids), dim), dtype=np.float32)
    rows[known] = kept["row"][places[known]]
    rows[~known] = missing
    return rows


def _row_type(dim: int) -> np.dtype:
    return np.dtype([("id", "<i8"), ("row", "<f4", (dim,))])


def _kept_rows(folder: Path, dim: int) -> NDArray:
    try:
        kept = np.load(folder / "rows.npy", mmap_mode="r", allow_pickle=False)
        if kept.ndim == 1 and kept.dtype == _row_type(dim):
            return kept
    except (OSError, ValueError, EOFError):
        pass
    return np.empty(0, dtype=_row_type(dim))


def _keep_rows(folder: Path, kept: NDArray, ids: NDArray, rows: NDArray) -> None:
    """Replace rows.npy by its union with the new rows, a bounded piece in memory at a time."""
    order = np.argsort(np.concatenate([kept["id"], ids]), kind="stable")
    total = len(order) * kept.dtype.itemsize
    if total > _limit():
        return
    target = folder / f"rows-{_unfinished()}"
    try:
        with target.open("wb") as file:
            header = {"descr": kept.dtype.descr, "fortran_order": False, "shape": (len(order),)}
            np.lib.format.write_array_header_1_0(file, header)
            for piece in np.array_split(order, max(1, total >> 22)):
                merged = np.empty(len(piece), dtype=kept.dtype)
                old = piece < len(kept)
                merged[old] = kept[piece[old]]
                merged["id"][~old] = ids[piece[~old] - len(kept)]
                merged["row"][~old] = rows[piece[~old] - len(kept)]
                file.write(merged.tobytes())
            file.flush()
            os.fsync(file.fileno())  # else a power cut could leave zeros under the final name
        os.replace(target, folder / "rows.npy")
        _trim()
    except OSError as error:
        _say_once(f"the cache {_home()} cannot be written ({error.strerror}): working without it")
        with suppress(OSError):
            target.unlink()


def _home() -> Path:
    return cache_root() / "vectors"


def _limit() -> int:
    named = os.environ.get("WVEXP_CACHE_BYTES", "")
    if named and not named.isdecimal():
        raise UserError(f"WVEXP_CACHE_BYTES={named}: not a number of bytes", f"for example {LIMIT}")
    return int(named or LIMIT)


def _unfinished() -> str:
    """A name that says who is at work on it."""
    return f".unfinished~{socket.gethostname()}~{os.getpid()}~{os.urandom(6).hex()}"


def _is_abandoned(folder: Path) -> bool:
    _, host, pid, *_ = folder.name.split("~")
    if host != socket.gethostname():
        return time.time() - folder.stat().st_mtime > ABANDONED
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass
    return False


def _trim() -> None:
    """Clear what killed processes left, then the folders longest unused, down to the limit."""
    now = time.time()
    ages: list[tuple[float, int, Path]] = []
    for folder in _home().iterdir():
        with suppress(OSError, ValueError):
            if folder.name.startswith(".unfinished~"):
                if _is_abandoned(folder):
                    shutil.rmtree(folder, ignore_errors=True)
                continue
            for part in folder.glob("rows-.unfinished~*"):
                if _is_abandoned(part):
                    part.unlink()
            ages.append((folder.stat().st_mtime, _size(folder), folder))
    total = sum(size for _, size, _ in ages)
    for used, size, folder in sorted(ages):
        if total <= _limit() or now - used < IN_USE:
            break
        drop(folder)
        total -= size


def _size(folder: Path) -> int:
    return sum(part.stat().st_size for part in folder.iterdir())


@lru_cache(maxsize=16)
def _say_once(message: str) -> None:
    log.warning(message)
