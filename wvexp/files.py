"""Files that appear whole or not at all, and the folder of those that can be made again."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from wvexp.errors import UserError


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A new binary file that takes the place of `path` once the block ends well.

    Raises
    ------
    UserError
        The folder is missing, or nothing can be written there.
    """
    unfinished: Path | None = None
    try:
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            unfinished = Path(file.name)
            yield file
        unfinished.chmod(0o666 & ~current_umask())  # temporary files are private
        os.replace(unfinished, path)
    except OSError as error:
        raise UserError(
            f"cannot write {path}: {error.strerror or error}", "name another place"
        ) from error
    finally:
        if unfinished is not None:
            unfinished.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Put `text` (UTF-8) at `path`; until it is complete, what was there stays."""
    with replacing(Path(path)) as file:
        file.write(text.encode("utf-8"))


def check_place(given: str, path: Path) -> None:
    """UserError naming what was `given` where no file can come to lie at `path`.

    Asked before long work whose result goes there; missing folders may still be made.
    """
    folder = path.parent.absolute()
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    if path.is_dir() or not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        raise UserError(f"{given}: nothing can be written in {nearest}", "name another file")


def current_umask() -> int:
    """The process's umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def cache_root() -> Path:
    """The cache folder: `WVEXP_CACHE`, else the platform's own. It may not exist yet."""
    named = os.environ.get("WVEXP_CACHE")
    if named:
        return Path(named).expanduser()
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("wvexp"))
