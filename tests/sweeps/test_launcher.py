"""`train.py -m` goes through the pool: folders a job, rows as from single runs, clear mistakes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from wvexp.cli import run_command
from wvexp.config.compose import run_hydra_command
from wvexp.errors import RunError, UserError
from wvexp.results.store import Store
from wvexp.sweeps import jobs as jobs_module
from wvexp.sweeps.jobs import run_jobs
from wvexp.sweeps.session import run_config
from wvexp.training.run import train

WORLD = ["data.world_vocabulary=2000", "data.world_size=2000", "optim.epochs=2", "model.hidden=8"]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, cache):
    monkeypatch.setenv("WVEXP_CACHE", str(cache))
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
    monkeypatch.setattr(sys, "argv", ["train.py"])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command(*arguments):
    run_hydra_command(run_config, [*WORLD, *arguments], sweep=run_jobs)


def contents(folder):
    """result.json without what differs from one time to the next."""
    result = json.loads((folder / "result.json").read_text())
    return {name: value for name, value in result.items() if name not in ("seconds", "date")}


def job_folders(here):
    return {path.parent for path in here.glob("runs/sweeps/*/*/*/result.json")}


def test_a_sweep_leaves_a_folder_a_job_and_the_rows_of_single_runs(here, capsys):
    command("-m", "embed=pretrained,random", "finetune=true,false", "train_size=300", "seed=3")
    assert "4 runs trained" in capsys.readouterr().out
    folders = job_folders(here)
    assert {folder.name for folder in folders} == {str(i) for i in range(4)}
    runs = Store(here / "runs/results.sqlite").runs()
    assert len({run.arm for run in runs}) == 4
    assert {run.engine for run in runs} == {"handwritten"}
    by_arm = {contents(folder)["arm"]: folder for folder in folders}
    assert not (by_arm["random-frozen"] / "movement.parquet").exists()
    swept = by_arm["random-tuned"]
    out = here / "alone"
    command(
        "engine=handwritten", "train_size=300", f"out={out}", "store=other.sqlite", "embed=random",
        "finetune=true", "seed=3",
    )  # fmt: skip
    assert contents(out) == contents(swept)
    assert {path.name for path in out.iterdir()} == {path.name for path in swept.iterdir()}
    for path in (out / "model").iterdir():
        assert path.read_bytes() == (swept / "model" / path.name).read_bytes()
    epochs = (swept / "metrics.jsonl").read_text().splitlines()
    assert len(epochs) == contents(swept)["epochs"]


def test_jobs_that_are_one_run_have_one_folder_and_say_so(here, capsys):
    command("-m", "train_size=100,100", "seed=0,1")
    said = capsys.readouterr().out
    assert "4 jobs are 2 runs" in said
    assert "2 runs trained" in said
    assert {folder.name for folder in job_folders(here)} == {"0", "1"}


@pytest.mark.parametrize(("key", "values"), [("dispatch", "local,ray"), ("workers", "1,2")])
def test_jobs_cannot_differ_in_where_they_run(here, key, values):
    with pytest.raises(UserError, match=f"{key}={values} with -m"):
        command("-m", f"{key}={values}", "train_size=100")
    assert not list(here.glob("**/*.sqlite"))


def test_every_results_file_is_opened_before_any_run_is_trained(here):
    (here / "other.sqlite").write_text("something else")
    with pytest.raises(UserError, match=r"other\.sqlite"):
        command("-m", "train_size=100", "store=one.sqlite,other.sqlite")
    assert Store(here / "one.sqlite").runs() == []


def test_what_is_stored_is_skipped_and_counted_aloud(here, capsys):
    command("-m", "train_size=100", "seed=0,1")
    before = job_folders(here)
    command("-m", "train_size=100", "seed=0,1,2")
    assert "2 of 3 runs are in the results file: skipped" in capsys.readouterr().out
    assert len(job_folders(here)) == len(before) + 1


def test_jobs_on_different_data_read_each_their_own(here):
    command("-m", "train_size=100", "data.task=token,sentence")
    runs = Store(here / "runs/results.sqlite").runs()
    assert {(run.task, run.model) for run in runs} == {
        ("token", "window"),
        ("sentence", "mean"),
    }


def test_every_model_of_the_package_is_trained_by_hand(here):
    command("-m", "train_size=20", "data.task=sentence", "model=cnn", "seed=0,1")
    runs = Store(here / "runs/results.sqlite").runs()
    assert [run.engine for run in runs] == ["handwritten"] * 2


def test_two_sweeps_of_one_moment_share_no_folder(here):
    same = "hydra.sweep.dir=runs/sweeps/today/now"
    command("-m", "train_size=100", "seed=0,1", same)
    command("-m", "train_size=100", "seed=2,3", same)
    found = sorted(contents(folder)["seed"] for folder in job_folders(here))
    assert found == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "arguments",
    [
        ["-m", "seed=0,1"],
        ["-m", "seed=0,1", "engine=handwritten"],
        ["-m", "seed=0,1", "engine=autograd", "dispatch=ray"],
        ["engine=handwritten"],
        ["data.folds=3", "engine=autograd"],
        ["grid.seed=[0,1]"],
    ],
)
def test_checks_of_parity_that_nobody_would_make_are_refused(here, arguments):
    with pytest.raises(UserError, match=r"parity\.every=3 means nothing"):
        command("parity.every=3", *arguments)
    assert not list(here.glob("runs/*"))


def test_jobs_on_autograd_are_checked_as_often_as_asked(here):
    checked = {}
    for every in (2, 4):
        keys = [f"parity.every={every}", f"store={every}.sqlite", "optim.epochs=1"]
        command("-m", "engine=autograd", "train_size=1500", "seed=0", *keys)
        (run,) = Store(here / f"{every}.sqlite").runs()
        checked[every] = run.parity.checked
    assert checked[2] > checked[4] > 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["seed=0,1", "out=here"], "out= with -m"),
        (["seed=0,1", "experiment=guidance"], "leave -m out"),
        (["seed=0,1", "grid.lr=[0.1,0.2]"], "leave -m out"),
        (["seed=0,1", "device=cuda"], "device=cuda"),
        (["seed=0,1", "model=mean"], "model=mean does not fit token"),
        (["seed=0,1", "sed=2"], "unknown key sed"),
        (["seed=0,-1"], "seed=-1"),
        (["seed=range(3,0)"], "not one run in it"),
        (["seed=0,1", "data.folds=3"], "data.folds=3 with -m"),
        (["seed=0,1", "report=x.html"], "report=x.html with -m"),
        (["seed=0,1", "workers=2", "dispatch=ray"], "workers=2 are threads"),
        (["seed=0,1", "budget=5m"], "budget=5m means nothing"),
        (["data.task=token,sentence", "train_size=100", "metric=entity_f1"], "entity_f1"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(here, arguments, message):
    with pytest.raises(UserError, match=message):
        command("-m", *arguments)
    assert [path for path in here.rglob("*") if path.is_file() and path.suffix != ".sqlite"] == []
    assert not (here / "runs" / "sweeps").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["workers=2"], "workers=2 means nothing for one run"),
        (["dispatch=ray"], "dispatch=ray means nothing for one run"),
        (["report=x.html"], "report=x.html means nothing for one run"),
        (["grid.seed=range(0,3)"], "ranges are for -m"),
        (["experiment=guidance", "seed=7"], "seed=7 means nothing beside grid.seed="),
        (["experiment=guidance", "embed=random"], "embed=random means nothing beside grid.embed="),
        (["experiment=guidance", "optim.lr=0.1"], r"give grid\.lr=\[0\.1\]"),
        (["experiment=guidance", "train_size=100"], "means nothing beside grid.ladder=6"),
        (
            ["experiment=guidance", "report=file/x.html"],
            "report=file/x.html: nothing can",
        ),
        (["experiment=guidance", "report=x.pdf"], "report=x.pdf does not end in .html"),
        (["experiment=guidance", "data.task=sentence", "metric=entity_f1"], "metric=entity_f1"),
    ],
)
def test_what_would_be_ignored_or_fail_at_the_end_is_refused_at_once(here, arguments, message):
    (here / "file").write_text("")
    with pytest.raises(UserError, match=message):
        command(*arguments)
    assert not list(here.rglob("*.html"))
    assert not (here / "runs" / "results.sqlite").exists()


def test_a_failing_job_is_listed_and_ends_in_status_1(here, monkeypatch, capsys):
    def failing(run, *others, **options):
        if run.seed == 1:
            raise RunError("training diverged: mean loss nan; lower optim.lr")
        return train(run, *others, **options)

    monkeypatch.setattr("wvexp.experiment.run.train", failing)

    def main(argv):
        command("-m", "train_size=100", "seed=range(0,3)")

    with pytest.raises(SystemExit) as ended:
        run_command(main)
    assert ended.value.code == 1
    printed = capsys.readouterr()
    assert "failed: pretrained-frozen size 100 seed 1 lr 0.001: training diverged" in printed.out
    assert "1 of 3 runs failed" in printed.err
    assert len(job_folders(here)) == 2
    assert len(Store(here / "runs/results.sqlite").failures()) == 1


def test_an_experiment_that_is_a_grid_needs_no_m(here, capsys):
    arguments = ["experiment=guidance", "grid.ladder=null", "grid.train_size=[100,200]"]
    command(*arguments, "grid.seed=[0]", "grid.lr=[0.001]")
    assert "8 runs trained" in capsys.readouterr().out
    command(*arguments, "grid.seed=[0,1]", "grid.lr=[0.001]")
    assert "8 of 16 runs are in the results file" in capsys.readouterr().out
    runs = Store(here / "runs/results.sqlite").runs(train_size=200, arm="random-tuned")
    assert sorted(run.seed for run in runs) == [0, 1]


def test_too_large_a_size_is_refused_before_anything_is_trained(here):
    with pytest.raises(UserError, match="train_size=9999999"):
        command("experiment=guidance", "grid.ladder=null", "grid.train_size=[100,9999999]")
    assert Store(here / "runs/results.sqlite").runs() == []


def test_composition_never_happens_in_threads(monkeypatch):
    """The jobs reach the sweep as plain configurations, all of them together."""
    seen = []
    run_hydra_command(lambda config: None, ["-m", "seed=range(0,5)"], sweep=seen.append)
    assert [job.config.seed for job in seen[0]] == [0, 1, 2, 3, 4]
    assert len(seen) == 1
    assert "hydra" not in vars(jobs_module)


def test_the_command_itself(here):
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts/train.py"), *WORLD, "-m", "train_size=100",
         "seed=range(0,3)"],
        capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "3 runs trained" in done.stdout
    assert len(job_folders(here)) == 3
