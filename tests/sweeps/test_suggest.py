"""What a search proposes: what the model has."""

import pytest
from run_configs import make_run

from wvexp.config.schema import Model, Optim
from wvexp.models import WINDOW
from wvexp.sweeps.search import suggest


class Trial:
    """Proposes the middle, and keeps what was asked for."""

    def __init__(self):
        self.params = {}

    def suggest_float(self, name, low, high, **_):
        self.params[name] = (low + high) / 2
        return self.params[name]


@pytest.mark.parametrize("finetune", [False, True])
def test_every_proposal_is_in_the_run(finetune):
    trial = Trial()
    run = suggest(make_run(finetune=finetune), trial)
    assert run.optim.lr == trial.params["optim.lr"]
    assert run.model.dropout == trial.params["model.dropout"]
    assert ("tuning.lr_scale" in trial.params) == finetune
    assert run.tuning.lr_scale == trial.params.get("tuning.lr_scale", 1.0)


def test_dropout_is_not_proposed_to_a_model_without_it(monkeypatch):
    monkeypatch.setattr(type(WINDOW), "key_names", ("window", "hidden"))
    trial = Trial()
    suggest(make_run(), trial)
    assert set(trial.params) == {"optim.lr", "tuning.lr_scale"}


@pytest.mark.parametrize(
    ("task", "model"), [("token", "bilstm"), ("sentence", "bilstm"), ("sentence", "cnn")]
)
def test_every_model_with_dropout_gets_a_proposal(task, model):
    start = make_run(task=task, model=Model(name=model), optim=Optim(clip=5.0))
    trial = Trial()
    run = suggest(start, trial)
    assert set(trial.params) == {"optim.lr", "model.dropout", "tuning.lr_scale"}
    assert run.model.dropout == trial.params["model.dropout"]
    assert run.optim.clip == 5.0
