"""The figures, as Altair charts from findings; a figure whose numbers are missing is left out.

Colours are those of Okabe and Ito (2008), told apart by colour-blind readers; random arms are
dashed as well, so that a black-and-white print still tells them apart. A click on the legend
isolates an arm.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from wvexp.analysis.crossover import Crossover
from wvexp.analysis.verdict import ARMS
from wvexp.report.findings import GROUPS, PAIRS, Findings

Rows = list[dict[str, Any]]

_COLOURS = ("#0072B2", "#D55E00", "#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#7A7A7A", "#000000")
_HEIGHT = 300
_BAND = "#999999"


@dataclass(frozen=True)
class Figure:
    """A chart with its file name, its title and what it shows in one sentence."""

    name: str
    title: str
    caption: str
    chart: Any


def draw(findings: Findings) -> tuple[Figure, ...]:
    """All figures that the findings allow."""
    drawn = [
        _learning_curves(findings),
        *(_difference(findings, a, b) for a, b in PAIRS),
        *(_group_errors(findings, group) for group in GROUPS),
        _tuning(findings),
        *(_moved(findings, movement) for movement in findings.movement),
    ]
    return tuple(figure for figure in drawn if figure is not None)


def _learning_curves(f: Findings) -> Figure | None:
    if not f.scores:
        return None
    measured = [
        {
            "arm": s.arm,
            "size": s.size,
            "error": 1 - s.score,
            "low": None if s.high is None else 1 - s.high,
            "high": None if s.low is None else 1 - s.low,
            "lr": s.lr,
            "seeds": s.seeds,
        }
        for s in f.scores
    ]
    beyond = [
        {"arm": arm, "size": p.size, "error": p.error}
        for arm, curve in f.curves.items()
        for p in curve.points
        if p.size >= f.sizes[-1] and p.size <= 3 * f.sizes[-1]
    ]
    shown, legend = _isolating(f.arms)
    base = alt.Chart(_data(measured)).encode(
        x=_size_axis(f), color=legend, opacity=alt.condition(shown, alt.value(1), alt.value(0.08))
    )
    error = alt.Y("error:Q", axis=alt.Axis(format="%", title="test error"), scale=_tight())
    layers = [
        base.mark_area().encode(
            y=alt.Y("low:Q", title="test error", scale=_tight()),
            y2="high:Q",
            opacity=alt.condition(shown, alt.value(0.14), alt.value(0.0)),
        ),
        base.mark_line(strokeWidth=2).encode(y=error, strokeDash=_dash(f.arms)),
        base.mark_point(filled=True, size=55)
        .encode(
            y=error,
            tooltip=[
                alt.Tooltip("arm:N"),
                alt.Tooltip("size:Q", format=",", title=_unit(f)),
                alt.Tooltip("error:Q", format=".2%"),
                alt.Tooltip("low:Q", format=".2%"),
                alt.Tooltip("high:Q", format=".2%"),
                alt.Tooltip("lr:Q", title="learning rate"),
                alt.Tooltip("seeds:Q"),
            ],
        )
        .add_params(shown),
    ]
    if beyond:
        layers.append(
            alt.Chart(_data(beyond))
            .mark_line(strokeWidth=1, strokeDash=[1, 3])
            .encode(
                x=_size_axis(f),
                y=error,
                color=legend,
                opacity=alt.condition(shown, alt.value(0.8), alt.value(0.05)),
            )
        )
    caption = "Test error of each arm against training size; bands are 95 % intervals over seeds "
    caption += "and test units."
    if beyond:
        caption += " Dots beyond the last size are extrapolated, not measured."
    return Figure("learning-curves", "Learning curves", caption, _sized(alt.layer(*layers)))


def _difference(f: Findings, a: str, b: str) -> Figure | None:
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
    x = _size_axis(f)
    layers: list[Any] = []
    crossing = f.crossovers.get(f"{a} - {b}")
    band = _band(crossing, f)
    if band:
        layers.append(
            alt.Chart(_data([band]))
            .mark_rect(color=_BAND, opacity=0.22)
            .encode(x=alt.X("from:Q"), x2="to:Q")
        )
    at = alt.Y("at:Q", title="difference (points)")
    rules = [{"at": 0.0}, {"at": 100 * f.margin}, {"at": -100 * f.margin}]
    layers += [
        alt.Chart(_data(rules[:1])).mark_rule(color="#333333").encode(y=at),
        alt.Chart(_data(rules[1:])).mark_rule(color="#666666", strokeDash=[2, 4]).encode(y=at),
    ]
    base = alt.Chart(_data(rows)).encode(x=x)
    y = alt.Y("difference:Q", title="difference (points)")
    layers += [
        base.mark_area(color=_COLOURS[0], opacity=0.18).encode(
            y=alt.Y("low:Q", title="difference (points)"), y2="high:Q"
        ),
        base.mark_line(color=_COLOURS[0], strokeWidth=2).encode(y=y),
        base.mark_point(filled=True, size=60, color=_COLOURS[0]).encode(
            y=y,
            tooltip=[
                alt.Tooltip("size:Q", format=",", title=_unit(f)),
                alt.Tooltip("difference:Q", format="+.2f", title="points"),
                alt.Tooltip("low:Q", format="+.2f"),
                alt.Tooltip("high:Q", format="+.2f"),
                alt.Tooltip("call:N"),
                alt.Tooltip("seeds:Q"),
            ],
        ),
    ]
    caption = f"Above 0 {a} is better, below it {b}; dashed: the margin of {_points(f.margin)}."
    if band:
        surely = crossing is not None and crossing.status in ("one", "several")
        place = "they change places" if surely else "they may change places, if they do"
        caption += f" Grey: the sizes between which {place} (95 %)."
    return Figure(f"difference-{a}-{b}", f"{a} against {b}", caption, _sized(alt.layer(*layers)))


def _group_errors(f: Findings, group: str) -> Figure | None:
    rows = [
        {"arm": g.arm, "size": g.size, "error": g.error, "n": round(g.n)}
        for g in f.groups
        if g.group == group
    ]
    if not rows:
        return None
    shown, legend = _isolating(f.arms)
    base = alt.Chart(_data(rows)).encode(
        x=_size_axis(f),
        y=alt.Y("error:Q", axis=alt.Axis(format="%", title="test error"), scale=_tight()),
        color=legend,
        opacity=alt.condition(shown, alt.value(1), alt.value(0.08)),
    )
    chart = alt.layer(
        base.mark_line(strokeWidth=2).encode(strokeDash=_dash(f.arms)),
        base.mark_point(filled=True, size=45)
        .encode(
            tooltip=[
                alt.Tooltip("arm:N"),
                alt.Tooltip("size:Q", format=",", title=_unit(f)),
                alt.Tooltip("error:Q", format=".2%"),
                alt.Tooltip("n:Q", format=",", title="test examples"),
            ]
        )
        .add_params(shown),
    )
    what = {
        "seen": "all of whose words were seen in training",
        "pretrained_only": "with a word that only the pretrained vectors know",
        "neither": "with a word that nobody knows",
    }[group]
    name = group.replace("_", " ")
    return Figure(
        f"error-{group.replace('_', '-')}",
        f"Error where words are: {name}",
        f"Mean over seeds, on the test examples {what}.",
        _sized(chart),
    )


def _tuning(f: Findings) -> Figure | None:
    rows = [
        {"arm": arm, "trials": k, "validation": score}
        for arm, scores in f.tuning.items()
        for k, score in enumerate(scores, 1)
    ]
    if not rows:
        return None
    shown, legend = _isolating(f.arms)
    base = alt.Chart(_data(rows)).encode(
        x=alt.X("trials:Q", axis=alt.Axis(title="tuning trials", tickMinStep=1, format="d")),
        y=alt.Y("validation:Q", axis=alt.Axis(title="expected best validation"), scale=_tight()),
        color=legend,
        opacity=alt.condition(shown, alt.value(1), alt.value(0.08)),
    )
    chart = alt.layer(
        base.mark_line(strokeWidth=2).encode(strokeDash=_dash(f.arms)),
        base.mark_point(filled=True, size=35)
        .encode(
            tooltip=[
                alt.Tooltip("arm:N"),
                alt.Tooltip("trials:Q"),
                alt.Tooltip("validation:Q", format=".4f"),
            ]
        )
        .add_params(shown),
    )
    return Figure(
        "tuning",
        "What tuning buys",
        "Best validation score to expect after so many trials (a learning rate with a seed), at "
        "the largest size.",
        _sized(chart),
    )


def _moved(f: Findings, movement: dict[str, Any]) -> Figure | None:
    rows = [
        {"word": _mark(moved["word"]), "distance": moved["distance"]}
        for moved in movement.get("most_moved", [])
    ]
    if not rows:
        return None
    arm = movement["arm"]
    colour = _COLOURS[ARMS.index(arm)] if arm in ARMS else _COLOURS[4]
    bars = (
        alt.Chart(_data(rows))
        .mark_bar(color=colour)
        .encode(
            x=alt.X("distance:Q", title="distance moved"),
            y=alt.Y("word:N", sort=None, title=None, axis=alt.Axis(labelLimit=160)),
            tooltip=[alt.Tooltip("word:N"), alt.Tooltip("distance:Q", format=".3f")],
        )
    )
    return Figure(
        f"movement-{arm}",
        f"Words that moved most: {arm}",
        f"Euclidean distance from start to end, {movement['size']:,} {_unit(f)}, seed "
        f"{movement['seed']}.",
        _plain_type(bars.properties(width="container", height=24 * len(rows))),
    )


def _isolating(arms: Sequence[str]) -> tuple[Any, Any]:
    """The selection that a click on the legend makes, and the colour with that legend."""
    shown = alt.selection_point(name="isolated", fields=["arm"], bind="legend")
    colour = alt.Color(
        "arm:N",
        scale=alt.Scale(domain=list(arms), range=_colours(arms)),
        legend=_legend(),
    )
    return shown, colour


def _legend() -> Any:
    return alt.Legend(
        orient="top", title=None, columns=2, labelLimit=240, labelFontSize=12, symbolOpacity=1
    )


def _colours(arms: Sequence[str]) -> list[str]:
    """The four arms keep their colours whatever else is there; others take the next ones."""
    spare = _COLOURS[len(ARMS) :]
    others = [arm for arm in arms if arm not in ARMS]
    return [
        _COLOURS[ARMS.index(arm)] if arm in ARMS else spare[others.index(arm) % len(spare)]
        for arm in arms
    ]


def _dash(arms: Sequence[str]) -> Any:
    dashes = [[1, 0] if arm.startswith("pretrained") else [6, 3] for arm in arms]
    return alt.StrokeDash(
        "arm:N", scale=alt.Scale(domain=list(arms), range=dashes), legend=_legend()
    )


def _size_axis(f: Findings) -> Any:
    return alt.X(
        "size:Q",
        scale=alt.Scale(type="log", nice=False, padding=12),
        axis=alt.Axis(title=f"training {_unit(f)} (log)", values=list(f.sizes), format=","),
    )


def _band(crossing: Crossover | None, f: Findings) -> dict[str, float] | None:
    """The crossover's interval within the sizes; open ends reach to the first or last size."""
    if crossing is None or (crossing.low is None and crossing.high is None):
        return None
    low, high = crossing.low or f.sizes[0], crossing.high or f.sizes[-1]
    return {"from": low, "to": high} if low < high else None


def _tight() -> Any:
    return alt.Scale(zero=False, nice=True)


def _sized(chart: Any) -> Any:
    return _plain_type(chart.properties(width="container", height=_HEIGHT))


def _plain_type(chart: Any) -> Any:
    return chart.configure(font="sans-serif").configure_axis(
        titleFontWeight="normal", titleFontSize=12, labelFontSize=11, gridColor="#e6e9ed"
    )


def _data(rows: Rows) -> Any:
    return alt.Data(values=rows)


def _unit(f: Findings) -> str:
    return "tokens" if f.about["task"] == "token" else "sentences"


def _points(margin: float) -> str:
    return f"{100 * margin:g} point{'' if margin == 0.01 else 's'}"


def _mark(word: str) -> str:
    """An empty or blank word is shown as a box, else its bar would have no name."""
    return word if word.strip() else "\u2423"
