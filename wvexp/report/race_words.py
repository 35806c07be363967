"""A race of recipes in words, and as a table."""

from wvexp.arms import Arm
from wvexp.metrics import METRICS
from wvexp.report.findings import Findings
from wvexp.report.quantities import percent, points, surely
from wvexp.report.reasons import all_in_words
from wvexp.report.standings import RaceFindings, Standing
from wvexp.report.table import Row, Table
from wvexp.report.wording import counted, listed, margin_words
from wvexp.report.words import unit
from wvexp.report.yardstick_words import better_yardstick, without_vectors


def race_headline(f: Findings, race: RaceFindings) -> str:
    """The answer in one sentence."""
    chosen, better = race.chosen, better_yardstick(f)
    said = f"Take {chosen.recipe}" if race.decided else f"Undecided; best so far: {chosen.recipe}"
    if better:
        said = f"{better} Of the recipes {said[0].lower()}{said[1:]}"
    file = f", vectors of {chosen.vectors}" if chosen.vectors else ""
    return f"{said}: model={chosen.model}{file}, {Arm.parse(chosen.arm).words}."


def race_lines(f: Findings, race: RaceFindings) -> list[str]:
    """How sure, what it scores, what comes next, and the answer for each model."""
    lines = [_how_sure(f, race), _its_score(f, race), _next(race), _models(race), _without(f, race)]
    lines.append(_guided(race))
    return [line for line in lines if line]


def _how_sure(f: Findings, race: RaceFindings) -> str:
    raced = counted(len(race.standings), "recipe")
    size = f"{race.size:,} {unit(f, race.size)}"
    notes = "".join(f"; {words}" for words in all_in_words(race.notes))
    if race.confidence is None:
        return f"How sure: unknown, of {raced} at {size}{notes}."
    return (
        f"How sure: {percent(surely(race.confidence))} that it is within {margin_words(f.margin)} "
        f"of the best of {raced}, at {size}{notes}."
    )


def _its_score(f: Findings, race: RaceFindings) -> str:
    one = race.chosen
    interval = _interval(one.low, one.high)
    by = f"by {counted(race.fresh, 'seed')} that had no part in the choice"
    if not race.fresh:
        by = "by the seeds that chose it, so that it may be too high"
    beside = without_vectors(f)
    if f.baseline is not None and not beside:
        beside = f"; {f.constant} alone would score {percent(f.baseline)}"
    return f"Its test {METRICS[f.metric].words}: {percent(one.score)}{interval}, {by}{beside}."


def _next(race: RaceFindings) -> str:
    """The closest rival, and how many were given up."""
    left = [one for one in race.standings[1:] if not one.given_up]
    gone = sum(one.given_up for one in race.standings)
    parts = []
    if left:
        rival = max(left, key=lambda one: one.near_best or 0.0)
        parts.append(f"Closest: {rival.recipe}, {_behind(rival)}")
    if gone:
        parts.append(f"{counted(gone, 'recipe')} surely behind and given up")
    return "; ".join(parts) + "." if parts else ""


def _behind(one: Standing) -> str:
    if one.behind is None:
        return "not compared"
    interval = _interval(one.behind_low, one.behind_high, "+")
    return f"{points(one.behind, signed=True)}{interval} behind"


def _interval(low: float | None, high: float | None, sign: str = "") -> str:
    """Such as ` [83.0, 89.8]`; empty where there is none."""
    if low is None or high is None:
        return ""
    return f" [{100 * low:{sign}.1f}, {100 * high:{sign}.1f}]"


def _models(race: RaceFindings) -> str:
    """The best recipe of each model."""
    best = race.of_model()
    if len(best) == 1:
        return ""
    said = [f"{one.recipe} {percent(one.score)}" for one in best.values()]
    return f"Of each model the best: {'; '.join(said)}."


def _without(f: Findings, race: RaceFindings) -> str:
    """What the budget left out of the race."""
    parts = []
    if race.left_out:
        parts.append(f"model={listed(race.left_out)} not tried")
    if race.size < race.wanted:
        parts.append(f"raced at {race.size:,} of {race.wanted:,} {unit(f, race.wanted)}")
    if race.cut_short and not parts:
        parts.append("the race ended early")
    return f"Left out by the budget: {'; '.join(parts)}." if parts else ""


def _guided(race: RaceFindings) -> str:
    """What the lines that follow were measured with."""
    file = f" and vectors of {race.chosen.vectors}" if race.chosen.vectors else ""
    return f"The four arms of the guidance, with model={race.chosen.model}{file}:"


def race_table(f: Findings, race: RaceFindings) -> Table:
    """Every recipe, the chosen first."""
    caption = (
        f"Test {METRICS[f.metric].words} in % at {race.size:,} training {unit(f, race.size)} "
        "[95 % interval]; behind the recommended in percentage points, paired over seeds and "
        "test units. Validation chose among those not given up."
    )
    head = ("recipe", "test", "behind", "validation", "within the margin", "seeds", "learning rate")
    return Table("Recipes", caption, head, [_row(one) for one in race.standings], folds=False)


def _row(one: Standing) -> Row:
    score = f"{100 * one.score:.1f}{_interval(one.low, one.high)}"
    behind = ""
    if one.behind is not None:
        behind = f"{100 * one.behind:+.1f}{_interval(one.behind_low, one.behind_high, '+')}"
    if one.given_up:
        near = "given up"
    else:
        near = "" if one.near_best is None else percent(surely(one.near_best))
    validation = f"{100 * one.validation:.1f}"
    return (one.recipe, score, behind, validation, near, f"{one.seeds}", f"{one.lr:g}")
