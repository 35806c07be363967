"""Writing a file so that it is there whole or not at all."""

import os
import tempfile
from pathlib import Path

from wvexp.errors import UserError


def write_text(path: str | Path, text: str) -> None:
    """Put `text` (UTF-8) at `path`; until it is complete, what was there stays.

    Raises
    ------
    UserError
        The folder is missing, or nothing can be written there.
    """
    path = Path(path)
    try:
        handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(unfinished, 0o666 & ~umask)  # mkstemp makes it private
        os.replace(unfinished, path)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from None
    finally:
        Path(unfinished).unlink(missing_ok=True)
