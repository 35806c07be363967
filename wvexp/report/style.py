"""What the figures share: the chart with its caption, colours, dashes, axes and legends.

Frozen arms are blue and tuned ones orange, after Okabe and Ito (2008), whose pairs colour-blind
readers tell apart; their light colours are darkened until each stands out from white by 3 to 1, as
WCAG 2.2 (1.4.11) asks of graphics. Arms whose vectors know the words of training alone, such as
random ones, are dashed and have diamonds for dots, so that a black-and-white print still tells them
apart. A click on the legend isolates an arm.

Scores and errors are in %, differences in percentage points, sizes in sentences or tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import cycle
from typing import Any

import altair as alt

from wvexp.arms import FOUR_NAMES, Arm
from wvexp.metrics import METRICS
from wvexp.report.findings import Findings
from wvexp.report.words import unit

Rows = list[dict[str, Any]]

COLOURS = ("#005A91", "#C24100", "#2E90D1", "#C27F00", "#00876A", "#B3588A", "#6B6B6B", "#000000")
_HEIGHT = 300
# Pixels of a figure's width outside the page, and of the file's for one of these.
_WIDTH, _SCALE = 720, 2
# Pixels of a letter in a legend, and of what stands beside a name.
_LETTER, _BESIDE = 7.2, 34


@dataclass(frozen=True)
class Figure:
    """A chart with its file name, its title and what it shows in one sentence."""

    name: str
    title: str
    caption: str
    chart: Any

    @cached_property
    def _specification(self) -> dict[str, Any]:
        """The chart in Vega-Lite, for a picture that no page gives its width."""
        content: dict[str, Any] = self.chart.properties(width=_WIDTH).to_dict()
        return content

    @cached_property
    def svg(self) -> str:
        """The chart as a picture that needs no script."""
        import vl_convert

        picture: str = vl_convert.vegalite_to_svg(self._specification)
        return picture

    def png(self) -> bytes:
        import vl_convert

        picture: bytes = vl_convert.vegalite_to_png(self._specification, scale=_SCALE)
        return picture


def lines_by_arm(rows: Rows, arms: Sequence[str], x: Any, y: Any, tooltip: list[Any]) -> Any:
    """A line with dots for every arm."""
    shown, legend = isolating(arms)
    base = alt.Chart(data(rows)).encode(
        x=x, y=y, color=legend, opacity=alt.condition(shown, alt.value(1), alt.value(0.08))
    )
    return sized(
        alt.layer(
            base.mark_line(strokeWidth=2).encode(strokeDash=dashes(arms)),
            base.mark_point(filled=True, size=60)
            .encode(tooltip=tooltip, shape=shapes(arms))
            .add_params(shown),
        )
    )


def isolating(arms: Sequence[str]) -> tuple[Any, Any]:
    """The selection that a click on the legend makes, and the colour with that legend."""
    shown = alt.selection_point(name="isolated", fields=["arm"], bind="legend")
    colour = alt.Color(
        "arm:N",
        scale=alt.Scale(domain=list(arms), range=colours(arms)),
        legend=_legend(arms),
    )
    return shown, colour


def dashes(arms: Sequence[str]) -> Any:
    """Arms whose vectors know words that training lacks have whole lines, others dashed lines."""
    dashes = [[1, 0] if Arm.parse(arm).looks_up else [6, 3] for arm in arms]
    return alt.StrokeDash(
        "arm:N", scale=alt.Scale(domain=list(arms), range=dashes), legend=_legend(arms)
    )


def shapes(arms: Sequence[str]) -> Any:
    """Arms whose vectors know words that training lacks have round dots, others diamonds."""
    shapes = ["circle" if Arm.parse(arm).looks_up else "diamond" for arm in arms]
    return alt.Shape(
        "arm:N", scale=alt.Scale(domain=list(arms), range=shapes), legend=_legend(arms)
    )


def colours(arms: Sequence[str]) -> list[str]:
    """The four arms keep their colours whatever else is there; others take the next ones."""
    spare = cycle(COLOURS[len(FOUR_NAMES) :])
    own = dict(zip(FOUR_NAMES, COLOURS, strict=False))
    return [own[arm] if arm in own else next(spare) for arm in arms]


def _legend(arms: Sequence[str]) -> Any:
    """Every name in full: in one line where it fits, else two abreast or one below the other."""
    entry = round(_LETTER * max(map(len, arms)) + _BESIDE)
    columns = f"width >= {entry * len(arms)} ? {len(arms)} : width >= {2 * entry} ? 2 : 1"
    return alt.Legend(
        orient="top",
        title=None,
        columns=alt.ExprRef(expr=columns),
        labelLimit=0,
        labelFontSize=12,
        symbolOpacity=1,
        symbolStrokeWidth=0,  # a dashed rim would blur the dots
    )


def error_axis(f: Findings, split: str = "test", column: str = "error") -> Any:
    """Of a column in %; 100 - F1 is called an error too."""
    title = f"{split} error: 100 − {METRICS[f.metric].words} (%)"
    return alt.Y(f"{column}:Q", axis=alt.Axis(title=title), scale=tight())


def size_axis(f: Findings) -> Any:
    return alt.X(
        "size:Q",
        scale=alt.Scale(type="log", nice=False, padding=12),
        axis=alt.Axis(title=f"training {unit(f)} (log scale)", values=list(f.sizes), format=","),
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
