"""Which tag may follow which, from the schemes' definitions and on real data."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from wvexp.backprop.moves import count_moves
from wvexp.metrics.entities import TagScheme
from wvexp.metrics.tag_moves import allowed_moves, bio_moves

BIO = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
IOBES = ["S-LOC", "O", "B-LOC", "I-LOC", "E-LOC", "S-PER", "B-PER", "I-PER", "E-PER"]
BILOU = [name.replace("E-", "L-").replace("S-", "U-") for name in IOBES]
DATA = Path(__file__).parents[3] / "shared" / "data"


def may(names, sentence):
    """Whether the moves of a sentence's tags are all permitted."""
    moves, path = bio_moves(names), [names.index(tag) for tag in sentence.split()]
    inner = moves.transitions[path[:-1], path[1:]].all()
    return bool(moves.start[path[0]] and inner and moves.end[path[-1]])


def paths(names, length):
    return [" ".join(path) for path in product(names, repeat=length)]


def written(names, length):
    """Every sentence of non-overlapping chunks, written in the tags of `names`."""
    if length == 0:
        return {""}
    found = {f"O {rest}".strip() for rest in written(names, length - 1)}
    ends = any(name[0] in "EL" for name in names)
    end, single = ("L-", "U-") if "L-LOC" in names else ("E-", "S-")
    for kind, n in product(("PER", "LOC"), range(1, length + 1)):
        if not ends:
            tags = ["B-"] + ["I-"] * (n - 1)
        else:
            tags = [single] if n == 1 else ["B-", *["I-"] * (n - 2), end]
        chunk = " ".join(tag + kind for tag in tags)
        found |= {f"{chunk} {rest}".strip() for rest in written(names, length - n)}
    return found


@pytest.mark.parametrize("names", [BIO, IOBES, BILOU])
def test_exactly_the_sentences_that_chunks_can_be_written_as_are_permitted(names):
    for length in (1, 2, 3):
        assert {path for path in paths(names, length) if may(names, path)} == written(names, length)


def test_a_permitted_path_of_bio_begins_every_chunk_with_b():
    scheme, moves = TagScheme.from_labels(BIO), bio_moves(BIO)
    for path in product(range(5), repeat=4):
        labels, ends = np.array(path), np.array([0, 4])
        begun_by_b = scheme.begins[labels[scheme.spans(labels, ends)[:, 0]]].all()
        permitted = moves.start[path[0]] and moves.transitions[labels[:-1], labels[1:]].all()
        assert permitted == begun_by_b


@pytest.mark.parametrize("names", [["NOUN", "VERB"], ["O", "B-X", "other"], ["B-X", "I-X"]])
def test_labels_that_are_no_tags_may_follow_each_other_freely(names):
    assert all(array.all() for array in bio_moves(names))
    seen = count_moves(np.array([0, 0]), np.array([0, 2]), len(names))
    assert all(array.all() for array in allowed_moves(names, seen))


def test_a_type_without_a_tag_that_begins_may_begin_with_i():
    names = ["O", "B-PER", "I-PER", "I-LST"]
    assert may(names, "I-LST O")
    assert may(names, "B-PER I-LST I-LST")
    assert not may(names, "O I-PER")
    assert not may(names, "I-LST I-PER")


def test_a_type_without_a_tag_that_ends_need_not_end():
    names = ["O", "S-LOC", "B-LOC", "E-LOC", "B-PER", "I-PER"]
    assert may(names, "B-PER I-PER O")
    assert may(names, "B-PER")
    assert not may(names, "B-LOC O")
    assert not may(names, "B-LOC")


def test_without_tags_for_single_tokens_a_chunk_of_one_may_be_b():
    names = ["O", "B-LOC", "I-LOC", "E-LOC"]
    assert may(names, "B-LOC O")
    assert may(names, "B-LOC I-LOC E-LOC")
    assert not may(names, "O E-LOC")


def test_a_move_that_occurs_in_training_is_permitted_and_others_stay_forbidden():
    labels = np.array([1, 2, 0, 0, 2, 3, 4, 1, 0])  # B-PER I-PER O | O I-PER B-LOC I-LOC B-PER O
    moves = allowed_moves(BIO, count_moves(labels, np.array([0, 3, 9]), 5))
    rules = bio_moves(BIO)
    rules.transitions[0, 2] = True  # O I-PER
    for found, expected in zip(moves, rules, strict=True):
        assert found.dtype == bool
        assert_array_equal(found, expected)


def test_in_iob1_everything_is_permitted():
    names = ["O", "I-PER", "B-PER", "I-LOC"]
    labels = np.array([1, 1, 0, 3, 0, 1, 2, 1])  # B-PER only where a chunk of PER was before
    moves = allowed_moves(names, count_moves(labels, np.array([0, 4, 8]), 4))
    assert all(array.all() for array in moves)


@pytest.mark.parametrize("name", ["conll2000", "wnut17"])
def test_real_training_data_make_permitted_moves_alone(name):
    file = DATA / name / "train.conll"
    if not file.exists():
        pytest.skip(f"{file} is not here")
    sentences = [
        [line.split("\t")[-1] for line in block.split("\n") if line]
        for block in file.read_text(encoding="utf-8").split("\n\n")
    ]
    sentences = [tags for tags in sentences if tags]
    names = sorted({tag for tags in sentences for tag in tags})
    labels = np.array([names.index(tag) for tags in sentences for tag in tags])
    offsets = np.cumsum([0, *map(len, sentences)])
    seen = count_moves(labels, offsets, len(names))
    rules = bio_moves(names)
    assert not any(counts[~may].any() for counts, may in zip(seen, rules, strict=True))
    assert (~rules.transitions).sum() > len(names)
    for found, expected in zip(allowed_moves(names, seen), rules, strict=True):
        assert_array_equal(found, expected)
