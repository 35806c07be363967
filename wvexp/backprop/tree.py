"""A computational graph for the terminal: the output on top, below each gate what it reads.

    ×            6   1
    ├─ +         3   2
    │  ├─ x      1   2
    ...

Each line is an edge with its value and the gradient that its gate passes back along it.
"""

from wvexp.backprop.draw import number_or_shape
from wvexp.backprop.graph import ComputationalGraph

WIDTH = 44  # of the tree; what goes deeper is cut at its left


def text_tree(graph: ComputationalGraph) -> str:
    """The lines, at most 80 columns wide, after `forward` and `backward`."""
    lines = [_line("", graph, graph.output, graph.gradients[graph.output], "")]
    lines[0] = f"{'':<{WIDTH}} {'value':>12} {'gradient':>12}\n{lines[0]}"
    seen, readers = {graph.output}, graph.readers()
    # (gate's node, number of the input, the branches drawn to its left)
    stack = _inputs(graph, graph.output, "")
    while stack:
        reader, place, indent = stack.pop()
        node = graph.predecessors[reader][place]
        last = place == len(graph.predecessors[reader]) - 1
        again = node in seen
        note = f"Σ {number_or_shape(graph.gradients[node])}" if readers[node] > 1 else ""
        branch = indent + ("└─ " if last else "├─ ")
        passed = graph.downstream[reader][place]
        mark = " (as above)" if again and node in graph.gates else ""
        lines.append(_line(branch, graph, node, passed, note, mark))
        if not again:
            stack += _inputs(graph, node, indent + ("   " if last else "│  "))
        seen.add(node)
    return "\n".join(lines)


def _inputs(graph: ComputationalGraph, node: str, indent: str) -> list[tuple[str, int, str]]:
    places = range(len(graph.predecessors.get(node, ())))
    return [(node, place, indent) for place in reversed(places)]


def _line(
    branch: str, graph: ComputationalGraph, node: str, gradient: object, note: str, mark: str = ""
) -> str:
    gate = graph.gates.get(node)
    label = branch + (node if gate is None else gate.symbol) + mark
    if len(label) > WIDTH:
        label = "…" + label[1 - WIDTH :]
    value = number_or_shape(graph.values[node])
    return f"{label:<{WIDTH}} {value:>12} {number_or_shape(gradient):>12} {note}".rstrip()
