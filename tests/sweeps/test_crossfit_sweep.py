"""`data.folds` through a sweep: the store, the resume, the score."""

from dataclasses import replace

import numpy as np
import pytest

import wvexp
from wvexp.config.compose import compose
from wvexp.data.folds import of_fold, pooled
from wvexp.errors import RunError, UserError
from wvexp.experiment.describe import full_size
from wvexp.report.measurements import measure
from wvexp.results.store import Store
from wvexp.sweeps.run import run_sweep
from wvexp.sweeps.session import run_config
from wvexp.training.run import train


@pytest.fixture(scope="module")
def folded(inputs):
    return replace(inputs, corpus=pooled(inputs.corpus, 4))


@pytest.fixture(scope="module")
def swept(folded, tiny, tmp_path_factory):
    path = tmp_path_factory.mktemp("folded") / "results.sqlite"
    grid = tiny.make_grid(folded, seeds=2, folds=4)
    outcome = run_sweep(grid.runs(), folded, Store(path))
    assert (outcome.done, outcome.failed) == (4 * 2 * 2 * 4, ())
    return path, grid


def test_every_sentence_is_counted_once_a_seed(swept, folded):
    path, grid = swept
    m = measure(Store(path), grid.base.condition)
    assert m.folds == 4
    pool = folded.corpus.train
    tokens, ends = pool.tokens, pool.offsets[1:-1]
    # Equal sentences are one unit.
    distinct = {words.tobytes() for words in np.split(pool.word_ids, ends)}
    assert len(distinct) < pool.sentences
    for counts in m.counts.values():
        assert counts.shape == (2, len(distinct), 2)
        np.testing.assert_array_equal(counts[..., 1].sum(axis=1), [tokens, tokens])


def test_a_row_holds_the_counts_of_its_fold(swept, folded):
    path, grid = swept
    store = Store(path)
    for run in grid.runs()[:8]:
        one = of_fold(folded.corpus, run.seed, run.fold)
        assert store.unit_ids(run.key) == one.units.ids
        [row] = store.runs(key=run.key)
        assert (row.fold, row.folds) == (run.fold, 4)
        correct, total = store.unit_counts(run.key).sum(axis=0)
        assert correct / total == pytest.approx(row.metric.test)


def test_what_is_stored_is_not_trained_again(swept, folded):
    path, grid = swept
    assert run_sweep(grid.runs(), folded, Store(path)).skipped == 64


def test_folds_are_runs_of_one_condition_with_keys_of_their_own(folded, tiny):
    runs = tiny.make_grid(folded, seeds=1, folds=4).runs()
    assert len({run.key for run in runs}) == len(runs)
    assert len({run.condition for run in runs}) == 1


def test_a_run_without_folds_has_the_key_that_it_always_had(inputs, tiny):
    description = tiny.base_run(inputs).describe()
    assert "fold" not in description
    assert "folds" not in description


def write_reviews(here, sentences=40):
    rows = [f"w{i % 7} w{i % 5},{('good', 'bad')[i % 2]}\n" for i in range(sentences)]
    (here / "reviews.csv").write_text("text,label\n" + "".join(rows))


FILES = ["data=files", "data.train=reviews.csv", "embed=random", "model.hidden=4"]


def test_a_cross_fit_without_one_complete_seed_lists_its_failures(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_reviews(tmp_path)

    def failing(run, *others, **options):
        if run.fold == 1:
            raise RunError("training diverged")
        return train(run, *others, **options)

    monkeypatch.setattr("wvexp.sweeps.run.train", failing)
    with pytest.raises(RunError, match="1 of 3 runs failed"):
        run_config(compose([*FILES, "data.folds=3", "store=x.sqlite"]))
    printed = capsys.readouterr().out
    assert "2 runs trained" in printed
    assert "failed: random-frozen size 23 seed 0 lr 0.001: training diverged" in printed


def test_python_and_the_terminal_sweep_alike(tmp_path, monkeypatch, capsys):
    """Both cross-fit every model of the grid, and write the report."""
    monkeypatch.chdir(tmp_path)
    write_reviews(tmp_path)
    grid = [*FILES, "data.folds=2", "grid.model=[mean,cnn]", "model.filters=2", "optim.epochs=1"]
    outcome = wvexp.sweep([*grid, "report=python.html"], store="python.sqlite")
    assert (outcome.done, outcome.failed) == (4, ())
    said = capsys.readouterr().out
    run_config(compose([*grid, "report=terminal.html", "store=terminal.sqlite"]))
    assert (
        len(list(tmp_path.glob("python-*.html")))
        == len(list(tmp_path.glob("terminal-*.html")))
        == 2
    )
    assert said.count("cross-fitted over 2 folds") == 2
    assert said.index("model=mean\n") < said.index("model=cnn\n")
    tables = [
        {(run.key, run.metric.test) for run in Store(tmp_path / name).runs()}
        for name in ("python.sqlite", "terminal.sqlite")
    ]
    assert tables[0] == tables[1]
    assert len(tables[0]) == 4


def test_a_fold_without_an_entity_is_refused_before_the_first_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sentences = [f"in O\nParis {'B-LOC' if i < 2 else 'O'}\n{i} O\n" for i in range(12)]
    (tmp_path / "text.conll").write_text("\n".join(sentences))
    arguments = ["data=files", "data.train=text.conll", "embed=random", "data.folds=3"]
    with pytest.raises(UserError, match=r"data\.folds=3 at seed=0, fold 0: .*no entity"):
        run_config(compose([*arguments, "store=x.sqlite"]))
    assert not (tmp_path / "x.sqlite").exists()


def write_unequal_documents(here):
    """One document of 400 sentences and five of 12, four tokens each."""
    blocks, place = [], 0
    for sentences in (400, 12, 12, 12, 12, 12):
        lines = ["-DOCSTART- O\n"]
        for _ in range(sentences):
            lines.append("".join(f"w{(place + i) % 9} {'xy'[i % 2]}\n" for i in range(4)))
            place += 1
        blocks.append("\n".join(lines))
    (here / "text.conll").write_text("\n".join(blocks))


UNEQUAL = ["data=files", "data.train=text.conll", "embed=random", "data.folds=3", "store=x.sqlite"]
QUICK = ["model.hidden=4", "optim.epochs=1"]


def test_a_size_that_one_fold_lacks_is_refused_before_the_first_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_unequal_documents(tmp_path)
    for size in ("train_size=1500", "grid.train_size=[40,1500]", "train_size=49"):
        with pytest.raises(
            UserError, match=r"48 tokens in the smallest of its 3 folds; .* 1 to 48,"
        ):
            run_config(compose([*UNEQUAL, *QUICK, size]))
    assert not (tmp_path / "x.sqlite").exists()


@pytest.mark.parametrize("size", ["train_size=48", "grid.seed=[0,1]", "grid.ladder=2"])
def test_no_row_claims_a_size_that_it_was_not_trained_on(tmp_path, monkeypatch, size):
    monkeypatch.chdir(tmp_path)
    write_unequal_documents(tmp_path)
    run_config(compose([*UNEQUAL, *QUICK, size]))
    rows = Store(tmp_path / "x.sqlite").runs()
    assert len(rows) == (6 if "seed" in size else 3)
    assert all(0 <= row.train_tokens - row.train_size < 4 for row in rows)


def test_a_run_of_a_fold_that_has_less_is_refused(inputs, tiny):
    corpus = pooled(inputs.corpus, 4)
    one = of_fold(corpus, 0, 1)
    run = tiny.base_run(replace(inputs, corpus=corpus), folds=4, fold=1)
    run = replace(run, train_size=one.train.examples + 1)
    with pytest.raises(UserError, match=f"train_size={run.train_size}: .*{one.train.examples} tok"):
        train(run, corpus, inputs.reference, device="cpu", on_epoch=lambda epoch: None)


def test_the_full_size_stays_when_further_seeds_join(folded):
    sizes = {full_size(folded.corpus, range(n)) for n in (1, 3, 20)}
    assert sizes == {folded.corpus.available(range(20))}
    assert full_size(folded.corpus, range(60)) == folded.corpus.available(range(60))
