"""The window classifier against loops over examples and positions, in float64."""

import numpy as np
import pytest
import torch
from torch import nn

from wvexp.models.modules.window import WindowModel


def make(window=3, d=2, hidden=4, classes=3, rows=6):
    torch.manual_seed(0)
    embedding = nn.Embedding(rows, d)
    return WindowModel(embedding, window, hidden, classes).double()


def naive(model, windows, mask=None):
    E = model.embedding.weight.detach().numpy()
    parameters = {name: p.detach().numpy() for name, p in model.named_parameters()}
    U, c = parameters["head.output.weight"], parameters["head.output.bias"]
    logits = []
    for i, window in enumerate(windows):
        h = np.concatenate([E[row] for row in window])
        if "head.hidden.weight" in parameters:
            W, b = parameters["head.hidden.weight"], parameters["head.hidden.bias"]
            h = np.array([np.tanh(W[j] @ h + b[j]) for j in range(len(b))])
        if mask is not None:
            h = h * mask[i]
        logits.append([U[k] @ h + c[k] for k in range(len(c))])
    return np.array(logits)


WINDOWS = np.array([[0, 2, 3], [2, 2, 5], [4, 1, 0], [0, 5, 0]])


@pytest.mark.parametrize("hidden", [4, 0])
def test_logits_agree_with_the_loop(hidden):
    model = make(hidden=hidden)
    logits = model(torch.from_numpy(WINDOWS)).detach().numpy()
    np.testing.assert_allclose(logits, naive(model, WINDOWS), rtol=1e-12)


@pytest.mark.parametrize(("hidden", "inputs"), [(4, 4), (0, 6)])
def test_the_mask_multiplies_what_the_output_layer_receives(hidden, inputs):
    model = make(hidden=hidden)
    mask = np.random.default_rng(0).choice([0.0, 2.0], size=(len(WINDOWS), inputs))
    logits = model(torch.from_numpy(WINDOWS), torch.from_numpy(mask)).detach().numpy()
    np.testing.assert_allclose(logits, naive(model, WINDOWS, mask), rtol=1e-12)


@pytest.mark.parametrize("hidden", [4, 0])
def test_gradients_agree_with_finite_differences(hidden):
    model = make(hidden=hidden)
    names = [name for name, _ in model.named_parameters()]
    values = [p.detach().clone().requires_grad_() for p in model.parameters()]

    def loss(*given):
        parameters = dict(zip(names, given, strict=True))
        logits = torch.func.functional_call(model, parameters, torch.from_numpy(WINDOWS))
        return nn.functional.cross_entropy(logits, torch.tensor([0, 1, 2, 1]))

    assert torch.autograd.gradcheck(loss, values)
