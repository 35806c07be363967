"""A configurable key: its type, its default, its meaning, and which values it accepts."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Choices = tuple[str, ...]


def key(
    default: Any,
    meaning: str,
    *,
    choices: Choices | Callable[[], Choices] = (),
    minimum: float | None = None,
    above: float | None = None,
    below: float | None = None,
    added: bool = False,
    former: Any = None,
) -> Any:
    """A field of a dataclass that describes a group of keys.

    Parameters
    ----------
    default
        A plain value, a list, or a function that gives one: a name that is registered, say.
    choices
        The texts that are accepted, where not all are; asked for when they are needed where a
        plug-in may add some.
    minimum, above, below
        Bounds of a number: at least, more than, less than.
    added
        Whether runs were stored before there was the key: those that leave it at its default are
        the same as these.
    former
        Of an added key whose default is found out by the data: what these runs had.
    """
    metadata = {
        "meaning": meaning,
        "choices": choices,
        "minimum": minimum,
        "above": above,
        "below": below,
        "added": added,
        "former": former,
    }
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    if isinstance(default, list):
        return field(default_factory=lambda: list(default), metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Key:
    """One configurable key, as `--help` lists it."""

    name: str
    type: Any
    default: Any
    meaning: str
    choices: Choices
    minimum: float | None
    above: float | None
    below: float | None
    added: bool
    former: Any


def keys_of(schema: type, prefix: str = "") -> Iterator[Key]:
    """Every key of a dataclass in dotted form, groups within it first."""
    for entry in dataclasses.fields(schema):
        name = prefix + entry.name
        if dataclasses.is_dataclass(entry.type):
            assert isinstance(entry.type, type)
            yield from keys_of(entry.type, f"{name}.")
            continue
        about = dict(entry.metadata)
        choices = about.pop("choices")
        named = choices() if callable(choices) else choices
        yield Key(name, entry.type, default_of(entry), choices=named, **about)


def identity_of(group: Any) -> dict[str, Any]:
    """The keys of a group that make a run what it is: name -> value.

    Without those that were added, where they have their default or what was there before.
    """
    return {
        entry.name: value
        for entry in dataclasses.fields(group)
        for value in [getattr(group, entry.name)]
        if not (
            entry.metadata.get("added")
            and (value == default_of(entry) or value == entry.metadata["former"])
        )
    }


def default_of(entry: Any) -> Any:
    """The default of a field that `key` made."""
    made = entry.default_factory
    return entry.default if made is dataclasses.MISSING else made()
