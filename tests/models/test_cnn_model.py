"""The convolutional classifier against loops over sentences, filters and places, in float64."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from wvexp.models.modules.cnn import CnnModel

WIDTHS = [2, 3, 5]
sentences = st.lists(st.lists(st.integers(1, 7), max_size=9), min_size=1, max_size=6)


def make():
    torch.manual_seed(2)
    embedding = nn.Embedding(8, 3)
    return CnnModel(embedding, WIDTHS, 4, 3).double()


def flat(texts):
    rows = torch.tensor([row for text in texts for row in text], dtype=torch.int32)
    return rows, torch.tensor(np.concatenate([[0], np.cumsum([len(text) for text in texts])]))


def naive(model, texts, mask=None):
    E = model.embedding.weight.detach().numpy()
    p = {name: value.detach().numpy() for name, value in model.named_parameters()}
    logits = []
    for i, text in enumerate(texts):
        h = []
        for k, width in enumerate(WIDTHS):
            words = [*text, *[0] * (width - len(text))]
            for weights, bias in zip(
                p[f"convolutions.{k}.weight"], p[f"convolutions.{k}.bias"], strict=True
            ):
                scores = [
                    weights @ np.concatenate([E[row] for row in words[at : at + width]]) + bias
                    for at in range(len(words) - width + 1)
                ]
                h.append(max(0, *scores))
        h = np.array(h) if mask is None else np.array(h) * mask[i]
        logits.append(p["output.weight"] @ h + p["output.bias"])
    return np.array(logits)


@settings(max_examples=50, deadline=None)
@given(sentences)
def test_logits_agree_with_the_loops(texts):
    model = make()
    logits = model(*flat(texts)).detach().numpy()
    np.testing.assert_allclose(logits, naive(model, texts), rtol=1e-10, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(sentences)
def test_a_sentence_scores_the_same_alone_and_beside_a_long_one(texts):
    model = make()
    together = model(*flat([*texts, [1, 2, 3] * 7])).detach().numpy()
    for text, logits in zip(texts, together, strict=False):
        alone = model(*flat([text])).detach().numpy()[0]
        np.testing.assert_allclose(alone, logits, rtol=1e-10, atol=1e-12)


def test_the_mask_multiplies_the_pooled_scores():
    model, texts = make(), [[1, 2, 3], [4], [], [5, 6, 7, 1, 2, 3]]
    mask = np.random.default_rng(0).choice([0.0, 2.0], size=(len(texts), 12))
    logits = model(*flat(texts), torch.from_numpy(mask)).detach().numpy()
    np.testing.assert_allclose(logits, naive(model, texts, mask), rtol=1e-10, atol=1e-12)


def test_gradients_agree_with_finite_differences():
    model, texts = make(), [[1, 2, 3, 4, 5, 6], [2, 7], [3, 1, 4]]
    names = [name for name, _ in model.named_parameters()]

    def loss(*given):
        parameters = dict(zip(names, given, strict=True))
        logits = torch.func.functional_call(model, parameters, flat(texts))
        return nn.functional.cross_entropy(logits, torch.tensor([0, 1, 2]))

    values = [p.detach().clone().requires_grad_() for p in model.parameters()]
    assert torch.autograd.gradcheck(loss, values)
