"""StoredRun: one run as a results file keeps it, typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from wvexp.arms import Arm, Recipe
from wvexp.data.contents import Contents
from wvexp.data.leakage import Leakage
from wvexp.data.overview import Reading
from wvexp.data.unseen import UnseenLabels
from wvexp.tasks import TASKS, TaskKind
from wvexp.vectors.table import Coverage

# What the runs of a condition may differ in, the learning rate apart.
_VARIED = ("embed", "finetune", "tuning", "train_size", "seed")


@dataclass(frozen=True)
class MetricScores:
    """The metric's name, and its values on two splits."""

    name: str
    validation: float
    test: float


@dataclass(frozen=True)
class GroupScore:
    """The test examples of a group; score: None where there is none to take."""

    n: int
    score: float | None = None


@dataclass(frozen=True)
class ClassScores:
    """One label's; None where undefined. support, predicted: how often it is, and was said to be.

    Rows of earlier versions do not say how often it was predicted.
    """

    support: int
    predicted: int | None = None
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None


@dataclass(frozen=True)
class Parity:
    """The gradients compared while the run trained; see `wvexp.parity.monitor`."""

    passed: bool
    max_rel_error: float
    max_abs_error: float | None = None
    min_cosine: float | None = None
    rel_errors: Mapping[str, float] | None = None
    checked: int | None = None
    decided_in_float64: int | None = None


@dataclass(frozen=True)
class MovedWord:
    """Euclidean distance from start to end."""

    word: str
    distance: float


@dataclass(frozen=True)
class StoredMovement:
    """How far rows went; beyond the first four of a run that has a ledger alone.

    See `wvexp.training.tuning.Movement` and `wvexp.analysis.movement`.
    """

    rows: float
    moved: float
    max: float
    mean: float
    relative_mean: float | None = None
    cosine_mean: float | None = None
    overlap_most_moved: float | None = None
    overlap_frequent: float | None = None
    overlap_fixed: float | None = None
    most_moved: tuple[MovedWord, ...] | None = None


@dataclass(frozen=True)
class StoredRun:
    """One run, or the folds of one cross-fit as one (`wvexp.results.crossfit`).

    The fields are those of `result.json` (`wvexp.training.result.RunResult`), which
    `wvexp.data.records.to_plain` gives back. None: not measured,
    or a row of an earlier version, which did not say.

    config     everything that determines the result, as `RunConfig.describe` gives it
    fold_keys  of folds that are one run: the key of each
    """

    key: str
    task: str
    arm: str
    embed: str | None
    finetune: bool
    model: str
    train_size: int
    train_tokens: float | None
    train_types: float | None
    type_coverage: float | None
    labels_missing: tuple[str, ...] | None
    labels_unseen: Mapping[str, UnseenLabels] | None
    seed: int
    fold: int | None
    folds: int | None
    lr: float
    condition: str
    engine: str
    metric: MetricScores
    groups: Mapping[str, GroupScore]
    per_class: Mapping[str, ClassScores] | None
    measures: Mapping[str, float] | None
    coverage: Coverage | None
    leakage: Leakage | None
    read: Reading | None
    parity: Parity | None
    movement: StoredMovement
    epochs: float | None
    best_epoch: float | None
    seconds: float
    date: str | None
    data: Contents | None
    config: Mapping[str, Any] | None
    versions: Mapping[str, str] | None
    fold_keys: tuple[str, ...] | None = None

    @cached_property
    def recipe(self) -> Recipe:
        return Recipe(Arm.parse(self.arm), self.model)

    @property
    def kind(self) -> TaskKind:
        return TASKS[self.task]

    @property
    def shared_config(self) -> dict[str, Any]:
        """Of the configuration what all runs of a condition share."""
        config = {name: v for name, v in (self.config or {}).items() if name not in _VARIED}
        return {**config, "optim": {k: v for k, v in config.get("optim", {}).items() if k != "lr"}}

    @property
    def engine_version(self) -> int | None:
        return (self.config or {}).get("engine_version")

    @property
    def data_fingerprint(self) -> str | None:
        return (self.config or {}).get("data")
