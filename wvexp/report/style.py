"""What the figures share: the chart with its caption, colours, dashes, axes and legends.

Colours are those of Okabe and Ito (2008), told apart by colour-blind readers; random arms are
dashed as well, so that a black-and-white print still tells them apart. A click on the legend
isolates an arm.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from wvexp.analysis.arms import ARMS
from wvexp.report.findings import Findings
from wvexp.report.words import unit

Rows = list[dict[str, Any]]

COLOURS = ("#0072B2", "#D55E00", "#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#7A7A7A", "#000000")
_HEIGHT = 300


@dataclass(frozen=True)
class Figure:
    """A chart with its file name, its title and what it shows in one sentence."""

    name: str
    title: str
    caption: str
    chart: Any


def lines_by_arm(rows: Rows, arms: Sequence[str], x: Any, y: Any, tooltip: list[Any]) -> Any:
    """A line with dots for every arm."""
    shown, legend = isolating(arms)
    base = alt.Chart(data(rows)).encode(
        x=x, y=y, color=legend, opacity=alt.condition(shown, alt.value(1), alt.value(0.08))
    )
    return sized(
        alt.layer(
            base.mark_line(strokeWidth=2).encode(strokeDash=dashes(arms)),
            base.mark_point(filled=True, size=45).encode(tooltip=tooltip).add_params(shown),
        )
    )


def isolating(arms: Sequence[str]) -> tuple[Any, Any]:
    """The selection that a click on the legend makes, and the colour with that legend."""
    shown = alt.selection_point(name="isolated", fields=["arm"], bind="legend")
    colour = alt.Color(
        "arm:N",
        scale=alt.Scale(domain=list(arms), range=_colours(arms)),
        legend=_legend(),
    )
    return shown, colour


def dashes(arms: Sequence[str]) -> Any:
    """Pretrained arms have whole lines, random ones dashed lines."""
    dashes = [[1, 0] if arm.startswith("pretrained") else [6, 3] for arm in arms]
    return alt.StrokeDash(
        "arm:N", scale=alt.Scale(domain=list(arms), range=dashes), legend=_legend()
    )


def _colours(arms: Sequence[str]) -> list[str]:
    """The four arms keep their colours whatever else is there; others take the next ones."""
    spare = COLOURS[len(ARMS) :]
    others = [arm for arm in arms if arm not in ARMS]
    return [
        COLOURS[ARMS.index(arm)] if arm in ARMS else spare[others.index(arm) % len(spare)]
        for arm in arms
    ]


def _legend() -> Any:
    return alt.Legend(
        orient="top", title=None, columns=2, labelLimit=240, labelFontSize=12, symbolOpacity=1
    )


def size_axis(f: Findings) -> Any:
    return alt.X(
        "size:Q",
        scale=alt.Scale(type="log", nice=False, padding=12),
        axis=alt.Axis(title=f"training {unit(f)} (log)", values=list(f.sizes), format=","),
    )


def tight() -> Any:
    """A scale that need not begin at zero."""
    return alt.Scale(zero=False, nice=True)


def sized(chart: Any) -> Any:
    """The chart as wide as its place on the page."""
    return plain_type(chart.properties(width="container", height=_HEIGHT))


def plain_type(chart: Any) -> Any:
    return chart.configure(font="sans-serif").configure_axis(
        titleFontWeight="normal", titleFontSize=12, labelFontSize=11, gridColor="#e6e9ed"
    )


def data(rows: Rows) -> Any:
    return alt.Data(values=rows)
