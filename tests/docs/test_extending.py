"""The examples of docs/extending.md: trained, swept, decided about, reported, predicted with."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from wvexp.results.store import Store

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
EXAMPLES = {
    re.match(r"# (\w+\.py)", block)[1]: block
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.S)
}
TICKETS = [
    (f"{kind} <- {word} {what} number {number % 7}", kind)
    for number in range(60)
    for kind, word in (("billing", "charged"), ("login", "password"), ("other", "colour"))
    for what in ("my account", "your shop")
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The examples as files, labelled text in a format that one of them reads, and vectors."""
    folder = tmp_path_factory.mktemp("plugins")
    for name, block in EXAMPLES.items():
        (folder / name).write_text(block)
    (folder / "tickets.ticket").write_text("".join(f"{line}\n" for line, _ in TICKETS))
    (folder / "few.ticket").write_text("".join(f"{line}\n" for line, _ in TICKETS[::5]))
    words = sorted({word for line, _ in TICKETS for word in line.split(" <- ")[1].split()})
    rows = [f"{word} " + " ".join(f"{(hash_of(word, i)):.3f}" for i in range(8)) for word in words]
    (folder / "vectors.txt").write_text("".join(f"{row}\n" for row in rows))
    return folder


def hash_of(word, i):
    return (sum(ord(letter) * (k + 3) ** (i + 1) for k, letter in enumerate(word)) % 997) / 500 - 1


def run(script, *words, cwd, status=0):
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / f"{script}.py"), *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


ALL = f"plugins=[{','.join(EXAMPLES)}]"
DATA = ["data=files", "data.train=tickets.ticket", "embed.path=vectors.txt", "store=r.sqlite"]
OWN = [ALL, "model=deep", "metric=mean_recall", "optim=momentum", "data.task=ordinal"]


def test_the_page_shows_one_of_each():
    assert len(EXAMPLES) == 7
    for said in (
        "Spec)",
        "LabelMetric)",
        "UpdateRule)",
        "Initialisation)",
        "Reader)",
        "SentenceTask)",
        "Yardstick)",
    ):
        assert said in PAGE


def test_one_run_of_all_of_them_leaves_a_model_that_predicts(folder):
    words = [*OWN, *DATA, "embed=orthogonal", "finetune=true", "model.width=7", "out=run"]
    said = run("train", *words, cwd=folder)
    assert "orthogonal-tuned · deep model" in said
    assert "no gradient by hand" in said
    result = json.loads((folder / "run" / "result.json").read_text())
    assert result["config"]["model"] == {"name": "deep", "width": 7}
    assert result["config"]["optim"]["lr"] == 1e-2  # the rule's own
    assert result["metric"]["name"] == "mean_recall"
    assert result["task"] == "ordinal"
    assert set(result["config"]["plugins"]) == {"model", "metric", "optim", "embed", "data.task"}
    assert "parity" not in result
    predict = ["model=run/model", "text=my password is gone"]
    assert run("predict", ALL, *predict, cwd=folder).split("\t")[0] in {"billing", "login", "other"}
    refused = run("predict", *predict, cwd=folder, status=2)
    assert "plugins=[FILE.py]" in refused


def test_a_sweep_is_resumed_and_a_changed_plug_in_trained_anew(folder):
    grid = [
        *("grid.embed=[pretrained,orthogonal]", "grid.finetune=[false,true]"),
        *("grid.seed=[0,1]", "optim.epochs=2", "report=page.html"),
    ]
    run("train", *OWN, *DATA, *grid, cwd=folder)
    stored = Store(folder / "r.sqlite").keys()
    again = run("train", *OWN, *DATA, *grid, cwd=folder)
    assert Store(folder / "r.sqlite").keys() == stored
    assert "8 of 8" in again
    [page] = folder.glob("page-*.html")
    text = page.read_text()
    for name in ("deep model", "mean recall", "orthogonal-tuned"):
        assert name in text
    changed = folder / "deep.py"
    changed.write_text(changed.read_text() + "# another version\n")
    run("train", *OWN, *DATA, *grid, cwd=folder)
    assert len(Store(folder / "r.sqlite").keys()) == len(stored) + 8
    changed.write_text(EXAMPLES["deep.py"])


def test_a_decision_is_taken_with_them_and_reported(folder):
    few = ["data.train=few.ticket", "data.folds=1", "optim.epochs=3", "embed=orthogonal"]
    said = run("decide", *OWN, *DATA, *few, "out=decided", cwd=folder)
    assert re.search(r"^(Take|Undecided|No decision)", said, re.M)
    page = (folder / "decided" / "report.html").read_text()
    assert "mean recall" in page
    assert "deep model" in page
    assert "orthogonal-frozen" in page
    assert "orthogonal-tuned" in page
    arms = {run.arm for run in Store(folder / "r.sqlite").runs()}
    assert len(arms) >= 6
    decision = json.loads((folder / "decided" / "decision.json").read_text())
    assert "orthogonal" not in decision["recommended"]
    held = {one["name"]: one for one in decision["yardsticks"]}
    assert held.keys() == {"nearest", "tfidf", "nbsvm", "most_frequent"}
    assert held["nearest"]["score"] > held["most_frequent"]["score"]
    assert "the nearest sentence by its words" in page
    conditions = {run.condition for run in Store(folder / "r.sqlite").runs()}
    words = ["store=r.sqlite", "out=again.html", f"condition={conditions.pop()}"]
    assert "again.html" in run("report", ALL, *words, cwd=folder)
    assert "metric=mean_recall is unknown" in run("report", *words, cwd=folder, status=2)


def test_a_run_that_is_sent_to_another_machine_takes_its_plug_ins_along(folder):
    send = """
import pickle, sys
from wvexp.config.plugins import load_plugins, loaded_plugins
load_plugins(["deep.py"])
from wvexp.config import schema
from wvexp.sweeps.cluster import WithPlugins
from run_configs import make_run
run = make_run(model=schema.Model(name="deep", width=3))
with open("sent.pickle", "wb") as file:
    pickle.dump((WithPlugins(len, loaded_plugins()), run), file)
"""
    receive = """
import pickle
from wvexp.models import MODELS
with open("sent.pickle", "rb") as file:
    train, run = pickle.load(file)
assert "deep" not in MODELS
try:
    train(run, None, None)
except TypeError:  # `len` stands for the training, and takes no run
    pass
print(run.spec.name, run.model_keys.width, run.key)
"""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "helpers")])
    for program in (send, receive):
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": paths},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("deep 3 ")


def test_the_hand_written_engine_refuses_what_it_has_not(folder):
    base = [ALL, *DATA, "engine=handwritten"]
    assert "has no model=deep" in run("train", *base, "model=deep", cwd=folder, status=2)
    assert "has no optim=momentum" in run("train", *base, "optim=momentum", cwd=folder, status=2)


@pytest.mark.parametrize(
    ("plugin", "message"),
    [
        ("gone.py", "no such file"),
        ("no_such_module", "no such module"),
        ("broken.py", "ZeroDivisionError"),
        ("homeless.py", "does not hold the word vectors"),
        ("twice.py", "registered twice"),
        ("clash.py", "model.hidden means one thing"),
    ],
)
def test_a_plug_in_that_does_not_do_is_one_line(folder, plugin, message):
    (folder / "broken.py").write_text("1 / 0\n")
    own = EXAMPLES["deep.py"]
    (folder / "homeless.py").write_text(
        own.replace("self.embedding = embedding", "self.own = embedding").replace(
            '"deep"', '"lost"'
        )
    )
    (folder / "twice.py").write_text(own.replace('"deep"', '"mean"'))
    (folder / "clash.py").write_text(own.replace("width", "hidden").replace('"deep"', '"clash"'))
    name = {"homeless.py": "lost", "clash.py": "clash"}.get(plugin, "mean")
    words = [f"plugins=[{plugin},ticket.py]", f"model={name}", *DATA]
    said = run("train", *words, cwd=folder, status=2)
    assert message in said
    assert "Traceback" not in said
