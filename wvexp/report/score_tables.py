"""The tables that are read first: the test scores, the yardsticks, the scores of each label."""

from collections.abc import Callable

from wvexp.metrics import METRICS
from wvexp.report.findings import Findings, Score
from wvexp.report.race_words import race_table
from wvexp.report.table import Row, Table
from wvexp.report.wording import counted, listed
from wvexp.report.words import unit


def score_tables(f: Findings) -> list[Table]:
    """Those that have rows."""
    raced = [race_table(f, f.race)] if f.race else []
    found = (*raced, _scores(f), _yardsticks(f), _labels(f))
    return [table for table in found if table.rows]


def _scores(f: Findings) -> Table:
    units = sorted({s.units for s in f.scores})
    tested = f"on {listed([f'{count:,}' for count in units])} test units"
    if f.folds:
        tested += f", cross-fitted over {f.folds} folds"
    caption = (
        f"{_metric(f)} in % {tested}, as the mean over seeds [95 % interval], by number of "
        f"training {unit(f)}."
    )
    return Table("Test scores", caption, *_by_size(f, _score), folds=False)


def _yardsticks(f: Findings) -> Table:
    """The methods without word vectors beside the recommended arm, the best first."""
    arm = f.choice.recommended or "the recommended arm"
    caption = (
        f"{_metric(f)} in % [95 % interval] of methods without these word vectors, at "
        f"{f.sizes[-1]:,} training {unit(f, f.sizes[-1])} on the same test units; difference from "
        f"{arm} in points, paired. The call counts all {counted(len(f.yardsticks), 'yardstick')} "
        "(Holm). Settings are those that validation chose, seconds those of a fit with them all."
    )
    rows = [
        (
            one.words,
            _interval(one.score, one.low, one.high),
            "" if d is None or d.estimate is None else f"{100 * d.estimate:+.1f}",
            "" if d is None or d.low is None or d.high is None
            else f"{100 * d.low:+.1f} to {100 * d.high:+.1f}",
            one.standing,
            ", ".join(f"{name} {_setting(value)}" for name, value in one.settings.items()),
            f"{one.seconds:.2f}",
        )
        for one in f.yardsticks
        for d in [one.difference]
    ]  # fmt: skip
    head = ("yardstick", "score", "difference", "95 % interval", "call", "settings", "seconds")
    return Table("Yardsticks", caption, head, rows, folds=False).without_empty()


def _setting(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def rate_table(f: Findings) -> Table:
    """The learning rate and the seeds behind every test score."""
    caption = (
        "Learning rate that validation chose, and the number of seeds of the test score, by number "
        f"of training {unit(f)}."
    )
    return Table(
        "Learning rates chosen",
        caption,
        *_by_size(f, lambda s: f"{s.lr:g} ({counted(s.seeds, 'seed')})"),
        folds=True,
    )


def _by_size(f: Findings, cell: Callable[[Score], str]) -> tuple[Row, list[Row]]:
    """A row for each size that has a score, a column for each arm."""
    scores = {(s.size, s.arm): s for s in f.scores}
    arms = [arm for arm in f.arms if any(s.arm == arm for s in f.scores)]
    rows: list[Row] = [
        [f"{size:,}", *(cell(s) if (s := scores.get((size, arm))) else "–" for arm in arms)]
        for size in sorted({s.size for s in f.scores})
    ]
    return (unit(f), *arms), rows


def _score(s: Score) -> str:
    return _interval(s.score, s.low, s.high)


def _interval(score: float, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return f"{100 * score:.1f}"
    return f"{100 * score:.1f} [{100 * low:.1f},\u00a0{100 * high:.1f}]"


def _labels(f: Findings) -> Table:
    """Precision and recall of the recommended arm, and F1 of every arm, at the largest size."""
    top, arm = f.sizes[-1], f.choice.recommended
    found = {(score.arm, score.label): score for score in f.labels}
    arms = [arm, *(a for a in f.arms if a != arm)] if arm else list(f.arms)
    arms = [a for a in arms if any(score.arm == a for score in f.labels)]
    support = {score.label: score.support for score in f.labels}
    order = sorted(support, key=lambda label: -support[label])
    # Entities are no labels of tokens, and a cross-fit tests all that it trains on.
    counted_there = bool(f.label_counts) and METRICS[f.metric].of_labels and not f.folds
    head = ["label", "in training", "in test"]
    head += [f"precision, {arms[0]}", f"recall, {arms[0]}"] if arms else []
    rows = []
    for label in order:
        own = found.get((arms[0], label))
        rows.append(
            [
                label,
                f"{f.label_counts.get(label, 0):,}" if counted_there else "",
                f"{support[label]:,}",
                *([_share(own.precision), _share(own.recall)] if own else ["", ""]),
                *(_share(s.f1) if (s := found.get((a, label))) else "" for a in arms),
            ]
        )
    where = "in training (the whole of it) and in test" if counted_there else "in test"
    caption = (
        f"At {top:,} training {unit(f, top)}, in %, as the mean over seeds; how often each label "
        f"occurs {where}."
    )
    head += [f"F1, {a}" for a in arms]
    return Table("Scores by label", caption, head, rows, folds=False).without_empty()


def _metric(f: Findings) -> str:
    name = METRICS[f.metric].words
    return name[0].upper() + name[1:]


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}"
