"""From measurements to findings: every number of the report, as one structure that is JSON."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

import numpy as np

from wvexp.analysis.choice import Blocker, Choice
from wvexp.analysis.comparisons import Comparison, compare_arms
from wvexp.analysis.components import has_spread, two_way
from wvexp.analysis.crossover import Crossover, crossover
from wvexp.analysis.curve import REACH, LearningCurve, learning_curve
from wvexp.analysis.evidence import SizeMeasures
from wvexp.analysis.fading import Fade, gain_fades
from wvexp.analysis.label_worth import LabelWorth, label_worth
from wvexp.analysis.overlap import variance_inflation
from wvexp.analysis.paired import MARGIN
from wvexp.analysis.reason import Reason, Remedy, Why
from wvexp.analysis.verdict import Verdict, judge
from wvexp.arms import (
    FOUR_NAMES,
    PRETRAINED_FROZEN,
    PRETRAINED_TUNED,
    RANDOM_FROZEN,
    RANDOM_TUNED,
    Arm,
)
from wvexp.data.overview import Reading
from wvexp.data.records import to_plain
from wvexp.metrics import METRICS
from wvexp.report.agreement import beside_choice
from wvexp.report.baseline import majority_baseline
from wvexp.report.choice import choice_of
from wvexp.report.description import described
from wvexp.report.measurements import Measurements
from wvexp.report.reasons import in_words, remedy_words
from wvexp.report.standings import RaceFindings
from wvexp.report.summaries import (
    GroupError,
    LabelScore,
    coverage_by_size,
    expected_validation,
    group_errors,
    label_counts,
    label_scores,
    labels_present,
    measures_beside,
    movement_of_arms,
    parity_summary,
    shared_configuration,
    unseen_labels,
    versions_used,
)
from wvexp.report.yardsticks import YardstickScore, YardstickValues, yardstick_scores
from wvexp.results.stored_run import StoredRun
from wvexp.vectors.initial import PRETRAINED

# Pairs that the guidance speaks of, first minus second.
PAIRS = (
    (PRETRAINED_FROZEN.name, PRETRAINED_TUNED.name),
    (PRETRAINED_TUNED.name, RANDOM_TUNED.name),
    (PRETRAINED_FROZEN.name, RANDOM_FROZEN.name),
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
class Findings:
    """Everything that the report says.

    described: what was measured on, as names and values, for the head of the page
    baseline: score of always giving `constant`, as one does who has learnt nothing; None where it
        is not known
    beside: by arm what is told beside its score at the largest size, in the units of the data
    read: what was read, as the first run that says so has it; None where none does
    unseen_labels: what counts as wrong because training lacks its label; empty for none
    falls_short: how much less was measured than the size that the choice is for; None where that
        size was reached
    problems: what to mind, the most telling first
    cut_short: a budget ended before all was measured that would have been without one
    yardsticks: methods without these vectors, at the largest size, the best first
    race: of recipes, where the decision was between more than the four arms
    """

    condition: str
    described: tuple[tuple[str, str], ...]
    read: Reading | None
    about: dict[str, Any]
    margin: float
    metric: str
    arms: tuple[str, ...]
    sizes: tuple[int, ...]
    full_size: int | None
    folds: int | None
    seeds: tuple[int, ...]
    baseline: float | None
    constant: str
    beside: dict[str, dict[str, float]]
    unseen_labels: str
    falls_short: Reason | None
    cut_short: bool
    choice: Choice
    scores: tuple[Score, ...]
    yardsticks: tuple[YardstickScore, ...]
    comparisons: tuple[Comparison, ...]
    verdicts: tuple[Verdict, ...]
    crossovers: dict[str, Crossover]
    fade: Fade | None
    label_worth: LabelWorth
    curves: dict[str, LearningCurve]
    measures: dict[float, SizeMeasures]
    lr_trials: dict[str, list[float]] = field(metadata={"key": "tuning"})  # as in report.json
    groups: tuple[GroupError, ...]
    labels: tuple[LabelScore, ...]
    label_counts: Mapping[str, int]
    labels_present: dict[int, str]
    coverage: dict[int, dict[str, float]]
    parity: dict[str, Any]
    movement: tuple[dict[str, Any], ...]
    versions: dict[str, list[str]]
    problems: tuple[Reason, ...]
    failures: tuple[str, ...]
    runs: tuple[StoredRun, ...]
    race: RaceFindings | None = None

    def score(self, arm: str, size: int) -> Score | None:
        return next((s for s in self.scores if (s.arm, s.size) == (arm, size)), None)

    def to_json(self) -> dict[str, Any]:
        """Plain values, reasons in words; what could not be estimated is null."""
        content: dict[str, Any] = plain(replace(self, runs=()))
        runs = plain(to_plain(self.runs))
        return {**content, "runs": runs, "falls_short": content["falls_short"] or ""}


def find(
    m: Measurements,
    margin: float = MARGIN,
    failures: tuple[str, ...] = (),
    wanted_size: int | None = None,
    notes: tuple[Reason, ...] = (),
    cut_short: bool = False,
    yardsticks: Sequence[YardstickValues] = (),
) -> Findings:
    """Everything that the analysis can say of the measurements; what it cannot is left out.

    wanted_size: the size that the choice is for; with less measured it stays undecided, and the
        claims about large sizes stay untested
    notes: what else one should mind, named before what is missing
    cut_short: whether a budget ended before all was measured
    yardsticks: as `measure_yardsticks` gives them
    """
    values = {arm: m.values[arm] for arm in m.arms}
    measures = m.measures()
    wider = variance_inflation(m.folds)
    span = METRICS[m.metric].span
    comparisons = compare_arms(values, m.sizes, margin, m.full_size, wider, span)
    guidance = {arm: values[arm] for arm in FOUR_NAMES if arm in values}
    short = _falls_short(m, wanted_size)
    verdicts = judge(comparisons, FOUR_NAMES, guidance, m.sizes, measures, margin, wider, short)
    crossovers = {
        f"{a} - {b}": crossover(values[a], values[b], m.sizes, inflation=wider)
        for a, b in PAIRS
        if a in values and b in values
    }
    [fade] = [v.fade for v in verdicts if v.claim == "random_suffices"]
    pretrained, random = values.get(PRETRAINED_TUNED.name), values.get(RANDOM_TUNED.name)
    if fade is None and pretrained is not None and random is not None:
        fade = gain_fades(pretrained, random, m.sizes, margin, inflation=wider)
    choice = choice_of(m, margin)
    curves = {arm: _curve(table, m.sizes, wider, span) for arm, table in values.items()}
    if short:
        blockers = (*choice.blockers, Blocker(short, Remedy.WANTED_SIZE))
        choice = replace(choice, decided=False, blockers=blockers)
    verdicts = beside_choice(verdicts, choice, m.sizes[-1], margin)
    read = next((run.read for run in m.runs if run.read is not None), None)
    return Findings(
        condition=m.condition,
        described=described(m),
        read=read,
        about=shared_configuration(m),
        margin=margin,
        metric=m.metric,
        arms=m.arms,
        sizes=m.sizes,
        full_size=m.full_size,
        folds=m.folds,
        seeds=m.seeds,
        baseline=majority_baseline(m.runs, m.metric),
        constant=m.runs[0].kind.constant,
        beside=measures_beside(m),
        unseen_labels=unseen_labels(m),
        falls_short=short,
        cut_short=cut_short,
        choice=choice,
        scores=scores_of(m),
        yardsticks=yardstick_scores(m, yardsticks, choice.recommended, margin),
        comparisons=comparisons,
        verdicts=verdicts,
        crossovers=crossovers,
        fade=fade,
        label_worth=label_worth(values, m.sizes, choice.recommended, _worth_pair(choice), wider),
        curves=curves,
        measures=measures,
        lr_trials=expected_validation(m),
        groups=group_errors(m),
        labels=label_scores(m),
        label_counts=label_counts(m),
        labels_present=labels_present(m),
        coverage=coverage_by_size(m),
        parity=parity_summary(m),
        movement=movement_of_arms(m),
        versions=versions_used(m),
        problems=(*notes, *m.problems, *_curve_problems(curves)),
        failures=failures,
        runs=tuple(replace(run, read=None) for run in m.runs),  # what was read is said once
    )


def _worth_pair(choice: Choice) -> tuple[str, str]:
    """The arm with the vectors, the recommended where it has them, and the best without them."""
    arm = choice.recommended
    takes_them = arm is not None and Arm.parse(arm).embed == PRETRAINED.name
    return arm if arm and takes_them else PRETRAINED_TUNED.name, RANDOM_TUNED.name


def _falls_short(m: Measurements, wanted_size: int | None) -> Reason | None:
    """How much less than the wanted size was measured; None where nothing is missing."""
    if wanted_size is None or m.sizes[-1] >= wanted_size:
        return None
    unit = m.runs[0].kind.nouns
    return Reason(Why.SHORT_OF_WANTED_SIZE, measured=m.sizes[-1], wanted=wanted_size, unit=unit)


def plain(value: Any) -> Any:
    """The same as JSON has it: tuples as lists, numbers that are none as null, reasons in words."""
    if isinstance(value, Reason):
        return in_words(value)
    if isinstance(value, Blocker):
        said = {"reason": in_words(value.reason), "remedy": remedy_words(value)}
        return {**said, "arm": value.arm}
    if is_dataclass(value) and not isinstance(value, type):
        named = ((f.metadata.get("key", f.name), getattr(value, f.name)) for f in fields(value))
        return {name: plain(item) for name, item in named}
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


def scores_of(m: Measurements) -> tuple[Score, ...]:
    """The test score of every arm at every size, with its 95 % interval over seeds and units.

    The interval is that of a t distribution, cut at the worst score there is and at 100 %.
    """
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
                ends = two_way(table, inflation=variance_inflation(m.folds)).interval()
                low, high = np.clip(ends, METRICS[m.metric].lowest, 1.0).tolist()
            mean = float(table.mean())
            scores.append(Score(arm, size, mean, low, high, m.rates[rate], *table.shape))
    return tuple(scores)


def _curve_problems(curves: Mapping[str, LearningCurve]) -> list[Reason]:
    """The curves, over sizes enough for one, that cannot be fitted or that fit badly."""
    arms: dict[Why, list[str]] = {}
    for arm, curve in curves.items():
        for note in curve.notes:
            if note.kind in (Why.CURVE_NOT_FITTED, Why.CURVE_FITS_BADLY):
                arms.setdefault(note.kind, []).append(arm)
    return [
        Reason(Why.LEARNING_CURVE, arms=tuple(of_kind), because=Reason(kind))
        for kind, of_kind in arms.items()
    ]


def _curve(values: Any, sizes: tuple[int, ...], wider: float, span: float) -> LearningCurve:
    usable = [size for size, table in zip(sizes, values, strict=True) if has_spread(table)]
    if not usable:
        return learning_curve(values, sizes, inflation=wider, span=span)
    first, last = usable[0], usable[-1]
    at = [*np.geomspace(first, last, _DRAWN), *np.geomspace(last, last * REACH, _DRAWN // 2)]
    # Rounding must not put an end outside what may be asked for.
    asked = np.clip(at, first, last * REACH)
    return learning_curve(values, sizes, asked.tolist(), inflation=wider, span=span)
