"""What the runs of a condition say beside their test scores, gathered over seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wvexp.analysis.trials import expected_best
from wvexp.data.unseen import unseen_words
from wvexp.report.description import training_labels
from wvexp.report.measurements import Measurements, in_order

GROUPS = ("seen", "pretrained_only", "neither")


@dataclass(frozen=True)
class GroupError:
    """Error on the test examples of one group, as a mean over seeds; n of them on average."""

    arm: str
    size: int
    group: str
    error: float
    n: float


@dataclass(frozen=True)
class LabelScore:
    """Scores of one label as means over seeds; None where undefined; support: its test examples."""

    arm: str
    label: str
    support: int
    precision: float | None
    recall: float | None
    f1: float | None


def shared_configuration(m: Measurements) -> dict[str, Any]:
    """The configuration that all runs of the condition share."""
    config = dict(m.runs[0].get("config", {}))
    for varied in ("embed", "finetune", "tuning", "train_size", "seed"):
        config.pop(varied, None)
    config["optim"] = {k: v for k, v in config.get("optim", {}).items() if k != "lr"}
    run = m.runs[0]
    return {
        "task": run["task"],
        "model": run["model"],
        "metric": m.metric,
        "engine": run["engine"],
        "learning_rates": list(m.rates),
        "config": config,
    }


def unseen_labels(m: Measurements) -> str:
    """Which labels of the test data no run could learn, in words; empty for none.

    Every run of a condition has the same data.
    """
    found = (run["labels_unseen"] for run in m.runs if "labels_unseen" in run)
    return unseen_words(next(found, {}), m.runs[0]["task"])


def expected_validation(m: Measurements) -> dict[str, list[float]]:
    """Expected best validation score after 1, 2, ... trials at the largest size, by arm.

    A trial is a learning rate with a seed, of the seeds on which every rate was tried.
    """
    expected = {}
    for a, arm in enumerate(m.arms):
        scores = m.validation[a, -1]
        tried = np.isfinite(scores).any(axis=1)
        common = np.isfinite(scores[tried]).all(axis=0)
        pool = scores[tried][:, common].ravel() if tried.any() else np.empty(0)
        if tried.sum() > 1 and len(pool):
            expected[arm] = expected_best(pool.tolist(), len(pool)).tolist()
    return expected


def group_errors(m: Measurements) -> tuple[GroupError, ...]:
    """Of every arm, size and group with a score."""
    found = []
    for arm in m.arms:
        for size in m.sizes:
            runs = [m.chosen[arm, size, seed] for seed in m.seeds if (arm, size, seed) in m.chosen]
            for group in GROUPS:
                cells = [run.get("groups", {}).get(group, {}) for run in runs]
                scored = [cell for cell in cells if "score" in cell]
                if scored:
                    error = 1 - float(np.mean([cell["score"] for cell in scored]))
                    n = float(np.mean([cell["n"] for cell in scored]))
                    found.append(GroupError(arm, size, group, error, n))
    return tuple(found)


def label_scores(m: Measurements) -> tuple[LabelScore, ...]:
    """Of every arm and label of the test data at the largest size, as means over the seeds."""
    found = []
    for arm in m.arms:
        runs = [m.chosen[arm, m.sizes[-1], s] for s in m.seeds if (arm, m.sizes[-1], s) in m.chosen]
        by_label: dict[str, list[dict[str, Any]]] = {}
        for run in runs:
            for label, scores in run.get("per_class", {}).items():
                by_label.setdefault(label, []).append(scores)
        for label, cells in by_label.items():
            support = max(cell.get("support", 0) for cell in cells)
            means = (_mean_of(cells, name) for name in ("precision", "recall", "f1"))
            found.append(LabelScore(arm, label, support, *means))
    return tuple(found)


def _mean_of(cells: Sequence[Mapping[str, Any]], name: str) -> float | None:
    """Of the cells that have it: a precision is undefined where the label was never predicted."""
    known = [cell[name] for cell in cells if name in cell]
    return float(np.mean(known)) if known else None


def label_counts(m: Measurements) -> dict[str, int]:
    """How often the training data have each label; empty where the rows do not say."""
    return next((training_labels(run["data"]) for run in m.runs if "data" in run), {})


def labels_present(m: Measurements) -> dict[int, str]:
    """By size how many labels have a training example: `5 of 6`; the fewest over the seeds."""
    present = {}
    for size in m.sizes:
        told = [
            len(labels) - len(run["labels_missing"])
            for run in m.runs
            if run["train_size"] == size and "labels_missing" in run
            if (labels := training_labels(run.get("data", {})))
        ]
        if told:
            present[size] = f"{min(told):,} of {len(label_counts(m)):,}"
    return present


def coverage_by_size(m: Measurements) -> dict[int, dict[str, float]]:
    """Share of training word types and tokens that have a pretrained vector, by size."""
    shares = {}
    for size in m.sizes:
        found = [r["coverage"] for r in m.runs if r["train_size"] == size and r.get("coverage")]
        if found:
            shares[size] = {
                name: float(np.mean([share[name] for share in found])) for name in found[0]
            }
    return shares


def parity_summary(m: Measurements) -> dict[str, Any]:
    """How many runs checked their gradients as they trained, and the largest error."""
    checked = [run["parity"] for run in m.runs if run.get("parity")]
    if not checked:
        return {"runs": 0}
    return {
        "runs": len(checked),
        "passed": sum(bool(parity["passed"]) for parity in checked),
        "checks": sum(parity.get("checked", 0) for parity in checked),
        "max_rel_error": max(parity["max_rel_error"] for parity in checked),
    }


def movement_of_arms(m: Measurements) -> tuple[dict[str, Any], ...]:
    """What moved at the largest size of every tuned arm, from its first seed that ran."""
    found = []
    for arm in in_order(m.arms):
        runs = [m.chosen[arm, m.sizes[-1], s] for s in m.seeds if (arm, m.sizes[-1], s) in m.chosen]
        if runs and runs[0].get("finetune"):
            run = runs[0]
            found.append({"arm": arm, "size": m.sizes[-1], "seed": run["seed"], **run["movement"]})
    return tuple(found)


def versions_used(m: Measurements) -> dict[str, list[str]]:
    """Library -> the versions that the runs were trained with."""
    seen: dict[str, set[str]] = {}
    for run in m.runs:
        for name, version in run.get("versions", {}).items():
            seen.setdefault(name, set()).add(str(version))
    return {name: sorted(versions) for name, versions in seen.items()}
