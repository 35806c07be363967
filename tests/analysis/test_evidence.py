import numpy as np

from wvexp.analysis.comparisons import compare_arms
from wvexp.analysis.evidence import in_words, of_pair


def test_a_comparison_in_words():
    """No spread over units, so that it is the t interval over seeds, worked out by hand."""
    units = 20_000
    a = np.full((1, 4, units), 0.5) + np.array([0.18, 0.22, 0.18, 0.22])[None, :, None]
    b = np.full((1, 4, units), 0.5)
    values = {"tuned": a, "frozen": b}
    pair = of_pair(compare_arms(values, [1200.0]), values, {}, "tuned", "frozen")
    assert in_words(pair.evidence[0]) == (
        # a standard error of 2 x sqrt(4 / 3) / sqrt(4) = 1.155 points, t(3) 3.182
        "tuned minus frozen is +20.0 points [+16.3, +23.7] at size 1,200, 4 seeds"
    )
