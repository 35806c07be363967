"""Models from plain values: their starting network and what dropout acts upon."""

import numpy as np
import pytest
import torch
from built_models import build_model, keys_of

from wvexp.errors import UserError
from wvexp.models import MODELS, ModelSpec
from wvexp.models.mean import Mean
from wvexp.models.network import network_parameters
from wvexp.seeds import stream

SHAPE = {"window": 3, "hidden": 7, "widths": [2, 3], "filters": 5}
ROWS = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)


def make(name, rows=ROWS, **changes):
    return build_model(name, rows, 3, **{**SHAPE, **changes})


@pytest.mark.parametrize(
    ("name", "changes", "inputs"),
    [
        ("window", {}, 7),
        ("window", {"hidden": 0}, 12),
        ("mean", {}, 7),
        ("mean", {"hidden": 0}, 4),
        ("cnn", {}, 10),
    ],
)
def test_dropout_acts_on_the_inputs_of_the_output_layer(name, changes, inputs):
    shape = {**SHAPE, **changes}
    assert MODELS[name].dropped(4, keys_of(name, **shape)) == inputs
    model = make(name, **changes)
    output = model.output if name == "cnn" else model.head.output
    assert output.in_features == inputs


@pytest.mark.parametrize("name", ["window", "mean", "cnn"])
def test_the_network_is_drawn_alike_whatever_the_vectors(name):
    one, two = (
        make(name, rows, rng=stream(5, "init")) for rows in (ROWS, np.zeros((9, 4), np.float32))
    )
    for (name_one, first), (name_two, second) in zip(
        network_parameters(one), network_parameters(two), strict=True
    ):
        assert name_one == name_two
        assert torch.equal(first, second)
    assert np.array_equal(one.embedding.weight.detach().numpy(), ROWS)


def test_weights_are_glorot_uniform_and_biases_zero():
    model = build_model("window", ROWS, 50, window=5, hidden=300)
    weight = model.head.hidden.weight.detach().double()
    limit = (6 / (20 + 300)) ** 0.5
    assert weight.abs().max() <= limit
    n = weight.numel()
    # a uniform variable's variance, and six standard errors of its estimate
    assert abs(weight.square().mean() / (limit**2 / 3) - 1) < 6 * (4 / 5 / n) ** 0.5
    assert not model.head.hidden.bias.any()


def test_the_model_trains_a_copy_of_the_rows():
    rows = ROWS.copy()
    model = make("mean", rows)
    with torch.no_grad():
        model.embedding.weight += 1
    assert np.array_equal(rows, ROWS)


@pytest.mark.parametrize("name", ["window", "mean", "cnn"])
@pytest.mark.parametrize("hidden", [0, 7])
def test_a_spec_knows_the_shapes_of_its_module(name, hidden):
    keys = keys_of(name, **{**SHAPE, "hidden": hidden})
    model = make(name, hidden=hidden)
    shapes = {name: tuple(p.shape) for name, p in network_parameters(model)}
    assert MODELS[name].shapes(4, 3, keys) == shapes
    assert list(MODELS[name].shapes(4, 3, keys)) == list(shapes)  # the order of the draws
    assert ModelSpec.shapes(MODELS[name], 4, 3, keys) == shapes  # as found without one's own


def test_a_model_with_dropout_says_how_much_there_is_to_drop():
    class Silent(Mean):
        name = "silent"
        dropped = ModelSpec.dropped

    with pytest.raises(UserError, match=r"model=silent has model\.dropout.*define dropped"):
        Silent().dropped(4, keys_of("mean"))
