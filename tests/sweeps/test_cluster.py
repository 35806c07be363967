"""Other machines: the table is that of threads, with a node lost in the middle too."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from wvexp.errors import RunError, UserError
from wvexp.results.store import Store
from wvexp.sweeps import cluster
from wvexp.sweeps.cluster import grouped, on_ray, on_slurm, train_group
from wvexp.sweeps.run import cost, run_sweep, train_run

SEEDS = 4
HELPERS = Path(__file__).resolve().parents[1] / "helpers"


@pytest.fixture
def expected(inputs, tiny, tmp_path):
    runs = tiny.make_grid(inputs, seeds=SEEDS).runs()
    local = Store(tmp_path / "local.sqlite")
    run_sweep(runs, inputs, local)
    return runs, tiny.table_of(local)


@pytest.fixture
def importable(monkeypatch):
    """What the workers need to find: the package, and the makers of these tests."""
    root = HELPERS.parents[1]
    paths = [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))


def test_groups_keep_the_order_and_hold_some_seconds_each(inputs, tiny):
    runs = sorted(tiny.make_grid(inputs, seeds=20).runs(), key=cost, reverse=True)
    groups = grouped(runs, 1.0)
    assert [run for group in groups for run in group] == runs
    assert all(sum(map(cost, group[:-1])) < 1.0 for group in groups)
    assert all(sum(map(cost, group)) >= 1.0 for group in groups[:-1])
    assert len(groups) > 1


def test_a_run_that_cannot_be_finished_leaves_the_rest_of_its_group(inputs, tiny):
    runs = tiny.make_grid(inputs, seeds=1).runs()[:3]

    def train_one(run, inputs, stop):
        if run == runs[1]:
            raise RunError("diverged")
        return train_run(run, inputs, stop)

    outcomes = train_group(train_one, runs, inputs)
    assert [isinstance(outcome, RunError) for outcome in outcomes] == [False, True, False]


def test_a_fault_of_the_machine_is_raised_to_be_tried_elsewhere(inputs, tiny):
    def train_one(run, inputs, stop):
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        train_group(train_one, [tiny.base_run(inputs)], inputs)


class Unreliable:
    """A cluster that loses every task of more than one run, and one run for good."""

    def __init__(self, train_one, inputs):
        self.train_one, self.inputs, self.groups, self.closed = train_one, inputs, {}, False

    def submit(self, group):
        self.groups[len(self.groups)] = group
        return len(self.groups) - 1

    def ready(self, tasks):
        return list(tasks)[:1]

    def outcomes(self, task):
        group = self.groups[task]
        if len(group) > 1 or group[0].seed == 2:
            raise OSError("the node is gone")
        return train_group(self.train_one, group, self.inputs)

    def cancel(self, tasks):
        assert not list(tasks)

    def close(self):
        self.closed = True


def test_a_lost_task_is_tried_run_by_run(inputs, tiny, tmp_path):
    runs, made = tiny.make_grid(inputs, seeds=3).runs(), []

    def connect(train_one, inputs):
        made.append(Unreliable(train_one, inputs))
        return made[0]

    store = Store(tmp_path / "results.sqlite")
    outcome = run_sweep(runs, inputs, store, dispatch=cluster._dispatch(connect, 10.0))
    assert {failure.run.seed for failure in outcome.failed} == {2}
    assert outcome.failed[0].error == "OSError: the node is gone"
    assert store.keys() == {run.key for run in runs if run.seed != 2}
    assert made[0].closed


def test_ray_finishes_although_a_node_is_killed(
    inputs, tiny, tmp_path, expected, importable, monkeypatch
):
    pytest.importorskip("ray", reason="extra `ray` is not installed")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    runs, table = expected
    path = tmp_path / "ray.sqlite"
    done = subprocess.run(
        [sys.executable, str(HELPERS / "ray_sweep.py"), str(path), str(SEEDS)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert f"{len(runs)} done, 0 failed" in done.stdout
    assert tiny.table_of(Store(path)) == table


@pytest.mark.parametrize(
    ("address", "said"),
    [("127.0.0.1:9", "refused"), ("ray://127.0.0.1:9", "refused"), ("nonsense", "Invalid address")],
)
def test_an_address_of_no_cluster_is_one_line_at_once(
    inputs, tiny, tmp_path, monkeypatch, address, said
):
    pytest.importorskip("ray", reason="extra `ray` is not installed")
    monkeypatch.setenv("RAY_ADDRESS", address)
    store = Store(tmp_path / "results.sqlite")
    with pytest.raises(UserError, match=rf"RAY_ADDRESS={address}: .*{said}.*; start the cluster"):
        run_sweep([tiny.base_run(inputs)], inputs, store, dispatch=on_ray())


class RecordingRay:
    """Notes how it is started; the rest of `ray` is not asked for."""

    def __init__(self):
        self.started = []

    def init(self, **options):
        self.started.append(options)


def test_without_an_address_no_running_cluster_is_joined(monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    ray = RecordingRay()
    cluster._connect_ray(ray)
    (options,) = ray.started
    assert (options["address"], options["_node_ip_address"]) == ("local", "127.0.0.1")


def test_submitit_gives_the_same_table(inputs, tiny, tmp_path, expected, importable):
    pytest.importorskip("submitit", reason="extra `slurm` is not installed")
    runs, table = expected
    store, folder = Store(tmp_path / "slurm.sqlite"), tmp_path / "jobs"
    outcome = run_sweep(runs, inputs, store, dispatch=on_slurm(folder, cluster="local"))
    assert (outcome.done, outcome.failed) == (len(runs), ())
    assert tiny.table_of(store) == table
    assert list(folder.glob("inputs-*")) == []


def test_slurm_without_slurm_is_one_line(inputs, tiny, tmp_path, monkeypatch):
    pytest.importorskip("submitit", reason="extra `slurm` is not installed")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="dispatch=slurm"):
        run_sweep(
            [tiny.base_run(inputs)],
            inputs,
            Store(tmp_path / "results.sqlite"),
            dispatch=on_slurm(tmp_path / "jobs"),
        )


@pytest.mark.parametrize(("dispatch", "extra"), [(on_ray, "ray"), (on_slurm, "slurm")])
def test_a_missing_extra_is_named(inputs, tiny, tmp_path, monkeypatch, dispatch, extra):
    def missing(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(UserError, match=rf"wvexp\[{extra}\]"):
        dispatch()(train_run, [tiny.base_run(inputs)], inputs, print, print, threading.Event())
