import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import wvexp
import wvexp.sweeps.run
from wvexp.config.compose import compose
from wvexp.data.overview import Reading
from wvexp.data.records import read_record, to_plain
from wvexp.decision.allocation import first_rates
from wvexp.decision.budget import Budget
from wvexp.decision.notes import left_out
from wvexp.decision.procedure import run_decision
from wvexp.errors import RunStopped, UserError
from wvexp.report.advice import advice
from wvexp.report.findings import find
from wvexp.report.measurements import measure
from wvexp.report.reasons import all_in_words, in_words
from wvexp.results.store import Store
from wvexp.rules import RULES
from wvexp.training.handwritten import HandwrittenEngine
from wvexp.training.saved import SavedModel

ROOT = Path(wvexp.__file__).parents[1]
ARMS = {"pretrained-frozen", "pretrained-tuned", "random-frozen", "random-tuned"}

# Steps enough for the best learning rate to lie within the grid.
_TRAINING = ["optim.epochs=8", "optim.batch_size=16"]


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
    for name, size in (("train", 160), ("validation", 300), ("test", 600)):
        with (folder / f"{name}.csv").open("w") as file:
            file.write("text,label\n")
            for _ in range(size):
                chosen = rng.choice(len(words), 5, replace=False)
                label = "good" if polarity[chosen].sum() > 0 else "bad"
                file.write(f"{' '.join(words[i] for i in chosen)},{label}\n")
    files = [f"data.{name}={folder / name}.csv" for name in ("train", "validation", "test")]
    vectors_key = f"embed.path={folder / 'vectors.txt'}"
    return ["data=files", *files, vectors_key, "model=mean", "model.hidden=8", *_TRAINING]


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


def test_a_decision_shows_as_a_line(decided):
    said = r"<Decision: pretrained-frozen, recommended pretrained-frozen, [\d.]+ % sure, 160 senten"
    assert re.fullmatch(rf"{said}ces of given\d+>", repr(decided))


def test_decision_json_has_what_others_read(decided):
    content = json.loads(json.dumps(decided.to_json(), allow_nan=False))
    assert read_record(Reading, content["read"]) == decided.inputs.reading == decided.findings.read
    assert content["read"]["parts"]["train"]["source"] == "train.csv"
    assert all(run.read is None for run in decided.findings.runs)
    assert content["choice"] in ARMS | {"undecided"}
    assert content["recommended"] in ARMS
    assert set(content["crossover"]) == {"low", "high", "status", "sizes"}
    at_sizes = content["crossover"]["sizes"]
    assert [at["size"] for at in at_sizes] == list(decided.findings.sizes)
    ahead = {"A": "pretrained-frozen", "B": "pretrained-tuned", None: None}
    assert [at["ahead"] for at in at_sizes] == [ahead[x] for x in decided.crossover.leaders]
    assert all(at["ahead"] for at in at_sizes if at["called"])
    assert set(content["arms"]) == ARMS
    for arm in content["arms"].values():
        assert arm["low"] < arm["score"] < arm["high"]
        assert arm["train_size"] == 160
    assert len(content["verdicts"]) == 4
    assert content["seconds"] > 0
    assert 3 <= len(decided.advice) <= 10


def test_runs_that_failed_are_minded_those_left_out_are_not(decided, given, tmp_path, monkeypatch):
    minded = all_in_words(decided.findings.problems)
    assert not [p for p in minded if "no result" in p or "not tried" in p]
    train = wvexp.sweeps.run.train

    def sometimes(run, *args, **kwargs):
        if (run.seed, run.arm) == (1, "random-frozen"):
            raise RuntimeError("planted")
        return train(run, *args, **kwargs)

    monkeypatch.setattr("wvexp.sweeps.run.train", sometimes)
    again = wvexp.decide(*given, f"store={tmp_path / 'r.sqlite'}", "train_size=100")
    minded = [p for p in all_in_words(again.findings.problems) if "failed" in p]
    assert len(again.findings.failures) > 1
    assert minded == [f"{len(again.findings.failures)} runs failed, named in the report"]


def test_the_fitted_model_predicts_and_the_report_is_there(decided, tmp_path):
    folder = decided.fit(tmp_path / "model-run")
    saved = SavedModel.load(folder / "model")
    scores = saved.predict([["w1", "w2"], ["never-seen"]])
    assert [len(row[0]) for row in scores] == [2, 2]
    result = json.loads((folder / "result.json").read_text())
    assert (result["arm"], result["train_size"]) == ("pretrained-frozen", 160)
    # The very run of the sweep, trained once more.
    [stored] = decided.store.runs(arm="pretrained-frozen", train_size=160, seed=0, lr=result["lr"])
    assert stored.key == result["key"]
    assert to_plain(stored.metric) == result["metric"]
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
    assert len(done.stdout.splitlines()) <= 13  # what was read, the advice, the files
    assert done.stdout.splitlines()[2].startswith("Take pretrained-frozen")
    content = json.loads((out / "decision.json").read_text())
    assert content.pop("model") == {"train_size": 160}
    assert {**content, "seconds": 0} == {
        k: 0 if k == "seconds" else v for k, v in decided.to_json().items() if k != "model"
    }
    names = {path.name for path in out.iterdir()}
    assert {"decision.json", "report.html", "report.md", "report.json", "model"} <= names
    assert "Neighbours before and after" in (out / "report.html").read_text()
    SavedModel.load(out / "model")


def test_a_budget_that_ends_before_the_first_run_is_one_clear_line(given, tmp_path):
    message = (
        r"budget=0.1s leaves no time for a run: reading took .* s, .*; give budget=\d*[05]s or more"
    )
    store = tmp_path / "r.sqlite"
    with pytest.raises(UserError, match=message):
        wvexp.decide(*given, f"store={store}", "budget=0.1s")
    assert Store(store).keys() == set()  # said before anything was trained


class SlowEngine(HandwrittenEngine):
    """Takes a fifth of a second an epoch, in steps between which it may be stopped."""

    def train_epoch(self, *args, should_stop=lambda: False, **kwargs):
        for _ in range(10):
            if should_stop():
                raise RunStopped
            time.sleep(0.02)
        return super().train_epoch(*args, should_stop=should_stop, **kwargs)


@pytest.fixture
def slow(monkeypatch):
    monkeypatch.setattr("wvexp.training.handwritten.HandwrittenEngine", SlowEngine)


# Of time, because the upper limit is the contract; generous, because the report cannot be cut off
# and the machine may be busy. What is asked for takes far longer than limit and slack together.
SLACK = 15.0


def test_a_budget_holds_in_wall_time_with_the_model_and_the_report(
    given, tmp_path, slow, monkeypatch, capsys
):
    """A run takes 1.6 s, and all that a decision wants more than a minute and a half."""
    monkeypatch.setattr("wvexp.decision.procedure.Pace", lambda: lambda: 1.0)
    config = compose([*given, f"store={tmp_path / 'r.sqlite'}", "budget=20s"], "decide")
    config = replace(config, out=str(tmp_path / "out"))
    began = time.perf_counter()
    run_decision(config)
    assert time.perf_counter() - began < 20 + SLACK
    content = json.loads((tmp_path / "out" / "decision.json").read_text())
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert read_record(Reading, content["read"]).lines() == [first, second]
    assert content["choice"] == "undecided"
    assert content["recommended"] in ARMS
    assert not content["complete"]
    assert content["arms"]
    assert any(line.startswith("What would settle it:") for line in content["advice"])
    assert len(content["advice"]) <= 10
    page = json.loads((tmp_path / "out" / "report.json").read_text())
    # Some arms were measured at 100 examples: not all of them were left out.
    assert page["sizes"] == [100]
    assert page["problems"][0].startswith("budget=20s left out all arms at 110")
    assert page["problems"][0].endswith(", some runs at 100")
    # What was cut off is no failure, and is trained when there is time.
    store = Store(tmp_path / "r.sqlite")
    assert store.failures() == []
    before = store.keys()
    again = wvexp.decide(*given, f"store={store.path}", "budget=20s")
    assert before < store.keys()
    assert set(again.to_json()["arms"]) >= set(content["arms"])


def test_a_model_whose_time_is_up_is_kept_as_its_last_epoch_left_it(decided, tmp_path, slow):
    """One second is left, and eight epochs take more."""
    clock = time.perf_counter
    limit = 1.0 + Budget(1.0, 1).closing  # the closing grows with the limit
    budget = Budget(limit + 0.2, 1, clock())
    (tmp_path / "kept").mkdir()
    kept = replace(decided, budget=budget).with_model(tmp_path / "kept")
    assert budget.elapsed() < limit + SLACK
    result = json.loads((tmp_path / "kept" / "result.json").read_text())
    assert kept.model == result["train_size"] == 160
    assert 1 <= result["epochs"] < 8
    SavedModel.load(tmp_path / "kept" / "model")


def test_a_decision_ends_with_a_model_whatever_time_is_left(decided, tmp_path):
    late = replace(decided, budget=Budget(0.1, 1, time.perf_counter() - 60.0))
    kept = late.with_model(tmp_path)
    assert kept.model == 160  # which takes no time to speak of
    assert kept.model_words == "model/"
    SavedModel.load(tmp_path / "model")


def test_where_an_epoch_takes_too_long_a_small_model_is_kept(decided, tmp_path, slow, monkeypatch):
    """Five seconds an epoch of more than 100 examples, and none is left."""

    def train_epoch(self, examples, *args, should_stop=lambda: False, **kwargs):
        for _ in range(250 if len(examples) > 100 else 0):
            if should_stop():
                raise RunStopped
            time.sleep(0.02)
        return HandwrittenEngine.train_epoch(self, examples, *args, **kwargs)

    monkeypatch.setattr(SlowEngine, "train_epoch", train_epoch)
    late = replace(decided, budget=Budget(0.1, 1, time.perf_counter() - 60.0))
    kept = late.with_model(tmp_path)
    assert kept.model_words == "model/ (trained on 100 of 160 sentences: the budget ended there)"
    assert json.loads((tmp_path / "result.json").read_text())["train_size"] == 100
    SavedModel.load(tmp_path / "model")


def test_what_a_budget_left_out_is_one_line():
    assert left_out("1m", []) == ()
    left = [("all arms", 8000), ("further seeds", 8000), ("all arms", 900), ("further seeds", 100)]
    [reason] = left_out("1m", left)
    assert in_words(reason) == "budget=1m left out all arms at 900 and 8,000, further seeds at 100"
    [reason] = left_out("1m", left, measured=[100, 900])
    said = in_words(reason)
    assert said == "budget=1m left out all arms at 8,000, some runs at 900, further seeds at 100"


def test_what_was_not_measured_at_the_full_size_stays_undecided(decided):
    m = measure(decided.store, decided.base.condition)
    assert find(m, wanted_size=160).choice.decided
    less = find(m, wanted_size=1_600)
    assert not less.choice.decided
    assert less.choice.recommended == "pretrained-frozen"
    assert "measured up to 160 of 1,600 training sentences" in advice(less)[1]


@pytest.mark.parametrize("bare", ["validation", "test"])
def test_entities_that_a_split_lacks_are_refused_before_any_run(tmp_path, bare):
    vectors = "".join(f"w{i} {i % 7 / 7:.3f} {i % 5 / 5:.3f}\n" for i in range(50))
    (tmp_path / "vectors.txt").write_text(vectors)
    files = []
    for name in ("train", "validation", "test"):
        tags = ["O", "B-x", "O"] if name != bare else ["O", "O", "O"]
        lines = [f"w{(3 * n + i) % 50}\t{tag}" for n in range(60) for i, tag in enumerate(tags)]
        (tmp_path / f"{name}.conll").write_text(
            "\n".join(line + "\n" * (k % 3 == 2) for k, line in enumerate(lines)) + "\n"
        )
        files.append(f"data.{name}={tmp_path / name}.conll")
    store = tmp_path / "r.sqlite"
    given = ["data=files", *files, f"embed.path={tmp_path / 'vectors.txt'}", f"store={store}"]
    with pytest.raises(UserError, match=f"metric=entity_f1: the {bare} split has no entity"):
        wvexp.decide(*given, "metric=entity_f1")
    assert not store.exists()


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("embed=random", "embed=random: a decision compares"),
        ("finetune=true", "finetune=true: a decision tries both"),
        ("grid.seed=[1,2]", "grid.seed=[1, 2]: a decision chooses its own arms, sizes"),
        ("tuning.anchor=0.1", "tuning.anchor=0.1 means nothing with a decision; leave it out"),
        ("optim.lr=0.1", "optim.lr=0.1: a decision tries learning rates of its own"),
        ("dispatch=ray", "dispatch=ray means nothing with a decision"),
        ("report=a.html", "report=a.html means nothing with a decision"),
        ("parity.every=3", "parity.every=3 means nothing with a decision"),
        ("search.trials=5", "search.trials=5 means nothing with a decision"),
        ("large.tokens=[1000]", "large.tokens=[1000] means nothing with a decision"),
        ("budget=soon", "budget=soon is not a duration"),
        ("margin=0", "margin=0.0: it must be above 0"),
    ],
)
def test_a_mistake_is_one_clear_line(override, message):
    with pytest.raises(UserError, match=re.escape(message)):
        compose([override], "decide")


@pytest.mark.parametrize("rule", RULES.names)
def test_learning_rates_begin_with_the_default_of_the_update_rule(rule):
    config = compose([f"optim={rule}"], "decide")
    assert first_rates(rule)[0] == config.optim.lr


def test_a_few_examples_are_decided_by_cross_fitting(given, tmp_path):
    few = [key for key in given if not key.startswith(("data.validation", "data.test"))]
    store = f"store={tmp_path / 'results.sqlite'}"
    decided = wvexp.decide(*few, "data.folds=4", "optim.epochs=3", store)
    findings = decided.findings
    assert findings.folds == 4
    assert {score.units for score in findings.scores} == {160}
    assert {score.size for score in findings.scores} == set(findings.sizes)
    assert findings.sizes[-1] == 108
    assert any("cross-fitted over 4 folds" in line for line in decided.advice)
    content = json.loads((decided.fit(tmp_path / "model") / "result.json").read_text())
    assert content["train_size"] == 130
    assert "fold" not in content
