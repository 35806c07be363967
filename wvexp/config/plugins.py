"""Plug-ins: modules outside the package that register one's own models, metrics and the like.

Those of installed packages are found by the entry-point group `wvexp.plugins`; others are named
with `plugins=[...]`: a module that can be imported, or the path of a .py file.
"""

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

import wvexp.data.reading.readers  # noqa: F401  (the package's own formats are there first)
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
        with _blamed(f"plugins=[{name}]"):
            if name.endswith(".py"):
                path = Path(name).expanduser().resolve()
                _load_file(path)
                name = str(path)
            else:
                _import(name)
            take_registered()
        if name not in _named:
            _named.append(name)


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
        with _blamed(f"the installed plug-in {point.name} ({point.value})"):
            point.load()
            take_registered()


def _import(name: str) -> None:
    before = list(sys.path)
    sys.path.append(os.getcwd())  # a script's own folder is there already, the user's is not
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name.partition(".")[0]:
            raise
        raise UserError(
            "no such module", "give one that can be imported, or a path to a .py"
        ) from error
    finally:
        sys.path[:] = before


def _load_file(path: Path) -> None:
    if not path.is_file():
        raise UserError("no such file", "check the path")
    name = f"wvexp_plugin_{path.stem}"
    there = sys.modules.get(name)
    if there is not None:
        if there.__file__ == str(path):
            return
        raise UserError(f"{there.__file__} has the same name", "give one of them another")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise


@contextmanager
def _blamed(what: str) -> Iterator[None]:
    """Whatever goes wrong is one line that begins with the plug-in."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{what}: {error.problem}", error.remedy) from error
    except (Exception, SystemExit) as error:
        raise UserError(
            f"{what} fails: {type(error).__name__}: {error}", "correct it, or leave it out"
        ) from error
