"""Which rows may move, and proof that the others did not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wvexp.data.vocabulary import PAD, UNK, Vocabulary
from wvexp.errors import RunError
from wvexp.training.tuning import measure_movement, trainable_rows
from wvexp.vectors.reference import ReferenceVectors
from wvexp.vectors.table import EmbeddingTable, Origin


def make_table(origins, counts, evaluated=2):
    """Rows of the given origins and counts after PAD and UNK, then rows that evaluation reads."""
    origin = [Origin.PAD, Origin.UNK, *origins, *[Origin.PRETRAINED] * evaluated]
    n = len(origin)
    table = EmbeddingTable(
        rows=np.zeros((n, 2), np.float32),
        origin=np.array(origin, np.uint8),
        forms=[str(i) for i in range(n)],
        trained=2 + len(origins),
        row_of=np.arange(n, dtype=np.int32),
    )
    ids = np.arange(len(origins), dtype=np.int32)
    return table, Vocabulary(ids, np.array([0, 0, *counts]))


words = st.lists(
    st.tuples(st.sampled_from([Origin.PRETRAINED, Origin.RANDOM]), st.integers(1, 5)), min_size=1
)


@given(words, st.booleans(), st.sampled_from(["all", "oov"]), st.integers(0, 4))
def test_the_mask_follows_the_policy_row_by_row(listed, finetune, rows, min_count):
    table, vocabulary = make_table([o for o, _ in listed], [c for _, c in listed])
    known = np.array([o == Origin.PRETRAINED for o, _ in listed])
    reference = ReferenceVectors(
        matrix=np.zeros((1, 2), np.float32),
        index=np.where(known, 0, -1).astype(np.int32),
        mean=np.zeros(2, np.float32),
        spread=np.ones(2, np.float32),
    )
    mask = trainable_rows(
        table, vocabulary, reference, finetune=finetune, oov_only=rows == "oov", min_count=min_count
    )
    assert not mask[PAD]
    assert mask[UNK] == finetune
    assert not mask[table.trained :].any()
    for (origin, count), moves in zip(listed, mask[2 : table.trained], strict=True):
        allowed = rows == "all" or origin == Origin.RANDOM
        assert moves == (finetune and count >= min_count and allowed)


def rows_and_mask():
    before = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    return before, np.array([False, True, True, True, False, False])


def test_movement_is_the_euclidean_distance_of_the_trainable_rows():
    before, trainable = rows_and_mask()
    after = before.copy()
    after[1] += np.array([3, 4, 0], np.float32)
    after[2, 1] += 1
    movement = measure_movement(before, after, trainable)
    assert (movement.rows, movement.moved) == (3, 2)
    assert movement.max == pytest.approx(5, rel=1e-6)
    assert movement.mean == pytest.approx(2, rel=1e-6)


@pytest.mark.parametrize("row", [0, 4, 5])
def test_the_least_change_of_a_frozen_row_is_caught(row):
    before, trainable = rows_and_mask()
    after = before.copy()
    after[row, 2] = np.nextafter(after[row, 2], np.float32(9))
    with pytest.raises(RunError, match=f"1 frozen rows changed, row {row} first"):
        measure_movement(before, after, trainable)


def test_even_the_sign_of_a_zero_is_proven():
    before, trainable = rows_and_mask()
    before[0, 0] = 0
    after = before.copy()
    after[0, 0] = -0.0
    with pytest.raises(RunError, match="row 0"):
        measure_movement(before, after, trainable)


def test_a_frozen_arm_has_no_movement():
    before, trainable = rows_and_mask()
    movement = measure_movement(before, before.copy(), np.zeros_like(trainable))
    assert (movement.rows, movement.moved, movement.max) == (0, 0, 0)
