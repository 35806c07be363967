"""The torch encoder against one cell at a time, and against the encoder by hand."""

import numpy as np
import pytest
import torch
from plain_lstm import plain_lstm, random_case

from wvexp.backprop.lstm import BiLstmEncoder as ByHand
from wvexp.models import BILSTM
from wvexp.models.modules.bilstm import BiLstmEncoder
from wvexp.seeds import stream
from wvexp.tasks import TOKEN

KINDS = [(None, False), (None, True), ("last", True), ("max", True), ("mean", True)]


def module_with(parameters, n, **options):
    module = BiLstmEncoder(n, **options).double()
    module.load_state_dict({name: torch.tensor(p) for name, p in parameters.items()})
    return module


@pytest.mark.parametrize(("pool", "variational"), KINDS)
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("masked", [False, True])
def test_states_and_gradients_equal_those_of_one_cell_at_a_time(pool, variational, layers, masked):
    options = {"hidden": 3, "layers": layers, "pool": pool, "variational": variational}
    for seed, lengths in enumerate(([1], [0, 3, 1, 0, 5], [2, 4, 4, 1])):
        parameters, x, offsets, mask = random_case(
            seed, lengths, 2, 3, layers, masked=masked, variational=variational
        )
        module = module_with(parameters, 2, **options)
        mask_tensor = None if mask is None else torch.tensor(mask)
        tensors = {name: torch.tensor(p, requires_grad=True) for name, p in parameters.items()}
        x_plain, x_module = (torch.tensor(x, requires_grad=True) for _ in range(2))
        expected = plain_lstm(tensors, x_plain, offsets, mask_tensor, **options)
        h = module(x_module, torch.tensor(offsets), mask_tensor)
        torch.testing.assert_close(h, expected, rtol=1e-12, atol=1e-14)
        upstream = torch.tensor(np.random.default_rng(seed).normal(size=h.shape))
        expected.backward(upstream)
        h.backward(upstream)
        torch.testing.assert_close(x_module.grad, x_plain.grad, rtol=1e-9, atol=1e-12)
        for name, parameter in module.named_parameters():
            wanted = tensors[name].grad
            torch.testing.assert_close(parameter.grad, wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("layers", [1, 2])
def test_parameters_have_the_names_and_shapes_of_those_by_hand(layers):
    module = BiLstmEncoder(5, hidden=3, layers=layers)
    parameters = {name: p.detach().numpy() for name, p in module.named_parameters()}
    x, offsets = torch.randn(4, 5, generator=torch.Generator().manual_seed(0)), [0, 1, 4]
    by_hand = ByHand(parameters, hidden=3, layers=layers)
    h = by_hand.forward(x.numpy(), np.array(offsets))
    np.testing.assert_allclose(module(x, torch.tensor(offsets)).detach(), h, atol=1e-6)
    _, gradients = by_hand.backward(np.ones_like(h), to_x=False)
    assert {name: g.shape for name, g in gradients.items()} == {
        name: p.shape for name, p in parameters.items()
    }


@pytest.mark.parametrize(("pool", "vectors"), [(None, 0), ("last", 2), ("max", 2), ("mean", 2)])
def test_sentences_without_any_token_give_zeros(pool, vectors):
    module = BiLstmEncoder(5, hidden=3, layers=1, pool=pool)
    h = module(torch.zeros(0, 5), torch.tensor([0, 0, 0]))
    assert h.shape == (vectors, 6)
    assert not h.any()


def test_of_equal_states_both_encoders_move_the_first():
    """A state of 1 to the last bit, at two places."""
    module = BiLstmEncoder(1, hidden=1, layers=1, pool="max").double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
    x, offsets = torch.zeros(3, 1, dtype=torch.float64, requires_grad=True), torch.tensor([0, 3])
    with torch.no_grad():
        module.lstm.weight_ih_l0[2] = 1.0  # g = x, all states 0 where x is
    module(x, offsets).sum().backward()
    parameters = {name: p.detach().numpy() for name, p in module.named_parameters()}
    by_hand = ByHand(parameters, hidden=1, layers=1, pool="max")
    h = by_hand.forward(np.zeros((3, 1)), offsets.numpy())
    d_x, _ = by_hand.backward(np.ones_like(h), to_x=True)
    assert d_x[:, 0].tolist() == [0.25, 0, 0]
    np.testing.assert_allclose(d_x, x.grad)


def test_what_is_no_pooling_is_named():
    with pytest.raises(ValueError, match="'first': expected None or one of last, max, mean"):
        BiLstmEncoder(2, hidden=1, layers=1, pool="first")
    with pytest.raises(ValueError, match="rows are sentences"):
        BiLstmEncoder(2, hidden=1, layers=1, pool="max", variational=False)


def test_forget_gates_begin_open():
    """The bias of the second quarter, of one of the two biases, in both directions and layers."""
    keys = BILSTM.keys(hidden=3, layers=2)
    spec = BILSTM.variant(TOKEN, keys)
    drawn = spec.draw(spec.shapes(4, 2, keys), stream(0, "init"))
    biases = {name: array.tolist() for name, array in drawn.items() if ".bias_" in name}
    assert len(biases) == 8
    for name, bias in biases.items():
        assert bias == ([0] * 3 + [1] * 3 + [0] * 6 if ".bias_ih_" in name else [0] * 12)
