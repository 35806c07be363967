"""Grid: arms × sizes × seeds × learning rates as plain runs, nothing composed in between."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from wvexp.config import Tuning
from wvexp.errors import UserError
from wvexp.training.identity import RunConfig


@dataclass(frozen=True)
class Arm:
    """One of the four (or more) ways to start and treat the word vectors."""

    embed: str
    finetune: bool
    tuning: Tuning = field(default_factory=Tuning)

    def __post_init__(self) -> None:
        if not self.finetune and self.tuning != Tuning():
            raise UserError(
                f"tuning of the frozen arm embed={self.embed}",
                "an arm with tuning is finetune=true",
            )


# The lecture's question.
FOUR_ARMS = tuple(
    Arm(embed, tuned) for embed in ("pretrained", "random") for tuned in (False, True)
)


@dataclass(frozen=True)
class Grid:
    """What a sweep crosses.

    arms, sizes, seeds, lrs  a run for each combination
    base                     everything else, as `wvexp.experiment.describe_run` gives it
    """

    arms: Sequence[Arm]
    sizes: Sequence[int]
    seeds: Sequence[int]
    lrs: Sequence[float]
    base: RunConfig

    def runs(self) -> list[RunConfig]:
        """One `RunConfig` a combination: arms × sizes × seeds × learning rates, and folds if any.

        Raises
        ------
        UserError
            An axis is empty or holds a value twice.
        """
        for name in ("arms", "sizes", "seeds", "lrs"):
            axis = getattr(self, name)
            if not axis:
                raise UserError(f"the grid has no {name}", "give at least one")
            if any(value in axis[:i] for i, value in enumerate(axis)):
                raise UserError(f"the grid's {name} hold a value twice: {list(axis)}")
        optims = {lr: replace(self.base.optim, lr=lr) for lr in self.lrs}
        folds = range(self.base.folds) if self.base.folds else [None]
        return [
            replace(
                self.base,
                embed=arm.embed,
                finetune=arm.finetune,
                tuning=arm.tuning,
                train_size=size,
                seed=seed,
                optim=optims[lr],
                fold=fold,
            )
            for arm, size, seed, lr, fold in product(
                self.arms, self.sizes, self.seeds, self.lrs, folds
            )
        ]


def size_ladder(examples: int, steps: int, smallest: int = 100) -> list[int]:
    """Training sizes from `smallest` to all `examples` in equal ratios, rounded to two digits.

    Fewer than `steps` where the data do not give so many different ones.
    """
    if examples <= smallest or steps == 1:
        return [examples]
    ratio = (examples / smallest) ** (1 / (steps - 1))
    sizes = {int(float(f"{smallest * ratio**i:.2g}")) for i in range(steps - 1)}
    return [*sorted(size for size in sizes if size < examples), examples]
