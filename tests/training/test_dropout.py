"""Dropout masks: of whom, how many, of which mean, and drawn by whom."""

import numpy as np
import pytest
from layered_runs import MODELS_BY_NAME, configure, make_data, task_of

from wvexp.seeds import stream
from wvexp.training.dropout import Dropout
from wvexp.training.engines import make_engine
from wvexp.training.setup import set_up


@pytest.fixture(scope="module")
def data():
    return {task: make_data(task) for task in ("token", "sentence")}


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_values_are_dropped_at_the_rate_and_the_others_raised(rate):
    mask = Dropout(rate, lambda labels, texts: (labels, texts)).draw(400, 500, stream(0, "x"))
    assert mask.shape == (400, 500)
    assert mask.dtype == np.float32
    values, counts = np.unique(mask, return_counts=True)
    np.testing.assert_allclose(values, [0, 1 / (1 - rate)], rtol=1e-6)
    # Five standard deviations of a share of 200,000 draws.
    assert abs(counts[0] / mask.size - rate) < 5 * (rate * (1 - rate) / mask.size) ** 0.5
    assert mask.mean() == pytest.approx(1, abs=0.05)


def test_without_dropout_nothing_is_drawn():
    rng = stream(0, "x")
    assert Dropout(0.0, lambda labels, texts: (labels, 3)).draw(5, 5, rng) is None
    assert rng.random() == stream(0, "x").random()


def test_the_shape_is_asked_of_each_batch():
    asked = []

    def shape(labels, texts):
        asked.append((labels, texts))
        return texts, 4

    dropout = Dropout(0.5, shape)
    assert dropout.draw(7, 2, stream(0, "x")).shape == (2, 4)
    assert dropout.draw(9, 3, stream(0, "x")).shape == (3, 4)
    assert asked == [(7, 2), (9, 3)]


def masks_of(data, variant, **changes):
    there = data[task_of(variant)]
    run = configure(there, variant, dropout=0.5, **changes)
    setup = set_up(run, there.corpus, there.reference)
    classes = len(there.corpus.label_names)
    engine = make_engine(run, setup.table, setup.trainable, classes, "cpu", setup.moves)
    examples, found = setup.train_set, []
    for inputs, labels in examples.batches(16, np.arange(len(examples)), examples.rows):
        mask = engine.settings.dropout.draw(len(labels), len(inputs[-1]) - 1, stream(0, "x"))
        found.append((len(labels), len(inputs[-1]) - 1, mask))
    return found


# Values that a mask acts upon, with vectors of 6 numbers, 5 hidden units, windows of 3 and 8
# filters: of an LSTM its inputs and the outputs of each layer.
WIDTH = {
    "window case": 5,
    "window crf": 5,
    "bilstm": 6 + 10,
    "bilstm two layers": 6 + 20,
    "bilstm plain dropout": 6 + 20,
    "bilstm last": 6 + 10,
    "mean max": 5,
    "mean both": 5,
    "cnn": 8,
    "plain window": 5,
    "plain window linear": 18,
    "plain mean linear": 6,
}
OF_TEXTS = {"bilstm", "bilstm two layers"}


@pytest.mark.parametrize("variant", WIDTH)
def test_a_mask_has_a_row_for_each_label_or_each_text(data, variant):
    for labels, texts, mask in masks_of(data, variant):
        assert mask.shape == (texts if variant in OF_TEXTS else labels, WIDTH[variant])


@pytest.mark.parametrize("variant", MODELS_BY_NAME)
def test_both_engines_draw_the_same_masks(data, variant):
    hand, torch = (masks_of(data, variant, engine=e) for e in ("handwritten", "autograd"))
    assert len(hand) == len(torch) > 1
    for (_, _, one), (_, _, other) in zip(hand, torch, strict=True):
        assert np.array_equal(one, other)
