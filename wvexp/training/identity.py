"""What a run is: the key under which its result is stored, its arm and its condition."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

from wvexp.arms import Arm, Recipe, Tuning, treatment_of
from wvexp.config.key import identity_of
from wvexp.config.schema import Model, Optim
from wvexp.metrics import METRICS
from wvexp.models import MODELS, ModelSpec, spec_of
from wvexp.registry import foreign_code
from wvexp.rules import RULES
from wvexp.tasks import TASKS
from wvexp.vectors.initial import STARTS

# Raised by hand when a change of the program changes what a run computes.
ENGINE_VERSION = 2


@dataclass(frozen=True)
class RunConfig:
    """One run in plain values, with nothing left to resolve.

    embed        name of an `Initialisation`
    dim          dimension of random vectors that no reference gives
    train_size   examples asked for
    metric       name of a `Metric`
    engine       `autograd` or `handwritten`
    data         fingerprint of what the model reads of the corpus, by `fingerprint_of`
    vectors      fingerprint of the reference vectors; None without
    fold, folds  the part that is tested and the number of parts (`wvexp.data.folds`); None for a
                 test split of its own
    """

    task: str
    embed: str
    dim: int
    finetune: bool
    tuning: Tuning
    model: Model
    optim: Optim
    metric: str
    train_size: int
    seed: int
    engine: str
    data: str
    vectors: str | None
    fold: int | None = None
    folds: int | None = None

    @property
    def spec(self) -> ModelSpec:
        """What computes the run's model, with its keys and for its task."""
        return spec_of(self.model, TASKS[self.task])[0]

    @property
    def model_keys(self) -> Any:
        """The keys of the run's own model."""
        return self.spec.keys_in(self.model)

    @property
    def moves_rows(self) -> bool:
        """Whether rows of the word vectors move, not just what is made of them."""
        return self.finetune and not self.tuning.mapped

    @property
    def width(self) -> int:
        """Numbers in the vector of a word."""
        return 2 * self.dim if self.tuning.doubled else self.dim

    @property
    def recipe(self) -> Recipe:
        arm = Arm(self.embed, treatment_of(self.finetune, self.tuning), self.tuning)
        return Recipe(arm, self.model.name)

    @property
    def arm(self) -> str:
        """Name of the run's `Arm`."""
        return self.recipe.arm.name

    def of_arm(self, arm: Arm) -> "RunConfig":
        """The same run in another arm."""
        return replace(self, embed=arm.embed, finetune=arm.treatment.moves, tuning=arm.tuning)

    def describe(self) -> dict[str, Any]:
        """Everything that determines the result, and nothing else."""
        values = asdict(self)
        own = foreign_code(
            {
                MODELS.key: MODELS[self.model.name],
                METRICS.key: METRICS[self.metric],
                RULES.key: RULES[self.optim.name],
                STARTS.key: STARTS[self.embed],
                TASKS.key: TASKS[self.task],
            }
        )
        if self.folds is None:
            del values["fold"], values["folds"]
        return {
            **values,
            "tuning": identity_of(self.tuning),
            "optim": identity_of(self.optim),
            "model": {"name": self.model.name, **identity_of(self.model_keys)},
            "engine_version": ENGINE_VERSION,
            **({"plugins": own} if own else {}),
        }

    @cached_property
    def key(self) -> str:
        return _hash(self.describe())

    @cached_property
    def condition(self) -> str:
        """Hash of what runs must share to be compared: all but arm, size, seed, fold and rate."""
        shared = self.describe()
        for name in ("embed", "finetune", "tuning", "train_size", "seed"):
            del shared[name]
        shared.pop("fold", None)
        plugins = shared.pop("plugins", {})
        plugins.pop(STARTS.key, None)
        shared.update({"plugins": plugins} if plugins else {})
        shared["optim"] = {k: v for k, v in shared["optim"].items() if k != "lr"}
        return _hash(shared)


def _hash(description: dict[str, Any]) -> str:
    canonical = json.dumps(description, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
