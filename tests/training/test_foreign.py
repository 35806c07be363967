"""Plug-ins in a run: what a module, a start or a metric gives is checked; buffers are kept."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from run_configs import make_run
from torch import nn

from wvexp import registry
from wvexp.config import schema
from wvexp.config.schema import Optim, take_registered
from wvexp.data import world
from wvexp.data.world import world_corpus
from wvexp.errors import UserError
from wvexp.experiment import inputs
from wvexp.metrics import ACCURACY, METRICS
from wvexp.metrics.accuracy import Accuracy
from wvexp.models import MODELS, ModelSpec
from wvexp.tasks import TASKS, SentenceTask
from wvexp.training.run import train
from wvexp.training.saved import SavedModel
from wvexp.vectors.initial import STARTS, Random

DIM = 6


@pytest.fixture(scope="module")
def corpus():
    return world_corpus("sentence", 0, 200, 60, 60, 2000)


class Net(nn.Module):
    """Mean of the vectors, normalised over the batch; its scores as `shape` makes them."""

    def __init__(self, embedding, classes, shape):
        super().__init__()
        self.embedding = embedding
        self.norm = nn.BatchNorm1d(embedding.embedding_dim)
        self.output = nn.Linear(embedding.embedding_dim, classes)
        self.shape = shape

    def forward(self, rows, offsets):
        lengths = offsets.diff()
        text = torch.arange(len(lengths)).repeat_interleave(lengths)
        sums = torch.zeros(len(lengths), self.embedding.embedding_dim)
        means = sums.index_add(0, text, self.embedding(rows)) / lengths.clamp(min=1)[:, None]
        return self.shape(self.output(self.norm(means)))


class Aliased(Net):
    def __init__(self, embedding, classes, shape):
        super().__init__(embedding, classes, shape)
        self.bag = nn.Sequential(embedding)


class AliasedFirst(Net):
    def __init__(self, embedding, classes, shape):
        nn.Module.__init__(self)
        self.bag = nn.Sequential(embedding)
        bag = self.bag
        super().__init__(embedding, classes, shape)
        self.bag = bag


class Own(ModelSpec):
    name, tasks = "own", (SentenceTask,)

    def __init__(self, net=Net, shape=lambda scores: scores):
        self.net, self.shape = net, shape

    def module(self, embedding, classes, keys):
        return self.net(embedding, classes, self.shape)


@pytest.fixture
def known(monkeypatch):
    """Registers things for one test."""
    for table in (MODELS, METRICS, STARTS, TASKS):
        monkeypatch.setattr(table, "_things", dict(table._things))

    def register(table, thing):
        table.register(thing)
        take_registered()

    yield register
    monkeypatch.undo()
    take_registered()


def run_of(corpus, **changes):
    run = make_run(
        task="sentence",
        embed="random",
        dim=DIM,
        model=schema.Model(name="mean"),
        optim=Optim(epochs=2),
        train_size=corpus.train.examples,
        engine="autograd",
        data=corpus.fingerprint,
        vectors=None,
    )
    return replace(run, **changes)


def trained(corpus, **changes):
    run = run_of(corpus, **changes)
    return train(run, corpus, None, device="cpu", on_epoch=lambda epoch: None)


def own_model():
    return schema.Model(name="own")  # the group as it is by now


def test_a_model_with_integer_buffers_is_saved_and_predicts(tmp_path, corpus, known):
    known(MODELS, Own())
    done = trained(corpus, model=own_model())
    assert done.parameters["norm.num_batches_tracked"].dtype == np.int64
    saved = SavedModel(
        task="sentence",
        model=own_model(),
        label_names=corpus.label_names,
        lowercase=False,
        tokenizer="whitespace",
        forms=done.table.forms,
        origin=done.table.origin,
        parameters=done.parameters,
        source=None,
    )
    saved.save(tmp_path / "model")
    loaded = SavedModel.load(tmp_path / "model")
    for name, array in saved.parameters.items():
        assert loaded.parameters[name].dtype == array.dtype
        assert loaded.parameters[name].tobytes() == array.tobytes()
    texts = [corpus.lexicon[:4], corpus.lexicon[5:7]]
    for one, two in zip(saved.predict(texts), loaded.predict(texts), strict=True):
        assert np.array_equal(one, two)
    described = json.loads((tmp_path / "model" / "model.json").read_text())
    assert described["model"] == {"name": "own"}


def test_a_plug_in_that_has_changed_since_is_named(tmp_path, corpus, known, monkeypatch, caplog):
    known(MODELS, Own())
    done = trained(corpus, model=own_model())
    given = (corpus.label_names, False, "whitespace", done.table.forms, done.table.origin)
    saved = SavedModel("sentence", own_model(), *given, done.parameters, None)
    saved.save(tmp_path / "model")
    fewer = {name: a for name, a in done.parameters.items() if name != "output.bias"}
    replace(saved, parameters=fewer).save(tmp_path / "other")
    assert not caplog.records
    with pytest.raises(UserError, match=r"damaged .*has no 'output.bias'"):
        SavedModel.load(tmp_path / "other")
    monkeypatch.setattr(registry, "_hash_of", lambda modules: "another")
    SavedModel.load(tmp_path / "model")
    assert "the plug-in of model=own has changed since it was trained" in caplog.text
    with pytest.raises(UserError, match="plug-in of model=own is not the one of this model"):
        SavedModel.load(tmp_path / "other")
    path = tmp_path / "other" / "model.json"  # of a version that did not say
    described = json.loads(path.read_text())
    assert described.pop("plugins").keys() == {"model"}
    path.write_text(json.dumps(described))
    with pytest.raises(UserError, match="damaged"):
        SavedModel.load(tmp_path / "other")


def test_a_class_that_another_file_defines_in_part_is_of_both(monkeypatch):
    asked = []
    monkeypatch.setattr(registry, "_hash_of", lambda modules: asked.append(modules) or "hash")

    class Base(Own):
        __module__ = "base_of_mine"

    class Mine(Base):
        __module__ = "mine"

    assert registry.foreign_code({"model": Mine(), "metric": ACCURACY}) == {"model": "hash"}
    assert asked == [("mine", "base_of_mine", Own.__module__)]


def test_a_derived_kind_has_the_world_of_its_own_kind(known, monkeypatch):
    class Stars(SentenceTask):
        name, noun = "stars", "rated text"

    known(TASKS, Stars())
    own, usual = (
        inputs.read_corpus(schema.Data(task=task, world_size=50, world_vocabulary=2000))
        for task in ("stars", "sentence")
    )
    assert own.task == own.test.task == "stars"
    assert np.array_equal(own.train.labels, usual.train.labels)
    assert own.lexicon == usual.lexicon
    asked = []
    monkeypatch.setattr(world, "world_vectors", lambda task, *_: asked.append(task) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        inputs.prepare(schema.Config(data=schema.Data(task="stars", world_size=50)))
    assert asked == ["sentence"]


@pytest.mark.parametrize("net", [Aliased, AliasedFirst])
def test_word_vectors_that_a_module_holds_twice(corpus, known, net):
    known(MODELS, Own(net))
    with pytest.raises(UserError, match=r"holds the word vectors as bag\.0\.weight too"):
        trained(corpus, model=own_model())


@pytest.mark.parametrize(
    "shape",
    [lambda s: s[:, :-1], lambda s: s.T, lambda s: s[:, 0], lambda s: torch.cat([s, s], 1)],
)
def test_scores_of_another_shape(corpus, known, shape):
    known(MODELS, Own(shape=shape))
    with pytest.raises(UserError, match=r"Net gives scores of shape \[.*give \[labels, classes\]"):
        trained(corpus, model=own_model())


class Narrow(Random):
    name = "narrow"

    def without_vectors(self, lexicon_size, dim, seed):
        return super().without_vectors(lexicon_size, dim - 1, seed)


class Short(Random):
    name = "short"

    def without_vectors(self, lexicon_size, dim, seed):
        return super().without_vectors(lexicon_size - 1, dim, seed)


@pytest.mark.parametrize("start", [Narrow(), Short()])
def test_a_start_that_does_not_fit(corpus, known, start):
    known(STARTS, start)
    with pytest.raises(UserError, match=f"embed={start.name} starts .*give {DIM} dimensions"):
        trained(corpus, embed=start.name)


class NoNumber(Accuracy):
    name = "no_number"

    def score(self, gold, predicted):
        return float("nan")


class NoScore(Accuracy):
    name = "no_score"

    def score(self, gold, predicted):
        return None


class Doubled(Accuracy):
    name = "doubled"

    def score(self, gold, predicted):
        return super().score(gold, predicted) / 2


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        (NoNumber(), "metric=no_number gives the score nan, which is not a number"),
        (NoScore(), "metric=no_score gives the score None"),
        (Doubled(), "metric=doubled gives the score .* and values whose mean is"),
    ],
)
def test_a_metric_that_contradicts_itself(corpus, known, metric, message):
    known(METRICS, metric)
    with pytest.raises(UserError, match=message):
        trained(corpus, metric=metric.name)


def test_the_metrics_of_the_package_agree_with_themselves(corpus):
    for metric in (ACCURACY.name, "macro_f1"):
        assert trained(corpus, metric=metric).result.test > 0
