"""The window classifier by hand against autograd, and what its word gradients must be."""

import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wvexp.backprop.activations import ACTIVATIONS
from wvexp.backprop.gates import (
    AddGate,
    ConcatGate,
    LookupGate,
    MatVecGate,
    SoftmaxCrossEntropyGate,
    TanhGate,
)
from wvexp.backprop.gradcheck import relative_error
from wvexp.backprop.graph import ComputationalGraph
from wvexp.backprop.head import Head
from wvexp.backprop.losses import softmax_cross_entropy
from wvexp.backprop.window import WindowClassifier
from wvexp.parity.gradient_cases import random_case
from wvexp.seeds import stream

SHAPES = {
    "seed": st.integers(0, 2**32),
    "activation": st.sampled_from(sorted(ACTIVATIONS)),
    "vocabulary": st.integers(2, 30),
    "d": st.integers(1, 6),
    "window": st.sampled_from([1, 3, 5, 7]),
    "hidden": st.integers(0, 9),
    "classes": st.integers(1, 6),
    "batch": st.integers(1, 20),
    "dropout": st.booleans(),
    "l2": st.sampled_from([0.0, 0.01, 1.0]),
    "anchor": st.sampled_from([0.0, 0.3]),
    "tuned": st.booleans(),
}


@settings(deadline=None)
@given(**SHAPES)
@example(
    seed=0,
    activation="tanh",
    vocabulary=2,
    d=1,
    window=1,
    hidden=0,
    classes=1,
    batch=1,
    dropout=False,
    l2=0.0,
    anchor=0.0,
    tuned=True,
)  # one of everything
@example(
    seed=28,
    activation="tanh",
    vocabulary=28,
    d=3,
    window=7,
    hidden=1,
    classes=3,
    batch=1,
    dropout=False,
    l2=0.0,
    anchor=0.0,
    tuned=True,
)  # a saturated tanh
def test_loss_and_gradients_equal_autograd(seed, **shapes):
    case = random_case(stream(seed, "case"), WindowClassifier, **shapes)
    hand, autograd = case.hand_gradients(), case.autograd_gradients()
    assert hand.keys() == autograd.keys()
    for name, gradient in hand.items():
        assert gradient.shape == case.trained()[name].shape
        # The floor: what is left of a saturated tanh, 1 - h², is known to rounding only.
        assert relative_error(gradient, autograd[name], floor=1e-2) <= 1e-10, name


def test_loss_equals_torch_and_float32_stays_float32():
    import torch

    case = random_case(stream(1, "case"), WindowClassifier, "tanh", hidden=4)
    parameters = {name: torch.tensor(value) for name, value in case.parameters.items()}
    assert case.build()[1] == pytest.approx(float(case.torch_loss(parameters)), rel=1e-12)
    for name, gradient in case.hand_gradients(np.float32).items():
        assert gradient.dtype == np.float32, name


def test_one_window_equals_the_graph_of_gates():
    """The closed form and the gates are two derivations of the same thing."""
    rng = stream(2, "graph")
    E, W, b = rng.normal(size=(5, 2)), rng.normal(size=(4, 6)), rng.normal(size=4)
    U, c = rng.normal(size=(3, 4)), rng.normal(size=3)
    window, label = np.array([2, 4, 2]), 1
    graph = ComputationalGraph(output="loss")
    graph.add("rows", LookupGate(window), "E")
    graph.add("x", ConcatGate(), "rows")
    graph.add("Wx", MatVecGate(), "W", "x")
    graph.add("z", AddGate(), "Wx", "b")
    graph.add("h", TanhGate(), "z")
    graph.add("Uh", MatVecGate(), "U", "h")
    graph.add("o", AddGate(), "Uh", "c")
    graph.add("loss", SoftmaxCrossEntropyGate(label), "o")
    parameters = {"E": E, "W": W, "b": b, "U": U, "c": c}
    loss = graph.forward(parameters)
    expected = graph.backward()

    model = WindowClassifier(parameters, trainable=np.array([False, True, True, True, True]))
    assert model.forward(window[None], np.array([label])) == pytest.approx(float(loss))
    gradients = model.backward()
    for name in ("W", "b", "U", "c"):
        np.testing.assert_allclose(gradients[name], expected[name], rtol=1e-12)
    np.testing.assert_allclose(gradients["E"].dense(5), expected["E"], rtol=1e-12)


def test_word_gradients_are_sparse_sorted_and_of_trainable_rows_alone():
    rng = stream(3, "rows")
    parameters = {
        "E": rng.normal(size=(9, 2)),
        "U": rng.normal(size=(2, 6)),
        "c": np.zeros(2),
    }
    trainable = np.ones(9, dtype=bool)
    trainable[[0, 4]] = False
    model = WindowClassifier(parameters, trainable=trainable)
    model.forward(np.array([[0, 7, 3], [7, 3, 4], [3, 4, 0]]), np.array([0, 1, 1]))
    found = model.backward()["E"]
    assert found.rows.tolist() == [3, 7]
    dense = found.dense(9)
    assert np.count_nonzero(dense.any(axis=1)) == 2
    np.testing.assert_array_equal(dense[[3, 7]], found.values)


def test_a_batch_without_a_trainable_row_has_an_empty_gradient():
    parameters = {"E": np.ones((3, 2)), "U": np.ones((2, 2)), "c": np.zeros(2)}
    trainable = np.array([False, False, True])
    model = WindowClassifier(parameters, l2=0.1, trainable=trainable)
    model.forward(np.array([[0], [1]]), np.array([0, 1]))
    found = model.backward()["E"]
    assert found.rows.size == 0
    assert found.dense(3).tolist() == [[0, 0]] * 3


def test_frozen_rows_have_no_gradient():
    parameters = {"E": np.ones((3, 2)), "U": np.ones((2, 2)), "c": np.zeros(2)}
    model = WindowClassifier(parameters)
    model.forward(np.array([[1], [2]]), np.array([0, 1]))
    assert set(model.backward()) == {"U", "c"}


def test_an_optimiser_may_change_the_parameters_in_place():
    """Plain gradient descent through the hand-written gradient learns a small batch."""
    rng = stream(4, "descent")
    case = random_case(rng, WindowClassifier, "tanh", hidden=8, l2=0.0, anchor=0.0, dropout=False)
    model, first = case.build()
    parameters = {"W": model.head.W, "b": model.head.b, "U": model.head.U, "c": model.head.c}
    for _ in range(300):
        gradients = model.backward()
        for name, value in parameters.items():
            value -= 0.3 * gradients[name]
        model.rows.E[gradients["E"].rows] -= 0.3 * gradients["E"].values
        last = model.forward(*case.batch)
    assert last < 0.05 < first


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"b": np.ones(3)}, r"^W has shape \(4, 6\), expected \(3, 6\)"),
        ({"b": np.ones((4, 1))}, r"^b has shape \(4, 1\), expected \(4,\)"),
        ({"c": np.ones((2, 1))}, r"^c has shape \(2, 1\), expected \(2,\)"),
        ({"U": np.ones((2, 5))}, r"U has shape \(2, 5\), expected \(2, 4\)"),
        ({"c": np.ones(3)}, r"U has shape \(2, 4\), expected \(3, 4\)"),
        ({"E": np.ones((9, 3))}, r"x has shape \(1, 9\), expected \(1, 6\)"),
    ],
)
def test_a_wrong_shape_is_an_error_that_shows_both(change, message):
    parameters = {
        "E": np.ones((9, 2)),
        "W": np.ones((4, 6)),
        "b": np.ones(4),
        "U": np.ones((2, 4)),
        "c": np.ones(2),
    }
    with pytest.raises(ValueError, match=message):
        WindowClassifier(parameters | change).forward(np.ones((1, 3), int), np.array([0]))


def test_by_default_the_activation_is_tanh_and_nothing_is_penalised():
    rng = stream(5, "defaults")
    parameters = {"W": rng.normal(size=(4, 6)), "b": rng.normal(size=4)}
    parameters |= {"U": rng.normal(size=(2, 4)), "c": rng.normal(size=2)}
    x = rng.normal(size=(3, 6))
    head = Head(parameters)
    hidden = np.tanh(x @ parameters["W"].T + parameters["b"])
    expected = hidden @ parameters["U"].T + parameters["c"]
    np.testing.assert_allclose(head.logits(x), expected)
    labels = np.array([0, 1, 1])
    losses, _ = softmax_cross_entropy(expected, labels)
    assert head.loss(expected, labels) == pytest.approx(losses.mean())


def test_other_mistakes_are_named():
    parameters = {"E": np.ones((3, 2)), "U": np.ones((2, 2)), "c": np.zeros(2)}
    model = WindowClassifier(parameters)
    with pytest.raises(ValueError, match=r"mask has shape \(1, 3\), expected \(1, 2\)"):
        model.forward(np.array([[1]]), np.array([0]), np.ones((1, 3)))
    with pytest.raises(ValueError, match=r"labels has shape \(2,\), expected \(1,\)"):
        model.forward(np.array([[1]]), np.array([0, 1]))
    with pytest.raises(
        ValueError, match=r"^activation 'gelu': expected one of tanh, sigmoid, relu, hardtanh$"
    ):
        WindowClassifier(parameters, activation="gelu")
    with pytest.raises(ValueError, match="False at PAD"):
        WindowClassifier(parameters, trainable=np.ones(3, dtype=bool))
    with pytest.raises(ValueError, match=r"anchor=0.1 needs initial rows of shape \(3, 2\)"):
        WindowClassifier(parameters, anchor=0.1)


def test_the_hand_written_side_never_imports_torch():
    import subprocess

    program = (
        "import pkgutil, sys, importlib, wvexp.backprop as package\n"
        "for module in pkgutil.iter_modules(package.__path__, 'wvexp.backprop.'):\n"
        "    importlib.import_module(module.name)\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
