"""Where the nodes of a graph go on paper: columns from left to right, few crossings.

After Sugiyama, Tagawa and Toda (1981): a column for each step of the computation, bends where an
edge passes a column by, rows ordered by where the neighbours are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]
SWEEPS = 24


@dataclass(frozen=True)
class Edge:
    """`target` reads `source` as its input number `place`."""

    source: str
    target: str
    place: int


@dataclass(frozen=True)
class Bend:
    """Where an edge passes a column by."""

    edge: Edge
    column: int


@dataclass(frozen=True)
class Layout:
    """Columns and rows (both from 0, rows in steps of 1 or more within a column).

    nodes   node -> (column, row)
    bends   edge -> the points it passes between its ends
    """

    nodes: dict[str, Point]
    bends: dict[Edge, list[Point]]


def lay_out(order: list[str], predecessors: Mapping[str, tuple[str, ...]]) -> Layout:
    """Places for nodes given in topological order."""
    edges = [Edge(s, t, k) for t in order for k, s in enumerate(predecessors.get(t, ()))]
    column = _columns(order, edges)
    # A bend is a node of its own in each column that an edge passes.
    bends = {e: [Bend(e, c) for c in range(column[e.source] + 1, column[e.target])] for e in edges}
    columns: list[list[object]] = [[] for _ in range(max(column.values()) + 1)]
    for node in order:
        columns[column[node]].append(node)
    neighbours: dict[object, list[object]] = {node: [] for node in order}
    for edge, passed in bends.items():
        for bend in passed:
            columns[bend.column].append(bend)
            neighbours[bend] = []
        for left, right in pairwise([edge.source, *passed, edge.target]):
            neighbours[left].append(right)
            neighbours[right].append(left)
    row = _rows(columns, neighbours)
    return Layout(
        nodes={node: (column[node], row[node]) for node in order},
        bends={e: [(b.column, row[b]) for b in passed] for e, passed in bends.items()},
    )


def _columns(order: list[str], edges: list[Edge]) -> dict[str, int]:
    """The longest way from an input; inputs then move up to just before their first reader."""
    column: dict[str, int] = {}
    read_by: dict[str, list[str]] = {node: [] for node in order}
    computed = {edge.target for edge in edges}
    reads: dict[str, list[str]] = {node: [] for node in order}
    for edge in edges:
        read_by[edge.source].append(edge.target)
        reads[edge.target].append(edge.source)
    for node in order:
        column[node] = max((column[s] + 1 for s in reads[node]), default=0)
    for node in order:
        if node not in computed and read_by[node]:
            column[node] = min(column[t] for t in read_by[node]) - 1
    return column


def _rows(
    columns: list[list[object]], neighbours: Mapping[object, list[object]]
) -> dict[object, float]:
    """Each node moves towards the mean of its neighbours, then neighbours make room."""
    row: dict[object, float] = {}
    for members in columns:
        for k, member in enumerate(members):
            row[member] = k - (len(members) - 1) / 2
    for sweep in range(SWEEPS):
        for members in columns if sweep % 2 else reversed(columns):
            wish = {m: sum(row[n] for n in neighbours[m]) / len(neighbours[m]) for m in members}
            members.sort(key=wish.__getitem__)  # stable: ties keep their order
            for member, place in zip(members, _spread([wish[m] for m in members]), strict=True):
                row[member] = place
    top = min(row.values())
    return {member: place - top for member, place in row.items()}


def _spread(wishes: list[float]) -> list[float]:
    """Ascending places at least 1 apart, centred on the ascending wishes."""
    places: list[float] = []
    for wish in wishes:
        places.append(max(wish, places[-1] + 1) if places else wish)
    shift = sum(w - p for w, p in zip(wishes, places, strict=True)) / len(wishes)
    return [place + shift for place in places]
