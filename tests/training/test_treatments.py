"""Every treatment: both engines alike, what stays stays, and planted faults are caught."""

from dataclasses import asdict, replace

import numpy as np
import pytest
import tiny_sweeps as tiny
from layered_runs import D, Data, Keyed, configure, make_data, run, task_of

from wvexp.arms import BOTH, FROZEN, REPROJECTED, TREATMENTS, Arm
from wvexp.backprop import rows as by_hand
from wvexp.backprop.projection import PROJECTION
from wvexp.backprop.rows import WordRows
from wvexp.config.schema import Optim
from wvexp.errors import RunError, UserError
from wvexp.models.modules.projection import ProjectedEmbedding
from wvexp.parity.engines import require_parity
from wvexp.parity.watching import watcher
from wvexp.results.store import Store
from wvexp.sweeps.grid import Grid
from wvexp.sweeps.run import run_sweep
from wvexp.training.engines import make_engine
from wvexp.training.footprint import footprint
from wvexp.training.handwritten import HandwrittenEngine
from wvexp.training.run import train
from wvexp.training.setup import set_up
from wvexp.training.tuning import measure_movement
from wvexp.vectors.reference import ReferenceVectors, match_lexicon

MODELS = [
    *("plain window", "window features", "window crf", "plain mean", "mean all", "cnn"),
    *("bilstm", "bilstm max"),
]
OWN = [BOTH, REPROJECTED]
named = pytest.mark.parametrize("treatment", list(TREATMENTS), ids=lambda one: one.name)
own = pytest.mark.parametrize("treatment", OWN, ids=lambda one: one.name)


@pytest.fixture(scope="module")
def data():
    return {task: make_data(task) for task in ("token", "sentence")}


def treated(treatment):
    return {"finetune": treatment.moves, "epochs": 5, **asdict(treatment.tuning)}


@named
@pytest.mark.parametrize("variant", MODELS)
def test_both_engines_train_the_same_run(data, variant, treatment):
    there, keys = data[task_of(variant)], treated(treatment)
    (hand, by_hand_epochs), (torch, by_torch) = (
        run(there, variant, engine, dropout=0.3, l2=0.01, **keys)
        for engine in ("handwritten", "autograd")
    )
    losses = [epoch.loss for epoch in by_torch]
    assert [epoch.loss for epoch in by_hand_epochs] == pytest.approx(losses, rel=1e-4)
    assert [e.validation for e in by_hand_epochs] == [e.validation for e in by_torch]
    assert hand.result.test == torch.result.test
    assert hand.parameters.keys() == torch.parameters.keys()
    for name, wanted in torch.parameters.items():
        apart = np.linalg.norm(hand.parameters[name] - wanted)
        assert apart <= 2e-3 * np.linalg.norm(wanted) + 1e-6, name


@named
def test_autograd_runs_are_watched(data, treatment):
    for variant in ("plain mean", "bilstm max"):
        there = data["sentence"]
        config = configure(there, variant, "autograd", l2=0.01, **treated(treatment))
        trained = train(
            config,
            there.corpus,
            there.reference,
            device="cpu",
            watch=watcher(1),
            on_epoch=lambda epoch: None,
        )
        compared = trained.result.parity["rel_errors"]
        assert trained.result.parity["passed"]
        assert ("E" in compared) == config.moves_rows
        assert bool({"M", PROJECTION} & compared.keys()) == config.tuning.mapped


@pytest.mark.parametrize("embed", ["pretrained", "random"])
def test_the_first_half_of_both_stays_and_the_second_moves(data, embed):
    there = data["token"]
    config = replace(configure(there, "bilstm", **treated(BOTH)), embed=embed)
    trained = train(
        config, there.corpus, there.reference, device="cpu", on_epoch=lambda epoch: None
    )
    before, after = trained.table.rows, trained.parameters["embedding.weight"]
    assert before.shape[1] == 2 * D == config.width
    np.testing.assert_array_equal(before[:, :D], before[:, D:])
    assert (after[:, :D].view(np.uint32) == before[:, :D].view(np.uint32)).all()
    moved = (after[:, D:] != before[:, D:]).any(axis=1)
    assert moved.any()
    assert not (moved & ~trained.trainable).any()
    np.testing.assert_array_equal(trained.table.rows[1, :D], trained.table.rows[1, D:])


def all_known(there, times):
    """The same data with a vector for every word, `times` beside itself."""
    corpus = there.corpus
    keyed = Keyed(corpus.lexicon, np.random.default_rng(5))
    one = match_lexicon(keyed, corpus.lexicon, corpus.train.word_ids)
    wide = (np.concatenate(times * [a], axis=-1) for a in (one.matrix, one.mean, one.spread))
    matrix, mean, spread = wide
    return Data(corpus, ReferenceVectors(matrix, one.index, mean, spread))


@pytest.mark.parametrize("variant", ["plain window", "plain mean", "cnn", "bilstm"])
def test_both_with_everything_frozen_is_frozen_on_doubled_vectors(data, variant):
    """In epochs before the first in which rows move, which are all of them here."""
    there = data[task_of(variant)]
    once, twice = all_known(there, 1), all_known(there, 2)
    both, _ = run(once, variant, how="both", start_epoch=99)
    plain, _ = run(twice, variant, start_epoch=99)
    np.testing.assert_array_equal(both.table.rows, plain.table.rows)
    assert both.result.test == plain.result.test
    for name, array in plain.parameters.items():
        np.testing.assert_allclose(both.parameters[name], array, rtol=2e-3, atol=1e-5)


@pytest.mark.parametrize("variant", ["plain window", "plain mean", "cnn", "bilstm"])
def test_a_map_that_has_not_learnt_is_frozen(data, variant):
    """At the identity: the same scores, and a first gradient that moves it away from there."""
    there = data[task_of(variant)]
    frozen = configure(there, variant, finetune=False)
    mapped = configure(there, variant, **treated(REPROJECTED))
    engines = []
    for config in (frozen, mapped):
        setup = set_up(config, there.corpus, there.reference)
        assert not setup.trainable.any()
        labels = len(there.corpus.label_names)
        engines.append(make_engine(config, setup.table, setup.trainable, labels, "cpu"))
    split = setup.examples(there.corpus.test)
    first, second = (engine.predict(split) for engine in engines)
    np.testing.assert_array_equal(first, second)
    trained, _ = run(there, variant, **treated(REPROJECTED))
    assert np.abs(trained.parameters[PROJECTION] - np.eye(D)).max() > 1e-3
    np.testing.assert_array_equal(trained.parameters["embedding.weight"], trained.table.rows)


def test_the_compiled_steps_stay_with_the_other_treatments(data):
    def engine(treatment):
        config = configure(data["token"], "plain window", **treated(treatment))
        setup = set_up(config, data["token"].corpus, data["token"].reference)
        return make_engine(config, setup.table, setup.trainable, 3, "cpu")

    compiled = {one.name for one in TREATMENTS if isinstance(engine(one), HandwrittenEngine)}
    assert compiled == set(TREATMENTS.names) - {one.name for one in OWN}


@own
def test_a_footprint_counts_what_is_added(data, treatment):
    there = data["token"]
    plain = configure(there, "bilstm", **treated(FROZEN))
    more = configure(there, "bilstm", **treated(treatment))
    assert footprint(more, there.corpus) > footprint(plain, there.corpus)


# ---- planted faults ----


def gradient_of_all(self, words, d_vectors):
    moving = np.flatnonzero(self.trainable[words])
    rows, of_word = np.unique(words[moving], return_inverse=True)
    values = np.zeros((len(rows), d_vectors.shape[1]), d_vectors.dtype)
    np.add.at(values, of_word, d_vectors[moving])
    return by_hand.RowGradient(rows.astype(np.int64), values)


def test_a_fixed_half_that_moves_is_caught(data, monkeypatch):
    there = data["token"]
    monkeypatch.setattr(WordRows, "gradient", gradient_of_all)
    with pytest.raises(RunError, match="the frozen copy beside the tuned one changed"):
        run(there, "bilstm", **treated(BOTH))
    with pytest.raises(RunError, match="parity failed for bilstm pretrained-both"):
        require_parity([configure(there, "bilstm", **treated(BOTH))], there.corpus, there.reference)


def test_one_bit_of_a_fixed_half_is_seen():
    before = np.ones((3, 4), np.float32)
    after = before.copy()
    trainable = np.array([False, True, True])
    after[2, 3] = 5
    assert measure_movement(before, after, trainable, 2).moved == 1
    after[2, 1] = np.nextafter(np.float32(1), np.float32(2))
    assert measure_movement(before, after, trainable).moved == 1
    with pytest.raises(RunError, match="frozen copy beside the tuned one changed, in row 2"):
        measure_movement(before, after, trainable, 2)


FAULTS = {
    "project": lambda vectors, M: vectors @ M,
    "projection_gradient": lambda vectors, d_x: vectors.T @ d_x,
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("variant", ["plain window", "plain mean", "bilstm"])
def test_a_transposed_map_is_caught(data, monkeypatch, variant, fault):
    there = data[task_of(variant)]
    config = configure(there, variant, **treated(REPROJECTED))
    require_parity([config], there.corpus, there.reference)
    monkeypatch.setattr(by_hand, fault, FAULTS[fault])
    with pytest.raises(RunError, match=r"parity failed for .* pretrained-reprojected"):
        require_parity([config], there.corpus, there.reference)


def test_a_module_that_reads_past_the_map_is_refused(data, monkeypatch):
    there = data["token"]
    monkeypatch.setattr(
        ProjectedEmbedding, "forward", lambda self, rows: self.weight.detach()[rows]
    )
    with pytest.raises(UserError, match=r"reads embedding.weight itself.*self.embedding\(rows\)"):
        run(there, "bilstm", "autograd", **treated(REPROJECTED))


def test_a_map_and_rows_that_move_are_not_had_together():
    with pytest.raises(ValueError, match="rows that a map moves"):
        WordRows(np.zeros((3, 2)), np.array([False, True, True]), M=np.eye(2))


# ---- sweeps ----


def test_a_sweep_goes_on_where_it_was(tmp_path):
    inputs, store = tiny.make_inputs(), Store(tmp_path / "r.sqlite")
    arms = [Arm(embed, one) for embed in ("pretrained", "random") for one in TREATMENTS]
    base = replace(tiny.base_run(inputs), optim=Optim(epochs=4, batch_size=16))
    runs = Grid(arms, [40], [0], [1e-2], base).runs()
    assert len({one.key for one in runs}) == len(arms)
    assert {one.condition for one in runs} == {base.condition}
    first = run_sweep(runs[:7], inputs, store, workers=1)
    rest = run_sweep(runs, inputs, store, workers=1)
    assert (first.done, rest.skipped, rest.done) == (7, 7, len(arms) - 7)
    whole = Store(tmp_path / "whole.sqlite")
    run_sweep(runs, inputs, whole, workers=1)
    assert tiny.table_of(whole) == tiny.table_of(store)
    assert {one.arm for one in store.runs()} == {arm.name for arm in arms}
