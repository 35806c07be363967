"""The CRF by hand against the enumeration of all paths, and against autograd."""

from itertools import pairwise, product

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from wvexp.backprop import chain
from wvexp.backprop.crf import Crf
from wvexp.backprop.gradcheck import numeric_gradient, relative_error
from wvexp.backprop.moves import Moves
from wvexp.models.modules.crf import Crf as TorchCrf
from wvexp.seeds import stream

CASES = 200
# B, K, longest sentence, scale of the scores
SHAPES = [(1, 1, 1, 1.0), (1, 3, 6, 1.0), (4, 2, 3, 5.0), (7, 5, 9, 1.0), (32, 4, 12, 2.0)]


def draw_parameters(rng, K, scale=1.0):
    shapes = {"transitions": (K, K), "start": K, "end": K}
    return {name: scale * rng.normal(size=shape) for name, shape in shapes.items()}


def draw_moves(rng, K):
    """About two thirds of all moves, among them all that lead to label 0 and on from it, and not
    those of the last label."""
    moves = Moves(rng.random((K, K)) < 0.65, rng.random(K) < 0.65, rng.random(K) < 0.65)
    moves.transitions[-1, -1] = moves.start[-1] = moves.end[-1] = False
    moves.transitions[0] = moves.transitions[:, 0] = True
    moves.start[0] = moves.end[0] = True
    return moves


def draw_batch(rng, K, lengths, scale=1.0):
    """Scores [T, K] and offsets."""
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return scale * rng.normal(size=(offsets[-1], K)), offsets


def permitted_labels(rng, offsets, moves):
    """Labels drawn move by move, among those from which label 0 can always be reached."""
    labels = np.zeros(offsets[-1], np.int64)
    for begin, stop in pairwise(offsets):
        for t in range(begin, stop):
            may = moves.start if t == begin else moves.transitions[labels[t - 1]]
            if t == stop - 1:
                may = may & moves.end
            labels[t] = rng.choice(np.flatnonzero(may))
    return labels


class Enumerated:
    """All paths of one sentence, the last label first, with their scores."""

    def __init__(self, parameters, scores, moves=None):
        n, K = scores.shape
        transitions, start, end = (
            parameters[name]
            if moves is None
            else np.where(getattr(moves, name), parameters[name], -np.inf)
            for name in Moves._fields
        )
        self.paths = np.array(list(product(range(K), repeat=n)))[:, ::-1]
        self.scores = start[self.paths[:, 0]] + end[self.paths[:, -1]]
        for t in range(n):
            self.scores = self.scores + scores[t, self.paths[:, t]]
            if t:
                self.scores += transitions[self.paths[:, t - 1], self.paths[:, t]]
        top = self.scores.max()
        self.log_z = top + np.log(np.exp(self.scores - top).sum())
        self.best = self.paths[np.argmax(self.scores)]
        p = np.exp(self.scores - self.log_z)
        self.marginals = np.array(
            [[p[self.paths[:, t] == k].sum() for k in range(K)] for t in range(n)]
        )

    def loss(self, labels):
        """-log p of a path, times 1."""
        return self.log_z - self.scores[(self.paths == labels).all(axis=1)][0]


def enumerated_cases():
    for case in range(CASES):
        rng = stream(case, "crf")
        K, lengths = int(rng.integers(1, 5)), rng.integers(1, 6, size=rng.integers(1, 4))
        scores, offsets = draw_batch(rng, K, lengths, scale=rng.choice([1.0, 4.0]))
        moves = draw_moves(rng, K) if case % 2 else None
        parameters = draw_parameters(rng, K)
        sentences = [
            Enumerated(parameters, scores[begin:stop], moves) for begin, stop in pairwise(offsets)
        ]
        labels = permitted_labels(rng, offsets, moves or draw_moves(rng, 1))
        yield Crf(parameters, allowed=moves), scores, offsets, labels, sentences


def test_losses_equal_those_over_all_paths():
    for crf, scores, offsets, labels, sentences in enumerated_cases():
        expected = sum(
            sentence.loss(labels[begin:stop])
            for sentence, begin, stop in zip(sentences, offsets[:-1], offsets[1:], strict=True)
        )
        found = crf.loss(scores, offsets, labels)
        assert found == pytest.approx(expected / len(scores), rel=1e-11, abs=1e-13)


def test_marginals_equal_those_over_all_paths():
    for crf, scores, offsets, _, sentences in enumerated_cases():
        expected = np.concatenate([sentence.marginals for sentence in sentences])
        found = crf.marginals(scores, offsets)
        assert_allclose(found, expected, rtol=1e-11, atol=1e-14)
        assert_array_equal(found[expected == 0], 0)


def test_marginals_equal_those_over_all_paths_in_logarithms(monkeypatch):
    """The slow form, of which `_scaled` is rid of all but the most improbable sentences."""
    monkeypatch.setattr(chain, "_scaled", none_known)
    for crf, scores, offsets, _, sentences in enumerated_cases():
        expected = np.concatenate([sentence.marginals for sentence in sentences])
        found = crf.marginals(scores, offsets)
        assert_allclose(found, expected, rtol=1e-11, atol=1e-14)
        assert_array_equal(found[expected == 0], 0)


def none_known(scores, offsets, moves, marginals):
    marginals[:] = np.nan
    return np.where(np.diff(offsets) > 0, -np.inf, 0.0), np.zeros_like(moves.transitions)


def test_best_paths_equal_the_best_of_all_paths():
    for crf, scores, offsets, _, sentences in enumerated_cases():
        expected = np.concatenate([sentence.best for sentence in sentences])
        assert_array_equal(crf.decode(scores, offsets), expected)


def test_of_equal_paths_that_with_the_first_labels_is_the_best():
    """From the last label backwards, in both implementations; scores of -1, 0 and 1 make ties."""
    for case in range(CASES):
        rng = stream(case, "ties")
        K = int(rng.integers(1, 5))
        scores = rng.integers(-1, 2, size=(int(rng.integers(1, 6)), K)).astype(float)
        shapes = {"transitions": (K, K), "start": K, "end": K}
        parameters = {
            name: rng.integers(-1, 2, size=shape).astype(float) for name, shape in shapes.items()
        }
        offsets = np.array([0, len(scores)])
        expected = Enumerated(parameters, scores).best
        assert_array_equal(Crf(parameters).decode(scores, offsets), expected)
        found = torch_crf(parameters).decode(torch.tensor(scores), torch.tensor(offsets))
        assert_array_equal(found, expected)


# ---- gradients ----


def torch_crf(parameters, allowed=None):
    module = TorchCrf(len(parameters["start"]), allowed).double()
    assert [name for name, _ in module.named_parameters()] == list(Moves._fields)
    module.load_state_dict({name: torch.from_numpy(array) for name, array in parameters.items()})
    return module


def by_autograd(parameters, allowed, scores, offsets, labels):
    """Loss, gradient of the scores, gradients of the parameters."""
    module = torch_crf(parameters, allowed)
    variable = torch.tensor(scores, requires_grad=True)
    loss = module.loss(variable, torch.tensor(offsets), torch.tensor(labels))
    loss.backward()
    gradients = {name: parameter.grad.numpy() for name, parameter in module.named_parameters()}
    return loss.item(), variable.grad.numpy(), gradients


def gradient_cases():
    for seed, (B, K, longest, scale) in product(range(25), SHAPES):
        rng = stream(seed, f"crf-{B}")
        # Sentences of one token and of none are among them.
        lengths = rng.integers(0, longest + 1, size=B)
        lengths[0] = max(lengths[0], 1)
        lengths[-1] = longest if B > 1 else lengths[0]
        scores, offsets = draw_batch(rng, K, lengths, scale)
        moves = draw_moves(rng, K) if seed % 2 else None
        labels = permitted_labels(rng, offsets, moves or draw_moves(rng, 1))
        yield draw_parameters(rng, K, scale), moves, scores, offsets, labels


def assert_same_gradients(found, expected, bound=1e-8):
    assert found[0] == pytest.approx(expected[0], rel=1e-11, abs=1e-13)
    assert relative_error(found[1], expected[1], floor=1e-2) <= bound
    assert found[2].keys() == expected[2].keys()
    for name, gradient in found[2].items():
        assert relative_error(gradient, expected[2][name], floor=1e-2) <= bound, name


def by_hand(parameters, moves, scores, offsets, labels):
    crf = Crf(parameters, allowed=moves)
    return crf.loss(scores, offsets, labels), *crf.backward()


def test_loss_and_gradients_equal_autograd():
    for case in gradient_cases():
        assert_same_gradients(by_hand(*case), by_autograd(*case))


def test_gradients_in_logarithms_equal_autograd(monkeypatch):
    monkeypatch.setattr(chain, "_scaled", none_known)
    for case in list(gradient_cases())[::7]:
        assert_same_gradients(by_hand(*case), by_autograd(*case))


def test_gradients_equal_differences_of_the_loss():
    rng = stream(0, "differences")
    scores, offsets = draw_batch(rng, 3, [1, 4])
    parameters, labels = draw_parameters(rng, 3), np.array([2, 0, 1, 1, 0])
    crf = Crf(parameters)
    crf.loss(scores, offsets, labels)
    d_scores, gradients = crf.backward()
    differences = numeric_gradient(lambda x: crf.loss(x, offsets, labels), scores)
    assert relative_error(d_scores, differences.slope) <= 1e-7
    for name, gradient in gradients.items():
        differences = numeric_gradient(
            lambda x, name=name: Crf(parameters | {name: x}).loss(scores, offsets, labels),
            parameters[name],
        )
        assert relative_error(gradient, differences.slope) <= 1e-7, name


def test_without_transitions_it_is_the_softmax_of_each_token():
    from wvexp.backprop.losses import softmax_cross_entropy

    rng = stream(1, "softmax")
    scores, offsets = draw_batch(rng, 5, [3, 1, 0, 4])
    labels = rng.integers(5, size=8)
    crf = Crf({"transitions": np.zeros((5, 5)), "start": np.zeros(5), "end": np.zeros(5)})
    losses, d_logits = softmax_cross_entropy(scores, labels)
    assert crf.loss(scores, offsets, labels) == pytest.approx(losses.mean())
    assert_allclose(crf.backward()[0], d_logits / 8, atol=1e-15)
    assert_array_equal(crf.decode(scores, offsets), scores.argmax(axis=1))


def test_an_optimiser_may_change_the_parameters_in_place():
    """Plain gradient descent on the moves alone learns a text whose scores say nothing."""
    parameters = {"transitions": np.zeros((3, 3)), "start": np.zeros(3), "end": np.zeros(3)}
    crf, scores, offsets = Crf(parameters), np.zeros((6, 3)), np.array([0, 3, 6])
    labels = np.array([2, 0, 1, 2, 0, 1])
    first = crf.loss(scores, offsets, labels)
    for _ in range(200):
        crf.loss(scores, offsets, labels)
        for name, gradient in crf.backward()[1].items():
            parameters[name] -= gradient
    assert crf.loss(scores, offsets, labels) < 0.05 < first
    assert_array_equal(crf.decode(scores, offsets), labels)


# ---- numbers ----


@pytest.mark.parametrize("scale", [1.0, 30.0, 1e3])
@pytest.mark.parametrize("masked", [False, True])
def test_float32_keeps_its_digits_however_large_the_scores(scale, masked):
    for seed in range(5):
        rng = stream(seed, "large")
        K = 6
        scores, offsets = draw_batch(rng, K, rng.integers(1, 60, size=8), scale)
        moves = draw_moves(rng, K) if masked else None
        labels = permitted_labels(rng, offsets, moves or draw_moves(rng, 1))
        parameters = draw_parameters(rng, K, scale)
        short = {name: array.astype(np.float32) for name, array in parameters.items()}
        exact = {name: array.astype(np.float64) for name, array in short.items()}
        scores = scores.astype(np.float32)
        found = by_hand(short, moves, scores, offsets, labels)
        expected = by_autograd(exact, moves, scores.astype(np.float64), offsets, labels)
        assert np.isfinite(found[0])
        assert found[0] == pytest.approx(expected[0], rel=1e-9)
        assert found[1].dtype == np.float32
        assert {gradient.dtype for gradient in found[2].values()} == {np.dtype(np.float32)}
        for gradient in (found[1], *found[2].values()):
            assert np.isfinite(gradient).all()
        assert_same_gradients(found, expected, bound=1e-5)
        assert Crf(short, allowed=moves).marginals(scores, offsets).dtype == np.float32


def test_a_path_that_is_lost_to_underflow_is_found_again():
    """The likely path starts at e^-800 and then beats the others by e^900 a move."""
    parameters = {
        "transitions": np.array([[0.0, -900.0], [-900.0, 900.0]]),
        "start": np.array([0.0, -800.0]),
        "end": np.zeros(2),
    }
    crf = Crf(parameters)
    marginals = crf.marginals(np.zeros((3, 2)), np.array([0, 3]))
    assert_array_equal(marginals, [[0, 1], [0, 1], [0, 1]])
    assert crf.loss(np.zeros((3, 2)), np.array([0, 3]), np.array([0, 0, 0])) == pytest.approx(
        1e3 / 3
    )


def test_exponentials_keep_all_digits():
    x = np.concatenate([-np.linspace(0, 708, 100_001), -np.logspace(-300, 0, 1000)])[None]
    found = x.copy()
    chain._exp(found)
    assert_allclose(found, np.exp(x), rtol=5e-16)
    odd = np.array([[0.0, -0.0, -1e9, -np.inf, np.nan]])
    chain._exp(odd)
    assert_array_equal(odd[0, :2], 1)
    assert (odd[0, 2:4] < 1e-307).all()
    assert np.isnan(odd[0, 4])


def test_a_score_that_is_no_number_spoils_the_loss_and_its_own_sentence_alone():
    rng = stream(2, "nan")
    scores, offsets = draw_batch(rng, 3, [4, 2, 5])
    crf = Crf(draw_parameters(rng, 3))
    whole = crf.marginals(scores, offsets)
    scores[5, 1] = np.nan
    assert np.isnan(crf.loss(scores, offsets, np.zeros(11, int)))
    found = crf.marginals(scores, offsets)
    assert np.isnan(found[4:6]).any()
    assert_allclose(found[[0, 1, 2, 3, *range(6, 11)]], whole[[0, 1, 2, 3, *range(6, 11)]])
    assert ((crf.decode(scores, offsets) >= 0) & (crf.decode(scores, offsets) < 3)).all()


# ---- sentences ----


def test_a_sentence_scores_the_same_in_whatever_batch_it_stands():
    """And the batch's gradients are the sums of its sentences'."""
    rng = stream(3, "batch")
    K, lengths = 5, np.array([3, 1, 0, 7, 7, 2, 1, 12])
    scores, offsets = draw_batch(rng, K, lengths)
    labels = rng.integers(K, size=len(scores))
    parameters = draw_parameters(rng, K)
    crf = Crf(parameters)
    whole_loss = crf.loss(scores, offsets, labels) * len(scores)
    whole_d, whole = crf.backward()
    whole_marginals, whole_path = crf.marginals(scores, offsets), crf.decode(scores, offsets)
    total, sums = 0.0, {name: np.zeros_like(array) for name, array in parameters.items()}
    for begin, stop in pairwise(offsets):
        own, alone = slice(begin, stop), np.array([0, stop - begin])
        n = stop - begin
        total += crf.loss(scores[own], alone, labels[own]) * n
        d_scores, gradients = crf.backward()
        assert_allclose(d_scores * n, whole_d[own] * len(scores), atol=1e-12)
        for name, gradient in gradients.items():
            sums[name] += gradient * n
        assert_allclose(crf.marginals(scores[own], alone), whole_marginals[own], atol=1e-13)
        assert_array_equal(crf.decode(scores[own], alone), whole_path[own])
    assert whole_loss == pytest.approx(total)
    for name, gradient in whole.items():
        assert_allclose(gradient * len(scores), sums[name], atol=1e-12)


def test_a_batch_without_tokens_has_loss_zero():
    parameters = draw_parameters(stream(4, "empty"), 3)
    crf = Crf(parameters)
    for offsets in (np.zeros(1, np.int64), np.zeros(3, np.int64)):
        assert crf.loss(np.zeros((0, 3)), offsets, np.zeros(0, int)) == 0
        d_scores, gradients = crf.backward()
        assert d_scores.shape == (0, 3)
        for name, gradient in gradients.items():
            assert_array_equal(gradient, np.zeros_like(parameters[name]))
        assert crf.decode(np.zeros((0, 3)), offsets).shape == (0,)


# ---- moves ----


def test_forbidden_moves_have_no_gradient_and_their_parameters_no_effect():
    for seed in range(10):
        rng = stream(seed, "forbidden")
        K = 5
        moves, parameters = draw_moves(rng, K), draw_parameters(rng, K)
        scores, offsets = draw_batch(rng, K, [1, 6, 3])
        labels = permitted_labels(rng, offsets, moves)
        found = by_hand(parameters, moves, scores, offsets, labels)
        for name, may in moves._asdict().items():
            assert not may.all()
            assert_array_equal(found[2][name][~may], 0)
        moved = {
            name: np.where(may, parameters[name], 1e4) for name, may in moves._asdict().items()
        }
        assert_array_equal(by_hand(moved, moves, scores, offsets, labels)[1], found[1])


def test_forbidden_moves_are_never_decoded():
    for seed in range(50):
        rng = stream(seed, "decoded")
        K = 5
        moves, parameters = draw_moves(rng, K), draw_parameters(rng, K)
        for scale in (1.0, 1e3):
            scores, offsets = draw_batch(rng, K, [1, 9, 4], scale)
            tensors = torch.tensor(scores), torch.tensor(offsets)
            path = Crf(parameters, allowed=moves).decode(scores, offsets)
            assert_array_equal(torch_crf(parameters, moves).decode(*tensors), path)
            for begin, stop in pairwise(offsets):
                own = path[begin:stop]
                assert moves.start[own[0]]
                assert moves.end[own[-1]]
                assert moves.transitions[own[:-1], own[1:]].all()


def test_a_label_without_a_permitted_move_has_probability_zero():
    moves = Moves(np.ones((3, 3), bool), np.ones(3, bool), np.ones(3, bool))
    moves.transitions[2] = moves.end[2] = False
    crf = Crf(draw_parameters(stream(5, "dead end"), 3), allowed=moves)
    marginals = crf.marginals(np.ones((4, 3)), np.array([0, 4]))
    assert_array_equal(marginals[:, 2], 0)
    assert_allclose(marginals.sum(axis=1), 1)


def test_labels_that_make_a_forbidden_move_are_refused():
    moves = Moves(np.array([[True, False], [True, True]]), np.array([True, True]), np.ones(2, bool))
    crf = Crf(draw_parameters(stream(6, "wrong"), 2), allowed=moves)
    scores, offsets = np.zeros((4, 2)), np.array([0, 1, 4])
    assert np.isfinite(crf.loss(scores, offsets, np.array([0, 1, 1, 0])))
    with pytest.raises(ValueError, match="label 1 of token 3: expected one of 2, reached and left"):
        crf.loss(scores, offsets, np.array([0, 1, 0, 1]))
    for wrong in (2, -1):
        with pytest.raises(ValueError, match=f"label {wrong} of token 2"):
            crf.loss(scores, offsets, np.array([0, 1, wrong, 1]))


def test_a_sentence_without_a_permitted_path():
    """Labels 0 and 1 take turns, from 0 to 1: no sentence of an odd length has a path."""
    turns = Moves(~np.eye(2, dtype=bool), np.array([True, False]), np.array([False, True]))
    crf = Crf(draw_parameters(stream(7, "odd"), 2), allowed=turns)
    offsets = np.array([0, 2, 5])
    assert_allclose(crf.marginals(np.ones((2, 2)), offsets[:2]), np.eye(2))
    with pytest.raises(ValueError, match="a sentence of 3 tokens has no path of permitted moves"):
        crf.marginals(np.ones((5, 2)), offsets)
    path = crf.decode(np.ones((5, 2)), offsets)
    assert_array_equal(path[:2], [0, 1])
    assert path[2:].tolist() in ([0, 1, 0], [1, 0, 1], [0, 1, 1], [0, 0, 1])  # one move forbidden


def test_a_wrong_shape_is_an_error_that_shows_both():
    parameters = draw_parameters(stream(8, "shapes"), 3)
    crf, offsets = Crf(parameters), np.array([0, 4])
    with pytest.raises(ValueError, match=r"^end has shape \(2,\), expected \(3,\)"):
        Crf(parameters | {"end": np.zeros(2)})
    with pytest.raises(ValueError, match=r"^transitions has shape \(3, 2\), expected \(3, 3\)"):
        Crf(parameters | {"transitions": np.zeros((3, 2))})
    with pytest.raises(ValueError, match=r"^allowed.start has shape \(2,\), expected \(3,\)"):
        Crf(parameters, allowed=draw_moves(stream(8, "moves"), 3)._replace(start=np.ones(2, bool)))
    with pytest.raises(ValueError, match=r"^scores has shape \(4, 2\), expected \(4, 3\)"):
        crf.decode(np.zeros((4, 2)), offsets)
    with pytest.raises(ValueError, match=r"^scores has shape \(5, 3\), expected \(4, 3\)"):
        crf.marginals(np.zeros((5, 3)), offsets)
    with pytest.raises(ValueError, match=r"^labels has shape \(3,\), expected \(4,\)"):
        crf.loss(np.zeros((4, 3)), offsets, np.zeros(3, int))


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("where", ["scores", "transitions", "start", "end"])
def test_what_training_let_grow_too_large_is_no_number_and_no_rule(where, value):
    """An infinite parameter forbids nothing: the loss of a run that diverged says that it did."""
    rng = stream(0, "diverged")
    parameters = draw_parameters(rng, 3)
    scores, offsets = draw_batch(rng, 3, [4, 2])
    (scores if where == "scores" else parameters[where])[...] = value
    crf = Crf(parameters)
    assert np.isnan(crf.loss(scores, offsets, np.zeros(6, np.int32)))
    assert np.isnan(crf.marginals(scores, offsets)).all()
