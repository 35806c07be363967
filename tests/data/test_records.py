"""Dataclasses from JSON and back: what is absent, what is odd, and where."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wvexp.data.records import read_record, to_plain
from wvexp.errors import DamagedError


@dataclass(frozen=True)
class Inner:
    n: int
    score: float | None = None


@dataclass(frozen=True)
class Outer:
    name: str
    sure: bool
    each: Mapping[str, Inner]
    words: tuple[str, ...] | None
    pair: tuple[int, int]
    free: Mapping[str, Any]
    inner: Inner | None
    times: int = 1


NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
INNER = st.builds(Inner, st.integers(), st.none() | NUMBERS)
FREE = st.dictionaries(st.text(), st.none() | st.text() | st.lists(st.booleans()))
OUTER = st.builds(
    Outer,
    st.text(),
    st.booleans(),
    st.dictionaries(st.text(), INNER),
    st.none() | st.lists(st.text()).map(tuple),
    st.tuples(st.integers(), st.integers()),
    FREE,
    st.none() | INNER,
    st.integers(),
)
CONTENT = {"name": "a", "sure": True, "each": {}, "pair": [1, 2], "free": {}}


@given(OUTER)
def test_json_gives_back_what_was_written(outer):
    assert read_record(Outer, json.loads(json.dumps(to_plain(outer)))) == outer


def test_what_is_absent_is_none_or_the_default_and_what_is_more_is_passed_over():
    expected = Outer("a", True, {}, None, (1, 2), {}, None, 1)
    assert read_record(Outer, {**CONTENT, "more": [1]}) == expected
    assert read_record(Outer, {**CONTENT, "words": None, "inner": None}) == expected
    assert to_plain(expected) == {**CONTENT, "times": 1}


@pytest.mark.parametrize(
    ("said", "changes"),
    [
        ("no name", {"name": ...}),
        ("name is not text", {"name": None}),
        ("sure is not true or false", {"sure": 1}),
        ("times is not a whole number", {"times": True}),
        ("times is not a whole number", {"times": 1.0}),
        ("each is not a group", {"each": []}),
        ("each.x is not a group", {"each": {"y": {"n": 1}, "x": 3}}),
        ("no each.x.n", {"each": {"x": {}}}),
        ("each.{}.n is not a whole number", {"each": {"{}": {"n": "1"}}}),
        ("inner.score is not a number", {"inner": {"n": 1, "score": float("inf")}}),
        ("inner.score is not a number", {"inner": {"n": 1, "score": False}}),
        ("words is not a list", {"words": "a b"}),
        ("words is not text", {"words": ["a", 1]}),
        ("pair has 1 values, not 2", {"pair": [1]}),
    ],
)
def test_what_is_odd_is_named_by_its_place(said, changes):
    content = {k: v for k, v in {**CONTENT, **changes}.items() if v is not ...}
    with pytest.raises(DamagedError) as caught:
        read_record(Outer, content)
    assert str(caught.value) == said


def test_what_is_no_group_is_odd_itself():
    with pytest.raises(DamagedError, match="it is not a group"):
        read_record(Outer, [CONTENT])
