"""Grids: every combination once, and nothing else changed."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wvexp.config import Tuning
from wvexp.errors import UserError
from wvexp.sweeps.grid import FOUR_ARMS, Arm, Grid, size_ladder


@pytest.fixture
def base(inputs, tiny):
    return tiny.base_run(inputs)


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


def test_a_frozen_arm_has_no_tuning():
    with pytest.raises(UserError, match="finetune=true"):
        Arm("random", False, Tuning(lr_scale=2))


@given(st.integers(1, 10**7), st.integers(2, 9))
def test_a_ladder_ascends_to_all_examples(examples, steps):
    sizes = size_ladder(examples, steps)
    assert sizes[-1] == examples
    assert sizes == sorted(set(sizes))
    assert len(sizes) <= steps
    assert sizes[0] == min(100, examples)


def test_a_ladder_climbs_in_equal_ratios():
    assert size_ladder(100_000, 4) == [100, 1000, 10_000, 100_000]
