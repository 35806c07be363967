import numpy as np
import pytest

from wvexp.analysis.failed import failures, without_failed
from wvexp.analysis.race import Entrant


@pytest.mark.parametrize(
    ("scores", "failed"),
    [
        ([0.80, 0.79, 0.51, 0.81], [2]),
        ([0.80, np.nan, 0.50], [2]),
        ([0.80, 0.70, 0.60], []),  # worse, but it learned
        ([0.51, 0.50, 0.49], []),  # none did
        ([0.53, 0.50, 0.49], []),  # 3 points are no gain to speak of
        ([0.5], []),
        ([np.nan, np.nan], []),
    ],
)
def test_which_runs_failed(scores, failed):
    assert np.flatnonzero(failures(np.array(scores), baseline=0.5)).tolist() == failed


def test_they_become_runs_that_did_not_take_place():
    test = np.arange(12.0).reshape(3, 4)
    fine = Entrant("fine", np.array([0.8, 0.8, np.nan]), test)
    one = Entrant("one", np.array([0.8, 0.5, 0.8]), test)
    found = without_failed([fine, one], baseline=0.5)
    assert found.failed == {"one": (1,)}
    assert found.runs == 5
    assert found.entrants[0] is fine
    assert np.isnan(found.entrants[1].validation).tolist() == [False, True, False]
    assert np.isnan(found.entrants[1].test[1]).all()
    assert np.array_equal(found.entrants[1].test[[0, 2]], test[[0, 2]])
    assert np.array_equal(test, np.arange(12.0).reshape(3, 4))
