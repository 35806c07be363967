"""The mean encoder by hand against autograd of a plain loop, and against differences."""

import numpy as np
import pytest
from pooled_sentences import COMBINATIONS, SHAPES, expected, random_case

from wvexp.backprop.gradcheck import gradient_error, numeric_gradient, relative_error
from wvexp.backprop.mean_encoder import MeanEncoder
from wvexp.backprop.mean_loops import softmax


def encode(case, dtype=float):
    def cast(value):
        return None if value is None else value.astype(dtype)

    parameters = {name: cast(value) for name, value in case.parameters.items()}
    encoder = MeanEncoder(parameters, **case.names)
    h = encoder.forward(
        cast(case.x),
        case.offsets,
        cast(case.mask),
        token_weights=case.token_weights,
        extra=cast(case.extra),
    )
    return encoder, h


def gradients(encoder, case, dtype=float):
    d_x, d_extra, found = encoder.backward(case.upstream.astype(dtype), to_x=True)
    bigrams = {} if d_extra is None else {"extra": d_extra}
    return {"x": d_x, **bigrams, **found}


@pytest.mark.parametrize("combination", COMBINATIONS, ids=str)
def test_pooled_sentences_and_gradients_equal_autograd(combination):
    for seed in range(25):
        for lengths, n in SHAPES:
            case = random_case(seed, lengths, n, *combination, masked=seed % 2 == 0)
            encoder, h = encode(case)
            wanted_h, wanted = expected(case)
            np.testing.assert_allclose(h, wanted_h, rtol=1e-10, atol=1e-12)
            found = gradients(encoder, case)
            assert found.keys() == wanted.keys()
            for name, gradient in found.items():
                assert gradient.shape == wanted[name].shape
                # The floor: gradients of the scores cancel, to exactly 0 for a single word.
                assert relative_error(gradient, wanted[name], floor=1e-2) <= 1e-8, name


@pytest.mark.parametrize("combination", COMBINATIONS, ids=str)
def test_gradients_equal_differences(combination):
    case = random_case(1, (3, 1, 0, 2), 2, *combination, masked=True)
    found = gradients(encode(case)[0], case)
    places = {"x": case.x, "extra": case.extra, **case.parameters}

    def loss(values, place):
        before = place.copy()
        place[:] = values
        value = float((encode(case)[1] * case.upstream).sum())
        place[:] = before
        return value

    for name, gradient in found.items():
        slopes = numeric_gradient(lambda v, p=places[name]: loss(v, p), places[name])
        assert gradient_error(gradient, slopes, floor=1e-2) <= 1e-7, name


@pytest.mark.parametrize("combination", COMBINATIONS, ids=str)
def test_words_that_do_not_move_cost_no_gradient_and_change_no_other(combination):
    case = random_case(2, *SHAPES[0], *combination, masked=True)
    encoder, _ = encode(case)
    moved = encoder.backward(case.upstream, to_x=True)[2]
    d_x, d_extra, still = encoder.backward(case.upstream, to_x=False)
    assert d_x is None
    assert d_extra is None
    assert still.keys() == moved.keys() == case.parameters.keys()
    for name, gradient in still.items():
        np.testing.assert_array_equal(gradient, moved[name])


@pytest.mark.parametrize("combination", COMBINATIONS, ids=str)
def test_float32_stays_float32_and_close(combination):
    case = random_case(4, *SHAPES[3], *combination, masked=True)
    encoder, h = encode(case, np.float32)
    wanted_h, wanted = expected(case)
    assert h.dtype == np.float32
    np.testing.assert_allclose(h, wanted_h, atol=1e-5)
    for name, gradient in gradients(encoder, case, np.float32).items():
        assert gradient.dtype == np.float32, name
        np.testing.assert_allclose(gradient, wanted[name], atol=1e-4, err_msg=name)


def pooled(lengths, pool="mean", weights="uniform", **inputs):
    x = np.arange(2.0 * sum(lengths)).reshape(-1, 2)
    encoder = MeanEncoder(
        {"attention.weight": np.ones((1, 2))}, pool=pool, weights=weights, hidden=0
    )
    return encoder, encoder.forward(x, np.cumsum([0, *lengths]), **inputs)


@pytest.mark.parametrize("pool", ["mean", "max", "both"])
def test_a_sentence_without_words_is_0_and_moves_nothing(pool):
    encoder, h = pooled([0, 2, 0], pool)
    assert not h[[0, 2]].any()
    d_x, _, _ = encoder.backward(np.array([[7.0], [1.0], [7.0]]) * np.ones_like(h), to_x=True)
    assert d_x.max() <= 2  # nothing of the 7
    for weights in ("learned", "uniform"):
        encoder, h = pooled([0, 0], "mean", weights, extra=np.zeros((0, 2)))
        assert h.tolist() == [[0, 0], [0, 0]]
        assert encoder.backward(h, to_x=True)[0].shape == (0, 2)


def test_words_without_any_weight_pool_to_0():
    encoder, h = pooled([2, 1], weights="sif", token_weights=np.array([0, 0, 1], np.float32))
    assert h.tolist() == [[0, 0], [4, 5]]
    assert encoder.backward(np.ones((2, 2)), to_x=True)[0].tolist() == [[0, 0], [0, 0], [1, 1]]


def test_weights_are_divided_by_their_sum():
    _, h = pooled([2], weights="idf", token_weights=np.array([3, 1], np.float32))
    assert h.tolist() == [[0.5, 1.5]]


def test_bigrams_count_as_items_and_what_stands_before_the_first_does_not():
    extra = np.array([[99, 99], [8, 4], [99, 99], [6, 5]], float)
    encoder, h = pooled([2, 2], extra=extra)
    np.testing.assert_allclose(h, [[10 / 3, 8 / 3], [16 / 3, 17 / 3]])
    d_x, d_extra, _ = encoder.backward(np.array([[3.0, 6], [9, 0]]), to_x=True)
    np.testing.assert_allclose(d_x, [[1, 2], [1, 2], [3, 0], [3, 0]])
    np.testing.assert_allclose(d_extra, [[0, 0], [1, 2], [0, 0], [3, 0]])


def test_of_equal_numbers_the_first_is_the_maximum():
    encoder = MeanEncoder({}, pool="max", weights="uniform", hidden=0)
    x = np.array([[1.0, 0], [2, 0], [2, -1]])
    assert encoder.forward(x, np.array([0, 3])).tolist() == [[2, 0]]
    assert encoder.backward(np.array([[5.0, 7]]), to_x=True)[0].tolist() == [[0, 7], [5, 0], [0, 0]]


def test_scores_of_any_size_are_no_overflow():
    encoder = MeanEncoder(
        {"attention.weight": np.array([[1000.0]])}, pool="mean", weights="learned", hidden=0
    )
    x = np.array([[1.0], [3.0], [2.0], [-5.0], [-4.0]])
    assert encoder.forward(x, np.array([0, 3, 5])).tolist() == [[3], [-4]]
    assert np.isfinite(encoder.backward(np.ones((2, 1)), to_x=True)[0]).all()


def test_what_no_encoder_pools_is_refused():
    for pool, weights in [("sum", "uniform"), ("mean", "bm25"), ("max", "sif")]:
        with pytest.raises(ValueError, match=f"^pool={pool}"):
            MeanEncoder({}, pool=pool, weights=weights, hidden=0)
    some = np.ones(2, np.float32)
    with pytest.raises(ValueError, match=r"^weights=idf without token_weights$"):
        pooled([2], weights="idf")
    with pytest.raises(ValueError, match=r"^weights=uniform with token_weights$"):
        pooled([2], token_weights=some)
    with pytest.raises(ValueError, match=r"^bigrams enter the mean"):
        pooled([2], "max", extra=np.ones((2, 2)))


def test_offsets_that_miss_words_are_refused():
    encoder = MeanEncoder({}, pool="mean", weights="uniform", hidden=0)
    with pytest.raises(ValueError, match=r"^offsets 0\.\.2, expected 0\.\.3$"):
        encoder.forward(np.ones((3, 1)), np.array([0, 2]))


def test_jacobian_of_the_softmax():
    """d p_k / d s_t is p_t - p_t² for k = t and -p_k p_t elsewhere: words and bigrams are one."""
    scores = np.random.default_rng(0).normal(size=(2, 3))
    offsets = np.array([0, 0, 3])

    def share(values, k):
        shares = values.copy()
        softmax(shares, offsets)
        return float(shares.ravel()[k])

    p = np.array([share(scores, k) for k in range(6)])
    assert p[3] == 0  # no bigram ends at the first word
    assert p.sum() == pytest.approx(1)
    jacobian = np.diag(p) - np.outer(p, p)
    for k in range(6):
        slopes = numeric_gradient(lambda values, k=k: share(values, k), scores)
        np.testing.assert_allclose(slopes.slope.ravel(), jacobian[k], atol=1e-9)
