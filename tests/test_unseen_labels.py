"""A label that stands in the test file alone, from the files to the report."""

import json
import logging
import re

import numpy as np
import pytest

from wvexp.config.compose import compose
from wvexp.data.records import to_plain
from wvexp.decision.procedure import run_decision
from wvexp.experiment.run import run_experiment
from wvexp.report.store_report import report_store
from wvexp.results.store import Store
from wvexp.sweeps.session import run_config
from wvexp.training.saved import SavedModel

SAID = "labels that the training data lacks count as wrong, whatever is predicted: "


def conll(sentences, rng, extra=()):
    """Words w0 to w9 outside, n0 to n9 names; `extra` sentences, given as (word, tag)."""
    made = []
    for _ in range(sentences):
        a, b, c = rng.integers(10, size=3)
        made.append([(f"w{a}", "O"), (f"n{b}", "B-PER"), (f"w{c}", "O")])
    lines = ("".join(f"{word}\t{tag}\n" for word, tag in words) for words in (*made, *extra))
    return "\n".join(lines)


def csv(rows, rng, extra=()):
    lines = ["text,label"]
    for i in range(rows):
        mood = i % 2
        words = rng.integers(10 * mood, 10 * mood + 10, size=4)
        lines.append(f"{' '.join(f'w{word}' for word in words)},{['bad', 'good'][mood]}")
    return "\n".join([*lines, *extra]) + "\n"


@pytest.fixture
def given(tmp_path):
    """Arguments for data of both kinds, with labels of their own in the test file."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(30, 4))
    words = [*(f"w{i}" for i in range(20)), *(f"n{i}" for i in range(10))]
    rows = (f"{w} {' '.join(f'{x:.3f}' for x in v)}" for w, v in zip(words, vectors, strict=True))
    (tmp_path / "vectors.txt").write_text("\n".join(rows) + "\n")
    names = [("w1", "O"), ("n2", "B-PER"), ("n3", "I-PER")]
    made = {
        "conll": (conll(60, rng), conll(30, rng), conll(38, rng, [names, names])),
        "csv": (csv(60, rng), csv(30, rng), csv(38, rng, ["w1 w2 w3,so so", "w4 w5,so so"])),
    }

    def arguments(kind):
        keys = ["data=files", f"store={tmp_path / kind}.sqlite", "model.hidden=8"]
        for name, content in zip(("train", "validation", "test"), made[kind], strict=True):
            path = tmp_path / f"{name}.{kind}"
            path.write_text(content)
            keys.append(f"data.{name}={path}")
        return keys

    return arguments


NOTES = {
    "conll": f"{SAID}2 of 120 test tokens ('I-PER' 2x)",
    "csv": f"{SAID}2 of 40 test sentences ('so so' 2x)",
}
COUNTS = {
    "conll": {"test": {"examples": 120, "labels": {"I-PER": 2}}},
    "csv": {"test": {"examples": 40, "labels": {"so so": 2}}},
}


@pytest.mark.parametrize("kind", NOTES)
def test_one_run(given, tmp_path, caplog, capsys, kind):
    keys = [*given(kind), "embed=random", "embed.dim=4", "finetune=true", f"out={tmp_path}/run"]
    with caplog.at_level(logging.WARNING):
        run_experiment(
            compose(
                [
                    *keys,
                    "optim.lr=0.02",
                    "optim.epochs=30",
                    "optim.batch_size=8",
                    "optim.patience=30",
                ]
            )
        )
    assert NOTES[kind] in caplog.messages
    assert NOTES[kind] in capsys.readouterr().out
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert result["labels_unseen"] == COUNTS[kind]
    (stored,) = Store(tmp_path / f"{kind}.sqlite").runs()
    assert to_plain(stored.labels_unseen) == COUNTS[kind]
    # All is learnt that can be: what is missing is what carries the label.
    assert result["metric"]["validation"] == 1
    if kind == "csv":
        assert result["metric"]["test"] == 38 / 40
        assert result["per_class"]["so so"] == {"support": 2, "recall": 0, "f1": 0}
    else:
        # n2 and n3 are found as two entities, or n2 alone: either way the one of both is missed
        assert result["per_class"]["PER"]["support"] == 40
        assert result["per_class"]["PER"]["recall"] == 38 / 40
    model = SavedModel.load(tmp_path / "run" / "model")
    assert model.label_names == {"conll": ["B-PER", "O"], "csv": ["bad", "good"]}[kind]


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1", "entity_f1"])
def test_a_sweep_and_its_report(given, tmp_path, caplog, capsys, metric):
    keys = [*given("conll"), f"metric={metric}", f"embed.path={tmp_path}/vectors.txt"]
    grid = ["grid.embed=[pretrained,random]", "grid.seed=[0,1]", "grid.train_size=[60,150]"]
    with caplog.at_level(logging.WARNING):
        run_config(compose([*keys, *grid, "optim.epochs=3"]))
    assert caplog.messages.count(NOTES["conll"]) == 1
    out = tmp_path / "report.html"
    report_store(tmp_path / "conll.sqlite", out, condition=None, movement=None, margin="0.01")
    content = json.loads(out.with_suffix(".json").read_text())
    assert content["unseen_labels"] == NOTES["conll"]
    assert NOTES["conll"] in out.read_text().replace("&#x27;", "'")
    assert NOTES["conll"] in re.sub(r"\\(.)", r"\1", out.with_suffix(".md").read_text())
    for run in Store(tmp_path / "conll.sqlite").runs():
        score = content_score(Store(tmp_path / "conll.sqlite"), run, metric)
        assert score == pytest.approx(run.metric.test)


def content_score(store, run, metric):
    """The metric from the stored counts of the units."""
    totals = store.unit_counts(run.key).sum(axis=0)
    if metric == "accuracy":
        return totals[0] / totals[1]
    of_class = totals.reshape(-1, 3)
    return np.mean([2 * tp / (2 * tp + fp + fn) for tp, fp, fn in of_class if tp + fn])


def test_a_decision(given, tmp_path, caplog, capsys):
    keys = [*given("csv"), f"embed.path={tmp_path}/vectors.txt", f"out={tmp_path}/decision"]
    with caplog.at_level(logging.WARNING):
        run_decision(compose([*keys, "optim.epochs=2"], "decide"))
    assert NOTES["csv"] in caplog.messages
    assert NOTES["csv"] in capsys.readouterr().out
    content = json.loads((tmp_path / "decision" / "decision.json").read_text())
    assert [line for line in content["advice"] if NOTES["csv"] in line]
