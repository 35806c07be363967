"""Tables of named things: what the package brings, and what a user's plug-in adds to them."""

import hashlib
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from inspect import get_annotations
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from wvexp.errors import UserError

# A name is a word of the command line, and stands in lists of them with commas between.
_NAME = re.compile(r"[A-Za-z][\w.-]*")


class Named(Protocol):
    """Anything with a name."""

    @property
    def name(self) -> str: ...


Thing = TypeVar("Thing", bound=Named)


class Registry(Generic[Thing]):
    """The known things of one kind, in the order in which they were registered.

    Parameters
    ----------
    key
        The key on the command line whose value names one, such as `model`; for messages.
    base
        The class that things of this kind are instances of. What it annotates and gives no value
        must be there.
    check
        Raises UserError for a thing that is wrong in another way.
    """

    def __init__(
        self, key: str, base: type, check: Callable[[Thing], None] = lambda thing: None
    ) -> None:
        self.key, self.base, self.check = key, base, check
        self._things: dict[str, Thing] = {}

    def register(self, thing: Thing) -> Thing:
        """Add a thing under its name.

        Raises
        ------
        UserError
            It is not of this kind, or another thing has the name; the same one may be registered
            again.
        """
        self._check(thing)
        there = self._things.setdefault(thing.name, thing)
        if there is not thing:
            once = _file_of(there) and _file_of(there) == _file_of(thing)
            raise UserError(
                f"{self.key}={thing.name} is registered twice"
                + (f", by {_file_of(there)} under two names" if once else ""),
                "name the plug-in once" if once else "give one another name",
            )
        return thing

    def _check(self, thing: Thing) -> None:
        base = self.base.__name__
        if isinstance(thing, type):
            raise UserError(
                f"{thing.__name__} is registered as a class", f"register {thing.__name__}()"
            )
        own = type(thing).__name__
        if not isinstance(thing, self.base):
            raise UserError(
                f"{own} is registered as one for {self.key}=, and is no {base}",
                f"subclass {self.base.__module__}.{base}",
            )
        needed = (name for one in self.base.__mro__ for name in get_annotations(one))
        missing = [name for name in needed if not hasattr(thing, name)]
        if missing:
            raise UserError(f"{own} has no {missing[0]}", f"define it as {base} says")
        if not isinstance(thing.name, str) or not _NAME.fullmatch(thing.name):
            raise UserError(
                f"{own} has the name {thing.name!r}",
                "give it one of letters, digits and _ . - alone, that begins with a letter",
            )
        self.check(thing)

    def __getitem__(self, name: str) -> Thing:
        """The thing of that name; UserError with the known names where there is none."""
        if name not in self._things:
            raise UserError(
                f"{self.key}={name} is unknown",
                f"known are {', '.join(self.names)}; others come with plugins=[FILE.py]",
            )
        return self._things[name]

    def __contains__(self, name: object) -> bool:
        return name in self._things

    def __iter__(self) -> Iterator[Thing]:
        return iter(self._things.values())

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._things)


def foreign_code(things: Mapping[str, Named]) -> dict[str, str]:
    """By key, the hash of the files that define each thing and what its class is derived from.

    Without those of the package's own. What such a file computes may change from one day to the
    next, so that it is part of what a result belongs to.
    """
    found = {}
    for key, thing in things.items():
        modules = dict.fromkeys(one.__module__ for one in type(thing).__mro__)
        own = (name for name in modules if name.partition(".")[0] not in _NOT_FOREIGN)
        if foreign := tuple(own):
            found[key] = _hash_of(foreign)
    return found


_NOT_FOREIGN = {"wvexp", *sys.stdlib_module_names}


@cache
def _hash_of(modules: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for module in modules:
        file = getattr(sys.modules.get(module), "__file__", None)
        digest.update(Path(file).read_bytes() if file else module.encode())
    return digest.hexdigest()[:16]


def _file_of(thing: Named) -> str | None:
    """The file that defines the thing; None for what was typed in."""
    return getattr(sys.modules.get(type(thing).__module__), "__file__", None)
