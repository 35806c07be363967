"""The folds of a cross-fit read as one run, tested on every example."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wvexp.analysis.reason import Reason, Why
from wvexp.data.contents import pooled_contents
from wvexp.metrics.class_scores import class_scores

Run = dict[str, Any]
Counts = NDArray[np.integer]


class Results(Protocol):
    """What is read of `wvexp.results.store.Store`; KeyError for a run without counts."""

    def runs(self, **equal: Any) -> list[Run]: ...
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
        self._folds: dict[str, list[str]] = {}

    def runs(self, **equal: Any) -> list[Run]:
        self.incomplete = []
        joined, folded = [], defaultdict(list)
        for run in self.results.runs(**equal):
            if "fold" in run:
                folded[_without_fold(run)].append(run)
            else:
                joined.append(run)
        for parts in folded.values():
            first = parts[0]
            if len(parts) == first["folds"]:
                joined.append(_joined(parts))
                self._folds[joined[-1]["key"]] = joined[-1]["fold_keys"]
            else:
                missing = Reason(
                    Why.FOLDS_MISSING,
                    arm=first["arm"],
                    size=first["train_size"],
                    seed=first["seed"],
                    lr=first["lr"],
                    there=len(parts),
                    folds=first["folds"],
                )
                self.incomplete.append(missing)
        return joined

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


def _without_fold(run: Run) -> str:
    return json.dumps({**run["config"], "fold": None}, sort_keys=True)


def _joined(parts: Sequence[Run]) -> Run:
    """Means over the folds, sums of what they took and tested; what one model alone has is gone."""
    parts = sorted(parts, key=lambda run: run["fold"])
    alone = [
        "fold",
        "per_class",
        "parity",
        "movement",
        "coverage",
        "groups",
        "labels_missing",
        "leakage",
        "data",
    ]
    run = {name: value for name, value in parts[0].items() if name not in alone}
    run["fold_keys"] = [part["key"] for part in parts]
    run["metric"] = {**run["metric"], **_means(part["metric"] for part in parts)}
    run["seconds"] = sum(part["seconds"] for part in parts)
    for name in ("train_tokens", "train_types", "type_coverage", "epochs", "best_epoch"):
        if name in run:
            run[name] = float(np.mean([part[name] for part in parts]))
    if any("leakage" in part for part in parts):
        told = [part.get("leakage", {"shared": 0, "checked": 0}) for part in parts]
        run["leakage"] = {name: sum(one[name] for one in told) for name in ("shared", "checked")}
    if all("coverage" in part for part in parts):
        run["coverage"] = _means(part["coverage"] for part in parts)
    run["movement"] = _means(part["movement"] for part in parts)
    run["per_class"] = joined_per_class([part.get("per_class", {}) for part in parts])
    if "data" in parts[0]:
        run["data"] = pooled_contents(parts[0]["data"])
    run["groups"] = {
        group: _group([part["groups"][group] for part in parts]) for group in parts[0]["groups"]
    }
    return run


def _means(blocks: Iterable[dict[str, Any]]) -> dict[str, float]:
    """The mean of every number that all blocks have."""
    listed = list(blocks)
    shared = set.intersection(*(set(block) for block in listed))
    return {
        name: float(np.mean([block[name] for block in listed]))
        for name in listed[0]
        if name in shared and isinstance(listed[0][name], int | float)
    }


def joined_per_class(parts: Sequence[dict[str, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """The scores of each label over all the folds' tests together; of old rows its support alone.

    Those do not say how often a label was predicted.
    """
    support, predicted, right = Counter[str](), Counter[str](), Counter[str]()
    for labels in parts:
        for label, scores in labels.items():
            support[label] += scores.get("support", 0)
            predicted[label] += scores.get("predicted", 0)
            right[label] += round(scores.get("recall", 0) * scores.get("support", 0))
    scored = [scores for labels in parts for scores in labels.values() if "precision" in scores]
    if not all("predicted" in scores for scores in scored):
        return {label: {"support": count} for label, count in support.items()}
    return {
        label: class_scores(right[label], predicted[label], support[label]) for label in support
    }


def _group(cells: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All test examples of a group; the score is weighted by their number."""
    scored = [cell for cell in cells if "score" in cell and cell["n"]]
    total: dict[str, Any] = {"n": sum(cell["n"] for cell in cells)}
    if scored:
        total["score"] = float(
            np.average([cell["score"] for cell in scored], weights=[cell["n"] for cell in scored])
        )
    return total
