"""Hashed prefixes and suffixes: stable numbers, ranges that do not meet, forms as typed."""

import zlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wvexp.data.features import AFFIX, Affix

ROWS = [
    [1915, 2281, 5327, 8120, 8434, 10813],
    [1036, 3805, 4096, 8153, 9905, 10240],
    [1627, 2707, 4096, 7442, 9321, 10240],
    [2009, 2048, 4096, 6924, 8192, 10240],
]
WORDS = st.text(max_size=6)


def plainly(form, buckets):
    rows = []
    for slot, (side, length) in enumerate(
        [(side, n) for side in ("prefix", "suffix") for n in (1, 2, 3)]
    ):
        affix = form[:length] if side == "prefix" else form[max(len(form) - length, 0) :]
        if len(form) < length:
            rows.append(slot * buckets)
        else:
            name = f"{side}{length} {affix}".encode("utf-8", "surrogatepass")
            rows.append(slot * buckets + 1 + zlib.crc32(name) % (buckets - 1))
    return rows


@given(st.lists(WORDS, max_size=12), st.sampled_from([2, 7, 2048]))
def test_rows_of_many_forms_equal_the_plain_loop(forms, buckets):
    feature = Affix(buckets)
    rows = feature.of_forms(forms)
    assert rows.dtype == np.int32
    assert rows.shape == (len(forms), feature.slots)
    assert rows.tolist() == [plainly(form, buckets) for form in forms]


def test_rows_are_these_on_every_machine():
    """Written down once: a saved model must find its rows again."""
    assert AFFIX.of_forms(["Running", "ab", "né", "🙂"]).tolist() == ROWS
    assert AFFIX.rows == 6 * 2048


@given(WORDS)
def test_each_slot_has_a_range_whose_first_row_is_that_of_short_forms(form):
    rows = AFFIX.of_forms([form])[0]
    assert (rows // AFFIX.buckets).tolist() == list(range(6))
    short = [len(form) < length for length in (1, 2, 3, 1, 2, 3)]
    assert (rows % AFFIX.buckets == 0).tolist() == short


def test_words_share_the_rows_of_the_affixes_they_share_and_case_is_kept():
    walking, talking, upper = AFFIX.of_forms(["walking", "talking", "Walking"])
    assert (walking == talking).tolist() == [False] * 3 + [True] * 3
    assert (walking == upper).tolist() == [False] * 3 + [True] * 3
