import numpy as np

from wvexp.analysis.label_worth import Doubling
from wvexp.benchmarks import label_worth
from wvexp.benchmarks.label_worth import FAMILIES, SIZES, draw_truth
from wvexp.seeds import stream


def test_the_vectors_are_worth_what_the_truth_says():
    for index, family in enumerate(FAMILIES):
        truth = draw_truth(family, stream(0, "label worth", index, 0))
        with_vectors, without = truth.accuracy(SIZES)
        assert np.all(np.diff(without) >= 0)
        assert np.all((without > 0) & (without < 1) & (with_vectors > 0) & (with_vectors < 1))
        again = truth.accuracy(SIZES * truth.times(SIZES))[1]
        np.testing.assert_allclose(again, with_vectors)


def test_intervals_hold_the_truth_and_would_not_if_they_were_halved(monkeypatch):
    monkeypatch.setattr(label_worth, "UNITS", (200, 400))
    found = label_worth._family("sigmoid", 30, 1)
    assert found["doubling"]["held"] >= 0.85
    assert found["vectors at 1000"]["held"] >= 0.85
    exact = label_worth.doubling_gain

    def too_narrow(*given):
        d = exact(*given)
        if d.estimate is None:
            return d
        ends = (d.estimate + (end - d.estimate) / 10 for end in (d.low, d.high))
        return Doubling("", d.size, d.estimate, *ends)

    monkeypatch.setattr(label_worth, "doubling_gain", too_narrow)
    assert label_worth._family("sigmoid", 30, 1)["doubling"]["held"] < 0.8
