"""Feature tables by hand against autograd, and the rows that their gradients touch."""

import numpy as np
import pytest
import torch

from wvexp.backprop.features import FeatureTables
from wvexp.backprop.gradcheck import gradient_error, numeric_gradient
from wvexp.models.modules.features import FeatureTables as TorchFeatureTables

# Tokens, d, and of each feature its rows, dim and slots.
SHAPES = [
    (12, 4, {"case": (3, 2, 1)}),
    (20, 3, {"case": (5, 2, 1), "affix": (7, 3, 6)}),
    (1, 2, {"affix": (4, 1, 2), "case": (3, 5, 1)}),
    (30, 5, {"bigram": (9, 5, 1)}),
    (17, 3, {"one": (4, 2, 3), "two": (6, 4, 1), "three": (2, 1, 2)}),
    (0, 3, {"case": (3, 2, 1)}),
    (6, 3, {}),
]


def make(seed, tokens, d, features):
    """Parameters by name, slots, vectors, ids and upstream; few rows, so that ids repeat."""
    rng = np.random.default_rng(seed)
    parameters = {
        f"{name}.weight": rng.normal(size=(rows, dim)) for name, (rows, dim, _) in features.items()
    }
    slots = {name: n for name, (_, _, n) in features.items()}
    columns = [rng.integers(0, rows, size=(tokens, n)) for rows, _, n in features.values()]
    ids = np.concatenate([np.empty((tokens, 0)), *columns], 1).astype(np.int32)
    width = d + sum(dim * n for _, dim, n in features.values())
    return parameters, slots, rng.normal(size=(tokens, d)), ids, rng.normal(size=(tokens, width))


def by_autograd(parameters, slots, vectors, ids, upstream):
    shapes = {name: parameters[f"{name}.weight"].shape for name in slots}
    module = TorchFeatureTables(shapes, slots).double()
    module.load_state_dict({name: torch.from_numpy(p) for name, p in parameters.items()})
    vectors = torch.from_numpy(vectors).requires_grad_()
    x = module(vectors, torch.from_numpy(ids))
    x.backward(torch.from_numpy(upstream))
    gradients = {name: p.grad for name, p in module.named_parameters()}
    assert all(gradient.is_sparse for gradient in gradients.values())
    dense = {name: gradient.to_dense().numpy() for name, gradient in gradients.items()}
    return x.detach().numpy(), vectors.grad.numpy(), dense


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_output_and_gradients_equal_autograd(shape):
    for seed in range(26):
        parameters, slots, vectors, ids, upstream = make(seed, *shape)
        tables = FeatureTables(parameters, slots)
        x = tables.forward(vectors, ids)
        d_vectors, gradients = tables.backward(upstream)
        expected = by_autograd(parameters, slots, vectors, ids, upstream)
        np.testing.assert_array_equal(x, expected[0])
        np.testing.assert_array_equal(d_vectors, expected[1])
        assert gradients.keys() == expected[2].keys() == parameters.keys()
        for name, gradient in gradients.items():
            dense = gradient.dense(len(parameters[name]))
            np.testing.assert_allclose(dense, expected[2][name], rtol=1e-8, atol=1e-12)


def test_gradients_equal_differences():
    parameters, slots, vectors, ids, upstream = make(0, 7, 2, {"a": (3, 2, 2), "b": (4, 1, 1)})
    tables = FeatureTables(parameters, slots)

    tables.forward(vectors, ids)
    d_vectors, gradients = tables.backward(upstream)
    at = {"vectors": vectors, **parameters}
    found = {name: gradients[name].dense(len(parameters[name])) for name in parameters}
    for name, gradient in {"vectors": d_vectors, **found}.items():

        def loss(value, name=name):
            values = {**at, name: value}
            x = FeatureTables(values, slots).forward(values["vectors"], ids)
            return float(np.sum(x * upstream))

        assert gradient_error(gradient, numeric_gradient(loss, at[name])) < 1e-7, name


def test_slots_stand_in_the_order_of_their_columns():
    """By hand and in torch, against the rows written out."""
    tables = {"a.weight": np.array([[1.0, 2.0], [3.0, 4.0]]), "b.weight": np.array([[5.0], [6.0]])}
    slots, vectors = {"a": 2, "b": 1}, np.array([[9.0], [8.0]])
    ids = np.array([[1, 0, 1], [0, 1, 0]], dtype=np.int32)
    expected = [[9, 3, 4, 1, 2, 6], [8, 1, 2, 3, 4, 5]]
    assert FeatureTables(tables, slots).forward(vectors, ids).tolist() == expected
    module = TorchFeatureTables({"a": (2, 2), "b": (2, 1)}, slots).double()
    module.load_state_dict({name: torch.from_numpy(table) for name, table in tables.items()})
    in_torch = module(torch.from_numpy(vectors), torch.from_numpy(ids))
    assert in_torch.tolist() == expected


def test_a_row_met_several_times_gets_the_sum_and_one_not_met_nothing():
    table = {"a.weight": np.zeros((6, 1))}
    tables = FeatureTables(table, {"a": 2})
    tables.forward(np.zeros((3, 1)), np.array([[4, 4], [1, 4], [1, 3]], dtype=np.int32))
    upstream = np.array([[0.0, 1.0, 2.0], [0.0, 4.0, 8.0], [0.0, 16.0, 32.0]])
    gradient = tables.backward(upstream)[1]["a.weight"]
    assert gradient.rows.tolist() == [1, 3, 4]
    assert gradient.values.tolist() == [[20.0], [32.0], [11.0]]


def test_parameters_are_read_anew_and_the_dtype_is_kept():
    parameters, slots, vectors, ids, upstream = make(2, 9, 3, {"case": (3, 2, 1)})
    parameters = {name: p.astype(np.float32) for name, p in parameters.items()}
    tables = FeatureTables(parameters, slots)
    before = tables.forward(vectors.astype(np.float32), ids)
    d_vectors, gradients = tables.backward(upstream.astype(np.float32))
    values = gradients["case.weight"].values
    assert {a.dtype for a in (before, d_vectors, values)} == {np.dtype(np.float32)}
    parameters["case.weight"] += 1
    after = tables.forward(vectors.astype(np.float32), ids)
    np.testing.assert_allclose(after[:, 3:], before[:, 3:] + 1, rtol=1e-6)
