"""Starting values: scale-matched random rows, and pretrained rows given to the wrong words."""

from collections import Counter

import numpy as np
import pytest

from wvexp.vectors.initial import PRETRAINED, RANDOM, SHUFFLED
from wvexp.vectors.reference import ReferenceVectors


@pytest.fixture
def reference():
    """300 word forms, every third without a vector; each dimension has its own centre."""
    rng = np.random.default_rng(1)
    index = np.full(300, -1, dtype=np.int32)
    known = np.flatnonzero(np.arange(300) % 3)
    index[known] = rng.permutation(len(known))
    centre, spread = rng.normal(size=8), rng.uniform(0.1, 2, size=8)
    matrix = (centre + spread * rng.normal(size=(len(known), 8))).astype(np.float32)
    return ReferenceVectors(matrix, index, matrix.mean(0), matrix.std(0))


def draw(start, n):
    rows = np.empty((n, start.dim), dtype=np.float32)
    start.draw(rows)
    return rows


def test_a_draw_has_the_centre_and_the_spread_of_each_dimension(reference):
    n = 40_000
    for start in (PRETRAINED.start(reference, 3), RANDOM.start(reference, 3)):
        drawn = draw(start, n).astype(np.float64)
        # six standard errors of a mean and of a standard deviation
        assert (np.abs(drawn.mean(0) - reference.mean) < 6 * reference.spread / n**0.5).all()
        assert (np.abs(drawn.std(0) / reference.spread - 1) < 6 / (2 * n) ** 0.5).all()


def test_without_vectors_a_draw_is_centred_with_deviation_0_4():
    start = RANDOM.without_vectors(10, 6, seed=2)
    drawn = draw(start, 40_000).astype(np.float64)
    assert (np.abs(drawn.mean(0)) < 6 * 0.4 / 200).all()
    assert (np.abs(drawn.std(0) / 0.4 - 1) < 6 / 80_000**0.5).all()
    assert start.dim == 6
    assert (start.index == -1).all()


def test_a_larger_draw_begins_with_the_smaller_one(reference):
    start = RANDOM.start(reference, 5)
    assert np.array_equal(draw(start, 1000)[:17], draw(start, 17))
    assert not np.array_equal(draw(start, 17), draw(RANDOM.start(reference, 6), 17))


def test_random_gives_no_word_a_pretrained_vector(reference):
    assert (RANDOM.start(reference, 0).index == -1).all()


def test_pretrained_gives_every_known_word_its_own(reference):
    start = PRETRAINED.start(reference, 0)
    assert np.array_equal(start.index, reference.index)
    assert start.matrix is reference.matrix


@pytest.mark.parametrize("seed", range(5))
def test_shuffled_keeps_the_vectors_and_gives_each_to_another_word(reference, seed):
    index = SHUFFLED.start(reference, seed).index
    known = reference.index >= 0
    assert np.array_equal(index >= 0, known)
    assert Counter(index[known].tolist()) == Counter(reference.index[known].tolist())
    assert (index[known] != reference.index[known]).all()


def test_shuffled_depends_on_the_seed_and_leaves_the_reference(reference):
    before = reference.index.copy()
    one, again, two = (SHUFFLED.start(reference, seed).index for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, two)
    assert np.array_equal(reference.index, before)
