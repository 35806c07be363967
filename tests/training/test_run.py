"""One run on small worlds: what arms share, what early stopping keeps, planted faults."""

from dataclasses import replace

import numpy as np
import pytest
from gensim.models import KeyedVectors
from run_configs import make_run

from wvexp.arms import Tuning
from wvexp.backprop.head import Head
from wvexp.config.schema import Model, Optim
from wvexp.data.vocabulary import Vocabulary
from wvexp.data.world import world_corpus
from wvexp.errors import RunError, RunStopped, UserError
from wvexp.metrics import scorer_of
from wvexp.metrics.groups import Group
from wvexp.models import CNN
from wvexp.models.view import TEXTS
from wvexp.parity.watching import watcher
from wvexp.training import run as run_module
from wvexp.training.autograd import AutogradEngine
from wvexp.training.engines import make_engine
from wvexp.training.examples import Examples
from wvexp.training.run import train, word_groups
from wvexp.vectors.reference import match_lexicon
from wvexp.vectors.table import Origin

DIM = 12


@pytest.fixture(scope="module")
def corpora():
    return {
        "token": world_corpus("token", 0, 3000, 1000, 1000, 2000),
        "sentence": world_corpus("sentence", 0, 600, 200, 200, 2000),
    }


@pytest.fixture(scope="module")
def references(corpora):
    """Vectors for two words of three, drawn: what is tested here is not what they know."""
    found = {}
    for task, corpus in corpora.items():
        words = [word for i, word in enumerate(corpus.lexicon) if i % 3]
        keyed = KeyedVectors(DIM)
        vectors = np.random.default_rng(0).normal(size=(len(words), DIM)) * 0.4
        keyed.add_vectors(words, vectors.astype(np.float32))
        found[task] = match_lexicon(keyed, corpus.lexicon, corpus.train.word_ids)
    return found


@pytest.fixture(scope="module")
def start_run(corpora, references):
    def start(task="token", *, parity_every=None, time_is_up=lambda epochs: False, **changes):
        corpus = corpora[task]
        run = make_run(
            task=task,
            dim=DIM,
            model=Model(name="window" if task == "token" else "mean", hidden=16),
            optim=Optim(lr=0.01, epochs=4),
            train_size=corpus.train.examples,
            engine="autograd",
            data=corpus.fingerprint,
            vectors=references[task].fingerprint,
        )
        run = replace(run, **changes)
        epochs = []
        trained = train(
            run,
            corpus,
            references[task],
            device="cpu",
            watch=watcher(parity_every),
            on_epoch=epochs.append,
            time_is_up=lambda: time_is_up(len(epochs)),
        )
        return trained, epochs

    return start


def without_times(trained):
    return {k: v for k, v in trained.result.to_json().items() if k not in ("seconds", "date")}


def test_learning_happens(start_run, corpora):
    for task, model in (("token", "window"), ("sentence", "mean"), ("sentence", "cnn")):
        labels = corpora[task].test.labels
        majority = np.bincount(labels).max() / len(labels)
        shape = Model(name=model, hidden=16, filters=8)
        optim = Optim(lr=0.01, epochs=8, patience=8)
        trained, epochs = start_run(task, embed="random", model=shape, optim=optim)
        assert trained.result.test > majority, (task, model)
        assert epochs[-1].loss < epochs[0].loss


def test_the_same_run_twice_is_the_same_to_the_bit(start_run):
    (first, _), (second, _) = (start_run(optim=Optim(epochs=2)) for _ in range(2))
    assert without_times(first) == without_times(second)
    for name, array in first.parameters.items():
        assert array.tobytes() == second.parameters[name].tobytes()
    other, _ = start_run(optim=Optim(epochs=2), seed=1)
    assert without_times(other) != without_times(first)


class Recorder(AutogradEngine):
    """Notes what each epoch is given."""

    calls: list = []  # noqa: RUF012

    def train_epoch(self, examples, batch_size, order, rows, masks, *, move_rows, **options):
        drawn = np.random.Generator(np.random.PCG64())
        drawn.bit_generator.state = masks.bit_generator.state
        self.calls.append((examples.rows, order, rows, drawn.random(5), move_rows))
        return super().train_epoch(
            examples, batch_size, order, rows, masks, move_rows=move_rows, **options
        )


def record(monkeypatch, start_run, *args, **changes):
    monkeypatch.setattr("wvexp.training.autograd.AutogradEngine", Recorder)
    monkeypatch.setattr(Recorder, "calls", [])
    trained, _ = start_run(*args, **changes)
    return trained, Recorder.calls


def test_arms_share_subset_order_unknown_words_and_dropout(monkeypatch, start_run):
    arms = {}
    for embed in ("pretrained", "random", "shuffled"):
        for finetune in (False, True):
            trained, calls = record(
                monkeypatch,
                start_run,
                embed=embed,
                finetune=finetune,
                train_size=500,
                optim=Optim(epochs=2, patience=2),
            )
            arms[embed, finetune] = trained, calls
    _, reference_calls = arms["pretrained", True]
    for (_, finetune), (trained, calls) in arms.items():
        assert trained.result.train_tokens == arms["pretrained", True][0].result.train_tokens
        assert len(calls) == len(reference_calls) == 2
        for ours, theirs in zip(calls, reference_calls, strict=True):
            for mine, other in zip(ours[:2], theirs[:2], strict=True):
                assert np.array_equal(mine, other)
            assert np.array_equal(ours[2], theirs[2] if finetune else theirs[0])
            assert np.array_equal(ours[3], theirs[3])
    epochs = [calls[2] for calls in reference_calls]
    assert not np.array_equal(*epochs), "each epoch draws its own unknown words"


def test_rows_start_to_move_in_their_epoch(monkeypatch, start_run):
    tuning = Tuning(start_epoch=3)
    _, calls = record(
        monkeypatch, start_run, tuning=tuning, optim=Optim(epochs=4, patience=4, lr=0.01)
    )
    assert [call[4] for call in calls] == [False, False, True, True]


def test_training_sizes_nest(start_run, corpora):
    for task in ("token", "sentence"):
        small, large = (
            start_run(task, train_size=size, optim=Optim(epochs=1))[0].table for size in (100, 400)
        )
        assert small.trained < large.trained
        assert np.array_equal(small.rows[: small.trained], large.rows[: small.trained])
        assert small.forms[: small.trained] == large.forms[: small.trained]
        subset = corpora[task].training_subset(100, seed=0)
        assert set(small.forms[2 : small.trained]) == {
            corpora[task].lexicon[i] for i in subset.word_ids
        }


def test_early_stopping_restores_the_best_epoch(start_run, corpora, references):
    optim = Optim(lr=0.05, epochs=12, patience=2)
    trained, epochs = start_run("sentence", optim=optim, train_size=200)
    result = trained.result
    scores = [epoch.validation for epoch in epochs]
    assert result.best_epoch == 1 + int(np.argmax(scores))
    assert [e.epoch for e in epochs if e.best][-1] == result.best_epoch
    assert result.epochs == len(epochs) == min(12, result.best_epoch + 2)
    assert result.epochs > result.best_epoch, "the last epoch is not the best: a test of restoring"

    # A fresh engine with the parameters kept scores what the result says.
    corpus = corpora["sentence"]
    table = trained.table
    engine = make_engine(result.run, table, np.zeros(len(table.rows), bool), 2, "cpu")
    engine.restore(trained.parameters)
    for split, expected in ((corpus.validation, result.validation), (corpus.test, result.test)):
        predicted = engine.predict(Examples.from_split(split, table, TEXTS))
        assert scorer_of("accuracy", split, corpus.label_names, "x").score(predicted) == expected


def moved_rows(trained):
    changed = trained.parameters["embedding.weight"] != trained.table.rows
    return np.flatnonzero(changed.any(axis=1))


def test_policies_move_the_rows_they_name(start_run, corpora):
    corpus = corpora["token"]
    optim = Optim(lr=0.01, epochs=2)
    counts = Vocabulary.from_subset(corpus.training_subset(2000, 0), len(corpus.lexicon)).counts
    for tuning in (Tuning(), Tuning(rows="oov"), Tuning(min_count=3)):
        trained, _ = start_run(tuning=tuning, optim=optim, train_size=2000)
        moved, origin = moved_rows(trained), trained.table.origin
        assert len(moved) == trained.result.movement["moved"] > 10
        assert moved.min() == 1
        assert moved.max() < trained.table.trained
        if tuning.rows == "oov":
            assert set(origin[moved]) == {Origin.UNK, Origin.RANDOM}
        else:
            assert Origin.PRETRAINED in origin[moved]
        assert (counts[moved[1:]] >= tuning.min_count).all()
    frozen, _ = start_run(finetune=False, optim=optim, train_size=2000)
    assert len(moved_rows(frozen)) == 0
    assert frozen.result.movement["rows"] == 0


def test_a_smaller_row_rate_moves_rows_less_and_an_anchor_holds_them(start_run):
    optim = Optim(name="sgd", lr=0.5, epochs=2)
    plain, slow, held = (
        start_run(tuning=tuning, optim=optim)[0].result.movement["mean"]
        for tuning in (Tuning(), Tuning(lr_scale=0.1), Tuning(anchor=1.0))
    )
    assert 0 < slow < plain
    assert 0 < held < plain


def test_labels_missing_from_a_subset_are_listed(start_run, corpora):
    corpus = corpora["token"]
    trained, _ = start_run(train_size=30, optim=Optim(epochs=1))
    present = set(corpus.training_subset(30, 0).labels.tolist())
    expected = [name for i, name in enumerate(corpus.label_names) if i not in present]
    assert trained.result.labels_missing == expected
    assert expected


def test_groups_are_the_same_for_all_arms_and_count_every_token(start_run, corpora, references):
    corpus = corpora["token"]
    sizes = set()
    for embed in ("pretrained", "random", "shuffled"):
        trained, _ = start_run(embed=embed, train_size=500, optim=Optim(epochs=1))
        sizes.add(tuple(group["n"] for group in trained.result.groups.values()))
        for group in trained.result.groups.values():
            assert ("score" in group) == (group["n"] > 0)
    ((seen, pretrained, neither),) = sizes
    subset = set(corpus.training_subset(500, 0).word_ids.tolist())
    known = references["token"].index >= 0
    expected = [
        Group.SEEN if w in subset else Group.PRETRAINED_ONLY if known[w] else Group.NEITHER
        for w in corpus.test.word_ids.tolist()
    ]
    assert [seen, pretrained, neither] == [expected.count(group) for group in Group]
    vocabulary = Vocabulary.from_subset(corpus.training_subset(500, 0), len(corpus.lexicon))
    found = word_groups(corpus.test, vocabulary.word_ids, len(corpus.lexicon), references["token"])
    assert found.tolist() == expected


def test_without_vectors_nothing_is_said_of_coverage(corpora):
    corpus = corpora["sentence"]
    run = make_run(
        task="sentence",
        embed="random",
        dim=7,
        finetune=False,
        model=Model(name="mean", hidden=4),
        optim=Optim(epochs=1),
        train_size=50,
        engine="autograd",
        data=corpus.fingerprint,
        vectors=None,
    )
    trained = train(run, corpus, None, device="cpu", on_epoch=lambda epoch: None)
    assert "coverage" not in trained.result.to_json()
    assert trained.parameters["embedding.weight"].shape[1] == 7
    assert trained.result.groups["pretrained_only"] == {"n": 0}


def test_a_frozen_row_that_changes_is_a_failed_run(monkeypatch, start_run):
    class Leaking(AutogradEngine):
        def train_epoch(self, *args, **kwargs):
            loss = super().train_epoch(*args, **kwargs)
            self.rows.data[5, 0] += 1e-6
            return loss

    monkeypatch.setattr("wvexp.training.autograd.AutogradEngine", Leaking)
    with pytest.raises(RunError, match="1 frozen rows changed, row 5 first"):
        start_run(finetune=False, optim=Optim(epochs=1))


def test_words_of_the_test_text_cannot_reach_training(monkeypatch, start_run, corpora):
    """Other validation and test labels leave every epoch's loss as it was."""
    _, before = start_run(optim=Optim(epochs=2))
    corpus = corpora["token"]
    turned = replace(corpus.test, labels=(corpus.test.labels + 1) % len(corpus.label_names))
    monkeypatch.setitem(corpora, "token", replace(corpus, test=turned))
    _, after = start_run(optim=Optim(epochs=2))
    assert [(e.loss, e.validation) for e in before] == [(e.loss, e.validation) for e in after]


def test_test_sentences_that_were_trained_on_are_in_the_result(monkeypatch, start_run, corpora):
    brief = {"task": "sentence", "optim": Optim(epochs=1)}
    world, _ = start_run(**brief)  # its sentences coincide by chance
    assert "leakage" not in world.result.to_json()
    leaky = replace(corpora["sentence"], name="mine", test=corpora["sentence"].train)
    monkeypatch.setitem(corpora, "sentence", leaky)
    trained, _ = start_run(**brief)
    leakage = trained.result.to_json()["leakage"]
    assert leakage["shared"] == leakage["checked"] > 0


def test_more_examples_than_there_are_is_refused_before_training(start_run):
    with pytest.raises(UserError, match="train_size=999999"):
        start_run(train_size=999_999)


def test_divergence_is_a_failed_run(start_run):
    with pytest.raises(RunError, match="diverged"):
        start_run(optim=Optim(name="sgd", lr=1e8))


# Task and model of the runs whose gradient there is by hand too.
BY_HAND = [("token", "window"), ("sentence", "mean")]


@pytest.mark.parametrize(("task", "model"), BY_HAND)
@pytest.mark.parametrize("finetune", [False, True])
def test_autograd_is_checked_in_every_epoch(start_run, task, model, finetune):
    optim = Optim(epochs=3, patience=3)
    trained, epochs = start_run(
        task, model=Model(name=model, hidden=4), optim=optim, finetune=finetune, train_size=200
    )
    assert trained.result.parity["checked"] == 3
    assert [epoch.parity["checked"] for epoch in epochs] == [1, 1, 1]
    often, _ = start_run(
        task,
        model=Model(name=model),
        optim=Optim(epochs=1, batch_size=20),
        train_size=200,
        parity_every=3,
    )
    assert often.result.parity["checked"] == 4  # of ten steps: 0, 3, 6, 9
    compared = set(trained.result.parity["rel_errors"])
    assert compared == {"loss", "W", "b", "U", "c"} | ({"E"} if finetune else set())


@pytest.mark.parametrize(("task", "model"), BY_HAND)
def test_gradients_that_disagree_end_the_run(monkeypatch, start_run, task, model):
    backward = Head.backward

    def wrong(self):
        gradients = backward(self)
        return {**gradients, "U": gradients["U"] * 1.01}

    monkeypatch.setattr(Head, "backward", wrong)
    brief = {"optim": Optim(epochs=1), "train_size": 200}
    with pytest.raises(RunError, match="parity failed at step 1: the gradient of U differs"):
        start_run(task, model=Model(name=model, hidden=4), **brief)


def test_what_has_no_gradient_by_hand_or_no_autograd_is_not_checked(start_run, monkeypatch):
    monkeypatch.setattr(type(CNN), "by_hand", None)
    brief = {"optim": Optim(epochs=1), "train_size": 200}
    for changes in ({"model": Model(name="cnn", filters=4)}, {"engine": "handwritten"}):
        trained, epochs = start_run("sentence", **changes, **brief)
        assert trained.result.parity is None
        assert epochs[0].parity is None


def test_an_engine_is_made_of_the_runs_own_rates(start_run):
    trained, _ = start_run(train_size=100, optim=Optim(epochs=1))
    run = replace(trained.result.run, tuning=Tuning(lr_scale=0.25, anchor=0.5))
    trainable = np.ones(len(trained.table.rows), dtype=bool)
    engine = run_module.make_engine(run, trained.table, trainable, 9, "cpu")
    (rate,) = {group["lr"] for group in engine.row_optimizer.param_groups}
    assert rate == run.optim.lr / 4
    assert engine.objective.anchor == 0.5


@pytest.mark.parametrize("engine", ["autograd", "handwritten"])
def test_a_run_whose_time_is_up_is_the_run_of_fewer_epochs(start_run, engine):
    def cut_after(epochs):
        return start_run(
            engine=engine, optim=Optim(epochs=4), time_is_up=lambda finished: finished == epochs
        )

    cut, _ = cut_after(2)
    whole, _ = start_run(engine=engine, optim=Optim(epochs=2))
    assert cut.result.epochs == 2
    assert cut.result.test == whole.result.test
    for name, array in whole.parameters.items():
        assert array.tobytes() == cut.parameters[name].tobytes()
    with pytest.raises(RunStopped):
        cut_after(0)
