"""The mean-of-vectors classifier by hand against autograd; empty and padded sentences."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wvexp.backprop.activations import ACTIVATIONS
from wvexp.backprop.gradcheck import relative_error
from wvexp.backprop.mean import MeanClassifier
from wvexp.parity.gradient_cases import random_case
from wvexp.seeds import stream


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32),
    activation=st.sampled_from(sorted(ACTIVATIONS)),
    vocabulary=st.integers(2, 30),
    d=st.integers(1, 6),
    hidden=st.integers(0, 9),
    classes=st.integers(1, 6),
    batch=st.integers(1, 20),
    dropout=st.booleans(),
    l2=st.sampled_from([0.0, 0.01, 1.0]),
    anchor=st.sampled_from([0.0, 0.3]),
    tuned=st.booleans(),
)
@example(
    seed=0,
    activation="tanh",
    vocabulary=2,
    d=1,
    hidden=0,
    classes=1,
    batch=1,
    dropout=False,
    l2=0.0,
    anchor=0.0,
    tuned=True,
)  # one of everything
def test_loss_and_gradients_equal_autograd(seed, **shapes):
    case = random_case(stream(seed, "case"), MeanClassifier, **shapes)
    hand, autograd = case.hand_gradients(), case.autograd_gradients()
    assert hand.keys() == autograd.keys()
    for name, gradient in hand.items():
        assert gradient.shape == case.trained()[name].shape
        # The floor: what is left of a saturated tanh, 1 - h², is known to rounding only.
        assert relative_error(gradient, autograd[name], floor=1e-2) <= 1e-10, name


def test_loss_equals_torch_and_float32_stays_float32():
    import torch

    case = random_case(stream(1, "case"), MeanClassifier, "relu", hidden=4)
    parameters = {name: torch.tensor(value) for name, value in case.parameters.items()}
    assert case.build()[1] == pytest.approx(float(case.torch_loss(parameters)), rel=1e-12)
    for name, gradient in case.hand_gradients(np.float32).items():
        assert gradient.dtype == np.float32, name


def model_of_identity(V: int = 5, d: int = 2) -> MeanClassifier:
    """A model whose logits are the features themselves."""
    E = np.arange(V * d, dtype=float).reshape(V, d)
    E[0] = 0
    trainable = np.arange(V) > 0
    return MeanClassifier({"E": E, "U": np.eye(d), "c": np.zeros(d)}, trainable=trainable)


def test_features_are_the_mean_over_real_words_and_zero_without_any():
    model = model_of_identity()
    words = np.array([1, 3, 0, 0, 0, 4, 4, 2])
    offsets = np.array([0, 0, 3, 5, 8, 8])  # empty; 1 3 PAD; PAD PAD; 4 4 2; empty
    E = model.rows.E
    expected = [[0, 0], (E[1] + E[3]) / 2, [0, 0], (2 * E[4] + E[2]) / 3, [0, 0]]
    np.testing.assert_allclose(model.scores(words, offsets), expected)


def test_a_word_gets_its_share_from_each_occurrence_and_pad_nothing():
    model = model_of_identity()
    words, offsets = np.array([4, 4, 2, 0, 4]), np.array([0, 4, 5, 5])
    model.forward(words, offsets, np.array([0, 1, 0]))
    d_x = model.head.d_logits  # U is the identity
    found = model.backward()["E"]
    assert found.rows.tolist() == [2, 4]
    np.testing.assert_allclose(found.values, [d_x[0] / 3, 2 * d_x[0] / 3 + d_x[1]])


def test_sentences_without_any_word_train_the_bias_alone():
    model = model_of_identity()
    loss = model.forward(np.array([], dtype=int), np.array([0, 0, 0]), np.array([0, 0]))
    gradients = model.backward()
    assert loss == pytest.approx(np.log(2))
    assert gradients["U"].tolist() == [[0, 0], [0, 0]]
    assert gradients["c"].tolist() == [-0.5, 0.5]
    assert gradients["E"].rows.size == 0


def test_offsets_that_miss_words_are_refused():
    with pytest.raises(ValueError, match=r"^offsets 0\.\.2, expected 0\.\.3$"):
        model_of_identity().scores(np.array([1, 2, 3]), np.array([0, 1, 2]))
    with pytest.raises(ValueError, match=r"^offsets 1\.\.3, expected 0\.\.3$"):
        model_of_identity().scores(np.array([1, 2, 3]), np.array([1, 3]))
