import numpy as np
import pytest

from wvexp.benchmarks.simulated import Design, draw_curves, draw_design, simulate, true_scores

SIZES = np.array([100.0, 1000.0, 10000.0])


@pytest.mark.parametrize("kind", ["sentences", "documents", "entities"])
def test_the_truth_is_what_many_experiments_average_to(kind):
    design = Design(
        np.array([[0.6, 0.8], [0.55, 0.85]]), np.array([0.4, 0.1]), 0.5, kind, seeds=20, units=400
    )
    rng = np.random.default_rng(0)
    means = np.array([simulate(design, rng).mean(axis=(2, 3)) for _ in range(150)])
    error = means.std(axis=0, ddof=1) / np.sqrt(150)
    assert (np.abs(means.mean(axis=0) - true_scores(design)) < 4 * error).all()
    assert error.max() < 0.005


@pytest.mark.parametrize("crosses", [True, False])
def test_curves_cross_where_they_say(crosses):
    for seed in range(50):
        curves = draw_curves(SIZES, crosses, np.random.default_rng(seed))
        grid = np.geomspace(100, 10000, 300)
        lead = np.subtract(*curves.accuracy(grid))
        if curves.crossing is None:
            assert (lead > 0).all()
        else:
            assert ((lead > 0) == (grid < curves.crossing)).all()
        assert np.abs(lead).max() <= 0.1 + 1e-12


def test_a_design_leaves_room_for_the_residual():
    for seed in range(50):
        design = draw_design(np.full((2, 3), 0.7), 5, np.random.default_rng(seed))
        assert (design.unit_share + design.seed_sd**2 < 0.8).all()
        assert simulate(design, np.random.default_rng(seed)).shape[:3] == (2, 3, 5)
