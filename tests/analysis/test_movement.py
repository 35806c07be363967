"""The movement ledger against plain loops and planted moves."""

import numpy as np
import pytest

from wvexp.analysis.movement import movement_ledger
from wvexp.analysis.neighbours import nearest
from wvexp.seeds import stream

N, D = 120, 6


@pytest.fixture
def before() -> np.ndarray:
    return stream(0, "ledger").normal(size=(N, D)).astype(np.float32)


def make(before: np.ndarray, after: np.ndarray, movable: np.ndarray | None = None):
    counts = np.arange(N)[::-1].copy()  # row 0 is the most frequent
    words = [f"w{i}" for i in range(N)]
    return movement_ledger(
        words, counts, np.ones(N, bool) if movable is None else movable, before, after
    )


def test_distances_and_cosines_of_a_planted_move(before):
    after = before.copy()
    after[7] = before[7] * 3  # same direction, twice its norm away
    after[9] = -before[9]
    ledger = make(before, after)
    norms = np.linalg.norm(before, axis=1)
    assert ledger.distance[7] == pytest.approx(2 * norms[7])
    assert ledger.relative[[7, 9]] == pytest.approx([2, 2])
    assert ledger.cosine[[7, 9]] == pytest.approx([1, -1])
    assert np.flatnonzero(ledger.distance).tolist() == [7, 9]
    assert set(ledger.kinds["most_moved"].tolist()) == {7, 9}


def test_a_word_that_swaps_places_swaps_neighbours(before):
    after = before.copy()
    after[[4, 90]] = before[[90, 4]]
    ledger = make(before, after)
    at = ledger.looked_up.tolist().index(4)
    was = set(ledger.before[at].tolist()) - {90}
    now = set(ledger.after[at].tolist()) - {90}
    assert now == set(nearest(before, np.array([90]))[0].tolist()) - {4}
    assert ledger.overlap[at] == pytest.approx(len(was & now) / 10, abs=0.11)


def test_nothing_moved_keeps_every_neighbour(before):
    ledger = make(before, before.copy())
    assert (ledger.overlap == 1).all()
    summary = ledger.summary()
    assert summary["most_moved"] == []
    assert not {"relative_mean", "cosine_mean", "overlap_most_moved"} & summary.keys()


def test_fixed_rows_are_those_that_may_not_move(before):
    movable = np.arange(N) % 2 == 0
    ledger = make(before, before.copy(), movable)
    assert not movable[ledger.kinds["fixed"]].any()
    assert ledger.kinds["fixed"].tolist() == list(range(1, 100, 2))


def test_undefined_is_absent_not_zero(before):
    before[5] = 0
    after = before.copy()
    after[5] = 1
    columns = make(before, after).columns()
    assert columns["relative"][5] is None
    assert columns["cosine"][5] is None
    assert columns["distance"][5] == pytest.approx(np.sqrt(D))
    assert {len(column) for column in columns.values()} == {N}


def test_rows_that_all_start_at_zero_have_no_relative_movement():
    ledger = make(np.zeros((N, D), np.float32), np.ones((N, D), np.float32))
    assert not {"relative_mean", "cosine_mean"} & ledger.summary().keys()
