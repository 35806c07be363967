"""The command `train.py`: what a run leaves, bit for bit, and what a mistake leaves: nothing."""

import gzip
import json
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors

from wvexp.config.compose import run_hydra_command
from wvexp.errors import RunError, UserError
from wvexp.experiment.run import run_experiment
from wvexp.sweeps.session import run_config

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "train.py"
# A world as small as worlds go; its vectors are trained once a session.
WORLD = ["data.world_vocabulary=2000", "data.world_size=2000", "optim.epochs=2", "model.hidden=8"]


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def here(tmp_path, monkeypatch, cache):
    """An empty folder to stand in, with data and vectors beside it."""
    monkeypatch.setenv("WVEXP_CACHE", str(cache))
    monkeypatch.setattr(sys, "argv", ["train.py"])
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
    given, here = tmp_path / "given = é, [1]", tmp_path / "here"
    given.mkdir()
    here.mkdir()
    monkeypatch.chdir(here)
    rng = np.random.default_rng(0)
    words = [f"w{i}" for i in range(40)]
    for name, size in (("train", 120), ("validation", 40), ("test", 40)):
        lines = ["text,label"]
        for i in range(size):
            mood = i % 2
            text = " ".join(words[j] for j in rng.integers(20 * mood, 20 * mood + 20, size=4))
            lines.append(f"{text} number {i},{['bad', 'good'][mood]}")
        (given / f"{name}.csv").write_text("\n".join(lines) + "\n")
    keyed = KeyedVectors(5)
    keyed.add_vectors([*words, "number"], rng.normal(size=(41, 5)).astype(np.float32))
    keyed.save_word2vec_format(str(given / "vectors.bin"), binary=True)
    keyed.save_word2vec_format(str(given / "vectors.txt"))
    return here


def files(given, *changes):
    """Arguments for the data beside us; later ones win."""
    standard = {
        "data": "files",
        "data.train": f"{given}/train.csv",
        "data.validation": f"{given}/validation.csv",
        "data.test": f"{given}/test.csv",
        "embed.path": f"{given}/vectors.bin",
        "optim.epochs": "2",
    }
    standard.update(change.split("=", 1) for change in changes)
    return [f"{key}={value}" for key, value in standard.items() if value]


def beside(here):
    return here.parent / "given = é, [1]"


def in_process(*arguments):
    run_hydra_command(run_experiment, arguments)


def as_command(*arguments):
    root = str(SCRIPT.parents[1])
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    )


def left_by(here):
    """Every file and folder made, but for the results file."""
    return sorted(
        str(path.relative_to(here))
        for path in here.rglob("*")
        if not path.name.startswith("results.sqlite")
    )


def without_times(content):
    return {
        name: value
        for name, value in content.items()
        if name not in ("seconds", "date", "versions")
    }


def test_the_default_run_on_a_small_world(here):
    done = as_command(*WORLD)
    assert (done.returncode, done.stderr) == (0, "")
    (folder,) = (here / "runs").glob("*/*-pretrained-frozen")
    made = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert made == {
        "config.yaml",
        "metrics.jsonl",
        "result.json",
        "model/model.json",
        "model/weights.safetensors",
    }
    result = json.loads((folder / "result.json").read_text())
    assert set(result) == {
        *("key", "task", "arm", "embed", "finetune", "model", "train_size", "train_tokens"),
        *(
            "train_types",
            "type_coverage",
            "labels_missing",
            "seed",
            "lr",
            "condition",
            "engine",
            "metric",
        ),
        *("groups", "per_class", "coverage", "movement", "epochs", "best_epoch", "seconds"),
        *("data", "date", "read"),
        *("config", "versions", "parity"),
    }
    assert set(result["metric"]) == {"name", "validation", "test"}
    assert set(result["groups"]) == {"seen", "pretrained_only", "neither"}
    assert result["movement"] == {"rows": 0, "moved": 0, "max": 0.0, "mean": 0.0}
    epochs = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [epoch["epoch"] for epoch in epochs] == [1, 2]
    assert max(epoch["validation"] for epoch in epochs) == result["metric"]["validation"]
    connection = sqlite3.connect(here / "runs" / "results.sqlite")
    ((row,),) = connection.execute("SELECT result FROM runs").fetchall()
    connection.close()
    assert json.loads(row) == result
    for told in ("pretrained-frozen", "coverage", str(folder.relative_to(here) / "model")):
        assert told in done.stdout
    assert "\x1b" not in done.stdout


def test_a_run_is_the_same_to_the_bit_in_another_process(here):
    arguments = files(
        beside(here), "finetune=true", "model=cnn", "model.filters=5", "optim=adagrad"
    )
    done = as_command(*arguments, "out=first")
    assert (done.returncode, done.stderr) == (0, "")
    in_process(*arguments, "out=second", "store=other.sqlite", "device=cpu")
    first, second = (
        without_times(json.loads((here / out / "result.json").read_text()))
        for out in ("first", "second")
    )
    assert first == second  # out, store and device are not part of what a run is
    weights = [here / out / "model" / "weights.safetensors" for out in ("first", "second")]
    assert weights[0].read_bytes() == weights[1].read_bytes()
    in_process(*arguments, "out=third", "seed=1")
    third = json.loads((here / "third" / "result.json").read_text())
    assert third["key"] != first["key"]
    assert third["condition"] == first["condition"]


def test_no_path_reaches_the_result(here):
    in_process(*files(beside(here)), "out=mine")
    assert str(here.parent) not in (here / "mine" / "result.json").read_text()


def test_a_diverging_run_is_one_line_and_leaves_no_run(here):
    steep = ("optim=sgd", "optim.lr=9e5", "optim.batch_size=8", "model.hidden=0")
    with pytest.raises(RunError, match=r"training diverged: .*; lower optim\.lr") as caught:
        in_process(*files(beside(here), "finetune=true", *steep))
    assert "\n" not in str(caught.value)
    assert not [name for name in left_by(here) if name != "runs"]


def test_a_mistake_ends_with_one_line_and_status_2(here):
    done = as_command(*files(beside(here), "data.train=missing = é.csv"))
    assert done.returncode == 2
    assert done.stderr == "error: missing = é.csv: no such file; check the path\n"
    assert done.stdout == ""


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


TABLE = "text,label\n" + "".join(f"w{i} w{i},{('good', 'bad')[i % 2]}\n" for i in range(30))


def bad_data(given, content, name="bad.csv"):
    return files(given, f"data.train={write(given / name, content)}")


def bad_vectors(given, content, name="bad.bin"):
    return files(given, f"embed.path={write(given / name, content)}")


def with_nan(given):
    lines = (given / "vectors.txt").read_text().splitlines()
    word, _, *rest = lines[6].split()
    lines[6] = " ".join([word, "nan", *rest])
    return "\n".join(lines) + "\n"


def of_two_dimensions(given):
    lines = (given / "vectors.txt").read_text().splitlines()
    lines[6] += " 1.0"
    return "\n".join(lines) + "\n"


CASES = {
    "missing data": (lambda g: files(g, "data.train=gone.csv"), "gone.csv: no such file"),
    "empty data": (lambda g: bad_data(g, ""), "bad.csv: the file is empty"),
    "one label": (lambda g: bad_data(g, "text,label\na b,x\nc d,x\n"), "'x'"),
    "label only in test": (
        lambda g: files(g, f"data.test={write(g / 'bad.csv', 'text,label' + chr(10) + 'w1,new')}"),
        "'new'",
    ),
    "unclosed quote": (lambda g: bad_data(g, TABLE + '"w1 w2,good\nw3,bad\n'), "bad.csv"),
    "not UTF-8": (lambda g: bad_data(g, TABLE.encode() + b"caf\xe9,good\n"), "is not UTF-8"),
    "missing tag": (
        lambda g: files(
            g,
            f"data.train={write(g / 'bad.conll', 'a X' + chr(10) + 'b')}",
            *("data.validation=", "data.test="),
        ),
        "bad.conll: line 2",
    ),
    "no such column": (lambda g: files(g, "data.text=body"), "body"),
    "missing vectors": (lambda g: files(g, "embed.path=gone.bin"), "gone.bin"),
    "empty vectors": (lambda g: bad_vectors(g, b""), "bad.bin"),
    "two dimensions": (lambda g: bad_vectors(g, of_two_dimensions(g), "bad.txt"), "bad.txt"),
    "NaN in vectors": (lambda g: bad_vectors(g, with_nan(g), "bad.txt"), "bad.txt"),
    "truncated .bin": (
        lambda g: bad_vectors(g, (g / "vectors.bin").read_bytes()[:-30]),
        "bad.bin",
    ),
    "truncated .gz": (
        lambda g: bad_vectors(
            g, gzip.compress((g / "vectors.bin").read_bytes())[:-40], "bad.bin.gz"
        ),
        "bad.bin.gz",
    ),
    "another dimension": (lambda g: files(g, "embed.dim=7"), "embed.dim=7"),
    "another dimension, random": (lambda g: files(g, "embed=random", "embed.dim=7"), "embed.dim=7"),
    "no coverage": (
        lambda g: bad_vectors(g, "2 2\nxx 1 2\nyy 3 4\n", "other.txt"),
        "only 0.0% of the training tokens",
    ),
    "train_size too large": (lambda g: files(g, "train_size=121"), "train_size=121"),
    "train_size 0": (lambda g: files(g, "train_size=0"), "train_size=0"),
    "window on sentences": (lambda g: files(g, "model=window"), "model=window"),
    "entities of sentences": (lambda g: files(g, "metric=entity_f1"), "metric=entity_f1"),
    "no vectors": (lambda g: files(g, "embed.path="), "embed=pretrained with data=files"),
    "no such device": (lambda g: files(g, "device=cuda:99"), "device=cuda:99"),
    "unknown device": (lambda g: files(g, "device=tpu"), "device=tpu"),
    "unwritable out": (lambda g: files(g, f"out={g}/train.csv/run"), "train.csv/run"),
    "out is no run": (lambda g: files(g, f"out={g}"), "is no run folder"),
    "store is no store": (lambda g: files(g, f"store={g}/train.csv"), "store="),
    "unknown key": (lambda g: [*files(g), "+data.foo=1"], "data.foo"),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_one_line_and_leaves_no_run(here, case):
    arguments, named = CASES[case]
    arguments = arguments(beside(here))
    before = sorted(path.name for path in beside(here).iterdir())
    with pytest.raises(UserError) as caught:
        in_process(*arguments)
    message = str(caught.value)
    assert named in message
    assert "\n" not in message
    assert not [name for name in left_by(here) if name != "runs"]
    assert sorted(path.name for path in beside(here).iterdir()) == before


def test_a_bom_windows_line_ends_and_no_last_newline_change_nothing(here):
    given = beside(here)
    for name in ("train", "validation", "test"):
        content = (given / f"{name}.csv").read_bytes().rstrip(b"\n").replace(b"\n", b"\r\n")
        write(given / f"windows-{name}.csv", b"\xef\xbb\xbf" + content)
    in_process(*files(given), "out=plain")
    in_process(
        *files(
            given,
            *(
                f"data.{name}={given}/windows-{name}.csv"
                for name in ("train", "validation", "test")
            ),
        ),
        "out=windows",
    )
    plain, windows = (
        without_times(json.loads((here / out / "result.json").read_text()))
        for out in ("plain", "windows")
    )
    names = [result["data"].pop("name") for result in (plain, windows)]
    assert names == ["given = é, [1]", "windows-train"]
    for result in (plain, windows):
        del result["read"]["data"], result["read"]["parts"]  # which name the files
    assert plain == windows


def test_learning_shows_in_the_result(here):
    optim = ("optim.lr=0.05", "optim.epochs=15", "optim.patience=15", "optim.batch_size=8")
    in_process(*files(beside(here), "finetune=true", *optim), "out=mine")
    result = json.loads((here / "mine" / "result.json").read_text())
    assert result["metric"]["test"] > 0.75  # half of it is chance: three deviations above
    assert 0 < result["movement"]["moved"] <= result["movement"]["rows"]
    assert result["coverage"]["tokens"] < 1  # the numbers have no vector


def test_folds_test_every_sentence_and_say_the_score(here, capsys):
    arguments = ["data=files", f"data.train={here.parent}/given = é, [1]/train.csv"]
    run_hydra_command(run_config, [*arguments, "embed=random", "data.folds=3", "optim.epochs=2"])
    said = capsys.readouterr().out
    assert "3 runs trained" in said
    assert "accuracy in % cross-fitted over 3 folds, 1 seed" in said
    with sqlite3.connect(here / "runs" / "results.sqlite") as connection:
        assert connection.execute("SELECT fold FROM runs ORDER BY fold").fetchall() == [
            (0,),
            (1,),
            (2,),
        ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["data.folds=0"], "data.folds=0 is below its least value 1"),
        (["data.folds=500"], "data.folds=500: the data have 120 sentences; give 120 at most"),
        (["data.folds=3", "search.trials=2"], "data.folds=3 means nothing with experiment=search"),
        (["data.folds=3", "train_size=100"], "train_size=100: the training data"),
    ],
)
def test_folds_that_cannot_be_are_one_line(here, changes, message):
    arguments = ["data=files", f"data.train={here.parent}/given = é, [1]/train.csv", "embed=random"]
    with pytest.raises(UserError, match=re.escape(message)):
        run_hydra_command(run_config, [*arguments, *changes])
    assert not list(here.glob("runs/*"))
