"""The mean encoder in torch against a plain loop over the sentences."""

import numpy as np
import pytest
import torch
from pooled_sentences import COMBINATIONS, SHAPES, expected, gradients_of, random_case

from wvexp.models.modules.mean_encoder import MeanEncoder


@pytest.mark.parametrize("combination", COMBINATIONS, ids=str)
def test_pooled_sentences_and_gradients_are_those_of_the_loop(combination):
    for seed in range(4):
        for lengths, n in SHAPES:
            case = random_case(seed, lengths, n, *combination, masked=seed % 2 == 0)
            module = MeanEncoder(n, **case.names).double()
            module.load_state_dict(
                {name: torch.tensor(value) for name, value in case.parameters.items()}
            )
            inputs = {
                name: torch.tensor(value, requires_grad=True)
                for name, value in {"x": case.x, "extra": case.extra}.items()
                if value is not None
            }
            weights = case.token_weights
            h = module(
                inputs["x"],
                torch.tensor(case.offsets),
                None if case.mask is None else torch.tensor(case.mask),
                token_weights=None if weights is None else torch.tensor(weights),
                extra=inputs.get("extra"),
            )
            found = gradients_of(h, inputs | dict(module.named_parameters()), case.upstream)
            wanted_h, wanted = expected(case)
            np.testing.assert_allclose(h.detach().numpy(), wanted_h, rtol=1e-10, atol=1e-12)
            assert found.keys() == wanted.keys()
            for name, gradient in found.items():
                np.testing.assert_allclose(gradient, wanted[name], rtol=1e-9, atol=1e-11)


def test_scores_of_any_size_are_no_overflow():
    module = MeanEncoder(1, pool="mean", weights="learned", hidden=0)
    torch.nn.init.constant_(module.attention.weight, 1000.0)
    x = torch.tensor([[1.0], [3.0], [2.0], [-5.0], [-4.0]])
    assert module(x, torch.tensor([0, 3, 5])).tolist() == [[3], [-4]]


def test_words_without_any_weight_pool_to_0():
    module = MeanEncoder(1, pool="mean", weights="sif", hidden=0)
    x, weights = torch.tensor([[1.0], [3.0], [2.0]]), torch.tensor([0.0, 0.0, 1.0])
    assert module(x, torch.tensor([0, 2, 3]), token_weights=weights).tolist() == [[0], [2]]


def test_what_no_encoder_pools_is_refused():
    with pytest.raises(ValueError, match=r"^pool=max"):
        MeanEncoder(2, pool="max", weights="sif", hidden=0)
    with pytest.raises(ValueError, match=r"^weights=idf without token_weights$"):
        MeanEncoder(2, pool="mean", weights="idf", hidden=0)(torch.ones(1, 2), torch.tensor([0, 1]))
