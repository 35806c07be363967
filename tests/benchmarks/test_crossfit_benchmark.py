from wvexp.benchmarks.crossfit import crossfit_coverage


def test_folds_make_the_interval_too_narrow_and_the_widening_mends_it():
    found = crossfit_coverage(experiments=120, examples=100, folds=10, seed=1)
    assert found["covered, plain"] < 0.93
    assert found["covered, widened"] >= 0.93
    assert found["width, widened"] > 1.4 * found["width, plain"]
