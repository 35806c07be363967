"""Figures of scores: learning curves, differences of two arms."""

from typing import Any

import altair as alt

from wvexp.analysis.crossover import Crossover
from wvexp.metrics import METRICS
from wvexp.report.findings import Findings
from wvexp.report.style import (
    COLOURS,
    Figure,
    dashes,
    data,
    error_axis,
    isolating,
    shapes,
    size_axis,
    sized,
)
from wvexp.report.wording import margin_words
from wvexp.report.words import unit

_BAND = "#999999"
# Yardsticks; and how near, of the largest error, two are too near for a name each.
_HELD, _APART = "#555555", 0.04


def learning_curves(f: Findings) -> Figure | None:
    """Test error of every arm against training size."""
    if not f.scores:
        return None
    measured = [
        {
            "arm": s.arm,
            "size": s.size,
            "error": 100 * (1 - s.score),
            "low": None if s.high is None else 100 * (1 - s.high),
            "high": None if s.low is None else 100 * (1 - s.low),
            "lr": s.lr,
            "seeds": s.seeds,
        }
        for s in f.scores
    ]
    # What ends at the last size has no visible band, and yet would widen the axis by it.
    ahead = {
        arm: [p for p in curve.points if f.sizes[-1] <= p.size <= 3 * f.sizes[-1]]
        for arm, curve in f.curves.items()
    }
    beyond = [
        {
            "arm": arm,
            "size": p.size,
            "error": 100 * p.error,
            "low": 100 * p.low,
            "high": 100 * p.high,
        }
        for arm, points in ahead.items()
        if points and points[-1].size > 1.01 * f.sizes[-1]
        for p in points
    ]
    shown, legend = isolating(f.arms)
    base = alt.Chart(data(measured)).encode(
        x=size_axis(f), color=legend, opacity=alt.condition(shown, alt.value(1), alt.value(0.08))
    )
    error = error_axis(f)
    band = error_axis(f, column="low")
    layers = [
        base.mark_area().encode(
            y=band,
            y2="high:Q",
            opacity=alt.condition(shown, alt.value(0.16), alt.value(0.0)),
        ),
        base.mark_line(strokeWidth=2).encode(y=error, strokeDash=dashes(f.arms)),
        base.mark_point(filled=True, size=65)
        .encode(
            y=error,
            shape=shapes(f.arms),
            tooltip=[
                alt.Tooltip("arm:N"),
                alt.Tooltip("size:Q", format=",", title=unit(f)),
                alt.Tooltip("error:Q", format=".1f", title="test error (%)"),
                alt.Tooltip("low:Q", format=".1f", title="from (%)"),
                alt.Tooltip("high:Q", format=".1f", title="to (%)"),
                alt.Tooltip("lr:Q", title="learning rate"),
                alt.Tooltip("seeds:Q"),
            ],
        )
        .add_params(shown),
    ]
    if beyond:
        guessed = alt.Chart(data(beyond)).encode(x=size_axis(f), color=legend)
        layers += [
            guessed.mark_area().encode(
                y=band,
                y2="high:Q",
                opacity=alt.condition(shown, alt.value(0.08), alt.value(0.0)),
            ),
            guessed.mark_line(strokeWidth=2, strokeDash=[2, 3]).encode(
                y=error, opacity=alt.condition(shown, alt.value(1), alt.value(0.08))
            ),
        ]
    lowest = min(s.score if s.low is None else s.low for s in f.scores)
    held = yardstick_lines(f, worst=100 * (1 - lowest))
    if held is not None:
        layers.append(held)
    caption = "Test error of each arm against training size; bands are 95 % intervals over seeds "
    caption += "and test units."
    if beyond:
        caption += " Beyond the last size dots, with paler bands, are extrapolated, not measured."
    if held is not None:
        caption += (
            f" Grey lines: methods without these vectors, fitted on {f.sizes[-1]:,} {unit(f)}."
        )
    return Figure("learning-curves", "Learning curves", caption, sized(alt.layer(*layers)))


def yardstick_lines(f: Findings, worst: float) -> Any | None:
    """A named line for each yardstick that is not worse than every arm; None for none.

    One further up would leave the arms no room. Lines that would lie on one another share a name.
    """
    rows: list[dict[str, Any]] = []
    for one in f.yardsticks:
        error = 100 * (1 - one.score)
        if error > worst:
            continue
        if rows and error - rows[-1]["error"] < _APART * worst:
            rows[-1]["name"] += f"; {one.words}"
            rows.append({"error": error, "name": ""})
        else:
            rows.append({"error": error, "name": one.words})
    if not rows:
        return None
    lines = alt.Chart(data(rows)).encode(y=error_axis(f))
    return alt.layer(
        lines.mark_rule(color=_HELD, strokeDash=[1, 2], strokeWidth=1.5),
        lines.mark_text(align="left", baseline="bottom", dx=3, color=_HELD, fontSize=11).encode(
            text="name:N", x=alt.value(0)
        ),
    )


def difference(f: Findings, a: str, b: str) -> Figure | None:
    """Score of arm a minus that of arm b against training size."""
    rows = [
        {
            "size": c.size,
            "difference": 100 * d.estimate,
            "low": None if d.low is None else 100 * d.low,
            "high": None if d.high is None else 100 * d.high,
            "call": {"A": a, "B": b}.get(d.call, d.call),
            "seeds": d.seeds,
        }
        for c in f.comparisons
        if (c.a, c.b) == (a, b)
        for d in [c.difference]
        if d.estimate is not None
    ]
    if not rows:
        return None
    x = size_axis(f)
    layers: list[Any] = []
    crossing = f.crossovers.get(f"{a} - {b}")
    band = _band(crossing, f)
    if band:
        layers.append(
            alt.Chart(data([band]))
            .mark_rect(color=_BAND, opacity=0.22)
            .encode(x=alt.X("from:Q"), x2="to:Q")
        )
    title = f"difference of {METRICS[f.metric].words} (percentage points)"
    at = alt.Y("at:Q", title=title)
    rules = [{"at": 0.0}, {"at": 100 * f.margin}, {"at": -100 * f.margin}]
    layers += [
        alt.Chart(data(rules[:1])).mark_rule(color="#333333").encode(y=at),
        alt.Chart(data(rules[1:]))
        .mark_rule(color="#555555", strokeDash=[4, 3], strokeWidth=1.5)
        .encode(y=at),
    ]
    base = alt.Chart(data(rows)).encode(x=x)
    y = alt.Y("difference:Q", title=title)
    layers += [
        base.mark_area(color=COLOURS[0], opacity=0.18).encode(
            y=alt.Y("low:Q", title=title), y2="high:Q"
        ),
        base.mark_line(color=COLOURS[0], strokeWidth=2).encode(y=y),
        base.mark_point(filled=True, size=60, color=COLOURS[0]).encode(
            y=y,
            tooltip=[
                alt.Tooltip("size:Q", format=",", title=unit(f)),
                alt.Tooltip("difference:Q", format="+.2f", title="points"),
                alt.Tooltip("low:Q", format="+.2f"),
                alt.Tooltip("high:Q", format="+.2f"),
                alt.Tooltip("call:N"),
                alt.Tooltip("seeds:Q"),
            ],
        ),
    ]
    caption = f"Above 0 {a} is better, below it {b}; "
    caption += f"dashed: the margin of {margin_words(f.margin)}."
    if band:
        surely = crossing is not None and crossing.status in ("one", "several")
        place = "they change places" if surely else "they may change places, if they do"
        caption += f" Grey: the sizes between which {place} (95 %)."
    return Figure(f"difference-{a}-{b}", f"{a} against {b}", caption, sized(alt.layer(*layers)))


def _band(crossing: Crossover | None, f: Findings) -> dict[str, float] | None:
    """The crossover's interval within the sizes; open ends reach to the first or last size."""
    if crossing is None or (crossing.low is None and crossing.high is None):
        return None
    low, high = crossing.low or f.sizes[0], crossing.high or f.sizes[-1]
    return {"from": low, "to": high} if low < high else None
