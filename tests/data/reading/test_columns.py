"""Which columns hold text and label: given, obvious, or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wvexp.data.reading.columns import Column, choose_columns, column_of
from wvexp.errors import UserError

TEXT, WORD, NUMBER = Column("text", 8.0), Column("text", 1.0), Column("number")
WORDS, TAGS = Column("texts"), Column("texts")


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["a b", "c"], "text"),
        (["a", 1], "text"),
        ([1, 2.5], "number"),
        ([None, 3], "number"),
        ([float("nan"), "a"], "text"),
        ([["a"], ["b", None]], "texts"),
        ([[1], [2, 3]], "numbers"),
        ([["a"], "b"], "other"),
        ([{"a": 1}], "other"),
        ([None], "other"),
        ([], "other"),
    ],
)
def test_the_kind_of_a_column(cells, kind):
    assert column_of(cells).kind == kind


def test_words_are_counted_with_a_letter_and_in_rows_with_text():
    assert column_of(["two words", "", None, "it is 3 !"]).words == (2 + 2) / 2
    assert column_of([3, 4]).words == 0


@given(st.permutations(["id", "text", "label", "note"]))
def test_names_decide_whatever_the_order(names):
    kinds = {"id": NUMBER, "text": TEXT, "label": WORD, "note": TEXT}
    roles = choose_columns("a.csv", {name: kinds[name] for name in names}, None, None, None)
    assert (roles.text, roles.label, roles.document) == ("text", "label", None)


def test_two_columns_are_told_by_their_content():
    roles = choose_columns("a.csv", {"mood": WORD, "line": TEXT}, None, None, None)
    assert (roles.text, roles.label) == ("line", "mood")


@pytest.mark.parametrize(("task", "text"), [(None, "tokens"), ("token", "tokens")])
def test_lists_make_a_token_task(task, text):
    columns = {"tokens": WORDS, "ner_tags": TAGS, "doc_id": NUMBER}
    roles = choose_columns("a.jsonl", columns, None, None, task)
    assert (roles.text, roles.label, roles.document, roles.task) == (
        text,
        "ner_tags",
        "doc_id",
        "token",
    )


@pytest.mark.parametrize(
    ("columns", "asked", "said"),
    [
        ({"text": TEXT, "label": WORD}, {"text": "body"}, "no column 'body' (data.text)"),
        ({"text": TEXT, "label": WORD}, {"label": "mood"}, "no column 'mood' (data.label)"),
        ({"text": TEXT, "title": TEXT, "label": WORD}, {}, "several pairs"),
        ({"text": TEXT, "note": TEXT, "id": NUMBER}, {}, "no pair"),
        ({"text": TEXT, "label": WORD}, {"task": "token"}, "no pair of text and label columns of"),
        ({"I liked it a lot": TEXT, "pos": WORD}, {}, "the first line looks like data"),
    ],
)
def test_what_is_not_obvious_is_refused(columns, asked, said):
    given_ = {"text": None, "label": None, "task": None, **asked}
    with pytest.raises(UserError) as refused:
        choose_columns("a.csv", columns, **given_)
    assert said in str(refused.value)
