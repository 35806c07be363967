"""Notes on what was assumed when data were read, and labels that are surely one."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wvexp.data.corpus import Corpus
from wvexp.data.folds import pooled
from wvexp.data.reading.assumptions import label_notes, markup_notes, text_notes
from wvexp.data.reading.columns import Column, Roles
from wvexp.data.reading.files import read_files
from wvexp.data.reading.labels import LabelIds
from wvexp.errors import UserError


def read(path: Path, **options) -> Corpus:
    defaults = {"text": None, "label": None, "task": None, "seed": 0}
    return read_files(path, path, path, **{**defaults, **options})


def write_lines(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def labelled(path: Path, labels: list) -> Path:
    rows = [{"text": f"some words {i}", "label": label} for i, label in enumerate(labels)]
    return write_lines(path, rows)


WORDY = "what goes on in here then"


@pytest.mark.parametrize(
    ("row", "options", "kept", "left"),
    [
        ({"text": WORDY, "summary": WORDY, "label": "a"}, {}, "text", "summary"),
        ({"question": WORDY, "answer": WORDY, "label": "a"}, {}, "question", "answer"),
        ({"body": WORDY, "subject": "hi there", "label": "a"}, {}, "body", "subject"),
        (
            {"premise": WORDY, "hypothesis": "it goes", "label": "a"},
            {"text": "premise"},
            "premise",
            "hypothesis",
        ),
    ],
)
def test_a_second_text_that_is_left_out_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, row: dict, options: dict, kept, left
) -> None:
    path = write_lines(tmp_path / "a.jsonl", [row, {**row, "label": "b"}])
    with caplog.at_level(logging.WARNING):
        corpus = read(path, **options)
    (note,) = corpus.notes
    assert f"the text is column {kept!r} alone; {left!r} also holds text" in note
    assert "data.text=" in note
    assert caplog.messages.count(note) == 1


@pytest.mark.parametrize(
    "others",
    [
        {"id": "a17"},
        {"author": "Ann Lee"},
        {"date": "Mon Apr 06 22:19:45 PDT 2009"},
        {"score": 0.5},
        {"lemmas": ["what", "go"]},
    ],
)
def test_other_columns_are_no_second_text(tmp_path: Path, others: dict) -> None:
    rows = [{"text": WORDY, "label": label, **others} for label in "ab"]
    assert read(write_lines(tmp_path / "a.jsonl", rows)).notes == ()


def test_a_text_column_that_was_chosen_is_chosen(tmp_path: Path) -> None:
    rows = [{"summary": WORDY, "story": WORDY, "label": label} for label in "ab"]
    assert read(write_lines(tmp_path / "a.jsonl", rows), text="story").notes == ()


@pytest.mark.parametrize("mark", "|;,")
def test_combinations_of_labels_are_said_to_be_classes(tmp_path: Path, mark: str) -> None:
    labels = ["a", "b", f"a{mark}b", f"b{mark} c", "c"] * 2
    (note,) = read(labelled(tmp_path / "a.jsonl", labels)).notes
    assert f"look like several joined by {mark!r}" in note
    assert "each combination is taken as a class of its own (2 of the 5 labels)" in note
    assert "data.label=" in note


@pytest.mark.parametrize(
    "labels",
    [
        ["Washington, DC", "Seattle, WA", "Tacoma, WA"],
        ["arts, crafts", "sports; games"],
        ["NN|JJ", "either/or"],
        ["a|", "|a"],
    ],
)
def test_names_that_hold_a_mark_are_no_combinations(labels: list[str]) -> None:
    assert label_notes("x", "sentence", labels, [50] * len(labels), []) == []


def test_tags_that_hold_marks_are_tags() -> None:
    tags = ["Case=Nom", "Number=Sing", "Case=Nom|Number=Sing"]
    assert label_notes("x", "token", tags, [50] * 3, []) == []


@pytest.mark.parametrize(
    "labels",
    [
        [str(i / 4) for i in range(12)],
        [str(i * 7) for i in range(40)],
        [f"{i}e-2" for i in range(1, 9)],
        ["-3.5", *map(str, range(6))],
        list(map(str, range(100))),  # no gaps, but two examples of each
    ],
)
def test_many_numbers_are_said_to_be_classes(labels: list[str]) -> None:
    (note,) = label_notes("x", "sentence", labels, [2] * len(labels), [])
    assert f"the {len(labels)} labels are numbers from {labels[0]} to {labels[-1]}" in note
    assert "each value is taken as a class" in note
    assert "data.label=" in note


@pytest.mark.parametrize(
    "labels",
    [
        ["0", "1"],
        ["1", "2", "3", "4", "5"],
        ["0.5", "1.0"],
        list(map(str, range(77))),
        list(map(str, range(1, 151))),
        ["2019", "2020", "2021"],
        [*map(str, range(0, 90, 3)), "none"],
    ],
)
def test_numbers_of_classes_raise_no_note(labels: list[str]) -> None:
    assert label_notes("x", "sentence", labels, [50] * len(labels), []) == []


def test_equal_labels_are_made_one_and_it_is_said(tmp_path: Path) -> None:
    labels = [1, 1.0, "1", 0, "cafe\u0301", "caf\u00e9", "0 "]
    corpus = read(labelled(tmp_path / "a.jsonl", labels))
    assert corpus.label_names == ["0", "1", "caf\u00e9"]
    assert [corpus.label_names[i] for i in corpus.train.labels] == [
        *["1"] * 3,
        "0",
        *["caf\u00e9"] * 2,
        "0",
    ]
    (note,) = corpus.notes
    assert "'1' and '1.0', 'cafe\\u0301' and 'caf\\xe9' are taken as one label" in note
    assert "rename one of them" in note


def test_whole_and_broken_numbers_of_two_files_meet(tmp_path: Path) -> None:
    train = labelled(tmp_path / "a.jsonl", [1.0, 0.0])
    test = labelled(tmp_path / "b.jsonl", [0, 1, 1])
    corpus = read_files(train, train, test, text=None, label=None, task=None, seed=0)
    assert corpus.label_names == ["0", "1"]
    assert corpus.test.labels.tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    "labels", [["007", "7"], ["1.10", "1.1"], ["1.00", "1"], ["-0", "0"], ["\ufb01t", "fit"]]
)
def test_what_may_be_two_labels_stays_two(tmp_path: Path, labels: list[str]) -> None:
    assert len(read(labelled(tmp_path / "a.jsonl", labels)).label_names) == 2


def test_labels_that_differ_in_case_or_blanks_are_noted_and_left(tmp_path: Path) -> None:
    corpus = read(labelled(tmp_path / "a.jsonl", ["Pos", "pos", "very bad", "very  bad"]))
    assert len(corpus.label_names) == 4
    (note,) = corpus.notes
    assert "'Pos' and 'pos', 'very  bad' and 'very bad'" in note.replace(
        "'very bad' and 'very  bad'", "'very  bad' and 'very bad'"
    )
    assert "differ only in case or blanks" in note


@given(st.lists(st.text(max_size=6), min_size=1))
def test_label_ids_number_by_first_use_and_keep_every_name(labels: list[str]) -> None:
    ids = LabelIds()
    numbers = [ids[label] for label in labels]
    assert sorted(set(numbers), key=numbers.index) == list(range(len(ids.names)))
    assert [ids[label] for label in labels] == numbers
    again = LabelIds()
    assert len({again[name] for name in ids.names}) == len(ids.names)
    assert all(len(ids.names[ids[label]]) <= max(len(label), 1) * 3 for label in labels)


MISSING = [None, float("nan"), ""]


@pytest.mark.parametrize("missing", MISSING, ids=["null", "NaN", "empty"])
@pytest.mark.parametrize("others", [["a", "b"], [1.0, 2.0]], ids=["names", "numbers"])
def test_a_missing_label_is_no_class(tmp_path: Path, missing, others: list) -> None:
    path = labelled(tmp_path / "a.jsonl", [*others, missing])
    with pytest.raises(
        UserError, match=r"\d of \d+ rows ha(s|ve) no label in column 'label', row 3 first"
    ):
        read(path)


@pytest.mark.parametrize("labels", [[1.0, 0.0, np.nan], ["a", "b", None], [True, False, None]])
def test_a_missing_label_in_parquet_is_no_class(tmp_path: Path, labels: list) -> None:
    import pandas as pd

    frame = pd.DataFrame({"text": ["one two", "three four", "five six"], "label": labels})
    path = tmp_path / "a.parquet"
    for column in (frame["label"], frame["label"].convert_dtypes()):
        frame.assign(label=column).to_parquet(path)
        with pytest.raises(
            UserError, match=r"\d of \d+ rows ha(s|ve) no label in column 'label', row 3 first"
        ):
            read(path)


def test_the_word_nan_is_a_label_like_others_and_said(tmp_path: Path) -> None:
    corpus = read(labelled(tmp_path / "a.jsonl", ["nan", "null", "none", "na"]))
    assert corpus.label_names == ["na", "nan", "none", "null"]
    (note,) = corpus.notes
    assert "'nan', 'null' count as a label; where the label is missing, leave the cell" in note


def test_its_remedy_leaves_out_the_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\none two,a\nthree four,b\nfive six,NaN\nseven,a\n")
    assert "'NaN' counts as a label" in read(path).notes[0]
    path.write_text(path.read_text().replace("NaN", ""))
    assert read(path, missing="drop").label_names == ["a", "b"]


@pytest.mark.parametrize(
    "content",
    [
        "text;label, kind\nno, sir;neg\nyes sir;pos\n",
        '"text, raw";label\nno, sir;neg\n"yes; sir";pos\n',
        "text, raw\tlabel\nno, sir\tneg\nyes sir\tpos\n",
        "text;label\tkind\nno, sir;neg\nyes sir;pos\n",
        'text,"label; kind"\nno; sir,neg\nyes sir,pos\n',
    ],
)
def test_the_separator_is_the_one_that_fits(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    corpus = read(path, tokenizer="whitespace")
    assert corpus.label_names == ["neg", "pos"]
    last = [corpus.lexicon[i] for i in corpus.train.word_ids[-2:]]
    assert last in (["yes", "sir"], ["yes;", "sir"])


def test_notes_are_kept_on_what_is_made_of_a_corpus(tmp_path: Path) -> None:
    labels = ["Pos", "pos"] * 20
    corpus = read(labelled(tmp_path / "a.jsonl", labels))
    plain = read(labelled(tmp_path / "a.jsonl", [label.replace("P", "N") for label in labels]))
    assert corpus.lowercased().notes == pooled(corpus, 3).notes == corpus.notes != ()
    assert plain.notes == ()


def test_text_notes_are_of_sentence_tasks() -> None:
    columns = {"tokens": Column("texts"), "tags": Column("texts"), "text": Column("text", 9.0)}
    roles = Roles("tokens", "tags", None, "token")
    assert text_notes("x", columns, roles, chosen=False) == []


REAL = {
    "mr": "csv",
    "sst2": "csv",
    "subj": "csv",
    "banking77": "csv",
    "trec": "jsonl",
    "wnut17": "conll",
    "brown-pos": "conll",
    "conll2000": "conll",
}


@pytest.mark.parametrize("name", REAL)
def test_standard_data_sets_raise_no_note(
    real_data: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    path = real_data / name / f"train.{REAL[name]}"
    with caplog.at_level(logging.WARNING):
        assert read(path).notes == ()
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("texts", "noted"),
    [
        (["<p>good</p>", "bad"], "50% of the texts hold HTML such as <p>"),
        (["a &amp; b", "c", "d"], "33% of the texts hold HTML such as &amp;"),
        (["fine<br />really"], "<br />"),
        (["<user> hello <url>", "<s> a b </s>", "if a<b and c>d", "x <3 you", "AT&T; R&D"], None),
        (["one <b>bold</b>", *["plain"] * 9], None),
    ],
)
def test_html_is_noted_and_other_marks_are_not(texts, noted):
    notes = markup_notes("a.csv", texts)
    assert (noted is None) == (notes == [])
    assert noted is None or noted in notes[0]
