"""The command line of the plain scripts: `key=value` words, one line for a mistake, an exit status.

    graph.py expr="(x+y)*max(y,z)" x=1 y=2 z=0

A value may hold anything, further equal signs too: a word is split at its first `=`.
"""

import difflib
import io
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from wvexp import __version__
from wvexp.errors import FULL, RunError, UserError
from wvexp.printable import PrintableFormatter, printable


def parse_key_values(
    arguments: Sequence[str],
    known: Mapping[str, str],
    *,
    required: Sequence[str] = (),
    about: str = "",
    other_keys: str = "",
) -> dict[str, str]:
    """The `key=value` words as a dictionary; `--help` prints the keys and ends the program.

    Parameters
    ----------
    arguments
        The words after the script's name.
    known
        Key -> one line of help, in the order in which `--help` lists them.
    required
        Keys that must be given.
    about
        What the command does, the first lines of `--help`.
    other_keys
        Non-empty where keys beyond `known` are allowed: what they mean, a line of `--help`.

    Raises
    ------
    UserError
        A word without `=`, an unknown key, a key given twice, or a required one not given.
    """
    if {"--help", "-h"} & set(arguments):
        print(_help_text(known, about, other_keys))
        raise SystemExit(0)
    values: dict[str, str] = {}
    for word in arguments:
        key, equal_sign, value = word.partition("=")
        if not equal_sign or not key:
            raise UserError(f"{word!r} is not of the form key=value", "see --help")
        if key in values:
            raise UserError(f"{key}= is given twice", "give it once")
        if key not in known and not other_keys:
            similar = difflib.get_close_matches(key, known, n=1)
            meant = f"did you mean {similar[0]}=?" if similar else f"known are {', '.join(known)}"
            raise UserError(f"unknown key {key!r}", meant)
        values[key] = value
    for key in required:
        if key not in values:
            raise UserError(f"{key}= is missing: {known[key]}", "see --help")
    return values


def whole_number(values: Mapping[str, str], key: str, default: int, minimum: int = 0) -> int:
    """The whole number given as `key`, or the default; UserError for anything else."""
    text = values.get(key, str(default))
    try:
        number = int(text)
    except ValueError:
        raise UserError(f"{key}={text} is not a whole number") from None
    if number < minimum:
        raise UserError(f"{key}={text} is too small", f"give {minimum} or more")
    return number


def run_command(main: Callable[[list[str]], int]) -> NoReturn:
    """Run `main` with the program's arguments and exit with what it returns.

    `--version` is answered here, for every script. One line on stderr and status 2 for a
    `UserError` and for a file that the system refuses; one line and status 1 for a `RunError` and
    where memory has run out; status 130 for an interruption from the keyboard.
    """
    if "--version" in sys.argv[1:]:
        print(f"wvexp {__version__}")
        sys.exit(0)
    try:
        # What a reader or a check has to say beside its result: one line each, on stderr.
        notes = logging.StreamHandler()
        notes.setFormatter(PrintableFormatter("note: %(message)s"))
        logging.basicConfig(level=logging.WARNING, handlers=[notes])
        if isinstance(sys.stdout, io.TextIOWrapper):  # a label that the terminal's encoding lacks
            sys.stdout.reconfigure(errors="backslashreplace")
        status = main(sys.argv[1:])
        sys.stdout.flush()
    except UserError as error:
        status = _failed(error, 2)
    except RunError as error:
        status = _failed(error, 1)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        status = 130
    except BrokenPipeError:
        # The reader (`| head`) has gone. Without this the interpreter's last flush complains.
        _close_output()
        status = 141
    except OSError as error:
        status = _failed(_refused_by_system(error), 2)
        _close_output()
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        status = _failed(f"out of memory ({error}); give smaller data or a smaller model", 1)
    sys.exit(status)


def is_out_of_memory(error: Exception) -> bool:
    """Whether NumPy, Arrow or torch could not get the memory that it asked for."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError)
        and any(words in str(error) for words in ("allocate memory", "out of memory"))
    )


def _failed(error: object, status: int) -> int:
    print(f"error: {printable(' '.join(str(error).split()))}", file=sys.stderr)
    return status


def _close_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refused_by_system(error: OSError) -> str:
    """What the system would not do, with the file where it is known."""
    place = error.filename if error.filename is not None else "standard output or a file"
    why = error.strerror or str(error)
    if error.errno in FULL:
        return f"{place} cannot be written: {why}; free some space, or name another place"
    return f"{place}: {why}; check that it is there and may be read and written"


def _help_text(known: Mapping[str, str], about: str, other_keys: str) -> str:
    rows = [(f"{key}=", text) for key, text in known.items()]
    if other_keys:
        rows.append(("KEY=", other_keys))
    width = max((len(key) for key, _ in rows), default=0)
    lines = [f"  {key:<{width}}  {text}" for key, text in rows]
    return "\n".join([about.strip(), "", *lines] if about else lines)
