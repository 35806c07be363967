import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import wvexp
from wvexp.compose import compose
from wvexp.deciding import check_decision
from wvexp.errors import UserError
from wvexp.report.advice import advice
from wvexp.report.findings import find
from wvexp.report.measurements import measure
from wvexp.results.store import Store
from wvexp.training.saved import SavedModel

ROOT = Path(wvexp.__file__).parents[1]
ARMS = {"pretrained-frozen", "pretrained-tuned", "random-frozen", "random-tuned"}


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """Polarity that pretrained vectors know and few training sentences show: overrides."""
    folder = tmp_path_factory.mktemp("given")
    rng = np.random.default_rng(0)
    words = [f"w{i}" for i in range(600)]
    polarity = rng.choice([-1, 1], len(words))
    vectors = rng.normal(0, 0.4, (len(words), 8))
    vectors[:, 0] += 0.8 * polarity
    lines = [f"{w} {' '.join(f'{x:.4f}' for x in v)}" for w, v in zip(words, vectors, strict=True)]
    (folder / "vectors.txt").write_text("\n".join(lines) + "\n")
    for name, size in (("train", 400), ("validation", 300), ("test", 600)):
        with (folder / f"{name}.csv").open("w") as file:
            file.write("text,label\n")
            for _ in range(size):
                chosen = rng.choice(len(words), 5, replace=False)
                label = "good" if polarity[chosen].sum() > 0 else "bad"
                file.write(f"{' '.join(words[i] for i in chosen)},{label}\n")
    files = [f"data.{name}={folder / name}.csv" for name in ("train", "validation", "test")]
    vectors_key = f"embed.path={folder / 'vectors.txt'}"
    return ["data=files", *files, vectors_key, "model=mean", "model.hidden=8", "optim.epochs=8"]


@pytest.fixture(scope="module")
def decided(given, tmp_path_factory):
    folder = tmp_path_factory.mktemp("decided")
    return wvexp.decide(*given, f"store={folder / 'results.sqlite'}")


def test_the_planted_answer_is_found(decided):
    assert decided.choice == "pretrained-frozen"
    assert decided.recommended == "pretrained-frozen"
    assert decided.confidence > 0.95
    assert decided.complete
    assert {v.claim: v.status for v in decided.findings.verdicts}[
        "pretrained_at_least_random"
    ] == "supported"


def test_decision_json_has_what_others_read(decided):
    content = json.loads(json.dumps(decided.to_json(), allow_nan=False))
    assert content["choice"] in ARMS | {"undecided"}
    assert content["recommended"] in ARMS
    assert set(content["crossover"]) == {"low", "high", "status"}
    assert set(content["arms"]) == ARMS
    for arm in content["arms"].values():
        assert arm["low"] < arm["score"] < arm["high"]
        assert arm["train_size"] == 400
    assert len(content["verdicts"]) == 4
    assert content["seconds"] > 0
    assert 3 <= len(decided.advice) <= 10


def test_the_fitted_model_predicts_and_the_report_is_there(decided, tmp_path):
    folder = decided.fit(tmp_path / "model-run")
    saved = SavedModel.load(folder / "model")
    scores = saved.predict([["w1", "w2"], ["never-seen"]])
    assert [len(row[0]) for row in scores] == [2, 2]
    result = json.loads((folder / "result.json").read_text())
    assert (result["arm"], result["train_size"]) == ("pretrained-frozen", 400)
    # The very run of the sweep, trained once more.
    [stored] = decided.store.runs(arm="pretrained-frozen", train_size=400, seed=0, lr=result["lr"])
    assert stored["key"] == result["key"]
    assert stored["metric"] == result["metric"]
    assert decided.report(tmp_path / "r.html").stat().st_size > 500_000


def test_a_second_decision_trains_nothing_and_agrees(decided, given):
    before = decided.store.keys()
    again = wvexp.decide(*given, f"store={decided.store.path}")
    assert decided.store.keys() == before
    assert {**again.to_json(), "seconds": 0} == {**decided.to_json(), "seconds": 0}


def test_killed_and_begun_again_the_command_decides_the_same(decided, given, tmp_path):
    store, out = tmp_path / "results.sqlite", tmp_path / "decision"
    command = [sys.executable, str(ROOT / "scripts" / "decide.py"), *given]
    command += [f"store={store}", f"out={out}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, cwd=tmp_path)
    while process.poll() is None and (not store.exists() or len(Store(store).keys()) < 40):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not out.exists()
    assert 40 <= len(Store(store).keys()) < len(decided.store.keys())
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert len(done.stdout.splitlines()) <= 11
    assert done.stdout.startswith("Take pretrained-frozen")
    content = json.loads((out / "decision.json").read_text())
    assert {**content, "seconds": 0} == {**decided.to_json(), "seconds": 0}
    names = {path.name for path in out.iterdir()}
    assert {"decision.json", "report.html", "report.md", "report.json", "model"} <= names
    assert "Neighbours before and after" in (out / "report.html").read_text()
    SavedModel.load(out / "model")


def test_a_budget_that_ends_before_the_first_run_is_one_clear_line(given, tmp_path):
    with pytest.raises(UserError, match=r"budget=0.1s ended before one run; give more time"):
        wvexp.decide(*given, f"store={tmp_path / 'r.sqlite'}", "budget=0.1s")


def test_what_was_not_measured_at_the_full_size_stays_undecided(decided):
    m = measure(decided.store, decided.base.condition)
    assert find(m, wanted_size=400).choice.decided
    less = find(m, wanted_size=4_000)
    assert not less.choice.decided
    assert less.choice.recommended == "pretrained-frozen"
    assert "measured up to 400 of 4,000 training examples" in advice(less)[1]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("embed=random", "embed=random: a decision compares"),
        ("finetune=true", "finetune=true: a decision tries both"),
        ("grid.seed=[1,2]", "grid.*: a decision chooses"),
        ("budget=soon", "budget=soon is no duration"),
        ("margin=0", "margin=0.0: it must be above 0"),
    ],
)
def test_a_mistake_is_one_clear_line(override, message):
    with pytest.raises(UserError, match=message.replace("*", r"\*")):
        check_decision(compose([override], "decide"))


def test_a_few_examples_are_decided_by_cross_fitting(given, tmp_path):
    few = [key for key in given if not key.startswith(("data.validation", "data.test"))]
    store = f"store={tmp_path / 'results.sqlite'}"
    decided = wvexp.decide(*few, "data.folds=4", "optim.epochs=3", store)
    findings = decided.findings
    assert findings.folds == 4
    assert {score.units for score in findings.scores} == {400}
    assert {score.size for score in findings.scores} == set(findings.sizes)
    assert findings.sizes[-1] == 270
    assert any("cross-fitted over 4 folds" in line for line in decided.advice)
    content = json.loads((decided.fit(tmp_path / "model") / "result.json").read_text())
    assert content["train_size"] == 324
    assert "fold" not in content
