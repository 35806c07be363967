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
from test_footprint import SAME, corpus_of, run_of
from wvexp.training.run import train
def peak():  # of this program alone: rusage begins with what the one that started it had
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM"))
task, name, engine, sentences, length = sys.argv[1:6]
corpus = corpus_of(task)
keys = {key: eval(value) for key, value in (word.split("=") for word in sys.argv[6:])}
small = {key: keys[key] for key in keys if key in SAME}
train(run_of(task, name, engine, **small), corpus, None, device="cpu", on_epoch=lambda e: None)
before = peak()
corpus = corpus_of(task, int(sentences), int(length))
train(run_of(task, name, engine, **keys), corpus, None, device="cpu", on_epoch=lambda e: None)
print(peak() - before)
"""


# Keys that choose what code runs: the run beside which another's memory is measured has them too.
SAME = ("layers", "features", "crf", "weights", "bigrams")


def corpus_of(task, sentences=60, length=5):
    rng = np.random.default_rng(0)

    def split(seed):
        tokens = length * sentences
        words = rng.integers(0, 50, tokens).astype(np.int32)
        labels = np.arange(tokens if task == "token" else sentences, dtype=np.int32) % 2
        return Split(task, words, np.arange(0, tokens + 1, length), labels)

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


LARGE = {
    "mean": ("sentence", "mean", "autograd", {"hidden": 2_000_000}),
    "mean by hand": ("sentence", "mean", "handwritten", {"hidden": 2_000_000}),
    "window": ("token", "window", "autograd", {"window": 60_001, "hidden": 100}),
    "cnn": ("sentence", "cnn", "autograd", {"filters": 500_000}),
    "word vectors": ("sentence", "mean", "autograd", {"dim": 500_000, "hidden": 0}),
    "bilstm by hand": ("token", "bilstm", "handwritten", {"hidden": 700}),
    "cnn by hand": ("sentence", "cnn", "handwritten", {"filters": 200_000}),
}
FEATURES = {"features": ["case", "affix"], "crf": True}
LONG = {
    "bilstm and crf": ("token", "bilstm", "autograd", {"layers": 2, **FEATURES}),
    "bilstm and crf by hand": ("token", "bilstm", "handwritten", {"layers": 2, **FEATURES}),
    "bilstm of texts by hand": ("sentence", "bilstm", "handwritten", {"hidden": 100}),
    "window and crf by hand": ("token", "window", "handwritten", {"window": 15, **FEATURES}),
    "mean and bigrams by hand": ("sentence", "mean", "handwritten", {"dim": 300, "bigrams": True}),
}


@pytest.mark.parametrize("case", [*LARGE, *LONG])
def test_the_estimate_is_what_a_process_takes_to_within_a_factor(case):
    task, name, engine, keys = {**LARGE, **LONG}[case]
    size = (60, 5) if case in LARGE else (300, 60)
    same = {key: keys[key] for key in keys if key in SAME}
    words = [f"{key}={value!r}" for key, value in keys.items()]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, task, name, engine, *map(str, size), *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
    )
    assert done.returncode == 0, done.stderr
    small = footprint(run_of(task, name, engine, **same), corpus_of(task))
    large = footprint(run_of(task, name, engine, **keys), corpus_of(task, *size))
    taken = int(done.stdout)
    assert 0.4 < (large - small) / taken < 4, (large - small, taken)
