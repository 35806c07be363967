"""The mean-of-vectors classifier against a loop over sentences, in float64."""

import numpy as np
import pytest
import torch
from torch import nn

from wvexp.models.modules.mean import MeanModel

SENTENCES = [[2, 3, 3], [], [5], [1, 2, 3, 4, 5, 2]]
ROWS = torch.tensor([row for sentence in SENTENCES for row in sentence], dtype=torch.int32)
OFFSETS = torch.tensor(np.concatenate([[0], np.cumsum([len(s) for s in SENTENCES])]))


def make(hidden=4, sparse=False):
    torch.manual_seed(1)
    embedding = nn.Embedding(6, 3, sparse=sparse)
    return MeanModel(embedding, hidden, 2).double()


def naive(model, sentences, mask=None):
    E = model.embedding.weight.detach().numpy()
    parameters = {name: p.detach().numpy() for name, p in model.named_parameters()}
    logits = []
    for i, sentence in enumerate(sentences):
        h = sum((E[row] for row in sentence), np.zeros(3)) / max(len(sentence), 1)
        if "head.hidden.weight" in parameters:
            h = np.tanh(parameters["head.hidden.weight"] @ h + parameters["head.hidden.bias"])
        if mask is not None:
            h = h * mask[i]
        logits.append(parameters["head.output.weight"] @ h + parameters["head.output.bias"])
    return np.array(logits)


@pytest.mark.parametrize("hidden", [4, 0])
@pytest.mark.parametrize("sparse", [False, True])
def test_logits_agree_with_the_loop(hidden, sparse):
    model = make(hidden, sparse)
    logits = model(ROWS, OFFSETS).detach().numpy()
    np.testing.assert_allclose(logits, naive(model, SENTENCES), rtol=1e-12)


@pytest.mark.parametrize(("hidden", "inputs"), [(4, 4), (0, 3)])
def test_the_mask_multiplies_what_the_output_layer_receives(hidden, inputs):
    model = make(hidden)
    mask = np.random.default_rng(0).choice([0.0, 2.0], size=(len(SENTENCES), inputs))
    logits = model(ROWS, OFFSETS, torch.from_numpy(mask)).detach().numpy()
    np.testing.assert_allclose(logits, naive(model, SENTENCES, mask), rtol=1e-12)


def test_a_batch_of_empty_sentences_scores_the_bias_alone():
    model = make(hidden=0)
    logits = model(ROWS[:0], torch.zeros(3, dtype=torch.int64)).detach().numpy()
    bias = model.head.output.bias.detach().numpy()
    np.testing.assert_array_equal(logits, [bias, bias])


@pytest.mark.parametrize("hidden", [4, 0])
def test_gradients_agree_with_finite_differences(hidden):
    model = make(hidden)
    names = [name for name, _ in model.named_parameters()]

    def loss(*given):
        parameters = dict(zip(names, given, strict=True))
        logits = torch.func.functional_call(model, parameters, (ROWS, OFFSETS))
        return nn.functional.cross_entropy(logits, torch.tensor([0, 1, 0, 1]))

    values = [p.detach().clone().requires_grad_() for p in model.parameters()]
    assert torch.autograd.gradcheck(loss, values)
