"""What the runs of a condition say beside their test scores, gathered over seeds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from wvexp.analysis.trials import expected_best
from wvexp.data.records import to_plain
from wvexp.report.measurements import Measurements, in_order, known_mean
from wvexp.report.unseen import unseen_words
from wvexp.results.stored_run import ClassScores

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
    run = m.runs[0]
    return {
        "task": run.task,
        "model": run.model,
        "metric": m.metric,
        "engine": run.engine,
        "learning_rates": list(m.rates),
        "config": run.shared_config,
    }


def unseen_labels(m: Measurements) -> str:
    """Which labels of the test data no run could learn, in words; empty for none.

    Every run of a condition has the same data.
    """
    found = (run.labels_unseen for run in m.runs if run.labels_unseen is not None)
    return unseen_words(next(found, {}), m.runs[0].task)


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
            runs = m.runs_of(arm, size)
            for group in GROUPS:
                cells = [run.groups[group] for run in runs if group in run.groups]
                scored = [(cell.score, cell.n) for cell in cells if cell.score is not None]
                if scored:
                    error = 1 - float(np.mean([score for score, _ in scored]))
                    n = float(np.mean([n for _, n in scored]))
                    found.append(GroupError(arm, size, group, error, n))
    return tuple(found)


def label_scores(m: Measurements) -> tuple[LabelScore, ...]:
    """Of every arm and label of the test data at the largest size, as means over the seeds."""
    found = []
    for arm in m.arms:
        by_label: dict[str, list[ClassScores]] = {}
        for run in m.runs_of(arm, m.sizes[-1]):
            for label, scores in (run.per_class or {}).items():
                by_label.setdefault(label, []).append(scores)
        for label, cells in by_label.items():
            support = max(cell.support for cell in cells)
            # No precision is where the label was never predicted.
            precision = known_mean(cell.precision for cell in cells)
            recall = known_mean(cell.recall for cell in cells)
            f1 = known_mean(cell.f1 for cell in cells)
            found.append(LabelScore(arm, label, support, precision, recall, f1))
    return tuple(found)


def measures_beside(m: Measurements) -> dict[str, dict[str, float]]:
    """By arm what is told beside its score at the largest size, as means over the seeds."""
    found = {}
    for arm in m.arms:
        told = [run.measures for run in m.runs_of(arm, m.sizes[-1]) if run.measures]
        if told:
            found[arm] = {
                name: float(np.mean([measures[name] for measures in told])) for name in told[0]
            }
    return found


def label_counts(m: Measurements) -> Mapping[str, int]:
    """How often the training data have each label; empty where the rows do not say."""
    return next((run.data.training_labels for run in m.runs if run.data is not None), {})


def labels_present(m: Measurements) -> dict[int, str]:
    """By size how many labels have a training example: `5 of 6`; the fewest over the seeds."""
    present = {}
    for size in m.sizes:
        told = [
            len(run.data.training_labels) - len(run.labels_missing)
            for run in m.runs
            if run.train_size == size and run.labels_missing is not None
            if run.data is not None and run.data.training_labels
        ]
        if told:
            present[size] = f"{min(told):,} of {len(label_counts(m)):,}"
    return present


def coverage_by_size(m: Measurements) -> dict[int, dict[str, float]]:
    """Share of training word types and tokens that have a pretrained vector, by size."""
    shares = {}
    for size in m.sizes:
        found = [r.coverage for r in m.runs if r.train_size == size and r.coverage is not None]
        if found:
            shares[size] = {
                "types": float(np.mean([share.types for share in found])),
                "tokens": float(np.mean([share.tokens for share in found])),
            }
    return shares


def parity_summary(m: Measurements) -> dict[str, Any]:
    """How many runs checked their gradients as they trained, and the largest error."""
    checked = [run.parity for run in m.runs if run.parity is not None]
    if not checked:
        return {"runs": 0}
    return {
        "runs": len(checked),
        "passed": sum(parity.passed for parity in checked),
        "checks": sum(parity.checked or 0 for parity in checked),
        "max_rel_error": max(parity.max_rel_error for parity in checked),
    }


def movement_of_arms(m: Measurements) -> tuple[dict[str, Any], ...]:
    """What moved at the largest size of every tuned arm, from its first seed that ran."""
    found = []
    for arm in in_order(m.arms):
        run = next(iter(m.runs_of(arm, m.sizes[-1])), None)
        if run is not None and run.finetune:
            moved = to_plain(run.movement)
            found.append({"arm": arm, "size": m.sizes[-1], "seed": run.seed, **moved})
    return tuple(found)


def versions_used(m: Measurements) -> dict[str, list[str]]:
    """Library -> the versions that the runs were trained with."""
    seen: dict[str, set[str]] = {}
    for run in m.runs:
        for name, version in (run.versions or {}).items():
            seen.setdefault(name, set()).add(version)
    return {name: sorted(versions) for name, versions in seen.items()}
