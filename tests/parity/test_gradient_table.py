"""What the gradient check looks at: masks, frozen rows, small gradients, entries on a kink."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from wvexp.backprop import gates
from wvexp.backprop.margin import MarginWindowScorer
from wvexp.backprop.mean import MeanClassifier
from wvexp.backprop.rows import PAD, WordRows
from wvexp.backprop.window import WindowClassifier
from wvexp.parity.gradient_cases import model_cases, random_case
from wvexp.parity.gradient_table import Errors, GateCase, check_gate, check_model
from wvexp.seeds import stream

COMPARISONS = ["autograd64", "differences", "autograd32"]


def broken(errors):
    """The comparisons that fail, by name."""
    return [phrase.split()[0] for phrase in errors.broken()]


def cases_of(model):
    return [case for case in model_cases(stream(0, "table test")) if case.model is model]


@pytest.mark.parametrize("model", [WindowClassifier, MeanClassifier])
def test_a_classifier_that_ignores_its_dropout_mask_is_found_in_every_case(monkeypatch, model):
    forward = model.forward

    def maskless(self, *batch_and_mask):
        return forward(self, *batch_and_mask[:-1])

    monkeypatch.setattr(model, "forward", maskless)
    for case in cases_of(model):
        errors = check_model(case, stream(0, "checks"))
        assert broken(errors["U"]) == ["autograd64", "autograd32"]


@pytest.mark.parametrize("model", [WindowClassifier, MeanClassifier, MarginWindowScorer])
def test_a_gradient_of_frozen_rows_is_found_by_every_comparison(monkeypatch, model):
    gradient = WordRows.gradient

    def of_all_rows(self, words, d_vectors):
        self.trainable = np.arange(len(self.E)) != PAD
        return gradient(self, words, d_vectors)

    cases = [case for case in cases_of(model) if "E" in case.trained()]
    right = [check_model(case, stream(0, "checks"))["E"] for case in cases]
    monkeypatch.setattr(WordRows, "gradient", of_all_rows)
    wrong = [check_model(case, stream(0, "checks"))["E"] for case in cases]
    assert not any(map(broken, right))
    # Not in every case: by chance a batch holds no frozen word.
    assert COMPARISONS in map(broken, wrong)


def times_constant(constant):
    """x * y, whose gradient of x is as small as y."""
    return GateCase(gates.MultiplyGate, [np.arange(1.0, 5.0), np.full(4, constant)], torch.mul)


def plant(monkeypatch, change):
    backward = gates.MultiplyGate.backward

    def wrong(self, upstream):
        of_x, of_y = backward(self, upstream)
        return [change(of_x), of_y]

    monkeypatch.setattr(gates.MultiplyGate, "backward", wrong)


def test_a_fault_in_a_small_gradient_is_found_by_every_comparison(monkeypatch):
    plant(monkeypatch, lambda of_x: of_x * 1.0005)
    errors = check_gate(times_constant(0.03), stream(0, "checks"))
    assert broken(errors["x"]) == COMPARISONS
    assert broken(errors["y"]) == []


def test_what_rounding_leaves_of_a_gradient_that_cancels_is_no_fault(monkeypatch):
    plant(monkeypatch, lambda of_x: of_x + 2e-13)
    errors = check_gate(times_constant(0.0), stream(0, "checks"))
    assert broken(errors["x"]) == []


def test_an_entry_on_a_kink_is_counted_and_the_others_are_checked(monkeypatch):
    """One hidden unit of relu stands nearly at zero for one example, in a small network."""
    case = random_case(stream(0, "kink"), WindowClassifier, "relu", hidden=4, dropout=False)
    windows, b = case.batch[0], case.parameters["b"].copy()
    # Less than the step of the differences, more than what float32 rounds away.
    b[2] = 2e-6 - case.parameters["W"][2] @ case.parameters["E"][windows[0]].ravel()
    case = replace(case, parameters={**case.parameters, "b": b})
    errors = check_model(case, stream(0, "checks"))
    assert not any(map(broken, errors.values()))
    assert errors["b"].kinks == 1
    assert errors["W"].kinks > 0
    assert errors["U"].kinks == errors["c"].kinks == 0

    backward = WindowClassifier.backward

    def wrong(self):
        gradients = backward(self)
        return {**gradients, "b": gradients["b"] * np.array([1.0, 1.0, 1.0, 1.001])}

    monkeypatch.setattr(WindowClassifier, "backward", wrong)
    assert broken(check_model(case, stream(0, "checks"))["b"]) == COMPARISONS


def test_a_trial_that_is_no_number_stays_in_the_table():
    nan = Errors(np.nan, np.nan, np.nan, kinks=1)
    for worst in (nan.worst(Errors(kinks=2)), Errors(kinks=2).worst(nan)):
        assert broken(worst) == COMPARISONS
        assert worst.kinks == 3
