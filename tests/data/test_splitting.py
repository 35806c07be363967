"""Parts that are split off the training data."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wvexp.data.grouping import make_groups
from wvexp.data.split import Split
from wvexp.data.splitting import SHARE
from wvexp.data.splitting import split_off as places_split_off
from wvexp.errors import UserError
from wvexp.seeds import stream


def make_split(labels: list[int], documents: list[int] | None = None, task="sentence") -> Split:
    """One-word sentences; the word is the sentence's number."""
    n = len(labels)
    return Split(
        task=task,
        word_ids=np.arange(n, dtype=np.int32),
        offsets=np.arange(n + 1),
        labels=np.array(labels, dtype=np.int32),
        documents=None if documents is None else np.array(documents, dtype=np.int32),
    )


def split_off(split: Split, part: str, seed: int, lexicon: list[str] | None = None):
    words = lexicon or [f"w{i}" for i in range(split.word_ids.max() + 1)]
    stay, go = places_split_off(split, part, seed, make_groups(split, words))
    return split.take(stay), split.take(go)


@given(
    st.lists(st.integers(0, 4), min_size=30, max_size=200),
    st.sampled_from(["token", "sentence"]),
    st.integers(0, 9),
)
def test_the_two_parts_are_the_whole_in_its_order(labels, task, seed) -> None:
    split = make_split(labels, task=task)
    rest, part = split_off(split, "test", seed)
    assert sorted([*rest.word_ids, *part.word_ids]) == list(range(len(labels)))
    for half in (rest, part):
        assert (np.diff(half.word_ids) > 0).all()
        assert half.labels.tolist() == [labels[word] for word in half.word_ids]
    assert abs(part.sentences - SHARE * len(labels)) <= 5  # at most one a label


@given(st.lists(st.integers(0, 3), min_size=30, max_size=300), st.integers(0, 9))
def test_each_label_gives_its_share_and_none_leaves_training(labels, seed) -> None:
    rest, part = split_off(make_split(labels), "validation", seed)
    for label in set(labels):
        total, taken = labels.count(label), (part.labels == label).sum()
        assert abs(taken - SHARE * total) <= 1
        assert label in rest.labels


@given(st.lists(st.integers(0, 30), min_size=20, max_size=200), st.integers(0, 9))
def test_documents_stay_whole(documents, seed) -> None:
    if len(set(documents)) < 2:
        documents[0] += 1
    split = make_split([i % 2 for i in documents], documents)
    rest, part = split_off(split, "test", seed)
    assert not set(rest.documents) & set(part.documents)
    assert rest.sentences
    assert part.sentences


def test_a_label_of_one_sentence_stays_even_when_its_turn_comes() -> None:
    # shares of 0.4, 0.1 and 0.1 add up to a whole sentence when a label of one is due
    labels = [0] * 4 + [1, 2] + [3] * 24
    for seed in range(20):
        rest, part = split_off(make_split(labels), "test", seed)
        assert set(rest.labels) == {0, 1, 2, 3}
        assert part.sentences == 3


def test_one_document_stays_when_the_rest_is_small() -> None:
    split = make_split([0, 1] * 50, [0] + [1] * 99)
    for seed in range(20):  # the small one is drawn first in some of them
        rest, part = split_off(split, "test", seed)
        assert {rest.sentences, part.sentences} == {1, 99}


def test_seeds_and_parts_draw_differently() -> None:
    split = make_split([0, 1] * 500)
    drawn = [
        tuple(split_off(split, part, seed)[1].word_ids)
        for part, seed in (("test", 0), ("test", 0), ("test", 1), ("validation", 0))
    ]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) == 3


@pytest.mark.parametrize("labels", [[0], [0, 1], [0, 1, 2, 3]])
def test_too_little_data_is_refused(labels: list[int]) -> None:
    with pytest.raises(UserError, match="too few to split a test set off"):
        split_off(make_split(labels), "test", 0)


@given(st.lists(st.integers(0, 9), min_size=20, max_size=80), st.integers(0, 5))
def test_what_is_split_off_is_what_a_search_for_each_label_finds(labels, seed) -> None:
    """Published splits stay as they are: label by label, in the order of the data."""
    whole = np.array(labels)
    rng, taken, owed = stream(seed, "split test"), np.zeros(len(whole), dtype=bool), 0.0
    for label in np.unique(whole):
        places = np.flatnonzero(whole == label)
        owed += SHARE * len(places)
        count = min(round(owed), len(places) - 1)
        owed -= count
        taken[rng.permutation(places)[:count]] = True
    _, off = split_off(make_split(labels), "test", seed)
    assert off.word_ids.tolist() == np.flatnonzero(taken).tolist()
