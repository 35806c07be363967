"""Grids: every combination once, and nothing else changed."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wvexp.arms import FOUR_ARMS, FROZEN, TUNED, Arm, Tuning
from wvexp.errors import UserError
from wvexp.sweeps.grid import Grid, size_ladder


@pytest.fixture
def base(inputs, tiny):
    return tiny.base_run(inputs)


@settings(deadline=None)
@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True),
    seeds=st.lists(st.integers(0, 9), min_size=1, max_size=4, unique=True),
    lrs=st.lists(st.sampled_from([0.1, 0.2, 0.3]), min_size=1, max_size=3, unique=True),
)
def test_every_combination_once(inputs, tiny, sizes, seeds, lrs):
    base = tiny.base_run(inputs)
    runs = Grid(FOUR_ARMS, sizes, seeds, lrs, base).runs()
    found = Counter((r.embed, r.finetune, r.train_size, r.seed, r.optim.lr) for r in runs)
    assert set(found.values()) == {1}
    assert len(found) == 4 * len(sizes) * len(seeds) * len(lrs)
    assert len({run.key for run in runs}) == len(runs)
    assert {run.condition for run in runs} == {base.condition}


def test_a_thousand_runs_hold_what_the_base_says(base):
    runs = Grid(FOUR_ARMS, range(1, 6), range(50), [1e-3], base).runs()
    assert len(runs) == 1000
    assert all(
        (run.model, run.optim.batch_size, run.engine, run.data)
        == (base.model, base.optim.batch_size, base.engine, base.data)
        for run in runs
    )


@pytest.mark.parametrize("axis", ["arms", "sizes", "seeds", "lrs"])
def test_an_axis_that_is_empty_or_repeats_is_refused(base, axis):
    axes = {"arms": FOUR_ARMS, "sizes": [1], "seeds": [0], "lrs": [0.1]}
    with pytest.raises(UserError, match=f"no {axis}"):
        Grid(**{**axes, axis: []}, base=base).runs()
    with pytest.raises(UserError, match="twice"):
        Grid(**{**axes, axis: [axes[axis][0]] * 2}, base=base).runs()


def test_numbers_of_any_make_give_the_same_runs(base):
    plain = Grid(FOUR_ARMS, [10, 40], [0, 1], [0.001, 0.1], base).runs()
    sizes, seeds = np.array([10, 40]), np.arange(2)
    made = Grid(iter(FOUR_ARMS), sizes, seeds, np.array([0.001, 0.1]), base).runs()
    read = Grid(FOUR_ARMS, ["10", "40"], range(2), ["1e-3", "0.1"], base).runs()
    keys = [run.key for run in plain]  # a key is JSON of Python's own numbers
    assert [run.key for run in made] == [run.key for run in read] == keys


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        ({"sizes": [10, 0]}, "train_size=0 is below its least value 1"),
        ({"sizes": [10.5]}, r"train_size=10\.5 is not a whole number"),
        ({"sizes": [True]}, "train_size=True is not a whole number; give one such as 3"),
        ({"sizes": "100"}, r"sizes are '100'; give a list"),
        ({"seeds": [-1]}, "seed=-1"),
        ({"seeds": ["one"]}, "seed=one is not a whole number; give one such as 3"),
        ({"lrs": [float("nan")]}, r"optim\.lr=nan"),
        ({"lrs": ["0"]}, r"optim\.lr=0.0: it must be above 0"),
        ({"lrs": ["0.1", 0.1]}, "hold 0.1 twice"),
    ],
)
def test_a_number_that_cannot_be_is_named(base, axis, message):
    axes = {"arms": FOUR_ARMS, "sizes": [1], "seeds": [0], "lrs": [0.1], **axis}
    with pytest.raises(UserError, match=message):
        Grid(**axes, base=base).runs()


def changed(base, group, **values):
    return replace(base, **{group: replace(getattr(base, group), **values)})


@pytest.mark.parametrize(
    ("group", "name", "one", "other"),
    [
        ("model", "dropout", 0, 0.0),
        ("model", "hidden", np.int64(5), 5.0),
        ("model", "widths", (3, 4), [np.int32(3), 4]),
        ("optim", "l2", 0, 0.0),
        ("optim", "batch_size", 16.0, np.int16(16)),
        ("optim", "lr", 1, "1e0"),
    ],
)
def test_a_base_has_one_key_however_its_numbers_are_written(base, group, name, one, other):
    keys = [
        [run.key for run in Grid(FOUR_ARMS, [10], [0], [0.1], base_).runs()]
        for base_ in (changed(base, group, **{name: one}), changed(base, group, **{name: other}))
    ]
    assert keys[0] == keys[1]


def test_a_policy_has_one_key_however_its_numbers_are_written(base):
    keys = [
        Grid([Arm("random", TUNED, Tuning(lr_scale=scale, anchor=0))], [10], [0], [0.1], base)
        .runs()[0]
        .key
        for scale in (2, 2.0, np.float64(2))
    ]
    assert len(set(keys)) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metric": "nonsense"}, "metric=nonsense is not one of accuracy"),
        ({"metric": None}, "metric=None"),
        ({"engine": "auto"}, "engine=auto .*describe_run"),
        ({"task": "sentence"}, "model=window does not fit sentence labels"),
        ({"folds": 0}, r"data\.folds=0 is below"),
        ({"folds": 1}, r"folds=1 of a run"),
        ({"model": {"name": "mean"}}, "model=mean does not fit token labels"),
        ({"model": {"name": "auto"}}, "model=auto .*describe_run"),
        ({"model": {"window": 4}}, r"model\.window=4 is even"),
        ({"model": {"dropout": 1.5}}, r"model\.dropout=1\.5: it must be below 1"),
        ({"model": {"hidden": 2.5}}, r"model\.hidden=2\.5 is not a whole number"),
        ({"optim": {"name": "adamw"}}, r"optim\.name=adamw is not one of"),
        ({"optim": {"epochs": 0}}, r"optim\.epochs=0 is below"),
        ({"optim": {"l2": "much"}}, r"optim\.l2=much is not a number"),
    ],
)
def test_a_base_that_the_configuration_would_refuse_is_refused(base, changes, message):
    for name, value in changes.items():
        value = replace(getattr(base, name), **value) if isinstance(value, dict) else value
        base = replace(base, **{name: value})
    with pytest.raises(UserError, match=message):
        Grid(FOUR_ARMS, [10], [0], [0.1], base).runs()


def test_a_policy_that_the_configuration_would_refuse_is_refused(base):
    late = Arm("random", TUNED, Tuning(start_epoch=base.optim.epochs + 1))
    with pytest.raises(UserError, match=r"tuning\.start_epoch=4 is after the last epoch"):
        Grid([late], [10], [0], [0.1], base).runs()


def test_an_arm_starts_from_something_known(base):
    with pytest.raises(UserError, match="glove is not one of pretrained, random, shuffled"):
        Grid([Arm("glove", FROZEN)], [10], [0], [0.1], base).runs()


@given(st.integers(1, 10**7), st.integers(2, 9))
def test_a_ladder_ascends_to_all_examples(examples, steps):
    sizes = size_ladder(examples, steps)
    assert sizes[-1] == examples
    assert sizes == sorted(set(sizes))
    assert len(sizes) <= steps
    assert sizes[0] == min(100, examples)


def test_a_ladder_climbs_in_equal_ratios():
    assert size_ladder(100_000, 4) == [100, 1000, 10_000, 100_000]
