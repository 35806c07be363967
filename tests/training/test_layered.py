"""Models made of layers: the hand-written engine trains the run that autograd trains."""

import numpy as np
import pytest
from layered_runs import (
    MODELS_BY_NAME,
    PLAIN,
    RATES,
    VARIANTS,
    D,
    Data,
    configure,
    make_data,
    run,
    task_of,
)

from wvexp.data.world import world_corpus, world_vectors
from wvexp.errors import RunError, RunStopped
from wvexp.seeds import stream
from wvexp.tasks import TaskKind
from wvexp.training.engines import make_engine
from wvexp.training.handwritten import HandwrittenEngine
from wvexp.training.layered import LayeredEngine
from wvexp.training.setup import set_up
from wvexp.vectors.reference import match_lexicon


@pytest.fixture(scope="module")
def data():
    return {task: make_data(task) for task in ("token", "sentence")}


def both(data, variant, **changes):
    """The run of both engines, by hand first."""
    there = data[task_of(variant)]
    return [run(there, variant, engine, **changes) for engine in ("handwritten", "autograd")]


def agree(data, variant, **changes):
    """What the two engines make of one run is the same but for rounding."""
    (hand, by_hand), (torch, by_torch) = both(data, variant, **changes)
    losses = [epoch.loss for epoch in by_torch]
    assert [epoch.loss for epoch in by_hand] == pytest.approx(losses, rel=1e-4)
    assert [e.validation for e in by_hand] == [e.validation for e in by_torch]
    assert hand.result.test == torch.result.test
    assert hand.result.per_class == torch.result.per_class
    assert hand.result.movement["moved"] == torch.result.movement["moved"]
    assert hand.parameters.keys() == torch.parameters.keys()
    for name, wanted in torch.parameters.items():
        found = hand.parameters[name]
        assert found.dtype == wanted.dtype == np.float32
        assert found.shape == wanted.shape
        assert np.linalg.norm(found - wanted) <= 2e-3 * np.linalg.norm(wanted) + 1e-6, name
    return hand, torch


def same_bits(one, other):
    return one.keys() == other.keys() and all(
        np.array_equal(array.view(np.uint32), other[name].view(np.uint32))
        for name, array in one.items()
    )


@pytest.mark.parametrize("finetune", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
def test_both_engines_train_the_same_run(data, variant, finetune):
    hand, _ = agree(data, variant, finetune=finetune, dropout=0.3)
    before, after = hand.table.rows, hand.parameters["embedding.weight"]
    moved = (before.view(np.uint32) != after.view(np.uint32)).any(axis=1)
    assert moved.any() == finetune
    assert not (moved & ~hand.trainable).any()


POLICIES = {
    "penalised": {"l2": 0.01, "anchor": 0.1, "lr_scale": 0.5},
    "gradual": {"start_epoch": 3, "clip": 0.05, "dropout": 0.2},
    "clipped": {"clip": 0.05, "l2": 0.01, "anchor": 0.1},
    "unknown words": {"rows": "oov", "min_count": 2, "clip": 0.3},
}
OF_EACH_KIND = ("window both", "bilstm all", "mean all", "cnn max_norm", "bilstm last")


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("variant", OF_EACH_KIND)
def test_both_engines_keep_to_the_same_policy(data, variant, policy):
    agree(data, variant, **POLICIES[policy])


@pytest.mark.parametrize("rule", RATES)
@pytest.mark.parametrize("variant", OF_EACH_KIND)
def test_both_engines_have_the_same_update_rules(data, variant, rule):
    agree(data, variant, rule=rule, dropout=0.3, l2=0.01, clip=0.5)


@pytest.mark.parametrize("finetune", [False, True])
@pytest.mark.parametrize("variant", PLAIN)
def test_plain_models_that_are_clipped_are_trained_by_layers(data, variant, finetune):
    assert type(engine_of(data, variant)[0]) is HandwrittenEngine
    assert type(engine_of(data, variant, clip=0.05)[0]) is LayeredEngine
    hand, _ = agree(data, variant, finetune=finetune, clip=0.05, l2=0.01, dropout=0.3)
    loose, _ = run(data[task_of(variant)], variant, clip=1e6, dropout=0.3, finetune=finetune)
    free, _ = run(data[task_of(variant)], variant, dropout=0.3, finetune=finetune)
    assert loose.result.test == free.result.test
    for name, array in free.parameters.items():
        np.testing.assert_allclose(loose.parameters[name], array, rtol=1e-3, atol=1e-5)
        if name.startswith("head."):
            assert not np.allclose(hand.parameters[name], array, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("variant", "changes"),
    [
        ("window both", {"dropout": 0.5}),
        ("mean all", {"l2": 0.1}),
        ("cnn", {"lr_scale": 2.0}),
        ("bilstm", {"clip": 0.02}),
        ("bilstm crf", {"anchor": 1.0}),
        ("cnn", {"max_norm": 0.2}),
        ("bilstm", {"variational": False}),
    ],
)
def test_the_comparison_would_find_another_run(data, variant, changes):
    """What one engine got wrong would move the loss by more than the engines differ."""
    right = {"dropout": 0.3, "l2": 0.01, "clip": 0.5}
    there = data[task_of(variant)]
    loss = run(there, variant, "autograd", **right)[1][-1].loss
    assert run(there, variant, **(right | changes))[1][-1].loss != pytest.approx(loss, rel=1e-4)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_same_seed_has_the_same_bits(data, variant):
    there = data[task_of(variant)]
    one, other = (run(there, variant, dropout=0.3, epochs=2)[0] for _ in range(2))
    assert same_bits(one.parameters, other.parameters)
    assert (one.result.test, one.result.validation) == (other.result.test, other.result.validation)


def test_the_largest_norm_of_a_row_is_kept(data):
    hand, _ = run(data["sentence"], "cnn max_norm", lr=0.1)
    norms = np.linalg.norm(hand.parameters["output.weight"], axis=1)
    assert norms.max() == pytest.approx(0.3, rel=1e-5)
    free, _ = run(data["sentence"], "cnn", lr=0.1)
    assert np.linalg.norm(free.parameters["output.weight"], axis=1).max() > 0.5


def engine_of(data, variant, **changes):
    """An engine as a run makes it, and what it is to train on."""
    there = data[task_of(variant)]
    config = configure(there, variant, **changes)
    setup = set_up(config, there.corpus, there.reference)
    classes = len(there.corpus.label_names)
    made = make_engine(config, setup.table, setup.trainable, classes, "cpu", setup.moves)
    return made, setup


def train(engine, examples, order=None, size=16, **more):
    order = np.arange(len(examples)) if order is None else order
    more = {"move_rows": True} | more
    return engine.train_epoch(examples, size, order, examples.rows, stream(0, "x"), **more)


@pytest.mark.parametrize("finetune", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_snapshot_brings_everything_back(data, variant, finetune):
    engine, setup = engine_of(data, variant, finetune=finetune)
    assert type(engine) is LayeredEngine
    before, snapshot = engine.parameters(), engine.snapshot()
    kept = {name: array.copy() for name, array in snapshot.items()}
    predicted = engine.predict(setup.train_set)
    train(engine, setup.train_set)
    after = engine.parameters()
    assert all(
        (after[name] != before[name]).any() for name in before if finetune or "emb" not in name
    )
    assert same_bits(snapshot, kept)
    engine.restore(snapshot)
    assert same_bits(engine.parameters(), before)
    assert (engine.predict(setup.train_set) == predicted).all()


@pytest.mark.parametrize("variant", MODELS_BY_NAME)
def test_rows_stay_before_their_epoch(data, variant):
    engine, setup = engine_of(data, variant, clip=1.0, l2=0.1, anchor=0.1)
    before = engine.parameters()
    train(engine, setup.train_set, move_rows=False)
    after = engine.parameters()
    rows = "embedding.weight"
    assert np.array_equal(before[rows].view(np.uint32), after[rows].view(np.uint32))
    assert all((after[name] != before[name]).any() for name in before if name != rows)


@pytest.mark.parametrize("variant", OF_EACH_KIND)
def test_a_row_outside_the_training_vocabulary_is_refused(data, variant):
    engine, setup = engine_of(data, variant)
    examples = setup.examples(data[task_of(variant)].corpus.test)
    assert examples.rows.max() >= setup.table.trained
    with pytest.raises(ValueError, match=rf"end at {setup.table.trained - 1}"):
        train(engine, examples)


@pytest.mark.parametrize("variant", OF_EACH_KIND)
def test_a_run_stops_in_the_middle_of_an_epoch(data, variant):
    """The third time that it is asked, it is to stop: two steps were made."""
    engine, setup = engine_of(data, variant)
    asked = iter([False, False, True])
    before = engine.parameters()["output.bias"]
    with pytest.raises(RunStopped):
        train(engine, setup.train_set, should_stop=lambda: next(asked))
    assert next(asked, None) is None
    assert (engine.parameters()["output.bias"] != before).any()
    assert engine.dense.steps == 2


@pytest.mark.parametrize("engine", ["handwritten", "autograd"])
@pytest.mark.parametrize("variant", [*OF_EACH_KIND, "bilstm", "cnn", "mean max"])
def test_divergence_is_reported(data, variant, engine):
    with pytest.raises(RunError, match=r"diverged.*lower optim\.lr"):
        run(data[task_of(variant)], variant, engine, rule="sgd", lr=1e5, l2=1.0, epochs=8)


@pytest.mark.parametrize("variant", MODELS_BY_NAME)
def test_words_that_only_evaluation_reads_count(data, variant):
    """Their vectors are not among the trained ones, and no other word's stands in for them."""
    corpus = data[task_of(variant)].corpus
    engine, setup = engine_of(data, variant, clip=1.0)
    test = setup.examples(corpus.test)
    later = test.rows >= setup.table.trained
    assert later.any()
    twin, _ = engine_of(data, variant, engine="autograd")
    assert (engine.predict(test) == twin.predict(test)).all()
    alone = [engine.predict(setup.examples(corpus.test.take(np.array([i])))) for i in range(8)]
    ends = len(np.concatenate(alone))
    assert np.concatenate(alone).tolist() == engine.predict(test)[:ends].tolist()


@pytest.mark.parametrize("variant", PLAIN)
def test_a_loss_that_the_compiled_steps_lack_is_trained_by_layers(data, monkeypatch, variant):
    monkeypatch.setattr(TaskKind, "usual_loss", False)
    assert type(engine_of(data, variant)[0]) is LayeredEngine
    agree(data, variant, dropout=0.3, l2=0.01)


@pytest.mark.parametrize("variant", OF_EACH_KIND)
def test_both_engines_train_the_same_run_of_the_world(variant):
    task = task_of(variant)
    corpus = world_corpus(task, 0, 200, 100, 100, vocabulary_size=2000)
    keyed = world_vectors(task, 0, D, vocabulary_size=2000)
    there = Data(corpus, match_lexicon(keyed, corpus.lexicon, corpus.train.word_ids))
    agree({task: there}, variant, dropout=0.3, epochs=2)
