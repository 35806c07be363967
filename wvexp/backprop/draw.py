"""A computational graph as a picture: on every edge the value above, the gradient below.

The gradient of an edge is what its gate passes back along it. A node that several gates read
shows the sum of theirs beneath it. Numbers stand as they are, arrays as their shape.
"""

from collections.abc import Mapping
from html import escape
from itertools import pairwise
from typing import Any

import numpy as np

from wvexp.backprop.graph import ComputationalGraph
from wvexp.backprop.labels import Box, place_labels
from wvexp.backprop.layout import Edge, Layout, Point, lay_out
from wvexp.errors import UserError

MOST_NODES = 200
COLUMN, ROW, MARGIN, BOW = 190, 104, 70, 80  # pixels
STYLE = """
  .edge { fill: none; stroke: #5b6470; stroke-width: 1.5; }
  .gate { fill: #eef1f5; stroke: #5b6470; stroke-width: 1.5; }
  text { font: 15px 'DejaVu Sans', Verdana, sans-serif; text-anchor: middle; fill: #1a1f26; }
  .value { fill: #14693d; } .gradient { fill: #b3261e; } .small { font-size: 12px; }
  .legend { font-size: 13px; text-anchor: start; }
  .halo { stroke: #fff; stroke-width: 5px; stroke-linejoin: round; }
"""


def number_or_shape(value: Any) -> str:
    """'2.5' or '[3, 6]'."""
    if np.ndim(value):
        return "[" + ", ".join(map(str, np.shape(value))) + "]"
    return f"{float(value) + 0.0:.4g}".replace("-", "−")  # + 0.0 turns -0.0 into 0


def svg(graph: ComputationalGraph, title: str, output_name: str) -> str:
    """The picture after `forward` and `backward`, as a self-contained SVG file.

    Parameters
    ----------
    title
        What is drawn; the description for those who cannot see it lists all numbers.
    output_name
        What the output is called in the picture.

    Raises
    ------
    UserError
        Too many nodes for a legible picture.
    """
    order = graph.nodes_topologically_sorted()
    if len(order) > MOST_NODES:
        raise UserError(
            f"{len(order)} nodes are too many for a legible picture (at most {MOST_NODES})",
            "leave out= away to see the numbers alone",
        )
    layout = lay_out(order, graph.predecessors)
    place = {node: _pixels(point) for node, point in layout.nodes.items()}
    curves = {edge: _points(layout, edge, place) for edge in layout.bends}
    numbers = {edge: _numbers(graph, edge) for edge in curves}
    nodes = [Box(*place[node], 2 * _half_width(graph, node), 40) for node in order]
    lengths = {edge: max(map(len, pair)) for edge, pair in numbers.items()}
    labels = place_labels(curves, lengths, nodes)
    readers = graph.readers()
    end = place[graph.output][0] + COLUMN, place[graph.output][1]
    width = end[0] + MARGIN
    height = max(y for points in curves.values() for _, y in points) + MARGIN + 44
    lines = [_curve(points) for points in curves.values()]
    lines += [_curve([place[graph.output], (end[0] - 14, end[1])]), _text("", *end, output_name)]
    lines += [_label(labels[edge], *numbers[edge]) for edge in curves]
    final = [number_or_shape(n[graph.output]) for n in (graph.values, graph.gradients)]
    lines += [_label((end[0] - COLUMN / 2, end[1]), *final)]
    lines += [_node(graph, node, place[node], readers[node]) for node in order]
    lines += [
        _text("legend value", 16, height - 30, "above an edge: its value"),
        _text("legend gradient", 16, height - 12, f"below: its gradient, ∂{output_name}/∂edge"),
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
            f'width="{width:g}" height="{height:g}" role="img" aria-labelledby="title desc">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="desc">{escape(describe(graph, output_name))}</desc>',
            f"<style>{STYLE}</style>",
            f'<rect width="{width:g}" height="{height:g}" fill="#fff"/>',
            *lines,
            "</svg>\n",
        ]
    )


def describe(graph: ComputationalGraph, output_name: str) -> str:
    """Every node's operation, value and gradient in words, in the order of computation."""
    sentences = []
    for node in graph.nodes_topologically_sorted():
        gate = graph.gates.get(node)
        operation = ""
        if gate is not None:
            operation = f" = {gate.symbol} of {', '.join(graph.predecessors[node])}"
        name = output_name if node == graph.output else node
        numbers = f"value {number_or_shape(graph.values[node])}"
        if node in graph.gradients:
            numbers += f", gradient {number_or_shape(graph.gradients[node])}"
        sentences.append(f"{name}{operation}: {numbers}.")
    return " ".join(sentences)


def _pixels(point: Point) -> Point:
    return MARGIN + COLUMN * point[0], MARGIN + ROW * point[1]


def _points(layout: Layout, edge: Edge, place: Mapping[str, Point]) -> list[Point]:
    """What an edge goes through."""
    start, end = place[edge.source], place[edge.target]
    twins = [e for e in layout.bends if (e.source, e.target) == (edge.source, edge.target)]
    if len(twins) > 1 and not layout.bends[edge]:
        # x*x: edges between the same two nodes bow out to either side.
        bow = BOW * (twins.index(edge) - (len(twins) - 1) / 2)
        return [start, ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + bow), end]
    return [start, *map(_pixels, layout.bends[edge]), end]


def _numbers(graph: ComputationalGraph, edge: Edge) -> tuple[str, str]:
    """Value and gradient; the latter is empty where the output does not depend on the edge."""
    passed = graph.downstream.get(edge.target)
    gradient = "" if passed is None else number_or_shape(passed[edge.place])
    return number_or_shape(graph.values[edge.source]), gradient


def _label(centre: Point, value: str, gradient: str) -> str:
    x, y = centre
    return _text("value", x, y - 11, value) + _text("gradient", x, y + 12, gradient)


def _half_width(graph: ComputationalGraph, node: str) -> float:
    gate = graph.gates.get(node)
    return max(20.0, 5 * len(node if gate is None else gate.symbol) + 8)


def _node(graph: ComputationalGraph, node: str, centre: Point, readers: int) -> str:
    x, y = centre
    gate = graph.gates.get(node)
    label = node if gate is None else gate.symbol
    half = _half_width(graph, node)
    shape = f'<rect x="{x - half:g}" y="{y - 20:g}" width="{2 * half:g}" height="40" ' + (
        'rx="20" class="gate"/>' if gate is not None else 'rx="4" fill="#fff"/>'
    )
    total = ""
    if readers > 1 and node in graph.gradients:
        total = _text("gradient small", x, y + 31, f"Σ {number_or_shape(graph.gradients[node])}")
    return shape + _text("", x, y, label) + total


def _curve(points: list[Point]) -> str:
    """Level at every point, so that the pieces join smoothly."""
    path = f"M{points[0][0]:.1f},{points[0][1]:.1f}"
    for (x, y), (to_x, to_y) in pairwise(points):
        middle = (x + to_x) / 2
        path += f" C{middle:.1f},{y:.1f} {middle:.1f},{to_y:.1f} {to_x:.1f},{to_y:.1f}"
    return f'<path class="edge" d="{path}"/>'


def _text(kind: str, x: float, y: float, text: str) -> str:
    """Text whose middle is at y; coloured text with a white copy beneath, for crossing edges."""
    at = f'x="{x:.1f}" y="{y + 5:.1f}"'
    halo = f'<text class="halo {kind}" {at} aria-hidden="true">{escape(text)}</text>'
    return f'{halo if kind else ""}<text class="{kind}" {at}>{escape(text)}</text>'
