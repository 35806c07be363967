"""The `model` group of keys: the model's name, and the keys of every registered model."""

import dataclasses
from dataclasses import make_dataclass
from typing import Any

from wvexp.config.key import default_of, key
from wvexp.errors import UserError
from wvexp.models import AUTO, MODELS


def model_group() -> type:
    """A dataclass of them; a key that several models have is one key.

    Raises
    ------
    UserError
        Two models mean different things by one key.
    """
    named = key(AUTO, "the classifier; auto takes the usual one of the task", choices=_names)
    fields: dict[str, tuple[str, Any, Any]] = {"name": ("name", str, named)}
    owners: dict[str, list[str]] = {}
    for spec in MODELS:
        for entry in dataclasses.fields(spec.keys):
            there = fields.setdefault(entry.name, (entry.name, entry.type, entry))
            owners.setdefault(entry.name, []).append(spec.name)
            if _meaning(there[2]) != _meaning(entry):
                raise UserError(
                    f"model.{entry.name} means one thing with model={owners[entry.name][0]} and "
                    f"another with model={spec.name}",
                    "give the key of one of them another name",
                )
    made = make_dataclass(
        "Model",
        [(name, kind, _anew(entry, owners.get(name, []))) for name, kind, entry in fields.values()],
    )
    made.__module__ = "wvexp.config.schema"  # where other processes find it
    return made


def _names() -> tuple[str, ...]:
    return (AUTO, *MODELS.names)


def _meaning(entry: Any) -> tuple[Any, ...]:
    return getattr(entry, "type", None), default_of(entry), entry.metadata


def _anew(entry: Any, owners: list[str]) -> Any:
    """A field like it, whose meaning begins with the models that have it, if not all have."""
    about = dict(entry.metadata)
    if owners and len(owners) < len(MODELS.names):
        about["meaning"] = f"{', '.join(owners)}: {about['meaning']}"
    return key(default_of(entry), **about)
