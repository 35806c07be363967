"""From measurements to findings: every number of the report, as one structure that is JSON."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass, replace
from typing import Any

import numpy as np

from wvexp.analysis.choice import Choice, choose
from wvexp.analysis.comparisons import Comparison, compare_arms
from wvexp.analysis.components import has_spread, two_way
from wvexp.analysis.crossover import Crossover, crossover
from wvexp.analysis.curve import REACH, LearningCurve, learning_curve
from wvexp.analysis.fading import Fade, gain_fades
from wvexp.analysis.paired import MARGIN
from wvexp.analysis.trials import expected_best
from wvexp.analysis.verdict import (
    ARMS,
    PRETRAINED_FROZEN,
    PRETRAINED_TUNED,
    RANDOM_FROZEN,
    RANDOM_TUNED,
    SizeMeasures,
    Verdict,
    judge,
)
from wvexp.report.measurements import Measurements, in_order
from wvexp.seeds import stream

GROUPS = ("seen", "pretrained_only", "neither")
# Pairs that the guidance speaks of, first minus second.
PAIRS = (
    (PRETRAINED_FROZEN, PRETRAINED_TUNED),
    (PRETRAINED_TUNED, RANDOM_TUNED),
    (PRETRAINED_FROZEN, RANDOM_FROZEN),
)
_DRAWN = 40


@dataclass(frozen=True)
class Score:
    """The test score of an arm at a size; low and high are None where there is no interval."""

    arm: str
    size: int
    score: float
    low: float | None
    high: float | None
    lr: float
    seeds: int
    units: int


@dataclass(frozen=True)
class GroupError:
    """Error on the test examples of one group, as a mean over seeds; n of them on average."""

    arm: str
    size: int
    group: str
    error: float
    n: float


@dataclass(frozen=True)
class Findings:
    """Everything that the report says."""

    condition: str
    about: dict[str, Any]
    margin: float
    metric: str
    arms: tuple[str, ...]
    sizes: tuple[int, ...]
    full_size: int | None
    folds: int | None
    seeds: tuple[int, ...]
    choice: Choice
    scores: tuple[Score, ...]
    comparisons: tuple[Comparison, ...]
    verdicts: tuple[Verdict, ...]
    crossovers: dict[str, Crossover]
    fade: Fade | None
    curves: dict[str, LearningCurve]
    measures: dict[float, SizeMeasures]
    tuning: dict[str, list[float]]
    groups: tuple[GroupError, ...]
    coverage: dict[int, dict[str, float]]
    parity: dict[str, Any]
    movement: tuple[dict[str, Any], ...]
    versions: dict[str, list[str]]
    problems: tuple[str, ...]
    failures: tuple[str, ...]
    runs: tuple[dict[str, Any], ...]

    def score(self, arm: str, size: int) -> Score | None:
        return next((s for s in self.scores if (s.arm, s.size) == (arm, size)), None)

    def to_json(self) -> dict[str, Any]:
        """Plain values; what could not be estimated is null."""
        content: dict[str, Any] = plain(asdict(self))
        return content


def find(
    m: Measurements,
    margin: float = MARGIN,
    failures: tuple[str, ...] = (),
    wanted_size: int | None = None,
) -> Findings:
    """Everything that the analysis can say of the measurements; what it cannot is left out.

    wanted_size: the size that the choice is for; with less measured it stays undecided
    """
    values = {arm: m.values[arm] for arm in m.arms}
    measures = m.measures()
    comparisons = compare_arms(values, m.sizes, margin, m.full_size)
    guidance = {arm: values[arm] for arm in ARMS if arm in values}
    verdicts = judge(comparisons, guidance, m.sizes, measures, margin)
    crossovers = {
        f"{a} - {b}": crossover(values[a], values[b], m.sizes)
        for a, b in PAIRS
        if a in values and b in values
    }
    fade = None
    if PRETRAINED_TUNED in values and RANDOM_TUNED in values:
        fade = gain_fades(values[PRETRAINED_TUNED], values[RANDOM_TUNED], m.sizes, margin)
    choice = choose(
        {arm: table[-1] for arm, table in values.items()}, ARMS, stream(0, "choice"), margin
    )
    if wanted_size is not None and m.sizes[-1] < wanted_size:
        note = f"measured up to {m.sizes[-1]:,} of {wanted_size:,} training examples"
        choice = replace(choice, decided=False, notes=(*choice.notes, note))
    return Findings(
        condition=m.condition,
        about=_about(m),
        margin=margin,
        metric=m.metric,
        arms=m.arms,
        sizes=m.sizes,
        full_size=m.full_size,
        folds=m.folds,
        seeds=m.seeds,
        choice=choice,
        scores=scores_of(m),
        comparisons=comparisons,
        verdicts=verdicts,
        crossovers=crossovers,
        fade=fade,
        curves={arm: _curve(table, m.sizes) for arm, table in values.items()},
        measures=measures,
        tuning=_tuning(m),
        groups=_groups(m),
        coverage=_coverage(m),
        parity=_parity(m),
        movement=_movement(m),
        versions=_versions(m),
        problems=m.problems,
        failures=failures,
        runs=m.runs,
    )


def plain(value: Any) -> Any:
    """The same as JSON has it: tuples as lists, numbers that are none as null."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {_name(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _name(key: Any) -> str:
    return f"{key:g}" if isinstance(key, float) else str(key)


def _about(m: Measurements) -> dict[str, Any]:
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


def scores_of(m: Measurements) -> tuple[Score, ...]:
    """The test score of every arm at every size, with its 95 % interval over seeds and units."""
    scores = []
    for arm in m.arms:
        for k, size in enumerate(m.sizes):
            table = m.values[arm][k]
            table = table[~np.isnan(table).all(axis=1)]
            rate = m.selection.chosen[m.arms.index(arm)][k]
            if not len(table) or rate is None:
                continue
            low = high = None
            if has_spread(table):
                low, high = two_way(table).interval()
            mean = float(table.mean())
            scores.append(Score(arm, size, mean, low, high, m.rates[rate], *table.shape))
    return tuple(scores)


def _curve(values: Any, sizes: tuple[int, ...]) -> LearningCurve:
    usable = [size for size, table in zip(sizes, values, strict=True) if has_spread(table)]
    if not usable:
        return learning_curve(values, sizes)
    first, last = usable[0], usable[-1]
    at = [*np.geomspace(first, last, _DRAWN), *np.geomspace(last, last * REACH, _DRAWN // 2)]
    # Rounding must not put an end outside what may be asked for.
    asked = np.clip(at, first, last * REACH)
    return learning_curve(values, sizes, asked.tolist())


def _tuning(m: Measurements) -> dict[str, list[float]]:
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


def _groups(m: Measurements) -> tuple[GroupError, ...]:
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


def _coverage(m: Measurements) -> dict[int, dict[str, float]]:
    """Share of training word types and tokens that have a pretrained vector, by size."""
    shares = {}
    for size in m.sizes:
        found = [r["coverage"] for r in m.runs if r["train_size"] == size and r.get("coverage")]
        if found:
            shares[size] = {
                name: float(np.mean([share[name] for share in found])) for name in found[0]
            }
    return shares


def _parity(m: Measurements) -> dict[str, Any]:
    checked = [run["parity"] for run in m.runs if run.get("parity")]
    if not checked:
        return {"runs": 0}
    return {
        "runs": len(checked),
        "passed": sum(bool(parity["passed"]) for parity in checked),
        "checks": sum(parity.get("checked", 0) for parity in checked),
        "max_rel_error": max(parity["max_rel_error"] for parity in checked),
    }


def _movement(m: Measurements) -> tuple[dict[str, Any], ...]:
    """What moved at the largest size of every tuned arm, from its first seed that ran."""
    found = []
    for arm in in_order(m.arms):
        runs = [m.chosen[arm, m.sizes[-1], s] for s in m.seeds if (arm, m.sizes[-1], s) in m.chosen]
        if runs and runs[0].get("finetune"):
            run = runs[0]
            found.append({"arm": arm, "size": m.sizes[-1], "seed": run["seed"], **run["movement"]})
    return tuple(found)


def _versions(m: Measurements) -> dict[str, list[str]]:
    seen: dict[str, set[str]] = {}
    for run in m.runs:
        for name, version in run.get("versions", {}).items():
            seen.setdefault(name, set()).add(str(version))
    return {name: sorted(versions) for name, versions in seen.items()}
