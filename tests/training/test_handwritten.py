"""Both engines train the same run; the quick one alike alone or among others."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from run_configs import make_run

from wvexp.arms import Tuning
from wvexp.config.schema import Model, Optim
from wvexp.data.world import world_corpus, world_vectors
from wvexp.errors import RunError, RunStopped, UserError
from wvexp.models import CNN
from wvexp.models.view import View
from wvexp.parity.watching import watcher
from wvexp.seeds import stream
from wvexp.training import handwritten
from wvexp.training.dropout import Dropout
from wvexp.training.engines import make_engine
from wvexp.training.examples import Examples
from wvexp.training.run import train
from wvexp.vectors.reference import match_lexicon
from wvexp.vectors.table import EmbeddingTable

WORLD = {"vocabulary_size": 2000}
RATES = {"adam": 0.01, "adagrad": 0.1, "adadelta": 1.0, "sgd": 0.3}


@pytest.fixture(scope="module", params=["token", "sentence"])
def data(request):
    task = request.param
    corpus = world_corpus(task, 0, 600, 300, 1000, **WORLD)
    keyed = world_vectors(task, 0, 20, **WORLD)
    return corpus, match_lexicon(keyed, corpus.lexicon, corpus.train.word_ids)


def configure(corpus, engine, *, rule="adam", lr=None, finetune=True, **changes):
    sections = {
        Model: {"name": "window" if corpus.task == "token" else "mean", "hidden": 20},
        Optim: {"name": rule, "lr": lr or RATES[rule], "epochs": 4},
        Tuning: {},
    }
    model, optim, tuning = (
        section(**(values | {k: v for k, v in changes.items() if hasattr(section, k)}))
        for section, values in sections.items()
    )
    return make_run(
        task=corpus.task,
        dim=20,
        finetune=finetune,
        tuning=tuning,
        model=model,
        optim=optim,
        train_size=500,
        seed=3,
        engine=engine,
    )


def run(data, engine, **changes):
    epochs = []
    trained = train(
        configure(data[0], engine, **changes),
        *data,
        device="cpu",
        watch=watcher(None),
        on_epoch=epochs.append,
    )
    return trained, epochs


POLICIES = {
    "frozen": {"finetune": False, "dropout": 0.3, "l2": 0.01},
    "tuned": {"dropout": 0.3},
    "penalised": {"l2": 0.01, "anchor": 0.1, "lr_scale": 0.1},
    "gradual": {"start_epoch": 3, "hidden": 0, "dropout": 0.2},
    "unknown words": {"rows": "oov", "min_count": 2},
}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("rule", RATES)
def test_both_engines_train_the_same_run(data, rule, policy):
    torch_run, torch_epochs = run(data, "autograd", rule=rule, **POLICIES[policy])
    hand_run, hand_epochs = run(data, "handwritten", rule=rule, **POLICIES[policy])
    assert hand_epochs[-1].loss == pytest.approx(torch_epochs[-1].loss, rel=1e-3)
    assert abs(hand_run.result.test - torch_run.result.test) <= 0.005
    assert hand_run.parameters.keys() == torch_run.parameters.keys()
    for name, array in torch_run.parameters.items():
        assert array.dtype == hand_run.parameters[name].dtype == np.float32
        assert array.shape == hand_run.parameters[name].shape
    assert hand_run.result.movement["moved"] == torch_run.result.movement["moved"]


@pytest.mark.parametrize("changes", [{"lr_scale": 2.0}, {"dropout": 0.5}, {"l2": 0.1}])
def test_the_comparison_would_find_another_run(data, changes):
    """A rate, a mask or a penalty that one engine got wrong moves the loss by more than 1e-3."""
    right = {"lr_scale": 1.0, "dropout": 0.3}
    wrong = right | changes
    loss = run(data, "autograd", **right)[1][-1].loss
    assert run(data, "handwritten", **wrong)[1][-1].loss != pytest.approx(loss, rel=1e-3)


def test_both_engines_start_from_the_same_parameters(data):
    corpus = data[0]
    table = small_table()
    for hidden in (0, 20):
        first, second = (
            make_engine(
                configure(corpus, engine, hidden=hidden),
                table,
                np.arange(6) > 0,
                3,
                "cpu",
            ).parameters()
            for engine in ("autograd", "handwritten")
        )
        assert list(first) == list(second)
        for name, array in first.items():
            assert np.array_equal(array, second[name]), name


def small_table():
    rows = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    rows[0] = 0
    return EmbeddingTable(rows, np.zeros(6, np.uint8), list("abcdef"), 6, np.arange(6))


def same_bits(one, other):
    return one.keys() == other.keys() and all(
        np.array_equal(array.view(np.uint32), other[name].view(np.uint32))
        for name, array in one.items()
    )


def test_the_same_seed_has_the_same_bits_alone_and_in_two_threads(data):
    jobs = [{"rule": rule, **POLICIES[policy]} for rule in RATES for policy in POLICIES] * 2
    alone = [run(data, "handwritten", **job)[0] for job in jobs]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda job: run(data, "handwritten", **job)[0], jobs))
    half = len(jobs) // 2
    for i, one in enumerate(alone):
        assert same_bits(one.parameters, together[i].parameters), jobs[i]
        assert same_bits(one.parameters, alone[(i + half) % len(jobs)].parameters), jobs[i]


def test_rows_that_may_not_move_keep_their_bits(data):
    trained, _ = run(data, "handwritten", rows="oov", min_count=2, l2=0.01)
    before, after = trained.table.rows, trained.parameters["embedding.weight"]
    moved = (before.view(np.uint32) != after.view(np.uint32)).any(axis=1)
    assert 0 < moved.sum() == trained.result.movement["moved"] <= trained.result.movement["rows"]
    assert not moved[trained.table.trained :].any()
    frozen, _ = run(data, "handwritten", finetune=False)
    assert np.array_equal(frozen.table.rows, frozen.parameters["embedding.weight"])


def test_how_much_is_handed_to_the_kernel_at_once_changes_nothing(data, monkeypatch):
    whole, _ = run(data, "handwritten", dropout=0.3)
    monkeypatch.setattr(handwritten, "_CHUNK", 100)
    assert same_bits(whole.parameters, run(data, "handwritten", dropout=0.3)[0].parameters)


def test_masks_drawn_at_once_are_those_drawn_one_after_another():
    rng = stream(1, "dropout")
    dropout = Dropout(0.3, lambda labels, texts: (labels, 7))
    parts = [dropout.draw(n, n, rng) for n in (5, 5, 3)]  # odd numbers of draws
    assert np.array_equal(np.vstack(parts), dropout.draw(13, 13, stream(1, "dropout")))
    values = np.unique(np.vstack(parts))
    np.testing.assert_allclose(values, [0, 1 / 0.7], rtol=1e-6)


@pytest.mark.parametrize("finetune", [False, True])
def test_a_snapshot_brings_everything_back(data, finetune):
    corpus, _ = data
    trained, _ = run(data, "handwritten", finetune=finetune)
    table = trained.table
    trainable = np.arange(len(table.rows)) < (table.trained if finetune else 0)
    trainable[0] = False
    config = configure(corpus, "handwritten", finetune=finetune)
    engine = make_engine(config, table, trainable, len(corpus.label_names), "cpu")
    before, snapshot = engine.parameters(), engine.snapshot()
    examples = Examples.from_split(
        corpus.training_subset(500, 3), table, View(engine.window or None)
    )
    order = np.arange(len(examples))
    engine.train_epoch(examples, 64, order, examples.rows, stream(0, "x"), move_rows=True)
    after = engine.parameters()
    assert not same_bits(before, after)
    assert same_bits({**after, "embedding.weight": table.rows}, after) == (not finetune)
    engine.restore(snapshot)
    assert same_bits(engine.parameters(), before)


def test_a_row_outside_the_training_vocabulary_is_refused(data):
    corpus, _ = data
    trained, _ = run(data, "handwritten")
    table = trained.table
    config = configure(corpus, "handwritten")
    engine = make_engine(config, table, np.zeros(len(table.rows), bool), 9, "cpu")
    examples = Examples.from_split(corpus.test, table, View(engine.window or None))
    order = np.arange(len(examples))
    with pytest.raises(ValueError, match=rf"end at {table.trained - 1}"):
        engine.train_epoch(examples, 64, order, examples.rows, stream(0, "x"), move_rows=False)


@pytest.mark.parametrize("kind", ["handwritten", "autograd"])
def test_a_run_stops_in_the_middle_of_an_epoch(data, kind):
    """One pass over 100,000 examples; the third time that it is asked, it is to stop."""
    corpus, _ = data
    trained, _ = run(data, "handwritten")
    table, trainable = trained.table, trained.trainable
    engine = make_engine(configure(corpus, kind), table, trainable, len(corpus.label_names), "cpu")
    view = View(5 if corpus.task == "token" else None)
    examples = Examples.from_split(corpus.training_subset(500, 3), table, view)
    order, asked = np.arange(100_000) % len(examples), iter([False, False, True])
    before = engine.parameters()["head.output.bias"]
    with pytest.raises(RunStopped):
        engine.train_epoch(
            examples,
            64,
            order,
            examples.rows,
            stream(0, "x"),
            move_rows=True,
            should_stop=lambda: next(asked),
        )
    assert next(asked, None) is None
    assert (engine.parameters()["head.output.bias"] != before).any()


def test_divergence_is_reported(data):
    with pytest.raises(RunError, match=r"diverged.*lower optim\.lr"):
        run(data, "handwritten", rule="sgd", lr=1e6)


@pytest.mark.parametrize(
    ("changes", "device", "message"),
    [({"name": "cnn"}, "cpu", "model=cnn"), ({}, "cuda", "device=cuda")],
)
def test_what_the_engine_lacks_is_named(data, monkeypatch, changes, device, message):
    monkeypatch.setattr(type(CNN), "by_hand", None)
    config = configure(data[0], "handwritten")
    config = replace(config, model=replace(config.model, **changes))
    with pytest.raises(UserError, match=message):
        make_engine(config, small_table(), np.zeros(6, bool), 3, device)


def test_a_run_never_imports_torch():
    here = Path(__file__).parent
    folders = [str(here), str(here.parent / "helpers")]
    program = f"""
import sys
sys.path[:0] = {folders!r}
import test_handwritten as tests
corpus = tests.world_corpus("token", 0, 600, 100, 100, **tests.WORLD)
tests.run((corpus, None), "handwritten")
sys.exit("torch" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
