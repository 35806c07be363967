"""The figure of a race: every recipe with its interval, the best at the top."""

import altair as alt

from wvexp.metrics import METRICS
from wvexp.report.findings import Findings
from wvexp.report.standings import RaceFindings
from wvexp.report.style import COLOURS, Figure, data, plain_type, tight
from wvexp.report.words import unit

# Pixels of a recipe's row.
_ROW = 22
_GREY = "#9AA3AC"
_YARDSTICK = "#00876A"


def race_chart(f: Findings, race: RaceFindings) -> Figure:
    """The recipes ranked by their test score, yardsticks as lines; those given up are grey."""
    rows = [
        {
            "recipe": one.recipe,
            "score": 100 * one.score,
            "low": _end(race, one.low, one.behind_high),
            "high": _end(race, one.high, one.behind_low),
            "state": "given up"
            if one.given_up
            else ("recommended" if one is race.chosen else "in the race"),
            "lr": one.lr,
            "seeds": one.seeds,
        }
        for one in sorted(race.standings, key=lambda one: (one is not race.chosen, -one.score))
    ]
    states = ["recommended", "in the race", "given up"]
    colour = alt.Color(
        "state:N",
        scale=alt.Scale(domain=states, range=[COLOURS[1], COLOURS[0], _GREY]),
        legend=alt.Legend(orient="top", title=None, symbolStrokeWidth=0),
    )
    title = f"test {METRICS[f.metric].words} (%)"
    x = alt.X("score:Q", scale=tight(), axis=alt.Axis(title=title))
    y = alt.Y(
        "recipe:N",
        sort=[str(row["recipe"]) for row in rows],
        axis=alt.Axis(title=None, labelLimit=340, labelFontSize=12),
    )
    base = alt.Chart(data(rows)).encode(y=y, color=colour)
    layers = [
        base.mark_rule(strokeWidth=2).encode(
            x=alt.X("low:Q", scale=tight(), title=title), x2="high:Q"
        ),
        base.mark_point(filled=True, size=70).encode(
            x=x,
            tooltip=[
                alt.Tooltip("recipe:N"),
                alt.Tooltip("score:Q", format=".1f", title="test (%)"),
                alt.Tooltip("low:Q", format=".1f", title="from (%)"),
                alt.Tooltip("high:Q", format=".1f", title="to (%)"),
                alt.Tooltip("lr:Q", title="learning rate"),
                alt.Tooltip("seeds:Q"),
            ],
        ),
    ]
    worst = min(one.score for one in race.standings)
    marks = [
        {"name": one.words, "at": 100 * one.score} for one in f.yardsticks if one.score >= worst
    ]
    if marks:
        ruled = alt.Chart(data(marks)).encode(x=alt.X("at:Q", scale=tight(), title=title))
        layers += [
            ruled.mark_rule(color=_YARDSTICK, strokeDash=[4, 3], strokeWidth=1.5).encode(
                tooltip=[alt.Tooltip("name:N"), alt.Tooltip("at:Q", format=".1f", title="test (%)")]
            ),
            ruled.mark_text(color=_YARDSTICK, align="left", dx=4, dy=-4, baseline="top").encode(
                y=alt.value(0), text="name:N"
            ),
        ]
    chart = alt.layer(*layers).properties(width="container", height=_ROW * len(rows))
    caption = (
        f"Every recipe at {race.size:,} training {unit(f, race.size)}, the recommended at the top, "
        "then by test score. Bars are 95 % intervals over seeds and test units: of the recommended "
        "of its score, of the others of their distance from it. Grey: surely behind, and given up "
        "after the seeds it had."
    )
    if marks:
        caption += " Dashed: methods without word vectors."
    return Figure("recipes", "Recipes, ranked", caption, plain_type(chart))


def _end(race: RaceFindings, own: float | None, behind: float | None) -> float | None:
    """An end of a bar in %: of the score, or as far from the recommended as that."""
    if own is not None:
        return 100 * own
    return None if behind is None else 100 * (race.chosen.score - behind)
