from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wvexp.analysis.trials import expected_best


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_it_is_the_mean_over_all_draws(scores):
    for trials, expected in enumerate(expected_best(scores, len(scores)), start=1):
        draws = [max(draw) for draw in product(scores, repeat=trials)]
        assert expected == pytest.approx(np.mean(draws))


def test_more_trials_never_hurt():
    curve = expected_best(np.random.default_rng(0).random(20), 20)
    assert (np.diff(curve) >= 0).all()
    assert len(curve) == 20


@pytest.mark.parametrize(
    ("scores", "trials"), [([], 1), ([0.5], 2), ([0.5, 0.6], 0), ([0.5, float("nan")], 1)]
)
def test_what_was_not_tried_is_not_promised(scores, trials):
    with pytest.raises(ValueError, match=f"{trials} trials from {len(scores)} scores"):
        expected_best(scores, trials)
