"""What the kinds of task make of labels: strata, losses, weights, what a model folder keeps."""

import math

import numpy as np
import pytest
import torch

from wvexp.errors import UserError
from wvexp.tasks import MULTILABEL, REGRESSION, SENTENCE, TASKS, TOKEN
from wvexp.tasks.kind import kind_of_text

RNG = np.random.default_rng(0)
SETS = RNG.random((20, 3)) < 0.4
NUMBERS = RNG.normal(1000, 7, size=20)
CLASSES = np.array([0] * 12 + [1] * 6 + [3] * 2)  # label 2 of the four does not occur


def fitted(kind, labels, **options):
    return kind.fitted(labels, 4, **options)


CASES = {
    "cross-entropy": (SENTENCE, CLASSES, 4),
    "weighted": (fitted(SENTENCE, CLASSES, balanced=True), CLASSES, 4),
    "weighted tokens": (fitted(TOKEN, CLASSES, balanced=True), CLASSES, 4),
    "sets": (MULTILABEL, SETS, 3),
    "numbers": (fitted(REGRESSION, NUMBERS), NUMBERS, 1),
}


@pytest.mark.parametrize("name", CASES)
def test_the_loss_by_hand_is_torchs_and_so_is_its_gradient(name):
    kind, labels, outputs = CASES[name]
    scores = RNG.normal(size=(20, outputs)) * 3
    losses, gradient = kind.losses(scores, labels)
    tensor = torch.from_numpy(scores).requires_grad_()
    mean = kind.torch_loss(tensor, torch.from_numpy(labels))
    mean.backward()
    assert float(np.mean(losses)) == pytest.approx(float(mean.detach()), rel=1e-13)
    np.testing.assert_allclose(gradient / 20, tensor.grad.numpy(), rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("name", CASES)
def test_the_gradient_is_the_slope_of_the_loss(name):
    kind, labels, outputs = CASES[name]
    scores = RNG.normal(size=(20, outputs))
    _, gradient = kind.losses(scores, labels)
    h = 1e-6
    for at in np.ndindex(3, outputs):
        step = np.zeros_like(scores)
        step[at] = h
        up, down = (kind.losses(scores + sign * step, labels)[0][at[0]] for sign in (1, -1))
        assert (up - down) / (2 * h) == pytest.approx(gradient[at], abs=1e-7)


@pytest.mark.parametrize("name", CASES)
def test_the_loss_of_float32_scores_is_float32(name):
    kind, labels, outputs = CASES[name]
    scores = RNG.normal(size=(20, outputs)).astype(np.float32)
    assert [a.dtype for a in kind.losses(scores, labels)] == [np.float32] * 2
    assert kind.torch_loss(torch.from_numpy(scores), torch.from_numpy(labels)).dtype is (
        torch.float32
    )


def test_weights_give_each_label_that_occurs_the_same_weight_in_all():
    """n / (K n_c), as scikit-learn has it: 20 / (3 x 12), and so on; their mean is 1."""
    kind = fitted(SENTENCE, CLASSES, balanced=True)
    np.testing.assert_allclose(kind.weights, [20 / 36, 20 / 18, 0, 20 / 6])
    assert np.mean(kind.weights[CLASSES]) == pytest.approx(1)
    assert SENTENCE.weights is None  # the registered kind is left as it is
    compute_class_weight = pytest.importorskip("sklearn.utils").compute_class_weight
    theirs = compute_class_weight("balanced", classes=np.array([0, 1, 3]), y=CLASSES)
    np.testing.assert_allclose(kind.weights[[0, 1, 3]], theirs)


def test_weights_are_for_cross_entropy_alone_and_not_compiled():
    assert SENTENCE.usual_loss
    assert not fitted(SENTENCE, CLASSES, balanced=True).usual_loss
    for kind, labels in ((MULTILABEL, SETS), (REGRESSION, NUMBERS)):
        assert not kind.usual_loss
        with pytest.raises(UserError, match=f"a {kind.name} task has another loss"):
            fitted(kind, labels, balanced=True)


def test_numbers_come_back_in_the_units_of_the_data():
    kind = fitted(REGRESSION, NUMBERS)
    assert (kind.mean, kind.spread) == (pytest.approx(NUMBERS.mean()), pytest.approx(NUMBERS.std()))
    scores = ((NUMBERS - NUMBERS.mean()) / NUMBERS.std())[:, None]
    np.testing.assert_allclose(kind.predict(scores), NUMBERS)
    assert kind.losses(scores, NUMBERS)[0].max() < 1e-20
    assert kind.predict(np.zeros((1, 1))) == [kind.mean]  # nothing learnt: the mean of training


def test_one_number_repeated_has_a_spread_to_divide_by():
    kind = fitted(REGRESSION, np.full(3, 5.0))
    assert (kind.mean, kind.spread) == (5.0, 1.0)


def test_what_a_folder_keeps_of_numbers_comes_back_exactly():
    kind = fitted(REGRESSION, NUMBERS)
    again = REGRESSION.restored(kind.state)
    assert (again.mean, again.spread) == (kind.mean, kind.spread)
    assert SENTENCE.restored({}) is SENTENCE


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"average": 1.0},
        {"average": 1.0, "spread": 0.0},
        {"average": math.nan, "spread": 1.0},
        {"average": 1.0, "spread": -2.0},
        {"average": "1", "spread": 1.0},
        {"average": 1.0, "spread": 1.0, "more": 1.0},
    ],
)
def test_a_folder_with_another_state_is_refused(state):
    with pytest.raises(ValueError, match="spread"):
        REGRESSION.restored(state)
    with pytest.raises(ValueError, match="keeps nothing"):
        SENTENCE.restored({"average": 1.0})


def test_a_label_of_many_is_given_from_a_probability_of_a_half_on():
    scores = np.array([[-0.1, 0.0, 3.0], [-5.0, -4.0, -1.0]])
    assert MULTILABEL.predict(scores).tolist() == [[False, True, True], [False] * 3]
    logs = MULTILABEL.log_probabilities(torch.from_numpy(scores)).numpy()
    np.testing.assert_allclose(np.exp(logs), 1 / (1 + np.exp(-scores)))
    np.testing.assert_array_equal(MULTILABEL.predict(scores), np.exp(logs) >= 0.5)


def test_the_stratum_of_a_set_is_its_rarest_label():
    sets = np.array([[1, 1, 0], [1, 0, 0], [1, 1, 1], [1, 1, 0], [0, 0, 0]], dtype=bool)
    assert MULTILABEL.strata(sets).tolist() == [1, 0, 2, 1, 3]


def test_the_strata_of_numbers_are_tenths():
    strata = REGRESSION.strata(RNG.permutation(np.linspace(0, 1, 200)))
    assert np.bincount(strata).tolist() == [20] * 10
    assert REGRESSION.strata(np.empty(0)).tolist() == []
    assert len(np.unique(REGRESSION.strata(np.full(9, 2.0)))) == 1


@pytest.mark.parametrize(("kind", "labels"), [(MULTILABEL, SETS), (REGRESSION, NUMBERS)])
def test_every_prefix_of_the_order_holds_strata_in_proportion(kind, labels):
    rng = np.random.default_rng(1)
    many = np.concatenate([labels] * 20)
    order = kind.order(many, rng.permutation(len(many)), rng)
    assert sorted(order) == list(range(len(many)))
    strata = kind.strata(many)
    shares = np.bincount(strata) / len(many)
    found = np.bincount(strata[order[:200]], minlength=len(shares)) / 200
    np.testing.assert_allclose(found, shares, atol=0.02)


def test_the_usual_kind_of_each_form_of_labels():
    assert kind_of_text(True) is TOKEN
    assert kind_of_text(False) is SENTENCE
    assert kind_of_text(False, several=True) is MULTILABEL
    assert kind_of_text(False, numeric=True) is REGRESSION
    assert {"token", "sentence", "multilabel", "regression"} <= set(TASKS.names)
