"""Both engines compared before a sweep: what is right passes, what is not is caught."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

from wvexp.config import Tuning
from wvexp.errors import RunError
from wvexp.training import engine_parity
from wvexp.training.engine_parity import (
    CHANGE_TOLERANCE,
    EngineComparison,
    compare_engines,
    distinct_shapes,
    require_parity,
)
from wvexp.training.handwritten import HandwrittenEngine

_spec = importlib.util.spec_from_file_location(
    "tiny_sweeps", Path(__file__).parents[1] / "sweeps" / "tiny_sweeps.py"
)
tiny = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tiny)

TUNED = {
    "finetune": True,
    "tuning": Tuning(anchor=0.1, lr_scale=0.5, rows="oov", start_epoch=2),
}


@pytest.fixture(scope="module")
def inputs():
    return tiny.make_inputs()


def full_run(inputs, rule="adam"):
    """A run that uses everything that an engine could get wrong."""
    run = tiny.base_run(inputs, **TUNED)
    optim = replace(run.optim, name=rule, l2=0.01)
    return replace(run, optim=optim, model=replace(run.model, dropout=0.3))


@pytest.mark.parametrize("rule", ["adam", "adagrad", "sgd"])
def test_the_engines_agree(inputs, rule):
    for run in (full_run(inputs, rule), tiny.base_run(inputs)):
        comparison = compare_engines(run, inputs.corpus, inputs.reference)
        assert comparison.passed, comparison
        assert "embedding.weight" in comparison.changes


def with_optim(**changes):
    return lambda run: replace(run, optim=replace(run.optim, **changes))


def with_tuning(**changes):
    return lambda run: replace(run, tuning=replace(run.tuning, **changes))


FAULTS = {
    "penalty": with_optim(l2=0.0),
    "rate": with_optim(lr=1.01e-3),
    "rule": with_optim(name="sgd"),
    "anchor": with_tuning(anchor=0.0),
    "row rate": with_tuning(lr_scale=0.6),
    "mask": lambda run: replace(run, model=replace(run.model, dropout=0.35)),
    "start": lambda run: replace(run, seed=1),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught(inputs, monkeypatch, fault):
    right = engine_parity.make_engine

    def wrong(run, *others):
        return right(FAULTS[fault](run) if run.engine == "handwritten" else run, *others)

    monkeypatch.setattr(engine_parity, "make_engine", wrong)
    with pytest.raises(RunError, match="parity failed for window"):
        require_parity([full_run(inputs)], inputs.corpus, inputs.reference)


@pytest.mark.parametrize(("error", "passes"), [(5e-6, True), (3e-5, False), (-3e-5, False)])
def test_the_losses_on_the_way_are_compared_too(inputs, monkeypatch, error, passes):
    """A loss that is told wrongly leaves every parameter as it should be."""
    right = HandwrittenEngine.train_epoch
    monkeypatch.setattr(
        HandwrittenEngine, "train_epoch", lambda *a, **k: right(*a, **k) * (1 + error)
    )
    run = full_run(inputs)
    comparison = compare_engines(run, inputs.corpus, inputs.reference)
    assert all(change <= CHANGE_TOLERANCE for change in comparison.changes.values())
    if passes:
        assert require_parity([run], inputs.corpus, inputs.reference) == 1
    else:
        assert comparison.loss == pytest.approx(3e-5, rel=0.1)
        with pytest.raises(RunError, match=r"differ by \d\.\de-05 in the loss"):
            require_parity([run], inputs.corpus, inputs.reference)


def test_a_shape_is_checked_once(inputs):
    runs = tiny.make_grid(inputs, lrs=(1e-3, 1e-2)).runs()
    assert {run.finetune for run in distinct_shapes(runs)} == {False, True}
    assert len(distinct_shapes(runs)) == 2
    wider = [replace(run, model=replace(run.model, hidden=7)) for run in runs]
    assert len(distinct_shapes(runs + wider)) == 4
    autograd = [replace(run, engine="autograd") for run in runs]
    assert distinct_shapes(autograd) == []


def test_later_batches_of_a_sweep_compare_new_shapes_alone(inputs):
    first, compared = tiny.base_run(inputs), set()
    assert require_parity([first], inputs.corpus, inputs.reference, compared) == 1
    again = replace(first, seed=4, train_size=30)
    new = replace(first, finetune=True)
    assert require_parity([again], inputs.corpus, inputs.reference, compared) == 0
    assert require_parity([again, new], inputs.corpus, inputs.reference, compared) == 1
    assert require_parity([again], inputs.corpus, inputs.reference) == 1


def test_rates_at_which_a_run_diverges_are_compared_all_the_same(inputs):
    run = full_run(inputs)
    wild = replace(run, optim=replace(run.optim, lr=1e5), tuning=Tuning(lr_scale=1e5))
    assert compare_engines(wild, inputs.corpus, inputs.reference).passed


@pytest.mark.parametrize(
    ("fails", "passes"),
    [
        (lambda run: run.optim.name == "adam" and run.seed == 0, True),  # rounding of one draw
        (lambda run: run.optim.name == "adam", False),  # the update rule
        (lambda run: run.seed == 0, False),  # the gradients of one draw
    ],
)
def test_a_failure_is_appealed(inputs, monkeypatch, fails, passes):
    def compare(run, corpus, reference):
        return EngineComparison(0.0, {"weight": 2e-3 if fails(run) else 1e-6})

    monkeypatch.setattr(engine_parity, "compare_engines", compare)
    run = full_run(inputs)
    if passes:
        assert require_parity([run], inputs.corpus, inputs.reference) == 1
    else:
        with pytest.raises(RunError, match=r"parity failed .* 2.0e-03 in weight"):
            require_parity([run], inputs.corpus, inputs.reference)
