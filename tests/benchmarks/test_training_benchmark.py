"""The benchmark trains one run in every way, and compares only what did the same work."""

import numpy as np
import pytest

from wvexp.benchmarks import loops
from wvexp.benchmarks.problem import make_problem
from wvexp.benchmarks.sequences import TASKS, make_text_problem
from wvexp.benchmarks.text_loops import TEXT_WAYS
from wvexp.benchmarks.threads import two_threads
from wvexp.benchmarks.training import WAYS, add_ratios, compare
from wvexp.data.vocabulary import PAD


def rows_by_way(problem):
    ways = {name: way for name, way in WAYS.items() if name != "process"}
    return {row["way"]: row for row in compare(problem, 1, ways)}


@pytest.mark.parametrize(("rule", "tuned"), [("adagrad", True), ("adam", True), ("adam", False)])
def test_every_way_of_one_update_rule_ends_at_one_loss(rule, tuned):
    rows = rows_by_way(make_problem(130, rule, 0.01, tuned=tuned, epochs=3, seed=0))
    ours = rows["handwritten"]
    assert ours["times_the_handwritten"] == 1
    compared = {
        name
        for name, row in rows.items()
        if row.get("loss") is not None and row["rule"] == ours["rule"]
    }
    expected = {"sparse_compact", "autograd", "handwritten"}
    if not (tuned and rule == "adam"):
        expected |= {"dataloader", "dense", "dense_fused"}
    assert expected <= compared
    for name in compared:
        assert rows[name]["loss"] == pytest.approx(ours["loss"], rel=1e-3), name
        assert "no_ratio" not in rows[name]
    assert rows["products_alone"]["loss"] is None
    assert rows["products_alone"]["microseconds"]["median"] > 0


@pytest.mark.parametrize("loop", [loops.dense_loop, loops.sparse_loop])
@pytest.mark.parametrize("rule", ["adam", "adagrad"])
def test_padding_learns_nothing_in_loops_over_the_whole_table(monkeypatch, loop, rule):
    made = []
    make_model = loops.torch_model

    def kept(problem):
        made.append(make_model(problem))
        return made[-1]

    monkeypatch.setattr(loops, "torch_model", kept)
    problem = make_problem(130, rule, 0.01, tuned=True, epochs=2, seed=0)
    assert (problem.windows == PAD).any()
    loop(problem)()
    rows = made[0].embedding.weight.detach().numpy()
    assert not rows[PAD].any()
    assert not np.array_equal(rows[PAD + 1 :], problem.table[PAD + 1 :][: len(rows) - 1])


def test_a_way_that_trains_something_else_gets_no_ratio():
    def row(way, loss, rule="adagrad"):
        return {"way": way, "loss": loss, "rule": rule, "microseconds": {"median": 2.0}}

    rows = [row("handwritten", 1.0), row("dense", 1.01), row("other", 1.01, "adam")]
    add_ratios(rows)
    assert "times_the_handwritten" not in rows[1]
    assert "1.01" in rows[1]["no_ratio"]
    assert rows[2]["times_the_handwritten"] == 1


def test_compact_rows_are_the_same_windows():
    problem = make_problem(130, "adam", 0.01, tuned=True, epochs=1, seed=1)
    compact = problem.compact()
    assert len(compact.table) < len(problem.table) / 100
    assert np.array_equal(compact.table[compact.windows], problem.table[problem.windows])


def test_two_threads_are_compared_on_the_same_runs():
    problem = make_problem(130, "adam", 0.01, tuned=True, epochs=1, seed=1)
    found = two_threads(problem, rounds=1, steps=1)
    assert 0 < found["times_as_many_runs_a_second"] < 100
    assert found["times_the_cpu_of_a_run"] > 0


@pytest.mark.parametrize("name", list(TASKS))
def test_every_way_of_whole_texts_does_the_same_work(name):
    problem = make_text_problem(name, 150, epochs=3, seed=0)
    lengths = np.diff(problem.examples.offsets)
    assert lengths.min() < 5  # shorter than the widest filter
    rows = {row["way"]: row for row in compare(problem, 1, TEXT_WAYS)}
    assert set(rows) == set(TEXT_WAYS)
    losses = {way: rows[way]["loss"] for way in ("sparse_compact", "autograd", "handwritten")}
    assert losses == pytest.approx(dict.fromkeys(losses, losses["handwritten"]), rel=1e-5)
    # Dense Adam, another rule, starts from the same loss.
    once = make_text_problem(name, 20, epochs=1, seed=0)
    assert once.steps == 1
    assert TEXT_WAYS["dense"](once)() == pytest.approx(TEXT_WAYS["handwritten"](once)(), rel=1e-5)


@pytest.mark.parametrize(
    ("name", "mean", "spread"),
    [("cnn", 21.0, 9.4), ("bilstm", 18.5, 7.5), ("bilstm+crf", 18.5, 7.5)],
)
def test_texts_are_as_long_as_real_ones_and_32_to_a_batch(name, mean, spread):
    problem = make_text_problem(name, 4_000, epochs=1, seed=0)
    lengths = np.diff(problem.examples.offsets)
    assert lengths.mean() == pytest.approx(mean, abs=0.5)
    assert lengths.std() == pytest.approx(spread, abs=0.5)
    assert len(lengths) / problem.steps == pytest.approx(32, rel=0.02)
    assert sorted(np.concatenate(problem.texts()).tolist()) == list(range(4_000))
