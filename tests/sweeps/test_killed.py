"""Killed at any moment and begun again, a sweep ends with the table of an undisturbed one."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wvexp.results.store import Store
from wvexp.sweeps.run import run_sweep

PROGRAM = Path(__file__).parents[1] / "helpers" / "killed_sweep.py"
# WVEXP_KILLS=50 gives the long form: a sweep of 200 runs, killed at 50 random moments.
KILLS = int(os.environ.get("WVEXP_KILLS", "4"))
SEEDS = 25 if KILLS > 10 else 10


def start(path, seeds=SEEDS):
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), str(path), str(seeds)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def keys_of(path):
    connection = sqlite3.connect(path)
    try:
        return [key for (key,) in connection.execute("SELECT key FROM runs")]
    finally:
        connection.close()


def test_kills_neither_lose_nor_repeat_a_run(inputs, tiny, tmp_path):
    path, moment = tmp_path / "killed.sqlite", random.Random(0)
    runs = tiny.make_grid(inputs, seeds=SEEDS).runs()
    said, kills = [], 0
    while kills < KILLS:
        sweep = start(path)
        # Somewhere in the time that a share of the runs takes, often between two of them.
        assert sweep.stdout.readline().startswith("skipped"), sweep.stderr.read()
        heard = [
            sweep.stdout.readline().strip()
            for _ in range(moment.randint(0, max(1, len(runs) // KILLS - 1)))
        ]
        time.sleep(moment.random() * 0.02)
        sweep.send_signal(signal.SIGKILL)
        rest, _ = sweep.communicate()
        # A key is cut off where the kill struck in the middle of its line.
        heard += [line for line in rest.splitlines() if len(line) == 16]
        said += [key for key in heard if key]
        assert sweep.returncode in (-signal.SIGKILL, 0)
        kills += 1
        if path.exists():
            assert set(said) <= set(keys_of(path)), "a run that had been reported done is lost"
    last = start(path)
    output, errors = last.communicate()
    assert last.returncode == 0, errors
    said += output.splitlines()[1:]
    assert len(said) == len(set(said)), "a run was reported done twice"
    keys = keys_of(path)
    assert len(keys) == len(set(keys)) == len(runs)
    undisturbed = Store(tmp_path / "undisturbed.sqlite")
    run_sweep(runs, inputs, undisturbed)
    assert tiny.table_of(Store(path)) == tiny.table_of(undisturbed)


@pytest.mark.parametrize("after", [0, 7])
def test_ctrl_c_stores_what_is_finished_and_exits_with_130(tmp_path, after):
    path = tmp_path / "results.sqlite"
    seeds = 40 * SEEDS  # far more than can be done before the signal arrives
    with start(path, seeds) as sweep:
        assert sweep.stdout.readline() == "skipped 0\n", sweep.stderr.read()
        for _ in range(after):
            sweep.stdout.readline()
        sweep.send_signal(signal.SIGINT)
        # Not communicate(): it would pass over lines that readline() has already taken in.
        rest, errors = sweep.stdout.read(), sweep.stderr.read()
        assert sweep.wait(timeout=60) == 130, errors
    assert errors == ""
    # Every run that was said to be done is there, and none that was not.
    assert len(keys_of(path)) == after + len(rest.splitlines())
    assert len(keys_of(path)) < 8 * seeds
