"""Run folder: written beside its final place and moved there whole, or not at all."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wvexp.atomic import current_umask
from wvexp.errors import UserError


@contextmanager
def run_folder(out: str | None, arm: str) -> Iterator[tuple[Path, Path]]:
    """A scratch folder to fill, and the place to which it moves once the block ends well.

    Without `out` the place is a new `runs/<date>/<time>-<arm>` that no other run can have. An
    existing `out` is replaced if it holds a run (or nothing). If the block fails, nothing remains.

    Raises
    ------
    UserError
        The folder cannot be written, or `out` holds something that is not a run.
    """
    final = Path(out).expanduser() if out else _fresh(arm)
    created = [parent for parent in final.absolute().parents if not parent.exists()]
    try:
        if out:
            _require_replaceable(final)
        final.parent.mkdir(parents=True, exist_ok=True)
        if not out:
            final = _reserve(final)
        scratch = Path(tempfile.mkdtemp(prefix=f".{final.name}.", dir=final.parent))
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
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        for folder in created if out else [final, *created]:
            try:
                folder.rmdir()
            except OSError:
                break  # it holds something: another run has begun there
        raise


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
    is_run = folder.is_dir() and ((folder / "result.json").is_file() or not any(folder.iterdir()))
    if not is_run or Path.cwd().is_relative_to(folder.resolve()):
        raise UserError(f"out={folder} exists and is no run folder", "give another out=FOLDER")
