"""Models made of layers in the gradient table: all are there, and a fault in any layer is found."""

from dataclasses import replace

import numpy as np
import pytest

from wvexp.backprop.conv import ConvEncoder
from wvexp.backprop.crf import Crf
from wvexp.backprop.features import FeatureTables
from wvexp.backprop.lstm import BiLstmEncoder
from wvexp.backprop.mean_encoder import MeanEncoder
from wvexp.backprop.rows import RowGradient
from wvexp.backprop.sequence import SequenceClassifier
from wvexp.backprop.window_encoder import WindowEncoder
from wvexp.models.spec import MODELS
from wvexp.parity.gradient_table import check_model
from wvexp.parity.layered_cases import layered_cases
from wvexp.seeds import stream
from wvexp.tasks import SENTENCE, TASKS, TOKEN

CASES = {case.name: case for case in layered_cases(stream(5, "layered"))}
ENCODERS = {
    "bilstm": BiLstmEncoder,
    "cnn": ConvEncoder,
    "mean": MeanEncoder,
    "window": WindowEncoder,
}
# Of each model one with all of its layers.
FULL = {
    "bilstm": CASES["bilstm layers=2 variational=true features=[case,affix] crf=true"],
    "cnn": CASES["cnn widths=[2,4]"],
    "mean": CASES["mean pool=both weights=learned bigrams=true"],
    "window": CASES["window features=[case,affix] crf=true"],
}


def broken(case):
    """The parameters whose gradient is wrong, by autograd and by differences alike."""
    errors = check_model(case, stream(0, "checks"))
    found = {name for name, one in errors.items() if not one.autograd64 <= 1e-10}
    assert found == {name for name, one in errors.items() if not one.differences <= 1e-6}
    return found


def plant(monkeypatch, owner, change):
    """`change(model, right, *arguments)` instead of a backward pass."""
    right = owner.backward

    def wrong(self, *arguments, **named):
        return change(self, lambda: right(self, *arguments, **named))

    monkeypatch.setattr(owner, "backward", wrong)


def of_encoder(case):
    prefix = case.twin.spec.prefix
    return {name for name in case.trained() if name.startswith(prefix or "convolutions.")}


def test_every_model_with_a_gradient_by_hand_is_there_for_all_that_it_serves():
    ours = [spec for spec in MODELS if type(spec).__module__.startswith("wvexp.")]
    served = {
        (spec.name, kind.name)
        for spec in ours
        for kind in TASKS
        if spec.by_hand is not None and spec.serves(kind)
    }
    made = {(case.twin.spec.name, case.kind.name) for case in CASES.values()}
    assert made == served
    # With labels weighted, all that serve one label.
    weighted = {
        (c.twin.spec.name, c.kind.name) for c in CASES.values() if c.kind.weights is not None
    }
    assert weighted == {(m, k) for m, k in served if k in (TOKEN.name, SENTENCE.name)}
    other_losses = len(served) - len(weighted)
    treated = 2 * 5  # of each model the fullest of each kind, with both and reprojected
    assert len(CASES) == 5 + 16 + 2 + 16 + 6 + len(weighted) + other_losses + treated


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_nothing_is_broken(case):
    assert broken(case) == set()


@pytest.mark.parametrize("model", FULL)
def test_an_encoder_whose_own_gradients_are_too_large_is_found(monkeypatch, model):
    def larger(_, right):
        *d_inputs, gradients = right()
        return *d_inputs, {name: 1.001 * gradient for name, gradient in gradients.items()}

    plant(monkeypatch, ENCODERS[model], larger)
    assert broken(FULL[model]) == of_encoder(FULL[model])


@pytest.mark.parametrize("model", FULL)
def test_an_encoder_that_hands_down_too_much_is_found(monkeypatch, model):
    def larger(_, right):
        d_x, *others = right()
        return 1.001 * d_x, *others

    plant(monkeypatch, ENCODERS[model], larger)
    apart = FULL[model].twin.spec.apart
    below = {name for name in FULL[model].trained() if name.startswith("features.") and not apart}
    assert broken(FULL[model]) == {"E"} | below


@pytest.mark.parametrize("model", FULL)
def test_a_mask_that_the_way_back_forgets_is_found(monkeypatch, model):
    forward = SequenceClassifier.forward

    def kept(self, *batch):
        self.mask = batch[-1]
        return forward(self, *batch)

    def maskless(classifier, right):
        classifier.mask[:] = 1
        return right()

    monkeypatch.setattr(SequenceClassifier, "forward", kept)
    plant(monkeypatch, SequenceClassifier, maskless)
    assert {"E"} < broken(FULL[model])


@pytest.mark.parametrize("name", [name for name in CASES if "crf=true" in name])
def test_transposed_transitions_are_found(monkeypatch, name):
    def transposed(_, right):
        d_scores, gradients = right()
        return d_scores, {**gradients, "transitions": gradients["transitions"].T}

    plant(monkeypatch, Crf, transposed)
    assert broken(CASES[name]) == {"crf.transitions"}


@pytest.mark.parametrize("name", CASES)
def test_a_missing_gradient_of_the_output_bias_is_found(monkeypatch, name):
    def without(_, right):
        gradients = right()
        del gradients["output.bias"]
        return gradients

    plant(monkeypatch, SequenceClassifier, without)
    assert broken(CASES[name]) == {"output.bias"}


def exchanged(gradient):
    return replace(gradient, values=np.roll(gradient.values, 1, axis=0))


def unread(gradient):
    return next(row for row in range(len(gradient.rows) + 1) if row not in gradient.rows)


def elsewhere(gradient):
    return replace(gradient, rows=np.append(gradient.rows[1:], unread(gradient)))


def one_too_many(gradient):
    rows = np.append(gradient.rows, unread(gradient))
    return RowGradient(rows, np.append(gradient.values, gradient.values[:1], axis=0))


@pytest.mark.parametrize("fault", [exchanged, elsewhere, one_too_many])
@pytest.mark.parametrize(
    "name",
    [name for name in CASES if ("case" in name or "bigrams=t" in name) and "treatment" not in name],
)
def test_a_feature_whose_gradient_goes_to_the_wrong_row_is_found(monkeypatch, name, fault):
    tables = {n for n in CASES[name].trained() if n.startswith("features.")}
    wrong = min(tables)

    def misplaced(_, right):
        d_words, gradients = right()
        table = wrong.removeprefix("features.")
        return d_words, {**gradients, table: fault(gradients[table])}

    plant(monkeypatch, FeatureTables, misplaced)
    assert broken(CASES[name]) == {wrong}
