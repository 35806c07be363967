import numpy as np
import pytest

from wvexp.analysis.reason import Reason, Why
from wvexp.analysis.scores import f1_values, macro_f1_values
from wvexp.errors import UserError
from wvexp.metrics import METRICS
from wvexp.report.conditions import choose_condition
from wvexp.report.findings import find
from wvexp.report.measurements import measure
from wvexp.report.reasons import all_in_words


def test_values_are_the_scores_of_the_runs_that_validation_chose(simulated):
    store = simulated(seeds=3)
    m = measure(store, "c0ffee")
    assert m.arms[0] == "pretrained-frozen"
    assert m.sizes == (100, 400, 1600, 6400)
    for arm in m.arms:
        for k, size in enumerate(m.sizes):
            of_rate = {
                lr: np.mean(
                    [r.metric.validation for r in store.runs(arm=arm, train_size=size, lr=lr)]
                )
                for lr in m.rates
            }
            best = max(of_rate, key=of_rate.get)
            for row, seed in enumerate(m.seeds):
                [run] = store.runs(arm=arm, train_size=size, seed=seed, lr=best)
                assert m.values[arm][k, row].mean() == pytest.approx(run.metric.test)
                assert m.chosen[arm, size, seed] == run


def test_counts_of_runs_that_were_not_chosen_are_never_read(simulated):
    store = simulated(seeds=2)
    read = []
    counts = store.unit_counts
    store.unit_counts = lambda key: read.append(key) or counts(key)
    m = measure(store, "c0ffee")
    assert sorted(read) == sorted(run.key for run in m.chosen.values())
    assert len(read) < len(store.keys())


def test_the_full_size_is_where_all_seeds_share_the_text(simulated):
    assert measure(simulated(seeds=2), "c0ffee").full_size == 6400
    subsets = simulated(seeds=2).change(lambda run: run.update(train_tokens=run["seed"]))
    assert measure(subsets, "c0ffee").full_size is None
    one_seed = measure(simulated(seeds=1), "c0ffee")
    assert one_seed.full_size is None
    assert Reason(Why.SINGLE_SEED) in one_seed.problems


def test_a_missing_cell_is_named_and_empty(simulated):
    store = simulated(seeds=3).drop(arm="random-tuned", train_size=400, seed=1)
    m = measure(store, "c0ffee")
    assert np.isnan(m.values["random-tuned"][1, 1]).all()
    assert np.isfinite(m.values["random-tuned"][1, [0, 2]]).all()
    assert "random-tuned at size 400: no result in seed 1" in all_in_words(m.problems)
    assert measure(store, "c0ffee", gaps=False).problems == ()


def test_missing_arms_and_sizes_are_named(simulated):
    store = simulated(seeds=2).drop(embed="random")
    for size in (100, 400, 1600):
        store.drop(train_size=size)
    problems = all_in_words(measure(store, "c0ffee").problems)
    assert {"no run of the arm random-frozen", "no run of the arm random-tuned"} <= set(problems)
    assert any(problem.startswith("one training size, 6400") for problem in problems)


def test_a_run_on_other_test_units_is_left_out_and_named(simulated):
    store = simulated(seeds=2)
    odd = store.runs(arm="random-frozen", train_size=100, seed=1)
    for run in odd:
        store._counts[run.key] = store._counts[run.key][:-1]
    m = measure(store, "c0ffee")
    assert np.isnan(m.values["random-frozen"][0, 1]).all()
    said = "random-frozen at size 100, seed 1: other test units than the rest, left out"
    assert said in all_in_words(m.problems)


def test_equal_test_sentences_are_one_unit(simulated):
    """The interval is that of the distinct sentences, not of twice as many."""
    once, twice = simulated(seeds=3, units=300), simulated(seeds=3, units=300)
    twice._ids = [*once._ids, *(f"{name}-2" for name in once._ids)]
    for key, counts in twice._counts.items():
        twice._counts[key] = np.concatenate([counts, counts])
    plain, doubled = (find(measure(store, "c0ffee")) for store in (once, twice))
    assert doubled.scores == plain.scores
    assert [c.difference for c in doubled.comparisons] == [c.difference for c in plain.comparisons]


def test_several_conditions_are_listed(simulated):
    store = simulated(seeds=1).merge(simulated(seeds=1, condition="beef"))
    with pytest.raises(UserError, match=r"2 conditions; give condition=.*: beef .*c0ffee"):
        choose_condition(store)
    assert choose_condition(store, "be") == "beef"
    with pytest.raises(UserError, match="condition=x names 0 of the 2"):
        choose_condition(store, "x")
    assert measure(store, "beef").condition == "beef"
    assert len(measure(store, "beef").runs) == len(store.runs()) // 2


def test_an_empty_file_is_one_clear_line(simulated):
    with pytest.raises(UserError, match="holds no run"):
        choose_condition(simulated(accuracy={}))


def test_counts_of_every_metric_become_its_values():
    counts = np.random.default_rng(0).integers(1, 9, (2, 30, 6)).astype(float)
    tp, fp, fn = (counts[..., i] for i in range(3))
    np.testing.assert_array_equal(
        METRICS["entity_f1"].values(counts[..., :3]), f1_values(tp, fp, fn)
    )
    by_class = [np.stack([counts[..., i], counts[..., i + 3]], axis=-1) for i in range(3)]
    np.testing.assert_array_equal(METRICS["macro_f1"].values(counts), macro_f1_values(*by_class))
    right = np.array([[[3.0, 4.0], [1.0, 2.0]]])
    assert METRICS["accuracy"].values(right).mean() == pytest.approx(4 / 6)
