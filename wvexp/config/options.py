"""The options of groups: those with a YAML file, and those that plug-ins registered."""

from typing import Any

from wvexp.config.folder import config_folder
from wvexp.models import MODELS
from wvexp.rules import RULES
from wvexp.vectors.initial import STARTS


def own_options() -> dict[str, dict[str, dict[str, Any]]]:
    """By group, the options without a YAML file, and what each sets."""
    registered: dict[str, dict[str, dict[str, Any]]] = {
        "model": {spec.name: {"name": spec.name} for spec in MODELS},
        "optim": {rule.name: {"name": rule.name, "lr": rule.first_rate} for rule in RULES},
        "embed": {start.name: {"kind": start.name} for start in STARTS},
    }
    own = {}
    for group, options in registered.items():
        files = written(group)
        own[group] = {name: values for name, values in options.items() if name not in files}
    return own


def written(group: str) -> set[str]:
    """The options of a group that have a YAML file."""
    return {path.stem for path in (config_folder() / group).glob("*.yaml")}
