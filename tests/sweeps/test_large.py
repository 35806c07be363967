"""One pass over a stream: points that do not depend on each other, unseen rows untouched."""

import signal
from dataclasses import replace

import numpy as np
import pytest

from wvexp.config.compose import compose
from wvexp.data.world import world_corpus, world_stream
from wvexp.errors import UserError
from wvexp.experiment.inputs import prepare
from wvexp.results.store import Store
from wvexp.sweeps import large as large_module
from wvexp.sweeps.large import cut_at, run_large, whole_vocabulary, with_stops
from wvexp.sweeps.planning import grid_of
from wvexp.sweeps.streamed import StreamedRun

SMALL = ["data.world_vocabulary=2000", "model.hidden=8"]


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, cache):
    monkeypatch.setenv("WVEXP_CACHE", str(cache))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def experiment(*arguments):
    return compose(["experiment=large", *SMALL, *arguments])


@pytest.mark.parametrize("chunk", [500, 3000, 100_000])
def test_the_stops_are_those_of_training_subsets(chunk):
    sizes = [1000, 2500, 2501, 6000]
    whole = world_corpus("token", 0, 6000, 10, 10, 2000).train
    text, completed = [], []
    for piece, stops in with_stops(world_stream(0, 6000, chunk, 2000), sizes):
        for size, sentences in stops:
            completed.append(size)
            read = len(text) + piece.offsets[sentences]
            assert size <= read == whole.offsets[np.searchsorted(whole.offsets, size)]
        text += piece.word_ids.tolist()
    assert completed == sizes
    assert text == whole.word_ids.tolist()


def test_pieces_end_where_chunks_do_and_at_the_places_given():
    lengths = [part.tokens for part in world_stream(0, 120_000, 4000, 2000)]
    ends = np.cumsum(lengths)
    assert len(ends) > 2
    places = [1000, 1001, 30_000]
    pieces = list(cut_at(world_stream(0, 120_000, 4000, 2000), places))
    found = np.cumsum([piece.tokens for piece in pieces]).tolist()
    offsets = world_corpus("token", 0, 120_000, 10, 10, 2000).train.offsets
    assert found == sorted({*ends.tolist(), *offsets[np.searchsorted(offsets, places)].tolist()})


def rows_of(path):
    timeless = {"seconds": 0, "date": ""}
    return {(run.arm, run.train_size): replace(run, **timeless) for run in Store(path).runs()}


def test_a_point_does_not_depend_on_the_other_sizes_asked_for(here, monkeypatch):
    """Neither on smaller nor on larger ones, within a piece, across pieces or at the end of one."""
    monkeypatch.setattr(large_module, "CHUNK", 4000)
    monkeypatch.setattr(large_module, "DECADES", [3000, 30_000])
    arm = ["grid.embed=[random]", "grid.finetune=[true]", "tuning.anchor=0.01", "model.dropout=0.2"]
    run_large(experiment("large.tokens=[2000,2001,3000,20000,30000,60000]", *arm))
    together = rows_of(here / "runs/results.sqlite")
    assert len(together) == 6
    for size in (2000, 20_000, 30_000, 60_000):
        run_large(experiment(f"large.tokens=[{size}]", f"store={size}.sqlite", *arm))
        (row,) = rows_of(here / f"{size}.sqlite").items()
        assert row == (("random-tuned(anchor=0.01)", size), together[row[0]])


def test_a_point_that_is_there_is_neither_trained_nor_printed(here, capsys):
    only = ["grid.embed=[random]", "grid.finetune=[true]"]
    run_large(experiment("large.tokens=[2000]", *only))
    before = rows_of(here / "runs/results.sqlite")
    capsys.readouterr()
    run_large(experiment("large.tokens=[2000,6000]", *only))
    said = capsys.readouterr().out
    assert "1 of 2 points are in the results file: skipped" in said
    assert said.count("peak") == 1
    after = rows_of(here / "runs/results.sqlite")
    assert after["random-tuned", 2000] == before["random-tuned", 2000]
    assert len(after) == 2


def test_a_curve_has_a_row_for_every_arm_and_size(here, capsys, monkeypatch):
    monkeypatch.setattr(large_module, "CHUNK", 4000)
    run_large(experiment("large.tokens=[2000,10000]"))
    runs = Store(here / "runs/results.sqlite").runs()
    assert sorted((run.arm, run.train_size) for run in runs) == [
        (f"{embed}-{treatment}", size)
        for embed in ("pretrained", "random")
        for treatment in ("frozen", "tuned")
        for size in (2000, 10_000)
    ]
    assert all(run.train_size <= run.train_tokens < run.train_size + 60 for run in runs)
    assert len({run.condition for run in runs}) == 1
    assert capsys.readouterr().out.count("peak") == 8
    scores = {(run.arm, run.train_size): run.metric.test for run in runs}
    assert scores["pretrained-tuned", 10_000] > scores["random-tuned", 10_000]
    run_large(experiment("large.tokens=[2000,10000]"))
    assert "8 of 8 points are in the results file: skipped" in capsys.readouterr().out


def test_ctrl_c_in_the_middle_keeps_the_points_that_were_reached(here, monkeypatch, capsys):
    monkeypatch.setattr(large_module, "CHUNK", 4000)
    save = Store.save

    def save_and_press_ctrl_c(store, result):
        save(store, result)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Store, "save", save_and_press_ctrl_c)
    one_arm = ["grid.embed=[random]", "grid.finetune=[true]"]
    with pytest.raises(KeyboardInterrupt):
        run_large(experiment("large.tokens=[2000,40000]", *one_arm))
    (run,) = Store(here / "runs/results.sqlite").runs()
    assert run.train_size == 2000
    assert "stopped: the points above are stored" in capsys.readouterr().out


def test_rows_that_the_stream_has_not_reached_stay_and_count_as_unseen():
    config = experiment()
    inputs = prepare(config)
    vocabulary = whole_vocabulary(inputs.corpus)
    for run in grid_of(config, inputs).runs():
        arm = StreamedRun(run, inputs.corpus, inputs.reference, vocabulary)
        chunk = next(world_stream(0, 1000, 1000, 2000))
        arm.train_on(chunk, 0)
        result = arm.evaluate(run)
        seen = np.unique(chunk.word_ids)
        assert result.train_types == len(seen)
        moved = (arm.engine.parameters()["embedding.weight"] != arm.table.rows).any(axis=1)
        reached = set(arm.table.row_of[seen].tolist()) | {1}  # UNK learns too
        assert set(np.flatnonzero(moved).tolist()) <= reached
        assert moved.any() == run.finetune


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["engine=autograd"], "trained by hand"),
        (["dispatch=ray"], "one stream"),
        (["out=x"], "out=x"),
    ],
)
def test_what_a_stream_cannot_do_is_refused(arguments, message):
    with pytest.raises(UserError, match=message):
        run_large(experiment("large.tokens=[1000]", *arguments))


@pytest.mark.parametrize(
    "argument",
    ["train_size=5", "grid.train_size=[5]", "grid.ladder=3", "data.world_size=5", "data.folds=3",
     "optim.epochs=2", "optim.patience=1", "tuning.start_epoch=2", "tuning.min_count=2",
     "search.trials=3", "report=x.html", "parity.every=1"],
)  # fmt: skip
def test_what_a_stream_does_not_read_is_refused(argument):
    shown = argument.replace("[5]", r"\[5\]")
    with pytest.raises(UserError, match=f"{shown} means nothing with experiment=large"):
        experiment(argument)


@pytest.mark.parametrize("tokens", ["[]", "[0]", "[1000,1000]"])
def test_the_sizes_of_a_stream_are_numbers(tokens):
    with pytest.raises(UserError, match=r"large\.tokens=.*different numbers of 1 or more"):
        experiment(f"large.tokens={tokens}")


def test_rows_with_pretrained_vectors_stay_where_only_the_others_are_to_move(here):
    config = experiment("tuning.rows=oov", "grid.finetune=[true]", "grid.embed=[pretrained]")
    inputs = prepare(config)
    (run,) = grid_of(config, inputs).runs()
    arm = StreamedRun(run, inputs.corpus, inputs.reference, whole_vocabulary(inputs.corpus))
    arm.train_on(next(world_stream(0, 3000, 3000, 2000)), 0)
    moved = (arm.engine.parameters()["embedding.weight"] != arm.table.rows).any(axis=1)
    known = arm.table.row_of[inputs.reference.index >= 0]
    assert moved.any()
    assert not moved[known].any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["data.task=sentence"], "token task")],
)
def test_other_data_have_no_stream(arguments, message):
    with pytest.raises(UserError, match=message):
        experiment(*arguments)
