"""What backward costs: as much as forward, times a constant; and once for all parameters.

Three tables of plain numbers:

graph_sizes   a graph of 10² to 10⁵ gates: backward / forward
batches       the window classifier with batches of 1 to 4096: backward / forward
sharing       one backward pass against one pass for each parameter
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from wvexp.backprop.activations import Array
from wvexp.backprop.gates import AddGate, MultiplyGate, TanhGate
from wvexp.backprop.graph import ComputationalGraph
from wvexp.backprop.window import WindowClassifier
from wvexp.benchmarks.timing import median_seconds
from wvexp.seeds import stream

Row = dict[str, float]
Run = Callable[[], object]


def backprop_cost(rounds: int = 7, seed: int = 0) -> dict[str, Any]:
    """All three tables, and how far each ratio strays from the middle of its table."""
    sizes = graph_sizes((100, 1_000, 10_000, 100_000), rounds)
    batches = batch_sizes((1, 4, 16, 64, 256, 1024, 4096), rounds, seed)
    return {
        "graph_sizes": sizes,
        "graph_sizes_spread": _spread(sizes),
        "batches": batches,
        "batches_spread": _spread(batches),
        "sharing": sharing((10, 30, 100, 300), rounds),
    }


def layered_graph(layers: int) -> tuple[ComputationalGraph, dict[str, float]]:
    """tanh(w_k * h + h) layer after layer, each with its own w_k: three gates per layer."""
    graph = ComputationalGraph(output=f"h{layers}")
    for k in range(1, layers + 1):
        graph.add(f"p{k}", MultiplyGate(), f"w{k}", f"h{k - 1}")
        graph.add(f"a{k}", AddGate(), f"p{k}", f"h{k - 1}")
        graph.add(f"h{k}", TanhGate(), f"a{k}")
    inputs = {f"w{k}": (-1) ** k * 0.5 for k in range(1, layers + 1)}
    return graph, {"h0": 0.5, **inputs}


def graph_sizes(gates: Sequence[int], rounds: int) -> list[Row]:
    """Backward / forward for `layered_graph`s of about this many gates."""
    graphs = {size: layered_graph(size // 3) for size in gates}
    candidates: dict[tuple[int, str], Run] = {}
    for size, (graph, inputs) in graphs.items():
        candidates[size, "forward"] = partial(graph.forward, inputs)
        candidates[size, "backward"] = graph.backward
    seconds = median_seconds(candidates, rounds)
    return [
        _row(
            "gates", len(graphs[size][0].gates), seconds[size, "forward"], seconds[size, "backward"]
        )
        for size in gates
    ]


def batch_sizes(batches: Sequence[int], rounds: int, seed: int) -> list[Row]:
    """Backward / forward of the window classifier: window 5, d = 100, 100 hidden units, 12
    classes, 20,000 tuned rows, float32."""
    rng = stream(seed, "bench")
    V, d, window, hidden, classes = 20_000, 100, 5, 100, 12

    def real(*shape: int) -> Array:
        return rng.normal(scale=0.1, size=shape).astype(np.float32)

    parameters = {
        "E": real(V, d),
        "W": real(hidden, window * d),
        "b": real(hidden),
        "U": real(classes, hidden),
        "c": real(classes),
    }
    candidates: dict[tuple[int, str], Run] = {}
    for batch in batches:
        model = WindowClassifier(parameters, l2=1e-4, trainable=np.arange(V) > 0)
        windows, labels = rng.integers(V, size=(batch, window)), rng.integers(classes, size=batch)
        candidates[batch, "forward"] = partial(model.forward, windows, labels)
        candidates[batch, "backward"] = model.backward
    seconds = median_seconds(candidates, rounds)
    return [_row("batch", b, seconds[b, "forward"], seconds[b, "backward"]) for b in batches]


def sharing(layers: Sequence[int], rounds: int) -> list[Row]:
    """One backward pass for all parameters against one pass for each of them."""
    graphs = {n: layered_graph(n) for n in layers}
    candidates: dict[tuple[int, str], Run] = {}
    for n, (graph, inputs) in graphs.items():
        graph.forward(inputs)
        candidates[n, "shared"] = graph.backward
        candidates[n, "separate"] = partial(separate_gradients, graph, list(inputs))
    seconds = median_seconds(candidates, rounds)
    return [
        {
            "parameters": len(graphs[n][1]),
            "shared_seconds": seconds[n, "shared"],
            "separate_seconds": seconds[n, "separate"],
            "ratio": seconds[n, "separate"] / seconds[n, "shared"],
        }
        for n in layers
    ]


def separate_gradients(graph: ComputationalGraph, names: list[str]) -> dict[str, Array]:
    """What `backward` returns, found one input at a time."""
    return {name: gradient_of(graph, name) for name in names}


def gradient_of(graph: ComputationalGraph, name: str) -> Array:
    """d output / d `name` alone, after `forward`: the chain rule from the output down to it.

    The way without a shared error signal. It visits only the nodes between the two, and yet
    repeats for each parameter what the parameters have in common.
    """
    order = graph.nodes_topologically_sorted()
    depends = {name}
    for node in order:
        if depends.intersection(graph.predecessors.get(node, ())):
            depends.add(node)
    gradients = {graph.output: np.ones_like(graph.values[graph.output])}
    for node in reversed(order):
        if node == name or node not in depends or node not in gradients:
            continue
        downstream = graph.gates[node].backward(gradients[node])
        for source, gradient in zip(graph.predecessors[node], downstream, strict=True):
            if source in depends:
                gradients[source] = gradients.get(source, 0) + gradient
    return gradients[name]


def _row(counted: str, count: int, forward: float, backward: float) -> Row:
    return {
        counted: count,
        "forward_seconds": forward,
        "backward_seconds": backward,
        "ratio": backward / forward,
    }


def _spread(rows: list[Row]) -> float:
    """The half-width that covers all ratios, relative to the middle of their range."""
    ratios = [row["ratio"] for row in rows]
    return (max(ratios) - min(ratios)) / (max(ratios) + min(ratios))
