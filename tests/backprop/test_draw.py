"""The drawings: well-formed, accessible, every number on its edge, nothing on top of another."""

import xml.etree.ElementTree as ET
from itertools import combinations, pairwise

import numpy as np
import pytest

from wvexp.backprop import draw
from wvexp.backprop.draw import number_or_shape
from wvexp.backprop.gates import AddGate, TanhGate
from wvexp.backprop.graph import ComputationalGraph
from wvexp.backprop.labels import Box, on_curve, place_labels
from wvexp.backprop.layout import Edge, lay_out
from wvexp.backprop.show import show_expression, show_window
from wvexp.backprop.tree import text_tree
from wvexp.errors import UserError

SVG = "{http://www.w3.org/2000/svg}"
LECTURE = ("(x+y)*max(y,z)", {"x": 1.0, "y": 2.0, "z": 0.0})
BUSY = (
    "tanh(w1*x1+w2*x2+b)*sigmoid(w1*x1-b/x2)+0.5*w1**2",
    {"x1": 1.0, "x2": 2.0, "w1": -0.5, "w2": 0.3, "b": 1.0},
)


def visible_texts(root: ET.Element, kind: str) -> list[ET.Element]:
    return [
        text
        for text in root.iter(SVG + "text")
        if text.get("class") == kind and text.get("aria-hidden") is None
    ]


def test_drawing_is_well_formed_and_accessible():
    root = ET.fromstring(show_expression(*LECTURE).svg())
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "title desc"
    assert root.find(SVG + "title").text == "(x+y)*max(y,z)"
    description = root.find(SVG + "desc").text
    assert "y: value 2, gradient 5." in description
    assert "f = × of x+y, max(y,z): value 6, gradient 1." in description


def test_every_edge_has_its_value_above_and_its_gradient_below():
    root = ET.fromstring(show_expression(*LECTURE).svg())
    values, gradients = visible_texts(root, "value"), visible_texts(root, "gradient")
    pairs = []
    for value, gradient in zip(values, gradients, strict=True):
        assert value.get("x") == gradient.get("x")
        assert float(value.get("y")) < float(gradient.get("y"))
        pairs.append((value.text, gradient.text))
    # x→+, y→+, y→max, z→max, +→×, max→×, ×→f
    expected = [("1", "2"), ("2", "2"), ("2", "3"), ("0", "0"), ("3", "2"), ("2", "3"), ("6", "1")]
    assert sorted(pairs) == sorted(expected)
    assert [text.text for text in visible_texts(root, "gradient small")] == ["Σ 5"]


@pytest.mark.parametrize("drawn", [LECTURE, BUSY, ("x*x+x", {"x": 3.0})])
def test_no_label_lies_on_another_and_all_are_on_the_paper(drawn):
    root = ET.fromstring(show_expression(*drawn).svg())
    boxes = [
        Box(float(text.get("x")), float(text.get("y")), 7 * len(text.text), 14)
        for kind in ("value", "gradient", "gradient small", "")
        for text in visible_texts(root, kind)
    ]
    for one, other in combinations(boxes, 2):
        assert one.overlap(other) == 0, (one, other)
    width, height = float(root.get("width")), float(root.get("height"))
    for box in boxes:
        assert box.width / 2 < box.x < width - box.width / 2
        assert 0 < box.y < height


def test_window_is_drawn_with_shapes_and_gradients_have_those_of_their_values():
    shown = show_window()
    root = ET.fromstring(shown.svg())
    values = [text.text for text in visible_texts(root, "value")]
    gradients = [text.text for text in visible_texts(root, "gradient")]
    assert {"[8, 20]", "[20]", "[5, 4]", "[8]"} <= set(values)
    assert values[:-1] == gradients[:-1]  # the last is the score itself
    assert "W·x" in shown.text()


def test_as_many_nodes_as_are_legible_are_drawn(monkeypatch):
    shown = show_expression("x*x+x", {"x": 1.0})
    monkeypatch.setattr(draw, "MOST_NODES", 3)
    ET.fromstring(shown.svg())
    monkeypatch.setattr(draw, "MOST_NODES", 2)
    with pytest.raises(UserError, match="3 nodes are too many"):
        shown.svg()


def test_a_graph_too_large_to_read_is_refused():
    shown = show_expression("+".join(["x"] * 300), {"x": 1.0})
    with pytest.raises(UserError) as caught:
        shown.svg()
    assert str(caught.value) == (
        "300 nodes are too many for a legible picture (at most 200); "
        "leave out= away to see the numbers alone"
    )
    assert "f = 300" in shown.text()


def test_terminal_form_fits_80_columns_and_shows_each_edge():
    text = show_expression(*LECTURE).text()
    assert [line.split() for line in text.splitlines()[3:10]] == [
        ["×", "6", "1"],
        ["├─", "+", "3", "2"],
        ["│", "├─", "x", "1", "2"],
        ["│", "└─", "y", "2", "2", "Σ", "5"],
        ["└─", "max", "2", "3"],
        ["├─", "y", "2", "3", "Σ", "5"],
        ["└─", "z", "0", "0"],
    ]
    deep = show_expression("tanh(" * 60 + "x" + ")" * 60, {"x": 0.5}).text()
    for line in (text + "\n" + show_expression(*BUSY).text()).splitlines() + deep.splitlines()[1:]:
        assert len(line) <= 80


def test_terminal_form_in_full():
    assert (
        show_expression("tanh(x)*y+x", {"x": 0.5, "y": 2.0}).text()
        == """\
tanh(x)*y+x   →   f = 1.424

                                                    value     gradient
+                                                   1.424            1
├─ ×                                               0.9242            1
│  ├─ tanh                                         0.4621            2
│  │  └─ x                                            0.5        1.573 Σ 2.573
│  └─ y                                                 2       0.4621
└─ x                                                  0.5            1 Σ 2.573

x: +0.1 → f +0.2573    really +0.2499
y: +0.1 → f +0.04621   really +0.04621"""
    )


def test_the_window_is_that_of_its_seed():
    shown = show_window()
    assert {name: np.shape(value) for name, value in shown.inputs.items()} == {
        "E": (10, 4),
        "W": (8, 20),
        "b": (8,),
        "u": (8,),
    }
    lines = shown.text().splitlines()
    assert lines[0] == "s = uᵀ f(Wx + b), f = tanh   →   s = −2.204"
    assert lines[-4:] == [
        "E: +0.1 along its gradient → s +0.2876   really +0.2856",
        "W: +0.1 along its gradient → s +0.9373   really +0.9104",
        "b: +0.1 along its gradient → s +0.1974   really +0.1976",
        "u: +0.1 along its gradient → s +0.2132   really +0.2132",
    ]
    assert show_window(1).text() != show_window(0).text() == shown.text()


def test_a_gate_that_two_gates_read_is_written_out_once():
    graph = ComputationalGraph(output="f")
    graph.add("f", AddGate(), "t", "t")
    graph.add("t", TanhGate(), "x")
    graph.forward({"x": 0.0})
    graph.backward()
    rows = [line.split(maxsplit=1) for line in text_tree(graph).splitlines()]
    assert [" ".join(" ".join(row).split()) for row in rows] == [
        "value gradient",
        "+ 0 1",
        "├─ tanh 0 1 Σ 2",
        "│ └─ x 0 2",
        "└─ tanh (as above) 0 1 Σ 2",
    ]


def test_labels_too_wide_for_their_column_are_cut_at_the_left():
    for length in (41, 42, 43):
        name = "x" * length
        graph = ComputationalGraph(output="f")
        graph.add("f", TanhGate(), name)
        graph.forward({name: 0.0})
        graph.backward()
        line = text_tree(graph).splitlines()[-1]
        cut = "└─ " + name if length == 41 else "…" + ("└─ " + name)[-43:]
        assert line == f"{cut:<44} {0:>12} {1:>12}"


def test_numbers_alone_have_no_steps():
    text = show_expression("1+2", {}).text()
    assert text.startswith("1+2   →   f = 3\n")
    assert "really" not in text


def test_a_step_beyond_the_largest_number_is_shown_without_a_warning():
    steps = show_expression("x*1e308", {"x": 1.75}).steps()
    assert steps == ["x: +0.1 → f +1e+307   really +inf"]


def test_steps_promise_what_the_gradient_says_and_show_what_happens():
    assert show_expression(*LECTURE).steps() == [
        "x: +0.1 → f +0.2   really +0.2",
        "y: +0.1 → f +0.5   really +0.51",
        "z: +0.1 → f +0     really +0",
    ]


def test_a_step_that_cannot_be_taken_says_so():
    steps = show_expression("1/(x-1)", {"x": 0.9}).steps()
    assert steps[0].startswith("x: +0.1 → f −10   really impossible: node '1/(x-1)': division")


def test_steps_of_arrays_go_along_the_gradient():
    shown = show_window()
    for name, line in zip(shown.variables, shown.steps(), strict=True):
        slope = np.linalg.norm(shown.graph.gradients[name])
        assert line.startswith(f"{name}: +0.1 along its gradient → s +{0.1 * slope:.4g}")


def test_steps_leave_the_graph_as_it_was():
    shown = show_expression(*LECTURE)
    assert shown.text() == shown.text()


@pytest.mark.parametrize(
    ("value", "text"),
    [(-0.0, "0"), (2, "2"), (-1.23456, "−1.235"), (np.zeros((3, 6)), "[3, 6]"), ([1.0], "[1]")],
)
def test_numbers_and_shapes(value, text):
    assert number_or_shape(value) == text


def test_an_edge_that_does_not_reach_the_output_has_no_gradient():
    graph = ComputationalGraph(output="f")
    graph.add("f", TanhGate(), "x")
    graph.add("aside", TanhGate(), "x")
    graph.forward({"x": 0.0})
    graph.backward()
    root = ET.fromstring(draw.svg(graph, "two", "f"))
    gradients = [text.text for text in visible_texts(root, "gradient")]
    assert sorted(gradients, key=str) == ["1", "1", None]


def test_boxes_overlap_by_the_area_they_share():
    one = Box(0, 0, 10, 4)
    assert one.overlap(Box(6, 2, 4, 6)) == 1 * 3
    assert one.overlap(Box(-6, -2, 4, 6)) == 1 * 3
    assert one.overlap(Box(0, 0, 2, 2)) == 6 * 3  # one within the other: how far it has to go
    assert one.overlap(Box(7, 0, 4, 4)) == one.overlap(Box(0, 4, 4, 4)) == 0
    assert one.overlap(Box(20, 20, 4, 4)) == 0


def test_a_curve_is_level_at_both_ends():
    start, end = (10.0, 20.0), (50.0, 100.0)
    assert on_curve(start, end, 0) == start
    assert on_curve(start, end, 1) == end
    assert on_curve(start, end, 0.5) == (30, 60)
    x, y = on_curve(start, end, 0.25)  # the cubic Bézier with both control points at x = 30
    assert (x, y) == pytest.approx((10 * 0.421875 + 30 * 0.5625 + 50 * 0.015625, 20 + 80 * 0.15625))


def test_nodes_go_to_the_mean_of_their_neighbours_and_inputs_next_to_their_reader():
    reads = {"a": ("x",), "t": ("x",), "b": ("a",), "f": ("b", "y", "t")}
    layout = lay_out(["x", "y", "a", "t", "b", "f"], reads)
    columns = {node: column for node, (column, _) in layout.nodes.items()}
    assert columns == {"x": 0, "a": 1, "t": 1, "b": 2, "y": 2, "f": 3}
    layout = lay_out(["x", "y", "a", "b", "f"], {"a": ("x",), "b": ("a",), "f": ("b", "y")})
    rows = {node: row for node, (_, row) in layout.nodes.items()}
    assert rows["f"] == pytest.approx((rows["b"] + rows["y"]) / 2)
    assert abs(rows["y"] - rows["b"]) == pytest.approx(1)
    assert rows["x"] == pytest.approx(rows["a"], abs=0.2)
    assert rows["a"] == pytest.approx(rows["b"], abs=0.2)
    assert min(rows.values()) == 0


def test_edges_go_from_left_to_right_and_nodes_of_a_column_keep_apart():
    graph = show_expression(*BUSY).graph
    layout = lay_out(graph.nodes_topologically_sorted(), graph.predecessors)
    columns: dict[float, list[float]] = {}
    for column, row in [*layout.nodes.values(), *(b for bs in layout.bends.values() for b in bs)]:
        columns.setdefault(column, []).append(row)
    for rows in columns.values():
        assert np.diff(sorted(rows)).min(initial=1.0) > 1 - 1e-9
    for edge, bends in layout.bends.items():
        way = [layout.nodes[edge.source], *bends, layout.nodes[edge.target]]
        assert all(right[0] - left[0] == 1 for left, right in pairwise(way))


def test_a_label_evades_what_is_already_there_and_stays_on_its_edge():
    edge, ends = Edge("a", "b", 0), [(0.0, 0.0), (200.0, 100.0)]
    free = place_labels({edge: ends}, {edge: 3}, [])[edge]
    assert free == on_curve(*ends, 0.5) == (100, 50)
    moved = place_labels({edge: ends}, {edge: 3}, [Box(100, 50, 20, 20)])[edge]
    assert moved != free
    assert min(np.hypot(*np.subtract(moved, on_curve(*ends, t / 100))) for t in range(101)) < 1e-9
