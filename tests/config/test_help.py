"""The help of a command lists the keys that it takes, and no others."""

import re

import pytest

from wvexp.config.compose import compose
from wvexp.config.help import help_text
from wvexp.config.schema import KEYS
from wvexp.errors import UserError
from wvexp.sweeps.checks import check_single, check_sweep
from wvexp.sweeps.session import describes_grid

# What a key needs beside it to mean anything, the first that fits by the beginning of its name.
_BESIDE = {
    "data.world_": (),
    "data.split_seed": ("data=files", "data.train=a.csv", "embed.path=v.txt"),
    "data.group": ("data=files", "data.train=a.csv", "embed.path=v.txt"),
    "data.missing": ("data=files", "data.train=a.csv", "embed.path=v.txt"),
    "data.max_": ("data=files", "data.train=a.csv", "embed.path=v.txt"),
    "data.text": ("data=files", "data.train=a.csv", "embed.path=v.txt"),
    "data.label": ("data=files", "data.train=a.csv", "embed.path=v.txt"),
    "data.train_split": ("data=hub", "data.name=x", "embed.path=v.txt"),
    "data.validation_split": ("data=hub", "data.name=x", "embed.path=v.txt"),
    "data.test_split": ("data=hub", "data.name=x", "embed.path=v.txt"),
    "data.train": ("data=files", "embed.path=v.txt"),
    "data.validation": ("data=files", "data.train=a.csv", "embed.path=v.txt"),
    "data.test": ("data=files", "data.train=a.csv", "embed.path=v.txt"),
    "data.name": ("data=hub", "embed.path=v.txt"),
    "data.config_name": ("data=hub", "data.name=x", "embed.path=v.txt"),
    "data.revision": ("data=hub", "data.name=x", "embed.path=v.txt"),
    "embed.member": ("embed.path=v.zip",),
    "embed.corpus_text": ("embed.corpus=a.csv",),
    "embed.method": ("embed.corpus=a.txt",),
    "embed.own.": ("embed.corpus=a.txt",),
    "grid.path": ("grid.seed=[0,1]",),
    "grid.name": ("grid.seed=[0,1]",),
    "tuning.": ("finetune=true",),
    "model.hidden": ("data.task=sentence",),
    "search.": ("experiment=search",),
    "report": ("grid.seed=[0,1]",),
    "workers": ("grid.seed=[0,1]",),
    "dispatch": ("grid.seed=[0,1]",),
    "parity.": ("engine=autograd",),
}
# Values of keys whose type alone does not say what they take.
_VALUES = {
    "data.task": "token",
    "report": "r.html",
    "device": "cpu",
    "budget": "90s",
    "metric": "accuracy",
    "optim.lr": "0.5",
    "model.window": "7",
    "grid.embed": "[random]",
    "grid.model": "[window]",
    "grid.path": "[a.txt,b.txt]",
    "grid.name": "[a,b]",
    "grid.finetune": "[true]",
    "grid.treatment": "[slow]",
    "grid.lr": "[0.1]",
    "model.widths": "[2]",
    "model.features": "[case]",
    "model.max_norm": "3",
    "optim.clip": "0.5",
    "large.tokens": "[1000]",
    "plugins": "[json]",
}


def value_of(key):
    if key.name in _VALUES:
        return _VALUES[key.name]
    if key.choices:
        return next(choice for choice in key.choices if choice != key.default)
    if key.type is bool:
        return str(not key.default).lower()
    if "list" in str(key.type):
        return "[5]"
    if key.type is float:
        return "0.3"
    return str((key.default or 4) + 1) if "int" in str(key.type) else "x"


def taken(command, key):
    """Whether the command takes the key at a value that is not its default."""
    beside = next((words for name, words in _BESIDE.items() if key.name.startswith(name)), ())
    if command == "decide":
        beside = [
            word for word in beside if not word.startswith(("finetune", "grid", "experiment"))
        ]
    name = key.name.removesuffix(".kind") if key.name == "embed.kind" else key.name
    try:
        config = compose([*beside, f"{name}={value_of(key)}"], command)
        if command == "train" and config.search.trials is None and not config.large.tokens:
            (check_sweep if describes_grid(config) else check_single)(config)
    except UserError:
        return False
    return True


@pytest.mark.parametrize("command", ["train", "decide"])
def test_what_is_listed_is_taken_and_what_is_not_is_refused(command):
    listed = set(re.findall(r"^  ([a-z0-9_.]+) ", help_text(80, command), re.MULTILINE))
    groups = {"data.kind", "embed.kind", "model.name", "optim.name"}
    wrong = [
        key.name
        for key in KEYS.values()
        if key.name not in groups and taken(command, key) != (key.name in listed)
    ]
    assert wrong == []


@pytest.mark.parametrize("command", ["train", "decide"])
def test_options_that_are_listed_are_taken(command):
    shown = help_text(200, command)
    for group in ("embed", "experiment", "optim"):
        [line] = re.findall(rf"^  {group} +(.*)$", shown, re.MULTILINE)
        for option in line.split(", "):
            beside = ["data.task=sentence"] if option in ("kim2014", "sentence") else []
            compose([*beside, f"{group}={option}"], command)


def test_a_decision_names_one_kind_of_vectors():
    with pytest.raises(UserError, match="embed=random: a decision compares"):
        compose(["embed=random"], "decide")
    with pytest.raises(UserError) as caught:
        compose(["data=files", "data.train=a.csv"], "decide")
    assert str(caught.value).endswith("give embed.path=FILE or embed.name=NAME")
