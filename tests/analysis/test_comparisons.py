import numpy as np
import pytest

from wvexp.analysis.comparisons import compare_arms


def test_values_at_other_sizes_than_those_named_are_refused():
    values = {"a": np.zeros((3, 2, 4)), "b": np.ones((3, 2, 4))}
    with pytest.raises(ValueError, match=r"values \(3, 2, 4\) for 2 sizes"):
        compare_arms(values, [100.0, 200.0])
