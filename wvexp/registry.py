"""Tables of named things: what the package brings, and what a user's plug-in adds to them."""

import hashlib
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from wvexp.errors import UserError


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
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self._things: dict[str, Thing] = {}

    def register(self, thing: Thing) -> Thing:
        """Add a thing under its name.

        Raises
        ------
        UserError
            Another thing has the name; the same one may be registered again.
        """
        there = self._things.setdefault(thing.name, thing)
        if there is not thing:
            raise UserError(f"{self.key}={thing.name} is registered twice", "give one another name")
        return thing

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


def foreign_code(thing: Named) -> str | None:
    """Hash of the file that defines the thing; None for one of the package's own.

    What such a file computes may change from one day to the next, so that it is part of what a
    result belongs to.
    """
    module = type(thing).__module__
    return None if module.startswith("wvexp.") else _hash_of(module)


@cache
def _hash_of(module: str) -> str:
    file = getattr(sys.modules.get(module), "__file__", None)
    content = Path(file).read_bytes() if file else module.encode()
    return hashlib.sha256(content).hexdigest()[:16]
