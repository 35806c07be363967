"""The folds of a cross-fit read as one run, tested on every example."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from math import nan
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.reason import Reason, Why
from wvexp.data.leakage import Leakage
from wvexp.metrics.class_scores import class_scores
from wvexp.results.stored_run import (
    ClassScores,
    GroupScore,
    MetricScores,
    StoredMovement,
    StoredRun,
)
from wvexp.vectors.table import Coverage

Counts = NDArray[Any]


class Results(Protocol):
    """What is read of `wvexp.results.store.Store`; KeyError for a run without counts."""

    def runs(self, **equal: Any) -> list[StoredRun]: ...
    def unit_counts(self, key: str) -> Counts: ...
    def unit_ids(self, key: str) -> list[str]: ...


class CrossFitted:
    """The same results with one run in the place of its folds; runs without folds as they are.

    A joined run goes by the key of its first fold, lists all as `fold_keys`, and has the units of
    all, sorted by name. `incomplete` says, after `runs`, which were left out because a fold is
    missing.
    """

    def __init__(self, results: Results) -> None:
        self.results = results
        self.incomplete: list[Reason] = []
        self._folds: dict[str, Sequence[str]] = {}

    def runs(self, **equal: Any) -> list[StoredRun]:
        self.incomplete = []
        joined, folded = [], defaultdict(list)
        for run in self.results.runs(**equal):
            if run.fold is not None:
                folded[_without_fold(run)].append(run)
            else:
                joined.append(run)
        for parts in folded.values():
            first = parts[0]
            if len(parts) == first.folds:
                joined.append(_joined(parts))
                self.join(joined[-1].fold_keys or ())
            else:
                missing = Reason(
                    Why.FOLDS_MISSING,
                    arm=first.arm,
                    size=first.train_size,
                    seed=first.seed,
                    lr=first.lr,
                    there=len(parts),
                    folds=first.folds,
                )
                self.incomplete.append(missing)
        return joined

    def join(self, keys: Sequence[str]) -> str:
        """Take the folds with these keys, all of one cross-fit, for one; the key of that."""
        if len(keys) > 1:
            self._folds[keys[0]] = keys
        return keys[0]

    def unit_counts(self, key: str) -> Counts:
        parts = self._folds.get(key)
        if parts is None:
            return self.results.unit_counts(key)
        ids = [name for part in parts for name in self.results.unit_ids(part)]
        counts = np.concatenate([self.results.unit_counts(part) for part in parts])
        return counts[np.argsort(np.array(ids), kind="stable")]

    def unit_ids(self, key: str) -> list[str]:
        parts = self._folds.get(key)
        if parts is None:
            return self.results.unit_ids(key)
        return sorted(name for part in parts for name in self.results.unit_ids(part))


def _without_fold(run: StoredRun) -> str:
    return json.dumps({**(run.config or {}), "fold": None}, sort_keys=True)


def _joined(parts: Sequence[StoredRun]) -> StoredRun:
    """Means over the folds, sums of what they took and tested; what one model alone has is gone."""
    parts = sorted(parts, key=lambda run: run.fold or 0)
    first = parts[0]
    metrics = [part.metric for part in parts]
    return replace(
        first,
        fold=None,
        fold_keys=tuple(part.key for part in parts),
        labels_missing=None,
        parity=None,
        metric=MetricScores(
            first.metric.name,
            _mean([metric.validation for metric in metrics]),
            _mean([metric.test for metric in metrics]),
        ),
        seconds=sum(part.seconds for part in parts),
        train_tokens=_known_mean([part.train_tokens for part in parts]),
        train_types=_known_mean([part.train_types for part in parts]),
        type_coverage=_known_mean([part.type_coverage for part in parts]),
        epochs=_known_mean([part.epochs for part in parts]),
        best_epoch=_known_mean([part.best_epoch for part in parts]),
        leakage=_leakage([part.leakage for part in parts if part.leakage is not None]),
        coverage=_coverage([part.coverage for part in parts]),
        movement=_movement([part.movement for part in parts]),
        per_class=joined_per_class([part.per_class or {} for part in parts]),
        measures={
            name: _mean([(part.measures or {}).get(name, nan) for part in parts])
            for name in first.measures or {}
        }
        or None,
        data=None if first.data is None else first.data.pooled(),
        groups={
            name: _group([part.groups[name] for part in parts if name in part.groups])
            for name in first.groups
        },
    )


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def _known_mean(values: Sequence[float | None]) -> float | None:
    """None where any is."""
    known = [value for value in values if value is not None]
    return _mean(known) if len(known) == len(values) else None


def _coverage(found: Sequence[Coverage | None]) -> Coverage | None:
    known = [share for share in found if share is not None]
    if len(known) < len(found):
        return None
    return Coverage(_mean(share.types for share in known), _mean(share.tokens for share in known))


def _movement(found: Sequence[StoredMovement]) -> StoredMovement:
    """Without the words that moved most, which are those of one model."""
    names = [field.name for field in fields(StoredMovement) if field.name != "most_moved"]
    means = {name: _known_mean([getattr(moved, name) for moved in found]) for name in names}
    return StoredMovement(**means, most_moved=None)  # type: ignore[arg-type]


def _leakage(found: Sequence[Leakage]) -> Leakage | None:
    if not found:
        return None
    return Leakage(sum(one.shared for one in found), sum(one.checked for one in found))


def joined_per_class(parts: Sequence[Mapping[str, ClassScores]]) -> dict[str, ClassScores]:
    """The scores of each label over all the folds' tests together; of old rows its support alone.

    Those do not say how often a label was predicted.
    """
    support, predicted, right = Counter[str](), Counter[str](), Counter[str]()
    for labels in parts:
        for label, scores in labels.items():
            support[label] += scores.support
            predicted[label] += scores.predicted or 0
            right[label] += round((scores.recall or 0) * scores.support)
    scored = [s for labels in parts for s in labels.values() if s.precision is not None]
    if any(scores.predicted is None for scores in scored):
        return {label: ClassScores(count) for label, count in support.items()}
    return {
        label: ClassScores(**class_scores(right[label], predicted[label], support[label]))
        for label in support
    }


def _group(cells: Sequence[GroupScore]) -> GroupScore:
    """All test examples of a group; the score is weighted by their number."""
    scored = [(cell.score, cell.n) for cell in cells if cell.score is not None and cell.n]
    total = sum(cell.n for cell in cells)
    if not scored:
        return GroupScore(total)
    scores, weights = zip(*scored, strict=True)
    return GroupScore(total, float(np.average(scores, weights=weights)))
