"""The graph: order, sums over successors, refusals, and how much work backward does."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wvexp.backprop.gates import (
    AddGate,
    ConcatGate,
    DivideGate,
    DotGate,
    MaxGate,
    MultiplyGate,
    PowerGate,
    SubtractGate,
    TanhGate,
)
from wvexp.backprop.gradcheck import gradient_error, numeric_gradient
from wvexp.backprop.graph import ComputationalGraph
from wvexp.backprop.margin import MarginWindowScorer, score_graph
from wvexp.errors import UserError


def lecture_graph() -> ComputationalGraph:
    graph = ComputationalGraph(output="f")
    graph.add("f", MultiplyGate(), "a", "b")
    graph.add("a", AddGate(), "x", "y")
    graph.add("b", MaxGate(), "y", "z")
    return graph


def test_worked_example_gives_2_5_0():
    graph = lecture_graph()
    assert graph.forward({"x": 1, "y": 2, "z": 0}) == 6
    assert graph.backward() == {"x": 2, "y": 5, "z": 0}


def test_a_node_used_twice_sums_over_its_successors():
    graph = ComputationalGraph(output="f")
    graph.add("square", MultiplyGate(), "x", "x")
    graph.add("f", AddGate(), "square", "x")
    assert graph.forward({"x": 3}) == 12
    assert graph.backward() == {"x": 7}


def test_a_new_graph_is_empty():
    graph = ComputationalGraph(output="f")
    assert graph.nodes_topologically_sorted() == graph.inputs() == []
    assert graph.values == graph.gradients == graph.downstream == {}


def test_backward_again_gives_the_same_again():
    graph = lecture_graph()
    graph.forward({"x": 1, "y": 2, "z": 0})
    assert graph.backward() == graph.backward() == {"x": 2, "y": 5, "z": 0}


def test_forward_again_forgets_the_earlier_pass():
    graph = lecture_graph()
    graph.forward({"x": 1, "y": 2, "z": 0})
    graph.backward()
    graph.forward({"x": 1, "y": 2, "z": 3})
    assert graph.backward() == {"x": 3, "y": 3, "z": 3}


def test_gradients_that_meet_leave_those_of_other_nodes_alone():
    """What a gate passes back may be a piece of what it was given: sums must not go into it."""
    graph = ComputationalGraph(output="f")
    graph.add("twice", ConcatGate(), "x", "x")
    graph.add("f", DotGate(), "twice", "w")
    w = np.array([1.0, 2.0, 10.0, 20.0])
    graph.forward({"x": np.ones(2), "w": w})
    assert graph.backward()["x"].tolist() == [11, 22]
    assert graph.gradients["twice"].tolist() == w.tolist()
    assert [piece.tolist() for piece in graph.downstream["twice"]] == [[1, 2], [10, 20]]
    assert graph.backward()["x"].tolist() == [11, 22]


def test_a_graph_that_grows_is_sorted_anew():
    graph = ComputationalGraph(output="f")
    graph.add("f", MultiplyGate(), "x", "y")
    assert graph.forward({"x": 2, "y": 3}) == 6
    graph.add("x", AddGate(), "u", "y")  # what was an input is now computed
    assert sorted(graph.inputs()) == ["u", "y"]
    assert graph.forward({"u": 1, "y": 3}) == 12
    assert graph.backward() == {"u": 3, "y": 7}


def test_whole_numbers_become_float64_and_float32_stays():
    graph = ComputationalGraph(output="f")
    graph.add("inverse", PowerGate(-1), "x")
    graph.add("square", MultiplyGate(), "y", "y")
    graph.add("f", MultiplyGate(), "inverse", "square")
    # As whole numbers, 2 ** -1 is refused by numpy and 2 ** 80 is 0.
    assert graph.forward({"x": 2, "y": 2**40}) == 2.0**79
    assert graph.backward() == {"x": -(2.0**78), "y": 2.0**40}
    for numbers in (graph.values, graph.gradients):
        assert {np.asarray(number).dtype for number in numbers.values()} == {np.dtype(np.float64)}
    graph.forward({"x": np.float32(2), "y": np.float32(3)})
    graph.backward()
    for numbers in (graph.values, graph.gradients):
        assert {np.asarray(number).dtype for number in numbers.values()} == {np.dtype(np.float32)}


def test_recursion_depth_is_no_limit():
    graph = ComputationalGraph(output="10000")
    graph.add("1", TanhGate(), "x")
    for depth in range(2, 10_001):
        graph.add(str(depth), TanhGate(), str(depth - 1))
    expected_value, expected_gradient = np.float64(0.5), np.float64(1)
    for _ in range(10_000):
        expected_value = np.tanh(expected_value)
        expected_gradient *= 1 - expected_value**2
    assert graph.forward({"x": 0.5}) == expected_value
    np.testing.assert_allclose(graph.backward()["x"], expected_gradient, rtol=1e-9)


@given(st.integers(0, 2**32))
def test_every_node_comes_after_what_it_reads(seed):
    rng = random.Random(seed)
    names = ["i0", "i1"]
    plan = []
    for k in range(rng.randrange(1, 30)):
        plan.append((f"n{k}", rng.choice(names), rng.choice(names)))
        names.append(f"n{k}")
    graph = ComputationalGraph(output=plan[-1][0])
    for name, left, right in rng.sample(plan, len(plan)):
        graph.add(name, AddGate(), left, right)
    order = graph.nodes_topologically_sorted()
    place = {node: k for k, node in enumerate(order)}
    assert len(place) == len(order)
    assert all(max(place[a], place[b]) < place[name] for name, a, b in plan)


@given(st.integers(0, 2**32))
def test_random_graphs_agree_with_differences(seed):
    rng = random.Random(seed)
    graph = ComputationalGraph(output="f")
    names = ["x", "y"]
    for k in range(rng.randrange(1, 12)):
        kind = rng.choice([AddGate, SubtractGate, MultiplyGate, TanhGate])
        graph.add(f"n{k}", kind(), *rng.choices(names, k=kind.arity))
        names.append(f"n{k}")
    graph.add("f", TanhGate(), names[-1])  # bounded, whatever was drawn
    used = graph.inputs()
    start = np.array([rng.uniform(-1, 1) for _ in used])

    def value(numbers):
        return float(graph.forward(dict(zip(used, numbers, strict=True))))

    differences = numeric_gradient(value, start)
    value(start)
    gradients = graph.backward()
    by_hand = np.array([gradients[name] for name in used])
    np.testing.assert_allclose(by_hand, differences.slope, atol=1e-6 * (1 + abs(by_hand).max()))


def test_window_score_of_the_lecture_with_a_repeated_word():
    """s = uᵀ tanh(W [E_1; E_2; E_1] + b), gradients of everything, E's row 1 from two places."""
    rng = np.random.default_rng(0)
    start = {
        "E": rng.normal(size=(4, 2)),
        "W": rng.normal(size=(3, 6)),
        "b": rng.normal(size=3),
        "u": rng.normal(size=3),
    }
    window = np.array([1, 2, 1])
    graph = score_graph(window)
    score = graph.forward(start)
    assert score == pytest.approx(MarginWindowScorer(start).scores(window[None])[0])
    gradients = graph.backward()
    for name in start:
        differences = numeric_gradient(
            lambda value, name=name: float(graph.forward({**start, name: value})), start[name]
        )
        assert gradients[name].shape == start[name].shape
        assert gradient_error(gradients[name], differences) < 1e-8


def test_an_input_that_does_not_matter_has_gradient_zero():
    graph = ComputationalGraph(output="f")
    graph.add("f", TanhGate(), "x")
    graph.add("aside", MultiplyGate(), "w", "x")
    graph.forward({"x": 0.0, "w": np.float64(5)})
    assert graph.backward() == {"x": 1, "w": 0}
    assert "w" not in graph.gradients


def test_an_array_that_does_not_matter_has_zeros_in_its_shape():
    graph = ComputationalGraph(output="f")
    graph.add("f", TanhGate(), "x")
    graph.add("aside", DotGate(), "w", "w")
    graph.forward({"x": 0.0, "w": np.ones(3, np.float32)})
    w = graph.backward()["w"]
    assert w.tolist() == [0, 0, 0]
    assert w.dtype == np.float32


def test_each_gate_is_evaluated_once_in_each_direction(monkeypatch):
    calls = {"forward": 0, "backward": 0}
    for direction in calls:
        original = getattr(TanhGate, direction)

        def counted(self, *inputs, direction=direction, original=original):
            calls[direction] += 1
            return original(self, *inputs)

        monkeypatch.setattr(TanhGate, direction, counted)
    graph = ComputationalGraph(output="f")
    graph.add("shared", TanhGate(), "x")
    for k in range(5):  # five successors of one node: the diamond that a naive recursion repeats
        graph.add(f"t{k}", TanhGate(), "shared" if k == 0 else f"s{k - 1}")
        graph.add(f"s{k}", AddGate(), f"t{k}", f"t{k}")
    graph.add("f", TanhGate(), "s4")
    graph.forward({"x": 0.1})
    graph.backward()
    assert calls == {"forward": 7, "backward": 7}


def test_a_cycle_is_refused_and_named():
    graph = ComputationalGraph(output="a")
    graph.add("a", AddGate(), "b", "x")
    graph.add("b", TanhGate(), "c")
    graph.add("c", TanhGate(), "a")
    graph.add("after", TanhGate(), "a")
    with pytest.raises(UserError, match="has a cycle: a → c → b → a; break it"):
        graph.nodes_topologically_sorted()


def test_a_node_that_reads_itself_is_the_shortest_cycle():
    graph = ComputationalGraph(output="a")
    graph.add("a", TanhGate(), "a")
    with pytest.raises(UserError, match=r"^the graph has a cycle: a → a; break it$"):
        graph.nodes_topologically_sorted()


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda g: g.add("a", AddGate(), "x"), "^node 'a': AddGate takes 2 inputs, got 1$"),
        (
            lambda g: g.add("a", "add", "x", "y"),
            "^node 'a': unknown gate 'add'; give an instance of a Gate$",
        ),
        (
            lambda g: (g.add("a", TanhGate(), "x"), g.add("a", TanhGate(), "y")),
            "^node 'a' is there already; choose another name$",
        ),
    ],
)
def test_a_wrong_node_is_refused(build, message):
    with pytest.raises(UserError, match=message):
        build(ComputationalGraph(output="a"))


def test_a_gate_cannot_serve_two_nodes():
    graph, gate = ComputationalGraph(output="b"), TanhGate()
    graph.add("a", gate, "x")
    with pytest.raises(
        UserError, match=r"^node 'b': its gate belongs to another node; make a new gate$"
    ):
        graph.add("b", gate, "a")


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"x": 1, "y": 2}, "^no value for z; give one to each input$"),
        ({"x": 1}, "^no value for y, z; give one to each input$"),
        ({"x": 1, "y": 2, "z": 3, "q": 4}, "^q is not an input; the inputs are x, y, z$"),
        ({"x": 1, "y": 2, "z": 3, "q": 4, "a": 5}, "^q, a is not an input; the inputs"),
        ({"x": np.ones(3), "y": np.ones(2), "z": 0}, r"node 'a': AddGate: x has shape \(3,\), y"),
    ],
)
def test_wrong_inputs_are_named_and_leave_nothing_to_differentiate(inputs, message):
    graph = lecture_graph()
    graph.forward({"x": 1, "y": 2, "z": 0})
    with pytest.raises(UserError, match=message):
        graph.forward(inputs)
    with pytest.raises(
        UserError, match=r"^backward before forward; call forward with the inputs first$"
    ):
        graph.backward()


def test_division_by_zero_names_the_node():
    graph = ComputationalGraph(output="ratio")
    graph.add("ratio", DivideGate(), "x", "y")
    with pytest.raises(UserError, match="node 'ratio': division by zero"):
        graph.forward({"x": 1, "y": 0})


def test_an_output_that_is_missing_or_no_number_is_refused():
    graph = ComputationalGraph(output="g")
    graph.add("f", TanhGate(), "x")
    with pytest.raises(UserError, match=r"^no gate computes the output 'g'; add one$"):
        graph.forward({"x": 1})
    graph = ComputationalGraph(output="f")
    graph.add("f", TanhGate(), "x")
    graph.forward({"x": np.ones(3)})
    with pytest.raises(
        UserError, match=r"^the output has shape \(3,\); end the graph in one number$"
    ):
        graph.backward()
