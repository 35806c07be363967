"""The classifier made of layers: its penalties, its frozen rows, word vectors that stand in."""

import numpy as np
import pytest

from wvexp.backprop.features import FeatureTables
from wvexp.backprop.gradcheck import gradient_error, numeric_gradient
from wvexp.backprop.sequence import SequenceClassifier, part
from wvexp.backprop.window_encoder import WindowEncoder

V, D, DIM, CLASSES, HIDDEN, WINDOW = 6, 2, 3, 4, 3, 3
WORDS, OFFSETS = np.array([2, 5, 2, 1, 0]), np.array([0, 3, 5])
IDS, LABELS = np.array([[0], [3], [0], [1], [3]], np.int32), np.array([0, 3, 1, 1, 2])
TRAINABLE = np.array([False, True, True, False, True, False])
MATRICES = {"output.weight", "encoder.hidden.weight"}


def make_parameters():
    rng = np.random.default_rng(0)
    shapes = {
        "embedding.weight": (V, D),
        "features.case.weight": (5, DIM),
        "encoder.hidden.weight": (HIDDEN, WINDOW * (D + DIM)),
        "encoder.hidden.bias": (HIDDEN,),
        "output.weight": (CLASSES, HIDDEN),
        "output.bias": (CLASSES,),
    }
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def make(parameters, **settings):
    return SequenceClassifier(
        parameters,
        WindowEncoder(part(parameters, "encoder."), window=WINDOW, hidden=HIDDEN),
        features=FeatureTables(part(parameters, "features."), {"case": 1}),
        **settings,
    )


def loss_and_gradients(parameters, **settings):
    """Rows in full."""
    model = make(parameters, **settings)
    loss = model.forward(WORDS, IDS, OFFSETS, LABELS, None)
    gradients = model.backward()
    table = gradients["features.case.weight"].dense(5)
    rows = {"E": gradients["E"].dense(V)} if "E" in gradients else {}
    return loss, {**gradients, "features.case.weight": table, **rows}, model


def test_l2_pulls_matrices_and_the_rows_of_the_batch_but_no_table_and_no_bias():
    parameters, l2 = make_parameters(), 0.3
    loss, gradients, model = loss_and_gradients(parameters, l2=l2, trainable=TRAINABLE)
    plain_loss, plain, _ = loss_and_gradients(parameters, trainable=TRAINABLE)
    read = np.array([1, 2])  # of the batch, and trainable
    pull = np.zeros((V, D))
    pull[read] = l2 * parameters["embedding.weight"][read]
    assert gradients.keys() == plain.keys() == {*parameters, "E"} - {"embedding.weight"}
    for name, gradient in gradients.items():
        added = l2 * parameters[name] if name in MATRICES else pull if name == "E" else 0
        np.testing.assert_allclose(gradient, plain[name] + added, rtol=1e-13, atol=1e-15)
    squares = sum((parameters[name] ** 2).sum() for name in MATRICES)
    squares += (parameters["embedding.weight"][read] ** 2).sum()
    assert loss == pytest.approx(plain_loss + l2 / 2 * squares, rel=1e-13)
    assert model.mean_loss == pytest.approx(plain_loss, rel=1e-13)


def test_the_anchor_pulls_the_trainable_rows_of_the_batch_to_their_start():
    parameters, anchor = make_parameters(), 0.7
    initial = np.random.default_rng(1).normal(size=(V, D))
    settings = {"anchor": anchor, "initial": initial, "trainable": TRAINABLE}
    loss, gradients, model = loss_and_gradients(parameters, **settings)
    plain_loss, plain, _ = loss_and_gradients(parameters, trainable=TRAINABLE)
    away = np.zeros((V, D))
    away[[1, 2]] = (parameters["embedding.weight"] - initial)[[1, 2]]
    np.testing.assert_allclose(gradients["E"], plain["E"] + anchor * away, rtol=1e-13, atol=1e-15)
    for name in gradients.keys() - {"E"}:
        np.testing.assert_array_equal(gradients[name], plain[name])
    assert loss == pytest.approx(plain_loss + anchor / 2 * (away**2).sum(), rel=1e-13)
    assert model.mean_loss == plain_loss


def test_frozen_words_have_no_gradient_and_everything_else_the_same():
    parameters = make_parameters()
    loss, gradients, _ = loss_and_gradients(parameters)
    tuned_loss, tuned, _ = loss_and_gradients(parameters, trainable=TRAINABLE)
    assert loss == tuned_loss
    assert gradients.keys() == tuned.keys() - {"E"}
    for name, gradient in gradients.items():
        np.testing.assert_array_equal(gradient, tuned[name])
    assert not tuned["E"][~TRAINABLE].any()
    assert tuned["E"][[1, 2]].all()


def test_the_gradient_is_that_of_the_loss_with_both_penalties():
    parameters = make_parameters()
    initial = np.zeros((V, D))
    settings = {"l2": 0.3, "anchor": 0.7, "initial": initial, "trainable": TRAINABLE}
    _, gradients, _ = loss_and_gradients(parameters, **settings)
    for name, start in parameters.items():

        def loss(value, name=name, start=start):
            value = np.where(TRAINABLE[:, None], value, start) if len(value) == V else value
            return loss_and_gradients({**parameters, name: value}, **settings)[0]

        of = gradients["E" if name == "embedding.weight" else name]
        assert gradient_error(of, numeric_gradient(loss, start)) < 1e-7


def test_word_vectors_that_stand_in_are_read_by_their_own_rows():
    parameters = make_parameters()
    model = make(parameters, trainable=TRAINABLE)
    E = np.random.default_rng(2).normal(size=(V + 3, D))
    words = np.array([8, 5, 2, 6, 7])  # beyond the rows that are trained, too
    scores = model.scores(words, IDS, OFFSETS, E=E)
    expected = make({**parameters, "embedding.weight": E}).scores(words, IDS, OFFSETS)
    np.testing.assert_array_equal(scores, expected)
    # For this call alone.
    own = model.scores(WORDS, IDS, OFFSETS)
    np.testing.assert_array_equal(own, make(parameters).scores(WORDS, IDS, OFFSETS))
    assert not np.allclose(own, model.scores(WORDS, IDS, OFFSETS, E=E))
