"""What the keys of a sweep may hold: `grid.*`, `search.*`, `large.*`, and what they leave unused.

A key that a sweep would silently ignore is refused, as the user meant something by it.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from wvexp.arms import TREATMENTS
from wvexp.config.listed import is_list
from wvexp.config.schema import KEYS, Config
from wvexp.config.values import check_value, lookup
from wvexp.errors import UserError
from wvexp.tasks import TOKEN

# Each axis of a grid, and the key of the single value that it replaces.
SINGLE = {
    "embed": "embed.kind",
    "finetune": "finetune",
    "treatment": "treatment",
    "train_size": "train_size",
    "seed": "seed",
    "lr": "optim.lr",
    "model": "model.name",
    "path": "embed.path",
    "name": "embed.name",
}
# Keys whose value the option of a group gives.
_BY_OPTION = {"embed.kind": "embed", "model.name": "model"}
# Keys that take a list in place of their single value: that of the axis.
LISTED = {
    "model": "grid.model",
    "treatment": "grid.treatment",
    "embed.path": "grid.path",
    "embed.name": "grid.name",
}
# One pass over text that is generated as it is read: sizes are `large.tokens`.
_OF_WHOLE_DATA = ("tuning.start_epoch", "tuning.min_count", "tuning.how")
_UNUSED_BY_LARGE = (
    *("train_size", "grid.train_size", "grid.ladder", "data.world_size", "data.folds"),
    *("optim.epochs", "optim.patience", *_OF_WHOLE_DATA),
    *("search.trials", "report", "parity.every", "grid.path", "grid.name"),
    # How words are written and which labels follow each other is counted over data in hand.
    *("model.features", "model.crf"),
)
# For one model; what it proposes itself may have a value by `optim=sgd` or `model=cnn`.
_UNUSED_BY_SEARCH = (
    *("grid.model", "grid.lr", "grid.ladder", "grid.path", "grid.name"),
    *("data.folds", "report", "parity.every"),
)
_PROPOSED_BY_SEARCH = ("optim.lr", "model.dropout", "tuning.lr_scale")


def check_sweep_keys(config: Config) -> None:
    """UserError for axes that cannot be crossed, and for keys that would have no effect."""
    _check_axes(config)
    if config.large.tokens is not None:
        _check_large(config, config.large.tokens)
    elif config.search.trials is not None:
        refuse_unused(config, _UNUSED_BY_SEARCH, "experiment=search")
        _check_study(config)
    elif config.grid.given:
        refuse_unused(config, ["parity.every"], "a grid, which checks parity before its first run")


def check_typed(overrides: Iterable[str], config: Config) -> None:
    """UserError for a value on the command line in whose place the sweep has its own.

    One for which the grid holds a list, or a search makes proposals.
    """
    typed = dict(override.lstrip("+").partition("=")[::2] for override in overrides)
    typed = {n: v for n, v in typed.items() if not (n in LISTED and is_list(v))}
    _check_treatment(typed, config)
    if config.search.trials is not None:
        for name in _PROPOSED_BY_SEARCH:
            if name in typed:
                raise UserError(
                    f"{name}={typed[name]} means nothing with experiment=search, which proposes it",
                    "leave it out",
                )
    for axis, key in SINGLE.items():
        values = getattr(config.grid, axis)
        if key == "treatment":  # `wvexp.config.treatments` has seen to it
            continue
        beside = f"grid.{axis}={values}"
        if axis == "train_size" and config.grid.ladder:
            values, beside = True, f"grid.ladder={config.grid.ladder}"
        for name in (key, _BY_OPTION.get(key, key)):
            if values and name in typed:
                raise UserError(
                    f"{name}={typed[name]} means nothing beside {beside}",
                    f"leave it out, or give grid.{axis}=[{typed[name]}]"
                    + (" grid.ladder=null" if "ladder" in beside else "")
                    + " in its place",
                )


def _check_treatment(typed: Mapping[str, str], config: Config) -> None:
    """UserError for a default that is typed beside a treatment which has something else."""
    if "treatment" not in typed or config.grid.treatment:
        return
    for name, value in typed.items():
        if name == "finetune" or name.startswith("tuning."):
            meant = lookup(config, name)
            same = value.lower() == str(meant).lower() or _number(value) == meant
            if not same:
                raise UserError(
                    f"treatment={typed['treatment']} has {name}={str(meant).lower()}, not {value}",
                    "leave one of them out",
                )


def _number(text: str) -> float | None:
    with suppress(ValueError):
        return float(text)
    return None


def _check_axes(config: Config) -> None:
    grid = config.grid
    for name, single in SINGLE.items():
        axis = getattr(grid, name)
        for place, value in enumerate(axis):
            check_value(replace(KEYS[single], name=f"grid.{name}"), value)
            if value in axis[:place]:
                raise UserError(f"grid.{name}={axis} holds {value} twice", "give it once")
    if grid.ladder and grid.train_size:
        raise UserError(
            f"grid.ladder={grid.ladder} and grid.train_size={grid.train_size} are both given",
            "give one of them",
        )


def _check_large(config: Config, tokens: list[int]) -> None:
    if not tokens or min(tokens) < 1 or len(set(tokens)) < len(tokens):
        raise UserError(
            f"large.tokens={tokens}: give different numbers of 1 or more",
            "such as large.tokens=[100000,1000000]",
        )
    streams = f"large.tokens streams the {TOKEN.name} task of data=world"
    if config.data.kind != "world":
        raise UserError(f"data={config.data.kind}: {streams}", "leave the data keys out")
    if config.data.task not in (None, TOKEN.name):
        raise UserError(f"data.task={config.data.task}: {streams}", "leave it out")
    refuse_unused(config, _UNUSED_BY_LARGE, "experiment=large")
    for name in config.grid.treatment:
        tuning = TREATMENTS[name].tuning
        refuse_unused(
            replace(config, tuning=tuning),
            _OF_WHOLE_DATA,
            f"experiment=large, which has no treatment={name}",
        )


def _check_study(config: Config) -> None:
    study, store = (Path(p).expanduser().resolve() for p in (config.search.study, config.store))
    if study == store:
        raise UserError(
            f"search.study={config.search.study} is the results file too",
            "give another search.study=FILE",
        )


def refuse_unused(config: Config, names: Iterable[str], where: str) -> None:
    """UserError for the first of the keys that has another value than by default."""
    plain = Config()
    for name in names:
        value = lookup(config, name)
        if value != lookup(plain, name):
            raise UserError(f"{name}={value} means nothing with {where}", "leave it out")
