"""The nearest rows against plain loops."""

import numpy as np
import pytest

from wvexp.analysis.neighbours import nearest
from wvexp.seeds import stream


@pytest.fixture
def rows() -> np.ndarray:
    return stream(0, "ledger").normal(size=(120, 6)).astype(np.float32)


def test_nearest_equals_a_loop(rows):
    found = nearest(rows, np.array([3, 50]), most=4)
    for query, row in zip((3, 50), found, strict=True):
        cosines = {
            i: float(v @ rows[query] / np.linalg.norm(v) / np.linalg.norm(rows[query]))
            for i, v in enumerate(rows)
            if i != query
        }
        assert row.tolist() == sorted(cosines, key=cosines.__getitem__, reverse=True)[:4]


def test_few_rows_have_few_neighbours(rows):
    assert nearest(rows[:3], np.array([1])).shape == (1, 2)
