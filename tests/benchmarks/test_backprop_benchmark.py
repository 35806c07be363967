"""What the cost benchmark measures is what it says: the same gradients, the counted work."""

import pytest

from wvexp.backprop.gates import AddGate, MultiplyGate, TanhGate
from wvexp.benchmarks.backprop import (
    batch_sizes,
    graph_sizes,
    layered_graph,
    separate_gradients,
    sharing,
)
from wvexp.benchmarks.timing import median_seconds


@pytest.fixture
def evaluations(monkeypatch):
    """Counts gate.backward calls; `clear()` starts anew."""
    calls: list[str] = []
    for kind in (AddGate, MultiplyGate, TanhGate):
        right = kind.backward

        def counted(self, upstream, right=right):
            calls.append(type(self).__name__)
            return right(self, upstream)

        monkeypatch.setattr(kind, "backward", counted)
    return calls


@pytest.mark.parametrize("layers", [1, 7, 40])
def test_one_shared_pass_evaluates_each_gate_once_and_separate_passes_many(layers, evaluations):
    graph, inputs = layered_graph(layers)
    graph.forward(inputs)
    shared = graph.backward()
    assert len(evaluations) == 3 * layers
    evaluations.clear()
    separate = separate_gradients(graph, list(inputs))
    # w_k: three gates in each of the layers above it, and all three of its own; h0: every gate.
    assert len(evaluations) == 3 * layers * (layers + 1) // 2 + 3 * layers
    assert separate.keys() == shared.keys()
    for name in inputs:
        assert separate[name] == pytest.approx(shared[name], rel=1e-12)


def test_tables_name_what_they_measured():
    sizes = graph_sizes((9, 30), rounds=2)
    assert [row["gates"] for row in sizes] == [9, 30]
    batches = batch_sizes((1, 3), rounds=2, seed=0)
    assert [row["batch"] for row in batches] == [1, 3]
    for row in sizes + batches:
        assert row["ratio"] == row["backward_seconds"] / row["forward_seconds"]
        assert row["forward_seconds"] > 0
    shared = sharing((2, 5), rounds=2)
    assert [row["parameters"] for row in shared] == [3, 6]
    assert all(r["ratio"] == r["separate_seconds"] / r["shared_seconds"] for r in shared)


def test_candidates_take_turns():
    turns: list[str] = []
    candidates = {name: (lambda name=name: turns.append(name)) for name in "ab"}
    assert set(median_seconds(candidates, rounds=3, seconds=0.0)) == {"a", "b"}
    assert turns[-6:] == ["a", "b"] * 3
