"""`report.py` on whatever a results file holds: a page, what is missing in words, or one line."""

import json

import pyarrow
import pyarrow.parquet
import pytest
from run_configs import make_run
from simulated_store import SimulatedStore

from wvexp.errors import UserError
from wvexp.report.store_report import report_store
from wvexp.results.store import Store


def report(path, out, **changes):
    asked = {"condition": None, "movement": None, "margin": "0.01", **changes}
    report_store(path, out, **asked)
    return json.loads(out.with_suffix(".json").read_text()), out.with_suffix(".md").read_text()


def without_frozen():
    return SimulatedStore(seeds=3).drop(arm="pretrained-frozen")


def one_seed():
    return SimulatedStore(seeds=1)


def one_size():
    store = SimulatedStore(seeds=3)
    for size in (100, 400, 1600):
        store.drop(train_size=size)
    return store


def constant():
    return SimulatedStore(dict.fromkeys(("pretrained-frozen", "pretrained-tuned"), (1.0,) * 4))


def missing_cell():
    return SimulatedStore(seeds=3).drop(arm="random-tuned", train_size=400)


def without_counts():
    store = SimulatedStore(seeds=2)
    store._counts.clear()
    return store


@pytest.mark.parametrize(
    ("make", "problem", "drawn"),
    [
        (without_frozen, "no run of the arm pretrained-frozen", "learning-curves"),
        (one_seed, "one seed: nothing can be said", "learning-curves"),
        (one_size, "one training size, 6400: no curve", "difference-pretrained-tuned-random-tuned"),
        (constant, "no run of the arm random-frozen", "learning-curves"),
        (missing_cell, "random-tuned at size 400: no result in seed 0, 1, 2", "learning-curves"),
        (without_counts, "no counts by test unit, left out", "tuning"),
    ],
)
def test_little_evidence_is_drawn_as_far_as_it_goes(tmp_path, make, problem, drawn):
    content, text = report(make().write(tmp_path / "r.sqlite"), tmp_path / "report.html")
    assert [one for one in content["problems"] if problem in one]
    assert "## What to mind" in text
    assert not content["choice"]["decided"]
    assert text.startswith(("# Undecided", "# No answer"))
    assert (tmp_path / "report_figures" / f"{drawn}.svg").is_file()
    page = (tmp_path / "report.html").read_text()
    assert "<script" in page
    assert "What to mind" in page


def test_a_failed_run_of_another_condition_is_not_shown(tmp_path):
    path = SimulatedStore(seeds=2).write(tmp_path / "r.sqlite")
    Store(path).fail(make_run(), "the other one diverged")
    content, text = report(path, tmp_path / "report.html")
    assert content["failures"] == []
    assert "diverged" not in text


def test_test_sentences_that_were_trained_on_are_told(tmp_path):
    store = SimulatedStore(seeds=2)
    store.change(lambda run: run.update(leakage={"shared": 12, "checked": 400}))
    content, _ = report(store.write(tmp_path / "r.sqlite"), tmp_path / "report.html")
    assert content["problems"][0].startswith("12 of 400 test sentences (3.0%")


def test_a_wrong_movement_file_is_one_line(tmp_path):
    path = SimulatedStore(seeds=2).write(tmp_path / "r.sqlite")
    wrong = tmp_path / "wrong.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"word": ["a"], "weight": [1.0]}), wrong)
    text = tmp_path / "text.parquet"
    text.write_text("no parquet")
    for movement, said in (
        (wrong, "wrong.parquet is no movement ledger"),
        (text, "text.parquet is no movement ledger"),
        (tmp_path / "none.parquet", "no such file"),
        (tmp_path, "no such file"),
    ):
        with pytest.raises(UserError, match=said) as caught:
            report(path, tmp_path / "report.html", movement=movement)
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "report.html").exists()


def test_a_foreign_file_is_one_line_and_stays_as_it_is(tmp_path):
    path = tmp_path / "notes.sqlite"
    path.write_bytes(b"")
    with pytest.raises(UserError, match="is no results file"):
        report(path, tmp_path / "report.html")
    assert path.read_bytes() == b""
    assert list(tmp_path.iterdir()) == [path]
