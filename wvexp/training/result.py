"""RunResult: the content of `result.json`. A number that was not measured is absent."""

import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp import __version__
from wvexp.data.contents import Contents, contents
from wvexp.data.corpus import Corpus
from wvexp.data.leakage import Leakage
from wvexp.data.overview import Reading
from wvexp.data.records import to_plain
from wvexp.data.split import Split
from wvexp.data.unseen import UnseenLabels, count_unseen
from wvexp.metrics.groups import Group
from wvexp.training.identity import RunConfig
from wvexp.vectors.reference import ReferenceVectors
from wvexp.vectors.table import coverage

_GROUP_NAMES = {
    Group.SEEN: "seen",
    Group.PRETRAINED_ONLY: "pretrained_only",
    Group.NEITHER: "neither",
}


@dataclass(frozen=True)
class UnitCounts:
    """What a run got right and wrong, unit by unit of the test split.

    counts       [units, ...], as `Scorer.by_unit` gives them
    ids          [units]
    fingerprint  hash of `ids`
    """

    counts: NDArray[Any]
    ids: list[str]
    fingerprint: str


@dataclass(frozen=True)
class RunResult:
    """One run's outcome; `to_json` gives the layout of `result.json`.

    units          goes to the results file beside it; None where nobody counted
    type_coverage  share of the test split's word types that occur in training
    leakage        test sentences that also stand in the training split; None for none
    labels_unseen  as `count_unseen` gives them; None for none
    data           as `contents` gives it, of the splits that the run had in hand
    date           day on which it was trained, UTC, such as 2026-11-25
    read           what was read; None where nobody says
    measures       of the test split, as `Scorer.measures` gives them
    """

    run: RunConfig
    train_tokens: int
    train_types: int
    labels_missing: list[str]
    validation: float
    test: float
    groups: dict[str, dict[str, Any]]
    per_class: dict[str, dict[str, Any]]
    coverage: dict[str, float] | None
    parity: dict[str, Any] | None
    movement: dict[str, Any]
    epochs: int
    best_epoch: int
    seconds: float
    units: UnitCounts | None = None
    type_coverage: float | None = None
    leakage: Leakage | None = None
    labels_unseen: dict[str, UnseenLabels] | None = None
    data: Contents | None = None
    date: str | None = None
    read: Reading | None = None
    measures: dict[str, float] | None = None

    def to_json(self) -> dict[str, Any]:
        run = self.run
        content = {
            "key": run.key,
            "task": run.task,
            "arm": run.arm,
            "embed": run.embed,
            "finetune": run.finetune,
            "model": run.model.name,
            "train_size": run.train_size,
            "train_tokens": self.train_tokens,
            "train_types": self.train_types,
            "type_coverage": self.type_coverage,
            "labels_missing": self.labels_missing,
            "labels_unseen": to_plain(self.labels_unseen),
            "seed": run.seed,
            "fold": run.fold,
            "folds": run.folds,
            "lr": run.optim.lr,
            "condition": run.condition,
            "engine": run.engine,
            "metric": {"name": run.metric, "validation": self.validation, "test": self.test},
            "groups": self.groups,
            "per_class": self.per_class,
            "measures": self.measures or None,
            "coverage": self.coverage,
            "leakage": None if self.leakage is None else self.leakage.to_json(),
            "read": None if self.read is None else self.read.to_json(),
            "parity": self.parity,
            "movement": self.movement,
            "epochs": self.epochs,
            "best_epoch": self.best_epoch,
            "seconds": self.seconds,
            "date": self.date,
            "data": to_plain(self.data),
            "config": run.describe(),
            "versions": _versions(),
        }
        return {name: value for name, value in content.items() if value is not None}


def group_scores(groups: dict[Group, tuple[int, float | None]]) -> dict[str, dict[str, Any]]:
    """The groups block of `result.json`."""
    return {
        _GROUP_NAMES[group]: {"n": n} if score is None else {"n": n, "score": score}
        for group, (n, score) in groups.items()
    }


def today() -> str:
    return datetime.now(UTC).date().isoformat()


@cache
def _versions() -> dict[str, str]:
    libraries = {name: version(name) for name in ("torch", "numpy", "gensim")}
    return {"python": platform.python_version(), "wvexp": __version__, **libraries}


def make_result(
    run: RunConfig,
    corpus: Corpus,
    subset: Split,
    reference: ReferenceVectors | None,
    *,
    groups: dict[Group, tuple[int, float | None]],
    unit_counts: NDArray[Any],
    **measured: Any,
) -> RunResult:
    """Complete what training measured by what the data say."""
    seen = np.zeros(len(corpus.lexicon), dtype=bool)
    seen[subset.word_ids] = True
    counts = subset.kind.label_counts(subset.labels, len(corpus.label_names))
    missing = np.flatnonzero(counts[: len(corpus.label_names)] == 0)
    return RunResult(
        run=run,
        train_tokens=subset.tokens,
        train_types=int(seen.sum()),
        type_coverage=float(seen[np.unique(corpus.test.word_ids)].mean()),
        labels_missing=[corpus.label_names[i] for i in missing],
        groups=group_scores(groups),
        leakage=corpus.leakage,
        labels_unseen=count_unseen(corpus) or None,
        data=contents(corpus),
        date=today(),
        units=UnitCounts(unit_counts, corpus.units.ids, corpus.units.fingerprint),
        coverage=None if reference is None else asdict(coverage(reference, subset)),
        **measured,
    )
