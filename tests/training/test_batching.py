"""Which texts go into a batch together: all of them once, whole, alike where that is wanted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wvexp.models.view import View
from wvexp.training.batching import batches_of

LENGTHS = st.lists(st.integers(0, 40), max_size=60)
VIEWS = {
    "windows": View(window=3),
    "texts": View(),
    "tagged": View(tagged=True),
    "alike": View(alike=True),
    "tagged alike": View(tagged=True, alike=True),
}


def cut(lengths, view, size, seed=0, order=None):
    lengths = np.asarray(lengths, dtype=np.int64)
    if order is None:
        order = np.random.default_rng(seed).permutation(len(lengths))
    return batches_of(order, lengths, view, size)


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@given(lengths=LENGTHS, size=st.integers(1, 50), seed=st.integers(0, 99))
def test_every_text_once_and_no_batch_empty(view, lengths, size, seed):
    batches = cut(lengths, view, size, seed)
    assert all(len(batch) for batch in batches)
    assert sorted(i for batch in batches for i in batch.tolist()) == list(range(len(lengths)))


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@given(lengths=LENGTHS, size=st.integers(1, 50), seed=st.integers(0, 99))
def test_the_same_order_makes_the_same_batches(view, lengths, size, seed):
    one, other = (cut(lengths, view, size, seed) for _ in range(2))
    assert [batch.tolist() for batch in one] == [batch.tolist() for batch in other]


@pytest.mark.parametrize("view", [VIEWS["windows"], VIEWS["texts"]])
@given(lengths=LENGTHS, size=st.integers(1, 50), seed=st.integers(0, 99))
def test_of_one_label_each_they_follow_the_order_of_chance(view, lengths, size, seed):
    order = np.random.default_rng(seed).permutation(len(lengths))
    batches = cut(lengths, view, size, order=order)
    assert [i for batch in batches for i in batch.tolist()] == order.tolist()
    assert [len(batch) for batch in batches[:-1]] == [size] * (len(batches) - 1)


@pytest.mark.parametrize("view", [VIEWS["tagged"], VIEWS["tagged alike"]])
@given(lengths=LENGTHS, size=st.integers(1, 50), seed=st.integers(0, 99))
def test_a_batch_of_tagged_texts_has_about_the_labels_asked_for(view, lengths, size, seed):
    """Its last text begins within `size` labels of where the batch was to begin."""
    longest = max(lengths, default=0)
    labels = [sum(lengths[i] for i in batch) for batch in cut(lengths, view, size, seed)]
    assert all(n < size + longest for n in labels)
    if not view.alike:
        total = sum(lengths)
        assert len(labels) <= total // size + 1
        ends = np.cumsum(labels)
        pieces = np.arange(1, len(labels) + 1)
        assert all(ends[:-1] >= size * pieces[:-1])


@given(lengths=st.lists(st.integers(1, 40), min_size=1, max_size=60), seed=st.integers(0, 99))
def test_a_text_longer_than_a_batch_is_alone(lengths, seed):
    for view in (VIEWS["tagged"], VIEWS["tagged alike"]):
        batches = cut(lengths, view, 1, seed)
        assert all(len(batch) == 1 for batch in batches)


def test_a_long_text_ends_its_batch():
    """Those after it fall into later pieces, and none is split."""
    batches = cut([3, 50, 2, 2], VIEWS["tagged"], 10, order=np.arange(4))
    assert [batch.tolist() for batch in batches] == [[0, 1], [2, 3]]
    batches = cut([10, 50, 2, 2], VIEWS["tagged"], 10, order=np.arange(4))
    assert [batch.tolist() for batch in batches] == [[0], [1], [2, 3]]


@pytest.mark.parametrize("size", [1, 16])
def test_empty_texts_go_with_the_others(size):
    for view in (VIEWS["tagged"], VIEWS["tagged alike"]):
        assert len(cut([0, 0, 0], view, size)) == 1
        assert sum(map(len, cut([0, 5, 0, 5, 0], view, size))) == 5
    assert cut([], VIEWS["tagged"], size) == cut([], VIEWS["alike"], size) == []


@pytest.mark.parametrize("tagged", [False, True])
def test_texts_of_a_batch_are_alike(tagged):
    """The spread of lengths within a batch is a small part of what chance makes of it."""
    lengths = np.random.default_rng(0).integers(1, 60, 4000)
    size = 32 * (int(lengths.mean()) if tagged else 1)

    def spread(view):
        batches = batches_of(np.random.default_rng(1).permutation(4000), lengths, view, size)
        return np.mean([np.ptp(lengths[batch]) for batch in batches])

    alike, chance = (spread(View(tagged=tagged, alike=alike)) for alike in (True, False))
    assert chance > 40
    assert alike < 5


def test_batches_of_like_texts_come_in_no_order_of_length():
    """The short ones do not all come first: a step would follow its like."""
    lengths = np.random.default_rng(0).integers(1, 60, 3000)
    batches = cut(lengths, VIEWS["alike"], 32, seed=1)
    means = np.array([lengths[batch].mean() for batch in batches])
    places = np.arange(len(means))
    assert abs(np.corrcoef(places, means)[0, 1]) < 0.3
    # Chance decides anew in each epoch.
    again = cut(lengths, VIEWS["alike"], 32, seed=2)
    assert [batch.tolist() for batch in batches] != [batch.tolist() for batch in again]


@given(
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=60, unique=True),
    size=st.integers(1, 30),
    seeds=st.tuples(st.integers(0, 99), st.integers(0, 99)),
)
def test_within_a_stretch_chance_decides_when_and_not_with_whom(lengths, size, seeds):
    """Where no two lengths are equal, the batches of any order are the same, one after another."""
    for view in (VIEWS["alike"], VIEWS["tagged alike"]):
        if view.tagged and sum(lengths) > 50 * size:
            continue  # several stretches, whose texts are of chance
        one, other = ({tuple(b) for b in map(list, cut(lengths, view, size, s))} for s in seeds)
        if len(lengths) <= 50 * size:
            assert one == other
