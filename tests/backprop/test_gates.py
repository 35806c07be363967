"""Each gate: its local gradients, and downstream = upstream x local."""

import inspect

import numpy as np
import pytest

from wvexp.backprop import gates
from wvexp.backprop.gradcheck import numeric_gradient
from wvexp.errors import UserError
from wvexp.parity.gradient_table import gate_cases
from wvexp.seeds import stream

CASES = list(gate_cases(stream(1, "gates")))


def concrete_gates() -> set[str]:
    return {
        name
        for name, kind in vars(gates).items()
        if inspect.isclass(kind) and issubclass(kind, gates.Gate) and not inspect.isabstract(kind)
        if name != "ActivationGate"
    }


def test_every_gate_is_among_the_cases():
    assert {case.name for case in CASES} == concrete_gates()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_downstream_is_upstream_times_local(case):
    gate = case.make()
    output = np.asarray(gate.forward(*case.inputs))
    upstream = stream(2, "upstream").normal(size=output.shape)
    downstream, local = gate.backward(upstream), gate.local_gradients()
    assert len(downstream) == len(local) == len(case.inputs)
    for x, gradient, jacobian in zip(case.inputs, downstream, local, strict=True):
        assert np.shape(gradient) == x.shape  # the shape convention
        assert np.shape(jacobian) == output.shape + x.shape
        product = np.tensordot(upstream, jacobian, axes=output.ndim)
        np.testing.assert_allclose(gradient, product, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_local_gradients_are_the_slopes_of_each_output_entry(case):
    gate = case.make()
    output = np.asarray(gate.forward(*case.inputs))
    local = gate.local_gradients()
    for k, x in enumerate(case.inputs):
        for entry in np.ndindex(output.shape):

            def one_output(x, k=k, entry=entry):
                inputs = [x if i == k else other for i, other in enumerate(case.inputs)]
                return float(np.asarray(case.make().forward(*inputs))[entry])

            slopes = numeric_gradient(one_output, x)
            smooth = ~slopes.kinked
            claimed = np.asarray(local[k])[entry]
            np.testing.assert_allclose(claimed[smooth], slopes.slope[smooth], atol=1e-8)


def test_jacobians_of_a_chain_compose():
    """tanh after W x: the product of the two Jacobians is the Jacobian of the composition."""
    rng = stream(3, "chain")
    W, x = rng.normal(size=(4, 3)), rng.normal(size=3)
    matvec, tanh = gates.MatVecGate(), gates.TanhGate()
    tanh.forward(matvec.forward(W, x))
    composed = tanh.local_gradients()[0] @ matvec.local_gradients()[1]
    for i in range(4):
        slopes = numeric_gradient(lambda x, i=i: float(np.tanh(W @ x)[i]), x)
        np.testing.assert_allclose(composed[i], slopes.slope, atol=1e-9)


def test_multiply_gate_in_the_form_of_the_lecture():
    gate = gates.MultiplyGate()
    assert gate.forward(3, 2) == 6
    assert gate.backward(2.0) == [4, 6]


def test_max_gate_splits_a_tie_and_lookup_sums_a_repeated_row():
    gate = gates.MaxGate()
    gate.forward(2.0, 2.0)
    assert gate.backward(1.0) == [0.5, 0.5]
    lookup = gates.LookupGate([1, 1, 0])
    lookup.forward(np.zeros((3, 2)))
    d_E = lookup.backward(np.array([[1.0, 2], [10, 20], [5, 6]]))[0]
    assert d_E.tolist() == [[5, 6], [11, 22], [0, 0]]


@pytest.mark.parametrize(("exponent", "slope"), [(0, 0.0), (1, 1.0), (2, 0.0)])
def test_powers_have_slopes_at_zero(exponent, slope):
    gate = gates.PowerGate(exponent)
    gate.forward(np.array([0.0, 3.0]))
    (gradient,) = gate.backward(np.ones(2))
    assert gradient.tolist() == [slope, exponent * 3.0 ** (exponent - 1)]
    assert gradient.dtype == np.float64


def test_activations_survive_large_numbers_and_follow_the_dtype():
    for kind in (gates.SigmoidGate, gates.TanhGate, gates.ReLUGate, gates.HardTanhGate):
        gate = kind()
        h = gate.forward(np.array([-800, 0, 800], dtype=np.float32))
        assert np.isfinite(h).all()
        assert h.dtype == np.float32
        assert gate.backward(np.ones(3, np.float32))[0].dtype == np.float32


@pytest.mark.parametrize(
    ("gate", "inputs", "message"),
    [
        (
            gates.AddGate(),
            [np.ones(3), np.ones(2)],
            "x has shape (3,), y (2,); expected equal shapes",
        ),
        (gates.AddGate(), [np.ones(3), 1.0], "x has shape (3,), y (); expected equal shapes"),
        (
            gates.MultiplyGate(),
            [2.0, np.ones((1, 1))],
            "x has shape (), y (1, 1); expected equal shapes",
        ),
        (
            gates.MatVecGate(),
            [np.ones((2, 3)), np.ones(2)],
            "W has shape (2, 3), x (2,); expected [m, n] and [n]",
        ),
        (
            gates.MatVecGate(),
            [np.ones(2), np.ones(0)],
            "W has shape (2,), x (0,); expected [m, n] and [n]",
        ),
        (
            gates.MatMulGate(),
            [np.ones((2, 3)), np.ones((2, 3))],
            "A has shape (2, 3), B (2, 3); expected [m, n] and [n, p]",
        ),
        (
            gates.MatMulGate(),
            [np.ones(3), np.ones((3, 2))],
            "A has shape (3,), B (3, 2); expected [m, n] and [n, p]",
        ),
        (
            gates.MatMulGate(),
            [np.ones((2, 3)), np.ones(3)],
            "A has shape (2, 3), B (3,); expected [m, n] and [n, p]",
        ),
        (
            gates.DotGate(),
            [np.ones(3), np.ones(4)],
            "x has shape (3,), y (4,); expected [n] and [n]",
        ),
        (
            gates.DotGate(),
            [np.ones((2, 2)), np.ones((2, 2))],
            "x has shape (2, 2), y (2, 2); expected [n] and [n]",
        ),
        (
            gates.LookupGate([0, 3]),
            [np.ones((3, 2))],
            "rows [0, 3] of shape (3, 2); expected rows 0..V-1",
        ),
        (
            gates.LookupGate([0, -1]),
            [np.ones((3, 2))],
            "rows [0, -1] of shape (3, 2); expected rows 0..V-1",
        ),
        (gates.LookupGate([0]), [np.ones(3)], "rows [0] of shape (3,); expected rows 0..V-1"),
        (
            gates.SoftmaxCrossEntropyGate(3),
            [np.ones(3)],
            "logits have shape (3,), label 3; expected [K], label 0..K-1",
        ),
        (
            gates.SoftmaxCrossEntropyGate(-1),
            [np.ones(3)],
            "logits have shape (3,), label -1; expected [K], label 0..K-1",
        ),
        (
            gates.SoftmaxCrossEntropyGate(0),
            [np.ones((1, 3))],
            "logits have shape (1, 3), label 0; expected [K], label 0..K-1",
        ),
        (gates.MeanGate(), [np.ones(0)], "x has shape (0,); expected at least one entry"),
    ],
)
def test_inputs_that_do_not_fit_are_refused_with_both_sides_named(gate, inputs, message):
    with pytest.raises(UserError) as caught:
        gate.forward(*inputs)
    assert str(caught.value) == f"{type(gate).__name__}: {message}"


@pytest.mark.parametrize(
    ("gate", "inputs", "message"),
    [
        (
            gates.DivideGate(),
            [1.0, 0.0],
            "division by zero; choose values for which the divisor is not 0",
        ),
        (
            gates.DivideGate(),
            [np.ones(2), np.array([1.0, 0.0])],
            "division by zero; choose values for which the divisor is not 0",
        ),
        (gates.PowerGate(-1), [0.0], "division by zero: 0 ** -1; choose another value"),
        (
            gates.PowerGate(-1),
            [np.array([2.0, 0.0])],
            "division by zero: 0 ** -1; choose another value",
        ),
        (gates.PowerGate(0.5), [-2.0], "a negative number ** 0.5; take a whole exponent"),
        (
            gates.PowerGate(0.5),
            [np.array([2.0, -2.0])],
            "a negative number ** 0.5; take a whole exponent",
        ),
    ],
)
def test_numbers_without_a_result_are_refused_wherever_they_stand(gate, inputs, message):
    with pytest.raises(UserError) as caught:
        gate.forward(*inputs)
    assert str(caught.value) == message


def test_concat_takes_any_number_of_parts_in_any_shape():
    gate = gates.ConcatGate()
    parts = [np.array([[1.0, 2], [3, 4]]), np.array(5.0), np.array([6.0, 7, 8])]
    assert gate.forward(*parts).tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    pieces, local = gate.backward(np.arange(8.0)), gate.local_gradients()
    assert [piece.tolist() for piece in pieces] == [[[0, 1], [2, 3]], 4, [5, 6, 7]]
    for part, piece, jacobian in zip(parts, pieces, local, strict=True):
        assert jacobian.shape == (8, *part.shape)
        np.testing.assert_array_equal(np.tensordot(np.arange(8.0), jacobian, axes=1), piece)


def test_gradients_of_gathered_rows_follow_the_dtype():
    gate = gates.LookupGate([2, 0])
    gate.forward(np.ones((3, 2), np.float32))
    assert gate.backward(np.ones((2, 2), np.float32))[0].dtype == np.float32


@pytest.mark.parametrize("gate", [gates.SumGate, gates.MeanGate])
def test_whole_numbers_have_gradients_that_are_not_whole(gate):
    made = gate()
    made.forward(np.array([1, 2, 3]))
    (gradient,) = made.backward(0.5)
    assert gradient == pytest.approx(np.full(3, 0.5 if gate is gates.SumGate else 0.5 / 3))
