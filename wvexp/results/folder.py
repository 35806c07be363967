"""Run folder: written beside its final place and moved there whole, or not at all."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wvexp.errors import FULL, UserError
from wvexp.files import current_umask

_SCRATCH = ".wvexp-"


@contextmanager
def run_folder(out: str | None, arm: str, fresh: Path | None = None) -> Iterator[tuple[Path, Path]]:
    """A scratch folder to fill, and the place to which it moves once the block ends well.

    Without `out` the place is new and no other run can have it: `fresh`, or
    `runs/<date>/<time>-<arm>`, with a number behind it where that is taken. An existing `out` is
    replaced if it holds a run (or nothing). If the block fails, nothing remains; what a process
    that was killed has left is removed by the next one that writes beside it.

    Raises
    ------
    UserError
        The folder cannot be written, or `out` holds something that is not a run.
    """
    final = Path(out).expanduser() if out else fresh or _fresh(arm)
    created = [parent for parent in final.absolute().parents if not parent.exists()]
    try:
        if out:
            _require_replaceable(final)
        final.parent.mkdir(parents=True, exist_ok=True)
        with _one_at_a_time(final.parent):
            if not out:
                final = _reserve(final)
            remove_abandoned(final.parent)
            scratch, lock = _locked_scratch(final)
    except OSError as error:
        raise UserError(
            f"out={final} cannot be written: {error.strerror}", "give another out=FOLDER"
        ) from error
    try:
        yield scratch, final
        os.chmod(scratch, 0o777 & ~current_umask())  # mkdtemp's folders are private
        if out and final.exists():
            _require_replaceable(final)  # something else may have been put there meanwhile
            shutil.rmtree(final)
        os.rename(scratch, final)
    except BaseException as error:
        shutil.rmtree(scratch, ignore_errors=True)
        for folder in created if out else [final, *created]:
            try:
                folder.rmdir()
            except OSError:
                break  # it holds something: another run has begun there
        if isinstance(error, OSError) and error.errno in FULL:
            raise UserError(
                f"out={final} cannot be written: {error.strerror}",
                "free some space, or give another out=FOLDER",
            ) from error
        raise
    finally:
        os.close(lock)


@contextmanager
def _one_at_a_time(parent: Path) -> Iterator[None]:
    """No other run begins in `parent` meanwhile: it would take an unlocked folder for abandoned."""
    lock = os.open(parent, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks: nothing is called abandoned
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _locked_scratch(final: Path) -> tuple[Path, int]:
    """A new folder beside `final`, locked as long as this process lives."""
    scratch = Path(tempfile.mkdtemp(prefix=f"{_SCRATCH}{final.name}.", dir=final.parent))
    lock = os.open(scratch, os.O_RDONLY)
    with suppress(OSError):
        fcntl.flock(lock, fcntl.LOCK_EX)
    return scratch, lock


def remove_abandoned(parent: Path) -> None:
    """Remove the scratch folders that no living process holds, and the places kept for them."""
    for scratch in parent.glob(f"{_SCRATCH}*"):
        with suppress(OSError):
            lock = os.open(scratch, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(scratch)
                # Of a run in a fresh folder, which is empty until the run is done.
                name = scratch.name.removeprefix(_SCRATCH).rpartition(".")[0]
                scratch.with_name(name).rmdir()
            finally:
                os.close(lock)


def _fresh(arm: str) -> Path:
    now = time.localtime()
    return Path("runs", time.strftime("%Y-%m-%d", now), f"{time.strftime('%H-%M-%S', now)}-{arm}")


def _reserve(wanted: Path) -> Path:
    """Make an empty folder under a name that nobody else has taken."""
    name, attempt = wanted, 1
    while True:
        try:
            name.mkdir()
            return name
        except FileExistsError:
            attempt += 1
            name = wanted.with_name(f"{wanted.name}-{attempt}")


def _require_replaceable(folder: Path) -> None:
    """Refuses what is there and is neither a run nor empty; nor may it hold this process."""
    if not folder.exists():
        return
    ours = ("result.json", "decision.json")
    is_run = folder.is_dir() and (
        any((folder / name).is_file() for name in ours) or not any(folder.iterdir())
    )
    if not is_run or Path.cwd().is_relative_to(folder.resolve()):
        raise UserError(f"out={folder} exists and is no run folder", "give another out=FOLDER")
