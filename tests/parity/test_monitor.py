"""Parity: right runs pass, planted faults are named, and vanished gradients do not deceive it."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from built_models import build_model, keys_of
from hypothesis import example, given, settings
from hypothesis import strategies as st
from layered_runs import VARIANTS, configure, make_data, task_of

from wvexp.backprop.head import Head
from wvexp.backprop.mean import MeanClassifier
from wvexp.backprop.rows import RowGradient, WordRows
from wvexp.backprop.sequence import SequenceClassifier
from wvexp.errors import RunError
from wvexp.models import MEAN, MODELS
from wvexp.parity.monitor import (
    Agreement,
    ParityCheck,
    ParityMonitor,
    Twin,
    agreement,
    compare,
    in_float64,
)
from wvexp.seeds import stream
from wvexp.tasks import TASKS
from wvexp.training.engines import make_engine
from wvexp.training.objective import Objective, Step
from wvexp.training.setup import set_up

ROWS, D = 30, 4


def objective_and_step(
    model_name: str,
    *,
    seed: int = 0,
    window: int = 3,
    hidden: int = 5,
    classes: int = 3,
    batch: int = 7,
    tuned: bool = True,
    l2: float = 0.01,
    anchor: float = 0.1,
    dropout: bool = True,
    dtype: torch.dtype = torch.float64,
) -> tuple[Objective, Step]:
    rng = stream(seed, "parity test")
    table = rng.normal(size=(ROWS, D)).astype(np.float32)
    table[0] = 0
    model = build_model(
        model_name, table, classes, rng, window=window, hidden=hidden, widths=[3], filters=2
    ).to(dtype)
    trainable = rng.random(ROWS) < 0.7 if tuned else np.zeros(ROWS, bool)
    trainable[0] = False
    trainable[1] = tuned
    rows = model.get_parameter("embedding.weight")
    rows.requires_grad_(tuned)
    start = rows.detach() + 0.1
    if model_name == "window":
        inputs = (rng.integers(0, ROWS, (batch, window)).astype(np.int32),)
    else:
        lengths = rng.integers(0, 6, batch)
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        inputs = (rng.integers(1, ROWS, offsets[-1]).astype(np.int32), offsets)
    last = hidden or (window * D if model_name == "window" else D)
    mask = (rng.random((batch, last)) < 0.5).astype(np.float32) * 2 if dropout else None
    labels = rng.integers(0, classes, batch).astype(np.int32)
    kind = TASKS["token" if model_name == "window" else "sentence"]
    objective = Objective(model, classes, kind, torch.from_numpy(trainable), start, l2, anchor)
    return objective, Step(inputs, labels, mask)


def differentiate(objective: Objective, step: Step) -> torch.Tensor:
    loss = objective.loss(step) + objective.penalty(step)
    loss.backward()
    return loss


@settings(max_examples=60, deadline=None)
@example(  # the gradient of c cancels: 5e-17 by hand, 0 by torch
    model_name="mean",
    seed=682,
    window=1,
    hidden=1,
    classes=3,
    batch=3,
    tuned=True,
    l2=0.0,
    anchor=0.0,
    dropout=True,
)
@given(
    model_name=st.sampled_from(["window", "mean"]),
    seed=st.integers(0, 10_000),
    window=st.sampled_from([1, 3, 7]),
    hidden=st.sampled_from([0, 1, 6]),
    classes=st.integers(1, 5),
    batch=st.integers(1, 9),
    tuned=st.booleans(),
    l2=st.sampled_from([0.0, 0.1]),
    anchor=st.sampled_from([0.0, 0.3]),
    dropout=st.booleans(),
)
def test_float64_parity_whatever_the_shapes(model_name, **shape):
    objective, step = objective_and_step(model_name, **shape)
    check = compare(
        objective,
        Twin(MODELS[model_name], keys_of(model_name)),
        step,
        differentiate(objective, step),
    )
    assert check.passed, check.broken
    expected = {"loss", "U", "c"} | ({"W", "b"} if shape["hidden"] else set())
    assert set(check.agreements) == expected | ({"E"} if shape["tuned"] else set())


@pytest.mark.parametrize("model_name", ["window", "mean"])
@pytest.mark.parametrize("name", ["W", "b", "U", "c", "E"])
@pytest.mark.parametrize("fault", [-1.0, 1.0005])
def test_a_planted_fault_stops_the_run_and_is_named(monkeypatch, model_name, name, fault):
    if name == "E":
        plain = WordRows.gradient

        def wrong_rows(self, words, d_vectors):
            gradient = plain(self, words, d_vectors)
            return RowGradient(gradient.rows, gradient.values * fault)

        monkeypatch.setattr(WordRows, "gradient", wrong_rows)
    else:
        backward = Head.backward

        def wrong(self):
            gradients = backward(self)
            gradients[name] = gradients[name] * fault
            return gradients

        monkeypatch.setattr(Head, "backward", wrong)
    objective, step = objective_and_step(model_name, dtype=torch.float32)
    monitor = ParityMonitor(objective, Twin(MODELS[model_name], keys_of(model_name)), None)
    with pytest.raises(RunError, match=rf"the gradient of {name} differs .*norm .*norm"):
        monitor.inspect(0, step, differentiate(objective, step))


def test_the_first_step_of_every_epoch_or_every_n_steps():
    objective, step = objective_and_step("mean")
    loss = differentiate(objective, step)
    for every, due in [(None, [0, 5, 10]), (4, [0, 4, 8, 12]), (1, list(range(15)))]:
        monitor = ParityMonitor(objective, Twin(MEAN, keys_of("mean")), every)
        checked = []
        for number in range(15):  # three epochs of five steps
            before = len(monitor.checks)
            monitor.inspect(number % 5, step, loss)
            checked += [number] * (len(monitor.checks) - before)
        assert checked == due
        assert monitor.summary()["checked"] == len(due)
        assert monitor.summary(since=1)["checked"] == len(due) - 1


def test_the_summary_holds_the_worst_of_all_checks():
    def check(dtype, **agreements):
        return ParityCheck(agreements, np.dtype(dtype))

    monitor = ParityMonitor(objective_and_step("mean")[0], Twin(MEAN, keys_of("mean")), None)
    assert monitor.summary() == {}
    monitor.checks = [
        check(
            np.float32,
            loss=Agreement(1, 1, 3e-7, 1e-7, 0.75),
            U=Agreement(1, 1, 2e-5, 4e-6, 0.5),
        ),
        check(
            np.float64,
            loss=Agreement(1, 1, 1e-7, 5e-6, 1.0),
            U=Agreement(1, 1, 3e-5, 1e-6, None),
        ),
        check(np.float32, loss=Agreement(1, 1, 2e-7, 0.0, 1.0)),
    ]
    assert monitor.summary() == {
        "passed": True,
        "max_rel_error": 3e-5,
        "max_abs_error": 5e-6,
        "min_cosine": 0.5,
        "rel_errors": {"loss": 3e-7, "U": 3e-5},
        "checked": 3,
        "decided_in_float64": 1,
    }


def right_by(margin: float, model_name: str = "mean") -> tuple[Objective, Step]:
    """Every label leads by half of `margin` or more: gradients are differences of near-equals."""
    objective, step = objective_and_step(
        model_name, dtype=torch.float32, hidden=0, l2=0, anchor=0, dropout=False
    )
    with torch.no_grad():
        output = objective.model.get_parameter("head.output.weight")
        rows = objective.rows
        rows[1:] = 0
        rows[1:, 0] = 1
        output.zero_()
        output[1, 0] = margin / 2
        objective.model.get_parameter("head.output.bias")[1] = margin / 2
    return objective, Step(step.inputs, np.ones_like(step.labels), None)


@pytest.mark.parametrize("model_name", ["window", "mean"])
@pytest.mark.parametrize(("difference", "appealed"), [(9e-7, True), (1.5e-6, False)])
def test_a_vanished_gradient_is_decided_in_float64(model_name, difference, appealed):
    objective, step = right_by(28.0, model_name)
    loss = differentiate(objective, step)
    gradient = objective.model.get_parameter("head.output.bias").grad
    assert gradient is not None
    assert 0 < float(gradient.abs().max()) < 1e-5
    gradient[0] += difference  # what rounding does, made certain
    monitor = ParityMonitor(objective, Twin(MODELS[model_name], keys_of(model_name)), None)
    if appealed:
        monitor.inspect(0, step, loss)
        assert monitor.summary()["decided_in_float64"] == 1
    else:
        with pytest.raises(RunError, match="the gradient of c differs"):
            monitor.inspect(0, step, loss)


@pytest.mark.parametrize("model_name", ["window", "mean"])
def test_float64_sees_the_same_objective_and_leaves_the_run_as_it_is(model_name):
    objective, step = objective_and_step(model_name, dtype=torch.float32, l2=0.5, anchor=0.5)
    single = compare(
        objective,
        Twin(MODELS[model_name], keys_of(model_name)),
        step,
        differentiate(objective, step),
    )
    before = {name: (p.detach().clone(), p.grad) for name, p in objective.model.named_parameters()}
    double = in_float64(objective, Twin(MODELS[model_name], keys_of(model_name)), step)
    assert double.passed
    assert double.dtype == np.float64
    assert double.agreements.keys() == single.agreements.keys()
    for name, found in double.agreements.items():
        assert found.torch_norm == pytest.approx(single.agreements[name].torch_norm, rel=1e-5)
    for name, p in objective.model.named_parameters():
        value, gradient = before[name]
        assert p.dtype == torch.float32
        assert torch.equal(p, value)
        assert p.grad is gradient


@pytest.mark.parametrize("name", ["U", "c", "E"])
def test_float64_finds_a_small_fault_in_a_vanished_gradient(monkeypatch, name):
    backward = MeanClassifier.backward

    def wrong(self):
        gradients = backward(self)
        if name == "E":
            right = gradients["E"]
            return {**gradients, "E": RowGradient(right.rows, right.values * 1.002)}
        return {**gradients, name: gradients[name] * 1.002}

    monkeypatch.setattr(MeanClassifier, "backward", wrong)
    objective, step = right_by(14.0)
    loss = differentiate(objective, step)
    found = dict(compare(objective, Twin(MEAN, keys_of("mean")), step, loss).broken)[name]
    assert 0 < found.absolute < 1e-6, "too small to be refused in float32"
    with pytest.raises(RunError, match=rf"at step 1: the gradient of {name} differs .* > 1e-10"):
        ParityMonitor(objective, Twin(MEAN, keys_of("mean")), None).inspect(0, step, loss)


# What docs/design.md promises, written out: the relative error above which a gradient is wrong.
PROMISED = {torch.float32: 1e-4, torch.float64: 1e-10}


@pytest.mark.parametrize("model_name", ["window", "mean"])
@pytest.mark.parametrize("name", ["head.hidden.weight", "head.output.bias", "embedding.weight"])
@pytest.mark.parametrize("dtype", PROMISED)
@pytest.mark.parametrize(("share", "passes"), [(0.9, True), (1.1, False), (3.0, False)])
def test_the_tolerance_is_what_is_promised(model_name, name, dtype, share, passes):
    objective, step = objective_and_step(model_name, dtype=dtype)
    loss = differentiate(objective, step)
    gradient = objective.model.get_parameter(name).grad
    assert gradient is not None
    objective.model.get_parameter(name).grad = gradient * (1 + share * PROMISED[dtype])
    assert (
        compare(objective, Twin(MODELS[model_name], keys_of(model_name)), step, loss).passed
        == passes
    )
    monitor = ParityMonitor(objective, Twin(MODELS[model_name], keys_of(model_name)), None)
    if passes:
        monitor.inspect(0, step, loss)
        assert monitor.summary()["decided_in_float64"] == (dtype == torch.float64)
    elif dtype == torch.float32:  # differences of more than 1e-6 are not appealed
        with pytest.raises(RunError, match=r"parity failed at step 1: .* > 1e-04"):
            monitor.inspect(0, step, loss)


@pytest.mark.parametrize(("difference", "passes"), [(5e-15, True), (2e-14, False), (1e-9, False)])
def test_only_rounding_of_terms_of_size_one_is_excused_in_float64(difference, passes):
    found = agreement(np.array([difference, 0.0]), np.zeros(2))
    assert found.relative == 1
    assert ParityCheck({"c": found}, np.dtype(np.float64)).passed == passes
    assert not ParityCheck({"c": found}, np.dtype(np.float32)).passed


@pytest.mark.parametrize(
    ("by_hand", "by_torch", "relative"),
    [
        ([3.0, 4.0], [3.0, 4.5], 0.5 / 29.25**0.5),
        ([3.0, 4.5], [3.0, 4.0], 0.5 / 29.25**0.5),
        ([1.0, 1.0], [1.01, 1.01], 0.01 / 1.01),
        ([[2.0], [0.0]], [[-2.0], [0.0]], 2.0),
    ],
)
def test_relative_error_is_of_the_larger_norm(by_hand, by_torch, relative):
    found = agreement(np.array(by_hand), np.array(by_torch))
    assert found.relative == pytest.approx(relative, rel=1e-12)


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_norms_and_cosine_are_those_of_plane_geometry(size):
    found = agreement(np.array([3.0, 4.0]) * size, np.array([0.0, 10.0]) * size)
    assert found.hand_norm == pytest.approx(5 * size)
    assert found.torch_norm == pytest.approx(10 * size)
    assert found.absolute == pytest.approx(6 * size)
    assert found.cosine == pytest.approx(0.8)


def test_agreement_of_shapes_and_of_zeros():
    assert agreement(np.zeros(3), np.zeros(3)).relative == 0
    assert agreement(np.zeros(3), np.ones(3)).relative == 1
    assert agreement(np.zeros(3), np.ones(3)).cosine is None
    no_rows = agreement(np.zeros((0, 3)), np.zeros((0, 3)))  # of a batch whose words are all frozen
    assert no_rows == Agreement(0.0, 0.0, 0.0, 0.0, None)
    with pytest.raises(ValueError, match=r"\(3,\).*\(2,\)"):
        agreement(np.zeros(3), np.zeros(2))


@pytest.mark.parametrize("model_name", ["window", "mean"])
@pytest.mark.parametrize("name", ["head.hidden.weight", "head.output.bias", "embedding.weight"])
@pytest.mark.parametrize("factor", [-1.0, 2.0, float("nan"), float("inf")])
def test_a_wrong_gradient_on_torchs_side_stops_the_run_too(model_name, name, factor):
    objective, step = objective_and_step(model_name, dtype=torch.float32)
    loss = differentiate(objective, step)
    gradient = objective.model.get_parameter(name).grad
    assert gradient is not None
    objective.model.get_parameter(name).grad = gradient * factor
    with pytest.raises(RunError, match="parity failed"):
        ParityMonitor(objective, Twin(MODELS[model_name], keys_of(model_name)), None).inspect(
            0, step, loss
        )


@pytest.mark.parametrize("name", ["W", "b", "U", "c", "E"])
def test_a_gradient_that_the_hand_forgets_is_named(monkeypatch, name):
    backward = MeanClassifier.backward

    def forgetful(self):
        gradients = backward(self)
        del gradients[name]
        return gradients

    monkeypatch.setattr(MeanClassifier, "backward", forgetful)
    objective, step = objective_and_step("mean", dtype=torch.float32)
    with pytest.raises(RunError, match=f"the gradient of {name} differs"):
        ParityMonitor(objective, Twin(MEAN, keys_of("mean")), None).inspect(
            0, step, differentiate(objective, step)
        )


def test_gradients_that_are_all_zero_agree_and_have_no_cosine():
    objective, step = objective_and_step("mean", dtype=torch.float32, l2=0, anchor=0, classes=1)
    monitor = ParityMonitor(objective, Twin(MEAN, keys_of("mean")), None)
    monitor.inspect(0, step, differentiate(objective, step))
    assert monitor.summary()["max_rel_error"] == 0
    assert "min_cosine" not in monitor.summary()


def step_of(variant: str) -> tuple[Objective, Step, Twin]:
    """The first step of a run of a model made of layers, as autograd sees it."""
    data = make_data(task_of(variant))
    run = configure(data, variant, "autograd", dropout=0.3, l2=0.01, anchor=0.1)
    setup = set_up(run, data.corpus, data.reference)
    classes = len(data.corpus.label_names)
    engine: Any = make_engine(run, setup.table, setup.trainable, classes, "cpu", setup.moves)
    examples, rng = setup.train_set, stream(0, "x")
    # The tables and the CRF of zeros have gradients as any others do.
    inputs, labels = next(examples.batches(16, np.arange(len(examples)), examples.rows))
    step = Step(inputs, labels, engine.draw_mask(inputs, labels, rng))
    return engine.objective, step, Twin(run.spec, run.model_keys, setup.moves)


# An encoder's, a table's, a CRF's, an output layer's and the word vectors' gradient.
PARTS = [
    ("window features", "encoder.hidden.weight"),
    ("window features", "features.affix.weight"),
    ("window crf", "crf.transitions"),
    ("bilstm", "encoder.lstm.weight_hh_l0"),
    ("bilstm two layers", "encoder.lstm.weight_ih_l1_reverse"),
    ("bilstm all", "encoder.lstm.bias_ih_l0"),
    ("bilstm all", "crf.end"),
    ("bilstm last", "encoder.lstm.weight_ih_l0"),
    ("bilstm max", "E"),
    ("mean learned", "encoder.attention.weight"),
    ("mean bigrams", "features.bigram.weight"),
    ("mean both", "output.weight"),
    ("cnn", "convolutions.1.weight"),
    ("cnn", "convolutions.0.bias"),
    ("cnn max_norm", "output.bias"),
]


@pytest.mark.parametrize(("variant", "name"), PARTS)
@pytest.mark.parametrize("fault", [-1.0, 1.005])
def test_a_fault_in_a_layer_stops_the_run_and_is_named(monkeypatch, variant, name, fault):
    backward = SequenceClassifier.backward

    def wrong(self):
        gradients = backward(self)
        right = gradients[name]
        if isinstance(right, RowGradient):
            gradients[name] = RowGradient(right.rows, right.values * fault)
        else:
            gradients[name] = right * fault
        return gradients

    objective, step, twin = step_of(variant)
    objective.model.double()
    objective.start = objective.start.double()
    loss = differentiate(objective, step)
    assert compare(objective, twin, step, loss).passed
    monkeypatch.setattr(SequenceClassifier, "backward", wrong)
    with pytest.raises(RunError, match=rf"the gradient of {re.escape(name)} differs .*norm"):
        ParityMonitor(objective, twin, None).inspect(0, step, loss)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_gradient_of_every_parameter_is_compared(variant):
    objective, step, twin = step_of(variant)
    objective.model.double()
    objective.start = objective.start.double()
    check = compare(objective, twin, step, differentiate(objective, step))
    assert check.passed, check.broken
    names = {name for name, _ in objective.model.named_parameters()} - {"embedding.weight"}
    assert check.agreements.keys() == names | {"loss", "E"}
    assert all(found.torch_norm > 0 for found in check.agreements.values())
