"""The map of all word vectors and the fixed copy: docs/backprop-projection.md, step by step."""

import numpy as np
import pytest

from wvexp.backprop.gradcheck import numeric_gradient
from wvexp.backprop.rows import WordRows

RNG = np.random.default_rng(4)
V, D = 7, 3
E = RNG.normal(size=(V, D))
E[0] = 0
WORDS = np.array([1, 4, 4, 0, 6])  # one twice, and PAD
UPSTREAM = RNG.normal(size=(len(WORDS), D))
TRAINABLE = np.arange(V) > 0


def test_the_gradient_of_the_map_equals_differences():
    M = RNG.normal(size=(D, D))
    rows = WordRows(E, M=M)
    np.testing.assert_allclose(rows.vectors(WORDS), np.stack([M @ E[w] for w in WORDS]))

    def loss(value):
        return float(np.sum(UPSTREAM * WordRows(E, M=value).vectors(WORDS)))

    found = rows.gradients(WORDS, UPSTREAM)
    assert found.keys() == {"M"}
    np.testing.assert_allclose(found["M"], numeric_gradient(loss, M).slope, atol=1e-7)
    assert not np.allclose(found["M"], found["M"].T)


def test_padding_stays_zero_and_gives_the_map_nothing():
    rows = WordRows(E, M=RNG.normal(size=(D, D)))
    padding = np.zeros(4, int)
    assert not rows.vectors(padding).any()
    assert not rows.gradients(padding, RNG.normal(size=(4, D)))["M"].any()


def test_other_rows_go_through_the_same_map():
    M, other = RNG.normal(size=(D, D)), RNG.normal(size=(2, D))
    rows = WordRows(E, M=M)
    np.testing.assert_allclose(rows.vectors(np.array([[1], [0]]), other)[0, 0], M @ other[1])


@pytest.mark.parametrize("fixed", [1, 2])
def test_fixed_numbers_have_no_gradient_and_no_penalty(fixed):
    initial = E + RNG.normal(size=E.shape)
    strengths = {"l2": 0.3, "anchor": 0.2}
    whole = WordRows(E, TRAINABLE, **strengths, initial=initial)
    part = WordRows(E, TRAINABLE, **strengths, initial=initial, fixed=fixed)
    found, without = (one.gradients(WORDS, UPSTREAM)["E"] for one in (part, whole))
    assert found.rows.tolist() == without.rows.tolist()
    assert not found.values[:, :fixed].any()
    np.testing.assert_array_equal(found.values[:, fixed:], without.values[:, fixed:])
    cut = WordRows(E[:, fixed:], TRAINABLE, **strengths, initial=initial[:, fixed:])
    assert part.penalty(WORDS) == pytest.approx(cut.penalty(WORDS), rel=1e-12)
    assert part.penalty(WORDS) != pytest.approx(whole.penalty(WORDS), rel=1e-3)


def test_without_anything_to_learn_there_is_no_gradient():
    rows = WordRows(E)
    assert not rows.learns
    assert rows.gradients(WORDS, UPSTREAM) == {}
