"""A results file of the version before `StoredRun`: read in full, reported on, gone on with.

`earlier.sqlite` holds runs of the built-in world (data.world_size=400 data.world_vocabulary=2000):
the four arms at 100 and 300 tokens with two seeds; pretrained vectors at 300 tokens cross-fitted
over two folds; and one run of `train.py` by itself, with parity.every=2.
"""

import json
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wvexp.config.schema import Model, Optim, Tuning
from wvexp.data.folds import pooled
from wvexp.data.records import to_plain
from wvexp.data.world import world_corpus
from wvexp.errors import UserError
from wvexp.experiment.inputs import Inputs
from wvexp.report.findings import find
from wvexp.report.measurements import measure
from wvexp.report.store_report import report_store
from wvexp.results.crossfit import CrossFitted
from wvexp.results.store import Store
from wvexp.sweeps.grid import FOUR_ARMS, Grid
from wvexp.sweeps.run import run_sweep
from wvexp.training.identity import RunConfig
from wvexp.vectors.reference import match_lexicon

EARLIER = Path(__file__).with_name("earlier.sqlite")
PLAIN, FOLDED, ALONE = "1d440e4c47879732", "e08a9969147200d5", "26e7d608b5e218ac"
LATER_KEYS = ("date", "data", "read", "type_coverage", "labels_unseen")
# Of the report that the version which wrote the file made of it.
SCORES = {
    PLAIN: {
        ("pretrained-frozen", 100): 0.029330999879131864,
        ("pretrained-frozen", 300): 0.19738109986922706,
        ("pretrained-tuned", 100): 0.02906026732300961,
        ("pretrained-tuned", 300): 0.2068503833054814,
        ("random-frozen", 100): 0.0,
        ("random-frozen", 300): 0.013622469938658852,
        ("random-tuned", 100): 0.0,
        ("random-tuned", 300): 0.04502258020861005,
    },
    FOLDED: {
        ("pretrained-frozen", 300): 0.002419054707852623,
        ("pretrained-tuned", 300): 0.0014897579143389197,
    },
    ALONE: {("pretrained-tuned", 300): 0.018575851393188847},
}


def edited(path, edit):
    """A copy of the file, with `edit` of each row's result."""
    shutil.copy(EARLIER, path)
    connection = sqlite3.connect(path)
    for key, text in connection.execute("SELECT key, result FROM runs").fetchall():
        content = json.loads(text)
        edit(content)
        row = [json.dumps(content), key]
        connection.execute("UPDATE runs SET result = ? WHERE key = ?", row)
    connection.commit()
    connection.close()
    return path


def test_every_value_of_every_row_is_read():
    connection = sqlite3.connect(f"{EARLIER.as_uri()}?mode=ro", uri=True)
    rows = dict(connection.execute("SELECT key, result FROM runs").fetchall())
    connection.close()
    runs = Store.to_read(EARLIER).runs()
    assert {run.key: to_plain(run) for run in runs} == {k: json.loads(t) for k, t in rows.items()}
    assert len(runs) == 25
    [alone] = (run for run in runs if run.condition == ALONE)
    assert alone.parity.checked == 8
    assert len(alone.movement.most_moved) == 10
    assert alone.read.data == alone.data.name == "world-token"


@pytest.mark.parametrize("condition", [PLAIN, FOLDED, ALONE])
def test_the_report_has_the_scores_that_it_had(condition):
    found = find(measure(Store.to_read(EARLIER), condition))
    scores = {(score.arm, score.size): score.score for score in found.scores}
    assert scores == pytest.approx(SCORES[condition], rel=1e-12)


def test_the_folds_are_joined_as_they_were():
    store = Store.to_read(EARLIER)
    runs = CrossFitted(store).runs(condition=FOLDED)
    assert len(runs) == 4
    for run in runs:
        parts = [one for key in run.fold_keys for one in store.runs(key=key)]
        assert [part.fold for part in parts] == [0, 1]
        assert run.metric.test == np.mean([part.metric.test for part in parts])
        assert run.data.pool.sentences == 4284
        supports = [sum(p.per_class[name].support for p in parts) for name in run.per_class]
        assert [scores.support for scores in run.per_class.values()] == supports


def test_what_older_rows_do_not_say_is_unknown_and_nothing_else_changes(tmp_path):
    def older(content):
        for name in LATER_KEYS:
            content.pop(name, None)

    path = edited(tmp_path / "older.sqlite", older)
    runs = Store.to_read(path).runs()
    assert all(getattr(run, name) is None for run in runs for name in LATER_KEYS)
    known = {run.key: run for run in Store.to_read(EARLIER).runs()}
    nothing = dict.fromkeys(LATER_KEYS)
    assert {run.key: run for run in runs} == {k: replace(r, **nothing) for k, r in known.items()}
    for condition in (PLAIN, FOLDED, ALONE):
        report_store(path, tmp_path / "r.html", condition=condition, movement=None, margin="0.01")
        told = json.loads((tmp_path / "r.json").read_text())
        scores = {(score["arm"], score["size"]): score["score"] for score in told["scores"]}
        assert scores == pytest.approx(SCORES[condition], rel=1e-12)
        assert told["described"] == []
        assert told["read"] is None
        assert {of_size["type_coverage"] for of_size in told["measures"].values()} == {None}


@pytest.mark.parametrize(
    ("said", "edit"),
    [
        ("no seconds", lambda run: run.pop("seconds")),
        (r"metric\.test is not a number", lambda run: run["metric"].update(test="x")),
        (r"metric\.test is not a number", lambda run: run["metric"].update(test=float("nan"))),
        (r"groups\.seen is not a group", lambda run: run["groups"].update(seen=3)),
        (r"no groups\.seen\.n", lambda run: run["groups"].update(seen={})),
        (r"per_class\.LOC\.f1 is not a number", lambda run: run["per_class"]["LOC"].update(f1="")),
        (r"data\.test\.tokens is not a whole", lambda run: run["data"]["test"].update(tokens="")),
        ("seed is not a whole number", lambda run: run.update(seed=True)),
        ("finetune is not true or false", lambda run: run.update(finetune=1)),
        ("key is not text", lambda run: run.update(key=None)),
        ("lr is not above 0", lambda run: run.update(lr=-0.003)),
        (r"config\.optim is not a group", lambda run: run["config"].update(optim=[])),
        (r"movement\.mean is not a number", lambda run: run["movement"].update(mean=None)),
        ("labels_missing is not text", lambda run: run.update(labels_missing=[3])),
        ("a fold, and not of how many", lambda run: run.update(fold=0) or run.pop("folds", None)),
        ("its column arm is .*, its result has 'x'", lambda run: run.update(arm="x")),
    ],
)  # fmt: skip
def test_damage_is_one_line_that_names_the_value(tmp_path, said, edit):
    path = edited(tmp_path / "damaged.sqlite", edit)
    with pytest.raises(UserError, match=rf"the row of run \w+ is damaged \({said}.*\); remove it"):
        Store.to_read(path).runs()


class Drawn:
    """Vectors for every word; those of the file were trained on text of the world."""

    def __init__(self, words):
        self.key_to_index = {word: i for i, word in enumerate(words)}
        self.vectors = np.random.default_rng(0).normal(size=(len(words), 50)).astype(np.float32)


@pytest.mark.parametrize(("condition", "sizes"), [(PLAIN, [100, 300]), (FOLDED, [300])])
def test_a_sweep_goes_on_from_it(tmp_path, condition, sizes):
    path = Path(shutil.copy(EARLIER, tmp_path / "results.sqlite"))
    stored = Store.to_read(path).runs(condition=condition)
    config = {k: v for k, v in stored[0].config.items() if k not in ("engine_version", "fold")}
    groups = {"model": Model, "optim": Optim, "tuning": Tuning}
    base = RunConfig(**{k: groups[k](**v) if k in groups else v for k, v in config.items()})
    corpus = world_corpus("token", 0, 400, 10_000, 20_000, 2000)
    corpus = pooled(corpus, base.folds) if base.folds else corpus
    reference = match_lexicon(Drawn(corpus.lexicon), corpus.lexicon, corpus.train.word_ids)
    vars(reference)["fingerprint"] = base.vectors
    arms = [arm for arm in FOUR_ARMS if condition == PLAIN or arm.embed == "pretrained"]
    runs = Grid(arms, sizes, [0, 1], [0.003], base).runs()
    assert {run.key for run in runs} == {run.key for run in stored}
    inputs = Inputs(corpus, reference, None, False)
    outcome = run_sweep(runs, inputs, Store(path))
    assert (outcome.done, outcome.skipped, outcome.failed) == (0, len(stored), ())
    lost = stored.pop()
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM runs WHERE key = ?", [lost.key])
    connection.commit()
    connection.close()
    outcome = run_sweep(runs, inputs, Store(path))
    assert (outcome.done, outcome.skipped, outcome.failed) == (1, len(stored), ())
    now = {run.key: run for run in Store.to_read(path).runs(condition=condition)}
    assert now.keys() == {run.key for run in runs}
    assert all(now[run.key] == run for run in stored)
