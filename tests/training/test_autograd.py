"""The engine against an independent loop over the dense table; what moves, by how much."""

import copy
from itertools import pairwise

import numpy as np
import pytest
import torch
from built_models import build_model
from torch import nn

from wvexp.data.vocabulary import PAD, UNK
from wvexp.errors import RunError
from wvexp.models.network import network_parameters
from wvexp.models.view import View
from wvexp.rules import RULES
from wvexp.rules.sparse_adadelta import SparseAdadelta
from wvexp.seeds import stream
from wvexp.tasks import TOKEN
from wvexp.training.autograd import AutogradEngine
from wvexp.training.dropout import Dropout
from wvexp.training.engine import finite
from wvexp.training.examples import Examples
from wvexp.training.prediction import labels_and_log_probabilities
from wvexp.training.settings import Settings

ROWS, D, CLASSES, BATCH = 14, 3, 3, 4
WIDTHS = [2, 3]
SHAPE = {"window": 3, "hidden": 5, "widths": WIDTHS, "filters": 4}
DROPPED = {"window": 5, "mean": 5, "cnn": 8}
TRAINED = 12  # the last rows are read at evaluation alone
SETTINGS = {"lr": 0.05, "row_lr": 0.02, "dropout": 0.0, "l2": 0.0, "anchor": 0.0}


def make_examples(window, seed=0):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 7, 12)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    rows = rng.integers(2, TRAINED, offsets[-1]).astype(np.int32)
    size = len(rows) if window else len(lengths)
    return Examples(rows, offsets, rng.integers(0, CLASSES, size).astype(np.int32), View(window))


def make_model(name):
    start = np.random.default_rng(1).normal(size=(ROWS, D)).astype(np.float32)
    start[PAD] = 0
    return build_model(name, start, CLASSES, **SHAPE)


def make_engine(model, optimizer, trainable, dropped=5, dropout=0.0, **options):
    masks = Dropout(dropout, lambda labels, texts: (labels, dropped))
    settings = Settings(TOKEN, RULES[optimizer], dropout=masks, **options)
    return AutogradEngine(model, trainable, CLASSES, settings, "cpu")


def tuned_rows(fixed=()):
    trainable = np.zeros(ROWS, dtype=bool)
    trainable[1:TRAINED] = True
    trainable[list(fixed)] = False
    return trainable


def run_engine(name, optimizer, trainable, *, epochs=3, move_rows=lambda epoch: True, **changes):
    """Start and end of the rows, and the engine, after a few epochs in float64."""
    model = make_model(name).double()
    examples = make_examples(3 if name == "window" else None)
    start = model.embedding.weight.detach().numpy().copy()
    options = {**SETTINGS, **changes}
    engine = make_engine(model, optimizer, trainable, DROPPED[name], **options)
    for epoch in range(epochs):
        engine.train_epoch(
            examples,
            BATCH,
            stream(0, "order", epoch).permutation(len(examples)),
            examples.rows,
            stream(0, "dropout", epoch),
            move_rows=move_rows(epoch),
        )
    return start, model.embedding.weight.detach().numpy(), engine


def plain_logits(model, inputs, mask):
    """The models' definitions, a sentence and a filter width at a time."""
    p = dict(model.named_parameters())
    E, rows = p["embedding.weight"], torch.from_numpy(inputs[0]).long()
    if len(inputs) == 1:
        h = E[rows].flatten(1)
    else:
        sentences = [rows[a:b] for a, b in pairwise(inputs[1].tolist())]
        if "output.weight" in p:
            h = torch.stack([plain_maxima(p, E, sentence) for sentence in sentences])
        else:
            h = torch.stack([E[sentence].mean(dim=0) for sentence in sentences])
    if "head.hidden.weight" in p:
        h = torch.tanh(h @ p["head.hidden.weight"].T + p["head.hidden.bias"])
    if mask is not None:
        h = h * mask
    output = "output" if "output.weight" in p else "head.output"
    return h @ p[f"{output}.weight"].T + p[f"{output}.bias"]


def plain_maxima(p, E, sentence):
    """max(0, score over the places) of every filter of the CNN: [filters of all widths]."""
    maxima = []
    for k, width in enumerate(WIDTHS):
        weight, bias = p[f"convolutions.{k}.weight"], p[f"convolutions.{k}.bias"]
        words = nn.functional.pad(sentence, (0, max(0, width - len(sentence))), value=PAD)
        scores = [
            E[words[at : at + width]].flatten() @ weight.T + bias
            for at in range(len(words) - width + 1)
        ]
        maxima.append(torch.relu(torch.stack(scores).amax(dim=0)))
    return torch.cat(maxima)


def run_oracle(name, optimizer, trainable, *, epochs=3, lr, row_lr, dropout, l2, anchor):
    """The same training by the models' definitions, with a dense gradient of the whole table."""
    model = make_model(name).double()
    model.embedding.sparse = False
    examples = make_examples(3 if name == "window" else None)
    table = model.embedding.weight
    start = table.detach().clone()
    network = [parameter for _, parameter in network_parameters(model)]
    rules = {
        "adam": (torch.optim.Adam, torch.optim.SparseAdam),
        "adagrad": (torch.optim.Adagrad,) * 2,
        "adadelta": (torch.optim.Adadelta, SparseAdadelta),
        "sgd": (torch.optim.SGD,) * 2,
    }
    network_rule, row_rule = rules[optimizer]
    network_step, row_step = network_rule(network, lr=lr), row_rule([table], lr=row_lr)
    for epoch in range(epochs):
        order = stream(0, "order", epoch).permutation(len(examples))
        masks = stream(0, "dropout", epoch)
        for at in range(0, len(order), BATCH):
            chosen = order[at : at + BATCH]
            inputs = examples.inputs(chosen)
            mask = None
            if dropout:
                draw = masks.random((len(chosen), DROPPED[name]), dtype=np.float32)
                mask = torch.from_numpy((draw < np.float32(1 - dropout)) / (1 - dropout))
            logits = plain_logits(model, inputs, mask)
            target = torch.from_numpy(examples.labels[chosen]).long()
            loss = nn.functional.cross_entropy(logits, target)
            for parameter in network:
                if parameter.ndim > 1:
                    loss = loss + l2 / 2 * parameter.square().sum()
            for row in sorted({int(row) for row in inputs[0].ravel()}):
                if trainable[row]:
                    loss = loss + l2 / 2 * table[row].square().sum()
                    loss = loss + anchor / 2 * (table[row] - start[row]).square().sum()
            model.zero_grad()
            loss.backward()
            table.grad[~torch.from_numpy(trainable)] = 0
            if optimizer in ("adam", "adadelta"):
                touched = [r for r in np.unique(inputs[0]).tolist() if trainable[r]]
                table.grad = torch.sparse_coo_tensor(
                    torch.tensor([touched]), table.grad[touched], table.shape, check_invariants=True
                )
            network_step.step()
            row_step.step()
    return model


@pytest.mark.parametrize("optimizer", RULES.names)
@pytest.mark.parametrize("name", ["window", "mean", "cnn"])
@pytest.mark.parametrize(
    "changes",
    [{}, {"dropout": 0.5, "l2": 0.03, "anchor": 0.2}],
    ids=["plain", "penalised"],
)
def test_every_parameter_ends_where_the_dense_loop_ends(name, optimizer, changes):
    trainable = tuned_rows(fixed=[5, 6])
    start, rows, engine = run_engine(name, optimizer, trainable, **changes)
    oracle = run_oracle(name, optimizer, trainable, **{**SETTINGS, **changes})
    expected = dict(oracle.named_parameters())
    for parameter_name, parameter in engine.model.named_parameters():
        np.testing.assert_allclose(
            parameter.detach().numpy(),
            expected[parameter_name].detach().numpy(),
            rtol=1e-9,
            atol=1e-12,
            err_msg=parameter_name,
        )
    assert np.array_equal(rows[~trainable], start[~trainable])
    assert (rows != start).any(axis=1).sum() >= 5


def test_lazy_adam_is_not_dense_adam():
    trainable = tuned_rows()
    _, lazy, _ = run_engine("window", "adam", trainable)
    dense = make_model("window").double()
    dense.embedding.sparse = False
    examples = make_examples(3)
    step = torch.optim.Adam(dense.embedding.parameters(), lr=SETTINGS["row_lr"])
    rest = torch.optim.Adam([p for _, p in network_parameters(dense)], lr=SETTINGS["lr"])
    for epoch in range(3):
        order = stream(0, "order", epoch).permutation(len(examples))
        for inputs, labels in examples.batches(BATCH, order):
            dense.zero_grad()
            logits = dense(*map(torch.from_numpy, inputs))
            nn.functional.cross_entropy(logits, torch.from_numpy(labels).long()).backward()
            step.step()
            rest.step()
    assert np.abs(lazy - dense.embedding.weight.detach().numpy()).max() > 1e-3


@pytest.mark.parametrize("optimizer", RULES.names)
@pytest.mark.parametrize("name", ["window", "mean", "cnn"])
def test_a_frozen_table_stays_to_the_bit_while_the_network_learns(name, optimizer):
    before = {n: p.detach().clone() for n, p in make_model(name).double().named_parameters()}
    start, rows, engine = run_engine(name, optimizer, np.zeros(ROWS, dtype=bool), l2=0.1)
    assert rows.tobytes() == start.tobytes()
    assert engine.rows.grad is None, "what never moves is not differentiated: it costs the most"
    moved = [n for n, p in engine.model.named_parameters() if not torch.equal(p, before[n])]
    assert set(moved) == before.keys() - {"embedding.weight"}


@pytest.mark.parametrize("optimizer", RULES.names)
@pytest.mark.parametrize("name", ["window", "cnn"])  # both read PAD: at edges, in short sentences
def test_pad_evaluated_and_fixed_rows_stay_to_the_bit(name, optimizer):
    trainable = tuned_rows(fixed=[2, 3, 4])
    start, rows, _ = run_engine(name, optimizer, trainable, l2=0.1, anchor=0.1)
    assert rows[~trainable].tobytes() == start[~trainable].tobytes()
    assert not rows[PAD].any()


def test_rows_wait_for_their_epoch_with_fresh_moments():
    trainable = tuned_rows()
    start, rows, _ = run_engine("window", "adam", trainable, move_rows=lambda epoch: False)
    assert rows.tobytes() == start.tobytes()
    start, rows, engine = run_engine(
        "window", "adam", trainable, move_rows=lambda epoch: epoch == 2
    )
    steps = -(-len(make_examples(3)) // BATCH)
    assert engine.row_optimizer.state[engine.rows]["step"] == steps
    assert (rows != start).any()


def test_the_rows_learning_rate_is_their_own():
    trainable = tuned_rows()
    start, whole, _ = run_engine("window", "sgd", trainable, lr=1e-12, row_lr=1e-6)
    _, half, _ = run_engine("window", "sgd", trainable, lr=1e-12, row_lr=5e-7)
    # steps so small that the gradients stay as they were: half the rate, half the way
    np.testing.assert_allclose(half - start, (whole - start) / 2, rtol=1e-3, atol=1e-12)
    assert (whole != start).any()


def test_an_anchor_holds_rows_near_their_start():
    trainable = tuned_rows()
    distances = []
    for anchor in (0.0, 1.0, 10.0):
        start, rows, _ = run_engine("window", "sgd", trainable, epochs=10, anchor=anchor)
        distances.append(np.linalg.norm(rows - start))
    assert distances[0] > distances[1] > distances[2] > 0


def test_l2_shrinks_weights_and_tuned_rows():
    trainable = tuned_rows()
    norms = []
    for l2 in (0.0, 1.0):
        _, rows, engine = run_engine("window", "sgd", trainable, epochs=10, l2=l2)
        norms.append((np.linalg.norm(rows), float(engine.model.head.hidden.weight.detach().norm())))
    assert norms[1][0] < norms[0][0]
    assert norms[1][1] < norms[0][1]


def test_a_penalty_counts_a_row_once_however_often_it_stands_in_the_batch():
    trainable = tuned_rows()
    once, often = (
        Examples(np.array(rows, np.int32), np.array([0, 3]), np.zeros(3, np.int32), View(1))
        for rows in ([4, 5, 6], [4, 4, 4])
    )
    for examples in (once, often):
        engine = make_engine(make_model_of_width_one(), "sgd", trainable, **LOSSLESS)
        engine.train_epoch(examples, 3, np.arange(3), examples.rows, stream(0, "x"), move_rows=True)
        row, start = engine.rows[4].detach(), engine.objective.start[4]
        torch.testing.assert_close(row, start * (1 - 0.1 * 0.5))


LOSSLESS = {"lr": 1e-30, "row_lr": 0.1, "dropout": 0.0, "l2": 0.5, "anchor": 0.0}


def make_model_of_width_one():
    """A window of one word whose scores do not depend on it: the penalty alone moves the rows."""
    start = make_model("window").embedding.weight.detach().numpy()
    model = build_model("window", start, CLASSES, window=1, hidden=0)
    with torch.no_grad():
        for _, parameter in network_parameters(model):
            parameter.zero_()
    return model


def test_the_same_draws_give_the_same_bits():
    first, second = (
        run_engine("cnn", "adam", tuned_rows(), dropout=0.5)[2].parameters() for _ in range(2)
    )
    assert all(first[name].tobytes() == second[name].tobytes() for name in first)


@pytest.mark.parametrize("dropout", [0.25, 0.8])
def test_a_dropout_mask_keeps_its_share_and_the_expected_value(dropout):
    options = {**SETTINGS, "dropout": dropout}
    engine = make_engine(make_model("window"), "sgd", tuned_rows(), **options)
    rng = stream(0, "dropout")
    mask = engine.settings.dropout.draw(4000, 4000, rng)
    assert mask.shape == (4000, 5)
    np.testing.assert_allclose(mask[mask > 0], 1 / (1 - dropout), rtol=1e-6)
    deviation = (dropout * (1 - dropout) / mask.size) ** 0.5
    assert abs((mask > 0).mean() - (1 - dropout)) < 6 * deviation


def test_prediction_ignores_dropout_and_restoring_brings_back_the_scores():
    examples = make_examples(3)
    _, _, engine = run_engine("window", "sgd", tuned_rows(), dropout=0.9)

    def scores():
        return labels_and_log_probabilities(engine.model, examples, "cpu", TOKEN)[1]

    before, kept = scores(), copy.deepcopy(engine.parameters())
    assert np.array_equal(before, scores())
    assert np.array_equal(before.argmax(1), engine.predict(examples))
    np.testing.assert_allclose(np.exp(before).sum(1), 1, rtol=1e-6)
    engine.train_epoch(examples, BATCH, np.arange(9), examples.rows, stream(0, "x"), move_rows=True)
    assert not np.array_equal(before, scores())
    engine.restore(kept)
    assert np.array_equal(before, scores())


def test_unknown_words_train_the_unk_row():
    examples = make_examples(3)
    model = make_model("window")
    start = model.embedding.weight.detach().numpy().copy()
    engine = make_engine(model, "sgd", tuned_rows(), **SETTINGS)
    unknown = np.full_like(examples.rows, UNK)
    order = np.arange(len(examples))
    engine.train_epoch(examples, BATCH, order, unknown, stream(0, "x"), move_rows=True)
    moved = (engine.rows.detach().numpy() != start).any(axis=1)
    assert np.flatnonzero(moved).tolist() == [UNK]


def test_a_loss_far_above_guessing_stops_the_run():
    with pytest.raises(RunError, match=r"training diverged: mean loss .*; lower optim\.lr"):
        run_engine("window", "sgd", tuned_rows(), lr=1e4, row_lr=1e4)


def test_a_last_step_that_leaves_no_numbers_stops_the_run():
    examples = make_examples(None)
    rows = make_model("mean").embedding.weight.detach().numpy()
    linear = build_model("mean", rows, CLASSES, hidden=0)
    rates = {**SETTINGS, "lr": 1e38, "row_lr": 1e38}
    engine = make_engine(linear, "sgd", tuned_rows(), **rates)
    order = np.arange(len(examples))
    engine.train_epoch(examples, 999, order, examples.rows, stream(0, "x"), move_rows=True)
    with pytest.raises(RunError, match="not numbers"):
        engine.predict(examples)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_scores_that_are_no_numbers_have_no_best_class(value):
    scores = np.array([[0.0, 1.0], [2.0, 1.0]], dtype=np.float32)
    assert TOKEN.predict(finite(scores)).tolist() == [1, 0]
    scores[1, 1] = value
    with pytest.raises(RunError, match="not numbers; lower"):
        finite(scores)
