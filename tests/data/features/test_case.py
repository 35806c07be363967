"""How words are written: examples of each shape, and what must hold of any word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wvexp.data.features import CASE
from wvexp.data.features.case import SHAPES, shape_of


@pytest.mark.parametrize(
    ("shape", "forms"),
    [
        ("lower", ["dog", "don't", "co-op", "straße", "ªº", "été", "e\u0301te\u0301"]),
        ("initial", ["Dog", "I", "(Dog", "Éire", "ǅ", "O'", "Москва", "Mr."]),
        ("upper", ["NATO", "U.S.", "ΑΘΗΝΑ", "AT&T", "'TIS"]),
        ("mixed", ["iPhone", "McDonald", "eBay", "DOg", "pH", "McDONALD"]),
        ("uncased", ["東京", "שלום", "三", "สวัสดี"]),
        ("alphanumeric", ["B52", "3rd", "1980s", "COVID-19", "x2", "東京2020"]),
        ("digits", ["0", "1984", "٣", "½", "Ⅷ"]),
        ("number", ["1,000", "-3.5", "10:30", "5%", "$10", "1990-91"]),
        ("punctuation", [".", "...", "--", "``", "''", "$", "…", "«", "=>", "-LRB-"[0], "、", "_"]),
        ("symbol", ["🙂", "👍🏽", "©", "€", " ", "\u0301", "\ufffd", "\ud800", "👩‍🚀", "→", "☺."]),
        ("empty", [""]),
    ],
)
def test_examples_of_each_shape(shape, forms):
    assert {form: shape_of(form) for form in forms} == dict.fromkeys(forms, shape)


def test_every_shape_has_a_row():
    assert CASE.rows == len(set(SHAPES))
    assert CASE.of_forms(["dog", "Dog", "", "🙂"]).tolist() == [
        [SHAPES.index(shape)] for shape in ("lower", "initial", "empty", "symbol")
    ]
    assert CASE.of_forms([]).shape == (0, 1)


@given(st.text(max_size=12))
def test_any_text_has_a_shape_which_punctuation_around_letters_leaves(form):
    assert shape_of(form) in SHAPES
    if any(map(str.isalpha, form)):
        assert shape_of(f'"{form}.') == shape_of(form)


@given(st.text(alphabet="abcxyzäß-'", min_size=1, max_size=8).filter(lambda s: s[0].isalpha()))
def test_casing_is_told_from_the_capitals(form):
    assert shape_of(form) == "lower"
    assert shape_of("X" + form) == "initial"
    assert shape_of("XY" + form) == shape_of(form + "X") == "mixed"
    assert shape_of("XY" + form.upper()) == "upper"
    assert shape_of(form + "7") == shape_of(form.upper() + "7") == "alphanumeric"
