"""Plug-ins: modules outside the package that register one's own models, metrics and the like.

Those of installed packages are found by the entry-point group `wvexp.plugins`; others are named
with `plugins=[...]`: a module that can be imported, or the path of a .py file.
"""

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from wvexp.config.schema import take_registered
from wvexp.errors import UserError

GROUP = "wvexp.plugins"
KEY = "plugins"

_named: list[str] = []


def load_plugins(names: Iterable[str]) -> None:
    """Import the installed plug-ins and the named ones; what they register is then known.

    Raises
    ------
    UserError
        A plug-in cannot be imported, or registers what cannot be.
    """
    _load_installed()
    for name in names:
        if name.endswith(".py"):
            path = Path(name).expanduser().resolve()
            _load_file(path, name)
            name = str(path)
        else:
            _import(name)
        if name not in _named:
            _named.append(name)
    take_registered()


def loaded_plugins() -> tuple[str, ...]:
    """What this process was told to load, so that another one can: files by their whole path."""
    return tuple(_named)


def named_plugins(words: Sequence[str]) -> list[str]:
    """The plug-ins that the words of a command line name: `plugins=[a.py,b]` or `plugins=a.py`."""
    names: list[str] = []
    for word in words:
        name, _, value = word.lstrip("+").partition("=")
        if name == KEY:
            parts = value.removeprefix("[").removesuffix("]").split(",")
            names += [part.strip().strip("'\"") for part in parts]
    return [name for name in names if name]


@cache
def _load_installed() -> None:
    for point in entry_points(group=GROUP):
        try:
            point.load()
        except Exception as error:
            raise _broken(f"the installed plug-in {point.name} ({point.value})", error) from error


def _import(name: str) -> None:
    before = list(sys.path)
    sys.path.append(os.getcwd())  # a script's own folder is there already, the user's is not
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name.partition(".")[0]:
            raise _broken(f"plugins=[{name}]", error) from error
        raise UserError(
            f"plugins=[{name}]: no such module", "give one that can be imported, or a path to a .py"
        ) from error
    except UserError:
        raise
    except Exception as error:
        raise _broken(f"plugins=[{name}]", error) from error
    finally:
        sys.path[:] = before


def _load_file(path: Path, given: str) -> None:
    if not path.is_file():
        raise UserError(f"plugins=[{given}]: no such file", "check the path")
    name = f"wvexp_plugin_{path.stem}"
    there = sys.modules.get(name)
    if there is not None:
        if there.__file__ == str(path):
            return
        raise UserError(
            f"plugins=[{given}]: {there.__file__} has the same name", "give one of them another"
        )
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, UserError) or not isinstance(error, Exception):
            raise
        raise _broken(f"plugins=[{given}]", error) from error


def _broken(what: str, error: Exception) -> UserError:
    return UserError(
        f"{what} fails: {type(error).__name__}: {error}", "correct it, or leave it out"
    )
