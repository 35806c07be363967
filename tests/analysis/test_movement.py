"""The movement ledger against plain loops and planted moves."""

import math

import numpy as np
import pytest

from wvexp.analysis.movement import movement_ledger
from wvexp.analysis.neighbours import nearest
from wvexp.seeds import stream

N, D = 120, 6


@pytest.fixture
def before() -> np.ndarray:
    return stream(0, "ledger").normal(size=(N, D)).astype(np.float32)


def make(before: np.ndarray, after: np.ndarray, trainable: np.ndarray | None = None):
    counts = np.arange(N)[::-1].copy()  # row 0 is the most frequent
    words = [f"w{i}" for i in range(N)]
    return movement_ledger(
        words, counts, np.ones(N, bool) if trainable is None else trainable, before, after
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
    trainable = np.arange(N) % 2 == 0
    ledger = make(before, before.copy(), trainable)
    assert not trainable[ledger.kinds["fixed"]].any()
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


@pytest.mark.parametrize("seen", [40, N])
def test_the_ledger_against_plain_loops(seen):
    """Short vectors, small steps and many ties: of counts, and of rows that start at 0."""
    rng = stream(1, "ledger")
    before = rng.normal(scale=0.1, size=(N, D)).astype(np.float32)
    before[20:40] = 0
    after = before.copy()
    after[20:40, 0] = 0.25  # all as far
    after[60:110] += rng.normal(scale=0.2, size=(50, D)).astype(np.float32)
    counts = rng.permutation(np.where(np.arange(N) < seen, 1 + np.arange(N) % 3, 0))
    trainable = rng.random(N) < 0.5
    words = [f"w{i}" for i in range(N)]
    ledger = movement_ledger(words, counts, trainable, before, after)

    distance = [math.dist(x, y) for x, y in zip(before.tolist(), after.tolist(), strict=True)]
    length = [math.hypot(*x) for x in before.tolist()]
    farthest = sorted((i for i in range(N) if distance[i] > 0), key=lambda i: -distance[i])
    frequent = sorted(range(N), key=lambda i: -counts[i])
    kinds = {
        "most_moved": farthest[:50],
        "frequent": [i for i in frequent if counts[i] > 0][:50],
        "fixed": [i for i in frequent if not trainable[i]][:50],
    }
    assert {kind: lines.tolist() for kind, lines in ledger.kinds.items()} == kinds
    looked_up = sorted(set().union(*kinds.values()))
    near = {
        i: [nearest(rows, np.array([i]))[0].tolist() for rows in (before, after)] for i in looked_up
    }
    overlap = {i: len(set(was) & set(now)) / 10 for i, (was, now) in near.items()}

    relative = {i: distance[i] / length[i] for i in range(N) if length[i]}
    cosine = {
        i: np.dot(before[i], after[i]) / length[i] / math.hypot(*after[i].tolist())
        for i in relative
    }
    named = [{"word": words[i], "distance": pytest.approx(distance[i])} for i in farthest[:10]]
    assert ledger.summary() == {
        "relative_mean": pytest.approx(np.mean([relative[i] for i in relative if distance[i]])),
        "cosine_mean": pytest.approx(np.mean([cosine[i] for i in cosine if distance[i]])),
        **{
            f"overlap_{kind}": pytest.approx(np.mean([overlap[i] for i in lines]))
            for kind, lines in kinds.items()
        },
        "most_moved": named,
    }
    assert ledger.columns() == {
        "word": words,
        "count": counts.tolist(),
        "trainable": trainable.tolist(),
        "distance": pytest.approx(distance),
        "relative": [_about(relative.get(i)) for i in range(N)],
        "cosine": [_about(cosine.get(i)) for i in range(N)],
        "overlap": [_about(overlap.get(i)) for i in range(N)],
        **{
            f"neighbours_{when}": [
                [words[j] for j in near[i][side]] if i in near else None for i in range(N)
            ]
            for side, when in enumerate(("before", "after"))
        },
    }


def _about(value):
    return None if value is None else pytest.approx(value, abs=1e-6)
