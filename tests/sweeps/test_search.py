"""Search: equal tries for every arm, in batches, stored and resumed as any sweep."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from wvexp.config.compose import compose
from wvexp.errors import UserError
from wvexp.results.store import Store
from wvexp.sweeps.search import run_search

optuna = pytest.importorskip("optuna", minversion="5", reason="extra `search` is not installed")

SMALL = ["data.world_vocabulary=2000", "data.world_size=2000", "model.hidden=4", "optim.epochs=1"]


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, cache):
    monkeypatch.setenv("WVEXP_CACHE", str(cache))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def experiment(*arguments):
    return compose(["experiment=search", "train_size=100", "search.batch=2", *SMALL, *arguments])


def studies(here):
    storage = f"sqlite:///{here}/runs/search.sqlite"
    names = optuna.get_all_study_names(storage)
    found = [optuna.load_study(study_name=name, storage=storage) for name in names]
    storages = [study._storage for study in found]
    return found, storages


def test_every_arm_has_its_tries_and_a_second_call_only_what_is_missing(here, capsys):
    run_search(experiment("search.trials=3"))
    run_search(experiment("search.trials=3"))
    assert capsys.readouterr().out.count("runs trained") == 4 * 2  # batches of 2 and 1
    run_search(experiment("search.trials=4"))
    rows = {run.key: run for run in Store(here / "runs/results.sqlite").runs()}
    assert len(rows) == 16
    found, _ = studies(here)
    assert len(found) == 4
    told = sorted(trial.value for study in found for trial in study.trials)
    assert told == sorted(run.metric.validation for run in rows.values())
    tuned = [study for study in found if "-tuned" in study.study_name]
    assert all("tuning.lr_scale" in trial.params for s in tuned for trial in s.trials)
    assert len(tuned) == 2


def test_a_search_over_several_seeds_is_refused():
    with pytest.raises(UserError, match="one size"):
        run_search(experiment("search.trials=1", "grid.seed=[0,1]"))


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("grid.model=[window]", r"grid\.model=\['window'\] means nothing"),
        ("grid.lr=[0.1]", r"grid\.lr=\[0\.1\] means nothing"),
        ("optim.lr=0.01", r"optim\.lr=0\.01 means nothing with experiment=search"),
        ("model.dropout=0.3", r"model\.dropout=0\.3 means nothing"),
        ("optim.lr=0.001", r"optim\.lr=0\.001 means nothing"),  # the default, said aloud
        ("tuning.lr_scale=2", r"tuning\.lr_scale=2 means nothing"),
        ("report=x.html", r"report=x\.html means nothing"),
        ("search.study=runs/results.sqlite", "is the results file too"),
    ],
)
def test_what_a_search_does_not_read_is_refused(here, argument, message):
    with pytest.raises(UserError, match=message):
        experiment("search.trials=1", argument)


def test_what_another_rule_or_model_brings_with_it_is_no_mistake():
    config = experiment("search.trials=1", "optim=sgd", "data.task=sentence", "model=cnn")
    assert (config.optim.lr, config.model.dropout) == (0.1, 0.5)


def test_a_database_of_something_else_stays_as_it_is(here):
    with closing(sqlite3.connect("mine.sqlite")) as connection:
        connection.execute("CREATE TABLE precious (x)")
        connection.commit()
    before = (here / "mine.sqlite").read_bytes()
    with pytest.raises(
        UserError, match=r"search\.study=mine\.sqlite is not a file of Optuna's.*precious"
    ):
        run_search(experiment("search.trials=1", "search.study=mine.sqlite"))
    assert (here / "mine.sqlite").read_bytes() == before


def test_a_study_that_cannot_be_kept_is_one_line(here):
    (here / "file").write_text("")
    with pytest.raises(UserError, match=r"search\.study="):
        run_search(experiment("search.trials=1", "search.study=file/x.sqlite"))


HOLDER = """
import sys
import optuna
from wvexp.sweeps import search
from pathlib import Path
with search._opened(optuna, Path("runs/search.sqlite")) as storage:
    study = optuna.load_study(study_name=sys.argv[1], storage=storage)
    study.ask()
    print("asked", flush=True)
    sys.stdin.read()
"""


def test_a_study_belongs_to_one_living_search(here):
    """The second is told so; once the first is dead, its open try is void."""
    one_arm = ["search.trials=1", "grid.embed=[random]", "grid.finetune=[false]"]
    run_search(experiment(*one_arm))
    ((study,), _) = studies(here)
    first = subprocess.Popen(
        [sys.executable, "-c", HOLDER, study.study_name],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=here,
    )  # fmt: skip
    with first:
        try:
            assert first.stdout.readline() == "asked\n"
            with pytest.raises(
                UserError, match=r"search\.study=runs/search\.sqlite: another search.*; wait for"
            ):
                run_search(experiment(*one_arm, "search.trials=2"))
            running = (optuna.trial.TrialState.RUNNING,)
            assert len(study.get_trials(states=running)) == 1
        finally:
            first.kill()
    run_search(experiment(*one_arm, "search.trials=2"))
    states = [trial.state.name for trial in study.get_trials()]
    assert states == ["COMPLETE", "FAIL", "COMPLETE"]
