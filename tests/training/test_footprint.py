"""The memory of a run, estimated from its configuration, beside what a process takes for it."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wvexp import machine as memory
from wvexp.arms import Tuning
from wvexp.config.schema import Model, Optim
from wvexp.data.corpus import Corpus
from wvexp.data.split import Split
from wvexp.errors import UserError
from wvexp.training.footprint import footprint, require_run_memory
from wvexp.training.identity import RunConfig

PROGRAM = """
import sys
from test_footprint import corpus_of, run_of
from wvexp.training.run import train
def peak():  # of this program alone: rusage begins with what the one that started it had
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM"))
task, name, engine = sys.argv[1:4]
corpus = corpus_of(task)
keys = {key: eval(value) for key, value in (word.split("=") for word in sys.argv[4:])}
train(run_of(task, name, engine), corpus, None, device="cpu", on_epoch=lambda e: None)
before = peak()
train(run_of(task, name, engine, **keys), corpus, None, device="cpu", on_epoch=lambda e: None)
print(peak() - before)
"""


def corpus_of(task, sentences=60):
    rng = np.random.default_rng(0)

    def split(seed):
        words = rng.integers(0, 50, 5 * sentences).astype(np.int32)
        labels = np.arange(5 * sentences if task == "token" else sentences, dtype=np.int32) % 2
        return Split(task, words, np.arange(0, 5 * sentences + 1, 5), labels)

    words = [f"word{i}" for i in range(50)]
    return Corpus("made", words, ["O", "X"], split(0), split(1), split(2))


def run_of(task, name, engine="autograd", batch_size=64, dim=4, **model):
    return RunConfig(
        task=task,
        embed="random",
        dim=dim,
        finetune=True,
        tuning=Tuning(),
        model=Model(name=name, **model),
        optim=Optim(epochs=1, batch_size=batch_size),
        metric="accuracy",
        train_size=60,
        seed=0,
        engine=engine,
        data="",
        vectors=None,
    )


@pytest.mark.parametrize(
    ("task", "name", "keys", "key"),
    [
        ("sentence", "mean", {"hidden": 10**9}, "model.hidden=1000000000"),
        ("token", "window", {"window": 10**9 + 1}, "model.window=1000000001"),
        ("sentence", "cnn", {"filters": 10**9}, "model.filters=1000000000"),
        ("sentence", "cnn", {"widths": [3, 10**9]}, "model.widths=[3, 1000000000]"),
        ("sentence", "mean", {"dim": 10**9}, "embed.dim=1000000000"),
    ],
)
def test_what_cannot_fit_is_refused_by_the_key_that_asks_for_it(monkeypatch, task, name, keys, key):
    monkeypatch.setattr(memory, "free_memory", lambda: 64_000_000_000)
    corpus = corpus_of(task)
    require_run_memory(run_of(task, name), corpus)
    with pytest.raises(UserError) as refused:
        require_run_memory(run_of(task, name, **keys), corpus)
    said = str(refused.value)
    assert said.startswith(f"{key}: a run needs about ")
    assert "64 GB are free; give a smaller" in said


def test_a_batch_is_never_more_than_the_data():
    corpus, run = corpus_of("sentence"), run_of("sentence", "mean")
    huge = replace(run, optim=replace(run.optim, batch_size=10**9))
    assert footprint(huge, corpus) == footprint(run, corpus)


@pytest.mark.parametrize(
    ("task", "name", "engine", "keys"),
    [
        ("sentence", "mean", "autograd", {"hidden": 2_000_000}),
        ("sentence", "mean", "handwritten", {"hidden": 2_000_000}),
        ("token", "window", "autograd", {"window": 60_001, "hidden": 100}),
        ("sentence", "cnn", "autograd", {"filters": 500_000}),
        ("sentence", "mean", "autograd", {"dim": 500_000, "hidden": 0}),
    ],
)
def test_the_estimate_is_what_a_process_takes_to_within_a_factor(task, name, engine, keys):
    words = [f"{key}={value}" for key, value in keys.items()]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, task, name, engine, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
    )
    assert done.returncode == 0, done.stderr
    corpus = corpus_of(task)
    small, large = (footprint(run_of(task, name, engine, **k), corpus) for k in ({}, keys))
    taken = int(done.stdout)
    assert 0.4 < (large - small) / taken < 4, (large - small, taken)
