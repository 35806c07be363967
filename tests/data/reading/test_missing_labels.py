"""Rows without a label: all of them counted, and left out where that is asked for."""

import json
import math

import pytest

from wvexp.data.reading.asked import Asked
from wvexp.data.reading.files import read_files
from wvexp.errors import UserError


def read(path, **options):
    return read_files(path, None, None, Asked(**options))


def tickets(path, missing=(None, math.nan, "")):
    """400 rows of which number 3 and every 25th after it have no label."""
    rows = []
    for i in range(1, 401):
        absent = i % 25 == 3
        label = missing[i // 25 % len(missing)] if absent else "ab"[i % 2]
        rows.append({"text": f"some words of number {i}", "label": label})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_refusal_counts_them_all(tmp_path):
    path = tickets(tmp_path / "a.jsonl")
    with pytest.raises(UserError) as refused:
        read(path)
    assert str(refused.value) == (
        f"{path}: 16 of 400 rows have no label in column 'label', row 3 first; "
        "label them, or give data.missing=drop to leave them out"
    )


def test_dropping_says_how_many_and_keeps_the_rest(tmp_path, caplog):
    corpus = read(tickets(tmp_path / "a.jsonl"), missing="drop")
    (note,) = corpus.notes
    assert "16 of 400 rows have no label in column 'label' and are left out" in note
    assert note in caplog.messages
    assert corpus.label_names == ["a", "b"]
    splits = (corpus.train, corpus.validation, corpus.test)
    assert sum(split.sentences for split in splits) == 384


def test_rows_of_every_file_are_counted(tmp_path):
    train, test = tickets(tmp_path / "a.jsonl"), tickets(tmp_path / "b.jsonl")
    corpus = read_files(train, None, test, Asked(missing="drop"))
    assert [str(path) in note for path, note in zip((train, test), corpus.notes, strict=True)] == [
        True,
        True,
    ]


def test_a_sentence_with_an_unlabelled_word_is_a_row_without_a_label(tmp_path):
    rows = [{"tokens": ["a", str(i)], "tags": ["X", "Y"]} for i in range(40)]
    rows[4]["tags"] = ["X", None]
    rows[9]["tags"] = ["", "Y"]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(UserError, match="2 of 40 rows have no label in column 'tags', row 5 first"):
        read(path)
    corpus = read(path, missing="drop")
    assert corpus.train.sentences + corpus.validation.sentences + corpus.test.sentences == 38


def test_another_fault_is_told_as_it_is(tmp_path):
    path = tickets(tmp_path / "a.jsonl")
    # Columns are judged by their first thousand rows.
    path.write_text(3 * path.read_text() + json.dumps({"text": "x", "label": ["a"]}) + "\n")
    with pytest.raises(UserError, match="row 1201 has a list for a label"):
        read(path, missing="drop")


def test_nothing_left_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label\n" + "some words here,\n" * 20)
    with pytest.raises(UserError, match="20 of 20 rows have no label"):
        read(path, text="text", label="label")
    with pytest.raises(UserError, match="no labelled text"):
        read(path, text="text", label="label", missing="drop")


def test_lines_have_no_rows_to_drop(tmp_path):
    path = tmp_path / "a.conll"
    path.write_text("a\tX\n\nb\tY\n")
    with pytest.raises(UserError, match=r"data\.missing=drop is for tables"):
        read(path, missing="drop")
