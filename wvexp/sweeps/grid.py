"""Grid: arms × sizes × seeds × learning rates as plain runs, nothing composed in between."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Any, TypeVar

from wvexp.arms import Arm
from wvexp.config.checks import parse_config
from wvexp.config.schema import KEYS
from wvexp.config.values import check_value, real, typed, whole
from wvexp.errors import UserError
from wvexp.training.identity import RunConfig

Number = TypeVar("Number", int, float)
Value = TypeVar("Value")


@dataclass(frozen=True)
class Grid:
    """What a sweep crosses.

    arms, sizes, seeds, lrs  a run for each combination
    base                     everything else, as `wvexp.experiment.describe.describe_run` gives it
    """

    arms: Iterable[Arm]
    sizes: Iterable[int]
    seeds: Iterable[int]
    lrs: Iterable[float]
    base: RunConfig

    def runs(self) -> list[RunConfig]:
        """One `RunConfig` a combination: arms × sizes × seeds × learning rates, and folds if any.

        Numbers may be NumPy's, a range's, or YAML's text; the runs hold those of the schema, so
        that a run has one key however its numbers were written.

        Raises
        ------
        UserError
            An axis is empty, holds a value twice, or one that the configuration would refuse; or
            the base does.
        """
        arms = _distinct("arms", self.arms)
        sizes = _numbers("sizes", self.sizes, whole, "train_size")
        seeds = _numbers("seeds", self.seeds, whole, "seed")
        lrs = _numbers("lrs", self.lrs, real, "optim.lr")
        bases = [checked(self.base, arm) for arm in arms]
        folds = range(bases[0].folds) if bases[0].folds else [None]
        return [
            replace(base, train_size=size, seed=seed, optim=replace(base.optim, lr=lr), fold=fold)
            for base, size, seed, lr, fold in product(bases, sizes, seeds, lrs, folds)
        ]


def checked(base: RunConfig, arm: Arm) -> RunConfig:
    """The base with the arm's vectors, its values of the schema's types.

    Raises
    ------
    UserError
        What a configuration with these values would be refused for.
    """
    if "auto" in (base.model.name, base.engine) or base.metric is None:
        raise UserError(
            f"a grid's base with model={base.model.name} engine={base.engine} metric={base.metric}",
            "name all three, or take the base from wvexp.experiment.describe.describe_run",
        )
    if base.folds == 1:  # as the key has it, a test part of its own
        raise UserError("folds=1 of a run is no cross-fit", "leave it None")
    config = parse_config(
        {
            "model": _typed("model.", asdict(base.model)),
            "optim": _typed("optim.", asdict(base.optim)),
            "tuning": _typed("tuning.", asdict(arm.tuning)),
            "data": _typed("data.", {"task": base.task, "folds": base.folds}),
            "embed": _typed("embed.", {"kind": arm.embed, "dim": base.dim}),
            **_typed(
                "",
                {"finetune": arm.treatment.moves, "metric": base.metric, "engine": base.engine},
            ),
        }
    )
    assert config.embed.dim is not None
    return replace(
        base,
        embed=arm.embed,
        finetune=config.finetune,
        tuning=config.tuning,
        model=config.model,
        optim=config.optim,
        dim=config.embed.dim,
        folds=config.data.folds,
    )


def _typed(group: str, values: dict[str, Any]) -> dict[str, Any]:
    return {name: typed(KEYS[group + name], value) for name, value in values.items()}


def _numbers(
    name: str, axis: Iterable[Any], convert: Callable[[str, Any], Number], key: str
) -> list[Number]:
    """The axis in Python's numbers, each within the range of the key."""
    if isinstance(axis, str):
        raise UserError(f"the grid's {name} are {axis!r}", f"give a list, such as [{axis}]")
    numbers = [convert(f"the grid's {name}: {key}", value) for value in axis]
    for number in numbers:
        check_value(replace(KEYS[key], name=f"the grid's {name}: {key}"), number)
    return _distinct(name, numbers)


def _distinct(name: str, axis: Iterable[Value]) -> list[Value]:
    values = list(axis)
    if not values:
        raise UserError(f"the grid has no {name}", "give at least one")
    for place, value in enumerate(values):
        if value in values[:place]:
            raise UserError(f"the grid's {name} hold {value} twice: {values}")
    return values


def size_ladder(examples: int, steps: int, smallest: int = 100) -> list[int]:
    """Training sizes from `smallest` to all `examples` in equal ratios, rounded to two digits.

    Fewer than `steps` where the data do not give that many different ones.
    """
    if examples <= smallest or steps == 1:
        return [examples]
    ratio = (examples / smallest) ** (1 / (steps - 1))
    sizes = {int(float(f"{smallest * ratio**i:.2g}")) for i in range(steps - 1)}
    return [*sorted(size for size in sizes if size < examples), examples]
