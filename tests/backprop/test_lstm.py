"""The bidirectional LSTM by hand against autograd, differences and the gates of the graph."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from plain_lstm import plain_lstm, random_case

from wvexp.backprop.gates import (
    AddGate,
    DotGate,
    MatVecGate,
    MultiplyGate,
    SigmoidGate,
    TanhGate,
)
from wvexp.backprop.gradcheck import numeric_gradient, relative_error
from wvexp.backprop.graph import ComputationalGraph
from wvexp.backprop.lstm import BiLstmEncoder

# Per token with a mask of either kind, and the three ways of pooling.
KINDS = [(None, False), (None, True), ("last", True), ("max", True), ("mean", True)]
SHAPES = [
    # lengths, n, hidden, layers
    ([1], 1, 1, 1),
    ([3, 1, 4, 4, 1], 3, 2, 1),
    ([0, 2, 0, 5, 1], 2, 3, 1),
    ([2, 6, 1], 4, 3, 2),
    ([1, 0, 1, 3], 1, 2, 2),
    ([7, 7], 5, 1, 2),
]


@pytest.mark.parametrize(("lengths", "n", "hidden", "layers"), SHAPES)
def test_states_and_gradients_equal_autograd(lengths, n, hidden, layers):
    for seed in range(50):
        pool, variational = KINDS[seed % len(KINDS)]
        options = {"hidden": hidden, "layers": layers, "pool": pool, "variational": variational}
        rng = np.random.default_rng(seed)
        lengths = rng.permutation(lengths)
        parameters, x, offsets, mask = random_case(
            seed, lengths, n, hidden, layers, masked=seed % 3 > 0, variational=variational
        )
        encoder = BiLstmEncoder(parameters, **options)
        tensors = {name: torch.tensor(p, requires_grad=True) for name, p in parameters.items()}
        x_tensor = torch.tensor(x, requires_grad=True)
        mask_tensor = None if mask is None else torch.tensor(mask)
        expected = plain_lstm(tensors, x_tensor, offsets, mask_tensor, **options)
        h = encoder.forward(x, offsets, mask)
        np.testing.assert_allclose(h, expected.detach(), rtol=1e-12, atol=1e-14)

        upstream = rng.normal(size=h.shape)
        expected.backward(torch.tensor(upstream))
        d_x, gradients = encoder.backward(upstream, to_x=True)
        assert sorted(gradients) == sorted(parameters)
        for name, gradient in {**gradients, "x": d_x}.items():
            autograd = x_tensor.grad if name == "x" else tensors[name].grad
            # An upstream of zeros, or a sentence of one token, gives zeros: rounding is absolute.
            assert relative_error(gradient, autograd.numpy(), floor=1e-6) <= 1e-8, (seed, name)


@pytest.mark.parametrize(("pool", "variational"), KINDS)
def test_gradients_equal_differences(pool, variational):
    parameters, x, offsets, mask = random_case(
        1, [2, 1, 3], 2, 2, 2, masked=True, variational=variational
    )
    encoder = BiLstmEncoder(parameters, hidden=2, layers=2, pool=pool, variational=variational)
    upstream = np.random.default_rng(2).normal(size=encoder.forward(x, offsets, mask).shape)
    d_x, gradients = encoder.backward(upstream, to_x=True)

    def loss(x, **changed):
        changed_encoder = BiLstmEncoder(
            parameters | changed, hidden=2, layers=2, pool=pool, variational=variational
        )
        return float(np.vdot(upstream, changed_encoder.forward(x, offsets, mask)))

    slopes = numeric_gradient(loss, x)
    assert not slopes.kinked.any()
    assert relative_error(d_x, slopes.slope) < 1e-8
    for name, gradient in gradients.items():
        slopes = numeric_gradient(lambda p, name=name: loss(x, **{name: p}), parameters[name])
        assert relative_error(gradient, slopes.slope) < 1e-8, name


# ---- one step, and a sentence, as a graph of gates ----

LETTERS = "ifgo"


def add_step(graph, t, before, suffix=""):
    """Nodes z_i..z_o, i..o, c, h of step t of the graph; `before` is the step whose h and c it
    reads. Weights are nodes W_i, V_i, b_i and so on."""
    for letter in LETTERS:
        gate = TanhGate() if letter == "g" else SigmoidGate()
        k = f"{letter}{suffix}"
        graph.add(f"Wx_{k}{t}", MatVecGate(), f"W_{k}", f"x{t}")
        graph.add(f"Vh_{k}{t}", MatVecGate(), f"V_{k}", f"h{suffix}{before}")
        graph.add(f"Wx+Vh_{k}{t}", AddGate(), f"Wx_{k}{t}", f"Vh_{k}{t}")
        graph.add(f"z_{k}{t}", AddGate(), f"Wx+Vh_{k}{t}", f"b_{k}")
        graph.add(f"{k}{t}", gate, f"z_{k}{t}")
    graph.add(f"fc{suffix}{t}", MultiplyGate(), f"f{suffix}{t}", f"c{suffix}{before}")
    graph.add(f"ig{suffix}{t}", MultiplyGate(), f"i{suffix}{t}", f"g{suffix}{t}")
    graph.add(f"c{suffix}{t}", AddGate(), f"fc{suffix}{t}", f"ig{suffix}{t}")
    graph.add(f"tanh_c{suffix}{t}", TanhGate(), f"c{suffix}{t}")
    graph.add(f"h{suffix}{t}", MultiplyGate(), f"o{suffix}{t}", f"tanh_c{suffix}{t}")


def quarters(parameters, suffix, hidden, graph_suffix=""):
    """The encoder's parameters as inputs of the graph."""
    inputs = {}
    for place, letter in enumerate(LETTERS):
        rows = slice(place * hidden, (place + 1) * hidden)
        k = f"{letter}{graph_suffix}"
        inputs[f"W_{k}"] = parameters[f"lstm.weight_ih_{suffix}"][rows]
        inputs[f"V_{k}"] = parameters[f"lstm.weight_hh_{suffix}"][rows]
        inputs[f"b_{k}"] = (
            parameters[f"lstm.bias_ih_{suffix}"] + parameters[f"lstm.bias_hh_{suffix}"]
        )[rows]
    return inputs


def test_the_closed_form_of_one_step_is_the_gradient_of_its_gates():
    """d_h and d_c come from above and from the step after; five lines give all the rest."""
    hidden, n = 3, 2
    parameters, *_ = random_case(5, [1], n, hidden, 1, masked=False, variational=True)
    rng = np.random.default_rng(6)
    d_h, d_c_after = rng.normal(size=(2, hidden))
    graph = ComputationalGraph(output="J")
    add_step(graph, 1, before=0)
    graph.add("from_h", DotGate(), "h1", "d_h")
    graph.add("from_c", DotGate(), "c1", "d_c_after")
    graph.add("J", AddGate(), "from_h", "from_c")
    inputs = quarters(parameters, "l0", hidden) | {
        "x1": rng.normal(size=n),
        "h0": rng.normal(size=hidden),
        "c0": rng.normal(size=hidden),
        "d_h": d_h,
        "d_c_after": d_c_after,
    }
    graph.forward(inputs)
    graph.backward()
    i, f, g, o = (graph.values[f"{letter}1"] for letter in LETTERS)
    tanh_c, c_before = graph.values["tanh_c1"], inputs["c0"]

    d_c = d_c_after + d_h * o * (1 - tanh_c**2)
    deltas = {
        "i": d_c * g * i * (1 - i),
        "f": d_c * c_before * f * (1 - f),
        "g": d_c * i * (1 - g**2),
        "o": d_h * tanh_c * o * (1 - o),
    }
    close = {"rtol": 1e-12, "atol": 1e-14}
    np.testing.assert_allclose(d_c, graph.gradients["c1"], **close)
    np.testing.assert_allclose(d_c * f, graph.gradients["c0"], **close)
    for letter, delta in deltas.items():
        np.testing.assert_allclose(delta, graph.gradients[f"z_{letter}1"], **close)
        outer = np.outer(delta, inputs["h0"])
        np.testing.assert_allclose(outer, graph.gradients[f"V_{letter}"], **close)
    down = sum(inputs[f"V_{letter}"].T @ delta for letter, delta in deltas.items())
    np.testing.assert_allclose(down, graph.gradients["h0"], **close)


def test_a_sentence_equals_the_graph_of_gates():
    hidden, n, length = 2, 3, 4
    parameters, x, offsets, _ = random_case(
        7, [length], n, hidden, 1, masked=False, variational=True
    )
    upstream = np.random.default_rng(8).normal(size=(length, 2 * hidden))
    inputs = quarters(parameters, "l0", hidden) | quarters(parameters, "l0_reverse", hidden, "r")
    for name in ("h0", "c0", f"hr{length + 1}", f"cr{length + 1}"):
        inputs[name] = np.zeros(hidden)
    graph = ComputationalGraph(output="J")
    terms = []
    for t in range(1, length + 1):
        add_step(graph, t, before=t - 1)
        add_step(graph, t, before=t + 1, suffix="r")
        inputs[f"x{t}"] = x[t - 1]
        for state, columns in ((f"h{t}", slice(hidden)), (f"hr{t}", slice(hidden, None))):
            inputs[f"d_{state}"] = upstream[t - 1, columns]
            graph.add(f"term_{state}", DotGate(), state, f"d_{state}")
            terms.append(f"term_{state}")
    total = terms[0]
    for k, term in enumerate(terms[1:]):
        name = "J" if term == terms[-1] else f"sum{k}"
        graph.add(name, AddGate(), total, term)
        total = name

    encoder = BiLstmEncoder(parameters, hidden=hidden, layers=1)
    h = encoder.forward(x, offsets)
    assert np.vdot(h, upstream) == pytest.approx(float(graph.forward(inputs)), rel=1e-12)
    by_gates = graph.backward()
    d_x, gradients = encoder.backward(upstream, to_x=True)
    close = {"rtol": 1e-10, "atol": 1e-13}
    for t in range(1, length + 1):
        np.testing.assert_allclose(d_x[t - 1], by_gates[f"x{t}"], **close)
    # Each weight is read at every step: its gradient is the sum over them.
    for suffix, graph_suffix in (("l0", ""), ("l0_reverse", "r")):
        for name, kind in (("W", "weight_ih"), ("V", "weight_hh"), ("b", "bias_ih")):
            parts = [by_gates[f"{name}_{letter}{graph_suffix}"] for letter in LETTERS]
            expected = np.concatenate(parts)
            np.testing.assert_allclose(gradients[f"lstm.{kind}_{suffix}"], expected, **close)


# ---- properties ----


def encoder_and_case(lengths, *, seed=3, n=3, hidden=4, layers=2, masked=False, **options):
    variational = options.get("variational", True)
    parameters, x, offsets, mask = random_case(
        seed, lengths, n, hidden, layers, masked=masked, variational=variational
    )
    return BiLstmEncoder(parameters, hidden=hidden, layers=layers, **options), x, offsets, mask


def test_the_backward_direction_reads_each_sentence_from_its_end():
    """With equal weights, a sentence turned round gives the other direction's states."""
    encoder, x, offsets, _ = encoder_and_case([3, 5, 1], layers=1)
    for name in list(encoder.parameters):
        encoder.parameters[f"{name.removesuffix('_reverse')}_reverse"][:] = encoder.parameters[name]
    H = encoder.hidden
    states = encoder.forward(x, offsets).copy()
    turned = np.concatenate([np.arange(end - 1, start - 1, -1) for start, end in pairwise(offsets)])
    of_turned = encoder.forward(x[turned], offsets)
    np.testing.assert_allclose(of_turned[turned][:, :H], states[:, H:], rtol=1e-12)
    np.testing.assert_allclose(of_turned[turned][:, H:], states[:, :H], rtol=1e-12)
    assert np.abs(states[:, H:] - states[:, :H]).max() > 0.01


@pytest.mark.parametrize("pool", [None, "last", "max", "mean"])
def test_a_sentence_has_the_same_states_in_whatever_batch(pool):
    lengths = [2, 7, 1, 4, 4]
    encoder, x, offsets, mask = encoder_and_case(lengths, pool=pool, masked=True)
    together = encoder.forward(x, offsets, mask)
    for i, length in enumerate(lengths):
        own = x[offsets[i] : offsets[i + 1]]
        alone = encoder.forward(own, np.array([0, length]), mask[i : i + 1])
        rows = slice(offsets[i], offsets[i + 1]) if pool is None else slice(i, i + 1)
        np.testing.assert_allclose(together[rows], alone, rtol=1e-12, atol=1e-14)


def test_a_row_of_a_variational_mask_is_that_of_every_token_of_its_sentence():
    lengths = np.array([2, 4, 1])
    encoder, x, offsets, mask = encoder_and_case(lengths, masked=True)
    plain = BiLstmEncoder(encoder.parameters, hidden=4, layers=2, variational=False)
    spread = np.repeat(mask, lengths, axis=0)
    upstream = np.random.default_rng(0).normal(size=(7, 8))
    np.testing.assert_array_equal(
        encoder.forward(x, offsets, mask), plain.forward(x, offsets, spread)
    )
    d_x, _ = encoder.backward(upstream, to_x=True)
    np.testing.assert_array_equal(d_x, plain.backward(upstream, to_x=True)[0])


@pytest.mark.parametrize("block", ["x", "first layer", "last layer"])
def test_what_each_block_of_the_mask_drops_at_either_end_of_a_sentence(block):
    """Columns: 3 of x, 8 of the first layer, 8 of the last."""
    encoder, x, offsets, _ = encoder_and_case([2, 4, 1], variational=False)
    columns = {"x": slice(0, 3), "first layer": slice(3, 11), "last layer": slice(11, 19)}[block]
    for token in (2, 5):  # the first and the last of the second sentence
        mask = np.ones((7, 19))
        mask[token, columns] = 0
        h = encoder.forward(x, offsets, mask)
        d_x, _ = encoder.backward(np.ones_like(h), to_x=True)
        elsewhere = BiLstmEncoder(encoder.parameters, hidden=4, layers=2).forward(x, offsets)
        changed = np.flatnonzero(np.abs(h - elsewhere).max(axis=1) > 1e-9)
        if block == "last layer":
            assert (changed.tolist(), h[token].any()) == ([token], False)
        else:
            assert changed.tolist() == [2, 3, 4, 5]
        assert d_x[token].any() == (block != "x")


def test_vectors_that_do_not_move_cost_no_gradient_and_change_none():
    encoder, x, offsets, mask = encoder_and_case([2, 3], masked=True)
    upstream = np.ones_like(encoder.forward(x, offsets, mask))
    _, wanted = encoder.backward(upstream, to_x=True)
    nothing, found = encoder.backward(upstream, to_x=False)  # again, of the same forward
    assert nothing is None
    for name, gradient in wanted.items():
        np.testing.assert_array_equal(found[name], gradient)


def test_both_biases_have_one_gradient_in_arrays_of_their_own():
    encoder, x, offsets, _ = encoder_and_case([2, 3])
    _, gradients = encoder.backward(np.ones_like(encoder.forward(x, offsets)), to_x=False)
    for suffix in ("l0", "l0_reverse", "l1", "l1_reverse"):
        first, second = gradients[f"lstm.bias_ih_{suffix}"], gradients[f"lstm.bias_hh_{suffix}"]
        assert first.any()
        np.testing.assert_array_equal(first, second)
        assert not np.shares_memory(first, second)


@pytest.mark.parametrize("pool", ["last", "max", "mean"])
@pytest.mark.parametrize("lengths", [[0, 0], [0, 2]])
def test_a_sentence_without_tokens_gives_zeros_and_moves_nothing(pool, lengths):
    encoder, x, offsets, mask = encoder_and_case(lengths, pool=pool, masked=True)
    h = encoder.forward(x, offsets, mask)
    assert h.shape == (2, 8)
    assert not h[0].any()
    upstream = np.zeros_like(h)
    upstream[0] = 1
    d_x, gradients = encoder.backward(upstream, to_x=True)
    assert d_x.shape == x.shape
    assert not d_x.any()
    assert not any(gradient.any() for gradient in gradients.values())


def test_parameters_are_read_anew_and_inputs_left_as_they_were():
    encoder, x, offsets, mask = encoder_and_case([2, 3], masked=True)
    before, upstream = x.copy(), np.ones((5, 8))
    first = encoder.forward(x, offsets, mask).copy()
    encoder.backward(upstream, to_x=True)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(upstream, 1)
    encoder.parameters["lstm.bias_hh_l0"] += 1
    assert np.abs(encoder.forward(x, offsets, mask) - first).max() > 0.01


def test_float32_stays_float32():
    encoder, x, offsets, mask = encoder_and_case([2, 9, 1], masked=True)
    small = {name: p.astype(np.float32) for name, p in encoder.parameters.items()}
    in_small = BiLstmEncoder(small, hidden=4, layers=2)
    h = encoder.forward(x, offsets, mask)
    h_small = in_small.forward(x.astype(np.float32), offsets, mask.astype(np.float32))
    upstream = np.ones_like(h)
    d_x, gradients = encoder.backward(upstream, to_x=True)
    d_x_small, gradients_small = in_small.backward(upstream.astype(np.float32), to_x=True)
    pairs = [(h_small, h), (d_x_small, d_x)]
    pairs += [(gradients_small[name], gradients[name]) for name in gradients]
    for found, exact in pairs:
        assert found.dtype == np.float32
        assert relative_error(found, exact) < 1e-5


def test_what_does_not_fit_is_named_with_both_shapes():
    encoder, x, offsets, mask = encoder_and_case([2, 3], masked=True)
    with pytest.raises(ValueError, match=r"x has shape \(5, 2\), expected \(5, 3\)"):
        encoder.forward(x[:, :2], offsets)
    with pytest.raises(ValueError, match=r"mask has shape \(1, 19\), expected \(2, 19\)"):
        encoder.forward(x, offsets, mask[:1])
    with pytest.raises(ValueError, match=r"weight_hh_l0 has shape \(16, 4\), expected \(8, 2\)"):
        BiLstmEncoder(
            encoder.parameters | {"lstm.weight_ih_l0": np.zeros((8, 3))},
            hidden=2,
            layers=1,
        )
    with pytest.raises(ValueError, match="'first': expected None or one of last, max, mean"):
        BiLstmEncoder(encoder.parameters, hidden=4, layers=2, pool="first")
    with pytest.raises(ValueError, match="rows are sentences"):
        BiLstmEncoder(encoder.parameters, hidden=4, layers=2, pool="max", variational=False)
