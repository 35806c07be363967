"""Tables and CoNLL files through `read_files`: what is read, and what is refused and how."""

import csv
import gzip
import json
import logging
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wvexp.data.corpus import Corpus
from wvexp.data.leakage import Leakage
from wvexp.data.reading.files import read_files
from wvexp.data.split import Split
from wvexp.errors import UserError

ROWS = [("a fine day , really", "pos"), ("what a bore .", "neg")] * 10
CSV = "text,label\n" + "".join(f'"{text}",{label}\n' for text, label in ROWS)
TSV = CSV.replace('",', '"\t').replace("text,", "text\t")


def read(
    train: Path, validation: Path | None = None, test: Path | None = None, **options
) -> Corpus:
    defaults = {"text": None, "label": None, "task": None, "seed": 0}
    return read_files(train, validation, test, **{**defaults, **options})


def sentences(corpus: Corpus, split: Split) -> list[tuple[list[str], list[str]]]:
    """The split spelt out: words and label names of each sentence."""
    spelt = []
    for i in range(split.sentences):
        start, end = split.offsets[i], split.offsets[i + 1]
        labels = split.labels[start:end] if split.task == "token" else split.labels[i : i + 1]
        spelt.append(
            (
                [corpus.lexicon[word] for word in split.word_ids[start:end]],
                [corpus.label_names[label] for label in labels],
            )
        )
    return spelt


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def write_parquet(path: Path, columns: dict, **features) -> Path:
    import datasets

    if features:
        table = datasets.Dataset.from_dict(columns, features=datasets.Features(features))
        table = table.with_format("arrow")[:]
    else:
        import pyarrow as pa

        table = pa.table(columns)
    import pyarrow.parquet as pq

    pq.write_table(table, path)
    return path


EXPECTED = [(text.split(), [label]) for text, label in ROWS]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain.csv", CSV),
        ("bom.csv", "\ufeff" + CSV),
        ("windows.csv", CSV.replace("\n", "\r\n")),
        ("unfinished.csv", CSV.rstrip("\n")),
        ("blank lines.csv", CSV.replace("\n", "\n\n") + "  \n"),
        ("tabs.tsv", TSV),
        ("bom windows.tsv", "\ufeff" + TSV.replace("\n", "\r\n")),
        ("lines.jsonl", "".join(json.dumps({"text": t, "label": c}) + "\n" for t, c in ROWS)),
        ("bom.jsonl", "\ufeff" + "\r\n".join(json.dumps({"text": t, "label": c}) for t, c in ROWS)),
        ("list.json", json.dumps([{"text": t, "label": c} for t, c in ROWS], indent=1)),
        ("a=b, [c] *é (d).csv", CSV),
        ("other order.csv", "label,text\n" + "".join(f'{b},"{a}"\n' for a, b in ROWS)),
        ("other names.csv", CSV.replace("text,label", "utter,kind")),
        ("third column.csv", "id," + CSV.replace('"a', '7,"a').replace('"w', '8,"w')),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_every_way_of_writing_a_table_reads_the_same(
    tmp_path: Path, name: str, content: str, packed: bool
) -> None:
    data = gzip.compress(content.encode()) if packed else content.encode()
    path = write(tmp_path / (name + ".gz" * packed), data)
    corpus = read(path, path, path)
    assert corpus.task == "sentence"
    assert corpus.label_names == ["neg", "pos"]
    assert corpus.tokenizer == "whitespace"
    for split in (corpus.train, corpus.validation, corpus.test):
        assert sentences(corpus, split) == EXPECTED


def test_parquet_reads_the_same_and_gzipped_too(tmp_path: Path) -> None:
    columns = {"text": [t for t, _ in ROWS], "label": [c for _, c in ROWS]}
    path = write_parquet(tmp_path / "a.parquet", columns)
    packed = write(tmp_path / "a.parquet.gz", gzip.compress(path.read_bytes()))
    corpus = read(path, packed, packed)
    assert sentences(corpus, corpus.train) == sentences(corpus, corpus.test) == EXPECTED


@pytest.mark.parametrize("text", ["string", "large_string", "string_view"])
@pytest.mark.parametrize("listed", ["list_", "large_list", "fixed"])
def test_every_kind_of_text_and_list_that_programs_write(
    tmp_path: Path, text: str, listed: str
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    of_text = getattr(pa, text)()
    lists = pa.list_(of_text, 2) if listed == "fixed" else getattr(pa, listed)(of_text)
    words, tags = [["a", "b"], ["c", "d"]], [["X", "Y"], ["Y", "Y"]]
    pq.write_table(
        pa.table({"tokens": pa.array(words, lists), "tags": pa.array(tags, lists)}),
        tmp_path / "tokens.parquet",
    )
    pq.write_table(
        pa.table(
            {
                name: pa.array(column, of_text)
                for name, column in zip(("text", "label"), zip(*ROWS, strict=True), strict=True)
            }
        ),
        tmp_path / "texts.parquet",
    )
    tokens, texts = tmp_path / "tokens.parquet", tmp_path / "texts.parquet"
    corpus = read(tokens, tokens, tokens)
    assert sentences(corpus, corpus.train) == list(zip(words, tags, strict=True))
    corpus = read(texts, texts, texts)
    assert sentences(corpus, corpus.train) == EXPECTED


def test_lists_of_categories_in_groups_of_rows(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    tags = pa.ListArray.from_arrays(
        [0, 2, 3, 4], pa.array(["X", "Y", "Y", "Z"]).dictionary_encode()
    )
    table = pa.table({"tokens": [["a", "b"], ["c"], ["d"]], "tags": tags})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=1)
    path = tmp_path / "a.parquet"
    corpus = read(path, path, path)
    assert sentences(corpus, corpus.train) == [
        (["a", "b"], ["X", "Y"]),
        (["c"], ["Y"]),
        (["d"], ["Z"]),
    ]


def test_class_labels_carry_their_names(tmp_path: Path) -> None:
    import datasets

    path = write_parquet(
        tmp_path / "a.parquet",
        {"text": ["one two", "three four"] * 3, "label": [1, 0] * 3},
        text=datasets.Value("string"),
        label=datasets.ClassLabel(names=["bad", "apt"]),
    )
    corpus = read(path, path, path)
    assert corpus.label_names == ["apt", "bad"]
    assert sentences(corpus, corpus.train)[:2] == [
        (["one", "two"], ["apt"]),
        (["three", "four"], ["bad"]),
    ]


def test_token_tasks_from_list_columns(tmp_path: Path) -> None:
    import datasets

    tokens, tags = [["a", "b c"], ["d"]] * 2, [["X", "Y"], ["Y"]] * 2
    lines = "".join(
        json.dumps({"tokens": a, "ner_tags": b}) + "\n" for a, b in zip(tokens, tags, strict=True)
    )
    parquet = write_parquet(
        tmp_path / "a.parquet",
        {"tokens": tokens, "ner_tags": [[0, 1], [1]] * 2},
        tokens=datasets.List(datasets.Value("string")),
        ner_tags=datasets.List(datasets.ClassLabel(names=["X", "Y"])),
    )
    corpus = read(write(tmp_path / "a.jsonl", lines), parquet, parquet)
    assert corpus.task == "token"
    for split in (corpus.train, corpus.test):
        assert sentences(corpus, split) == list(zip(tokens, tags, strict=True))


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=30),
            st.sampled_from(["NA", "null", "7", "é"]),
        ),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(["csv", "tsv"]),
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_table_written_by_the_csv_module_comes_back(tmp_path: Path, rows, kind: str) -> None:
    rows = [*rows, ("always here", "a"), ("and here", "b")]
    if kind == "tsv":  # where a tab inside quotes is refused
        rows = [(text.replace("\t", " "), label) for text, label in rows]
    path = tmp_path / f"a.{kind}"
    with path.open("w", newline="", encoding="utf-8") as file:
        quoting = csv.QUOTE_ALL if kind == "csv" else csv.QUOTE_MINIMAL
        writer = csv.writer(file, delimiter="\t" if kind == "tsv" else ",", quoting=quoting)
        writer.writerows([("text", "label"), *rows])
    corpus = read(path, path, path, tokenizer="whitespace")
    assert sentences(corpus, corpus.train) == [
        (text.split(), [label]) for text, label in rows if text.split()
    ]


@pytest.mark.parametrize(
    "lines",
    [
        ['"what now\tpos', 'he said "no" twice\tneg', 'and then"\tneg'],
        ['"hi there\tpos', 'and so on"\tneg'],  # would pair up around a tab and a line end
    ],
)
def test_quotes_in_tsv_are_characters_where_they_do_not_pair(
    tmp_path: Path, lines: list[str]
) -> None:
    path = write(tmp_path / "a.tsv", "text\tlabel\n" + "\n".join(lines))
    corpus = read(path, path, path)
    assert sentences(corpus, corpus.train) == [
        (text.split(), [label]) for text, label in (line.split("\t") for line in lines)
    ]


@pytest.mark.parametrize(
    "content",
    [
        ",text,label\n0,no sir,neg\n1,yes sir,pos\n",
        "text,label,\nno sir,neg,\nyes sir,pos,\n",
        "text;label\nno sir;neg\nyes sir;pos\n",
        "\ufefftext;label\nno sir;neg\nyes sir;pos\n",
        "text\tlabel\nno sir\tneg\nyes sir\tpos\n",
    ],
    ids=["index", "empty column", "semicolons", "mark and semicolons", "tabs"],
)
def test_csv_as_other_programs_write_it(tmp_path: Path, content: str) -> None:
    path = write(tmp_path / "a.csv", content)
    corpus = read(path, path, path)
    assert sentences(corpus, corpus.train) == [(["no", "sir"], ["neg"]), (["yes", "sir"], ["pos"])]


def test_a_comma_in_a_text_parted_by_semicolons_is_text(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text;label\nno, sir;neg\nyes; sir;pos\n")
    with pytest.raises(UserError, match="line 3 has 3 fields, the header has 2"):
        read(path, path, path)
    path = write(tmp_path / "a.csv", 'text;label\nno, sir;neg\n"yes; sir";pos\n')
    assert read(path, path, path).train.sentences == 2


def test_a_label_may_be_the_name_of_its_column_where_that_is_given(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,toxic\nno sir,toxic\nyes sir,fine\n")
    with pytest.raises(UserError, match="named 'toxic', and so is one of its labels"):
        read(path, path, path)
    assert read(path, path, path, label="toxic").label_names == ["fine", "toxic"]


def test_labels_that_are_fractions_in_json(tmp_path: Path) -> None:
    lines = '{"text": "no sir", "label": 0.5}\n{"text": "yes sir", "label": 1.0}\n'
    path = write(tmp_path / "a.jsonl", lines)
    assert read(path, path, path).label_names == ["0.5", "1.0"]


def test_sentences_without_words_are_left_out_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path / "a.csv", 'text,label\n"",pos\n" ",pos\nyes sir,pos\nno sir,neg\n')
    with caplog.at_level(logging.WARNING):
        corpus = read(path, path, path)
    assert corpus.train.sentences == 2
    assert f"{path}: 2 sentences without a word left out" in caplog.messages


def test_test_sentences_that_stand_in_the_training_data_are_counted(tmp_path: Path) -> None:
    train = write(tmp_path / "a.csv", "text,label\na b c d e,x\nf g h i j,y\nk l,y\n")
    test = write(tmp_path / "b.csv", "text,label\na b c d e,y\na b c d f,y\nk l,y\na b c d e,x\n")
    leakage = read(train, train, test).leakage
    assert str(leakage).startswith("2 of 3 test sentences (66.7%")
    assert str(Leakage(1200, 3456)).startswith("1,200 of 3,456 test sentences (34.7%")
    assert str(Leakage(20, 1975)).endswith("training data: test scores may be too high")
    assert str(Leakage(6, 1975)).endswith("also stand in the training data")  # 0.3 %
    other = write(tmp_path / "c.csv", "text,label\na b c d f,x\nk l,y\n")
    assert read(train, train, other).leakage is None


def test_labels_are_sorted_numbers_by_value(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,label\na a,10\nb b,9\nc c,-1\nd d,b\ne e,--1\n")
    assert read(path, path, path).label_names == ["-1", "9", "10", "--1", "b"]


def test_integer_and_text_labels_of_two_files_meet(tmp_path: Path) -> None:
    lines = "".join(json.dumps({"text": f"number {i}", "label": i % 2}) + "\n" for i in range(4))
    train = write(tmp_path / "a.jsonl", lines)
    test = write(tmp_path / "b.csv", "text,label\nnumber one,1\n")
    corpus = read(train, test, test)
    assert sentences(corpus, corpus.test) == [(["number", "one"], ["1"])]


def test_documents_from_a_column(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,label,doc_id\na a,x,7\nb b,y,7\nc c,x,3\n")
    assert read(path, path, path).train.documents.tolist() == [0, 0, 1]


def test_missing_parts_are_split_off_and_reproducible(tmp_path: Path) -> None:
    rows = [(f"sentence {i} here", "ab"[i % 2]) for i in range(200)]
    path = write(tmp_path / "a.csv", "text,label\n" + "".join(f"{a},{b}\n" for a, b in rows))
    corpus, again, other = read(path), read(path), read(path, seed=1)
    parts = [sentences(corpus, s) for s in (corpus.train, corpus.validation, corpus.test)]
    assert [len(part) for part in parts] == [160, 20, 20]
    everything = sorted(words for part in parts for words, _ in part)
    assert everything == sorted(text.split() for text, _ in rows)
    assert corpus.fingerprint == again.fingerprint != other.fingerprint


def test_the_fingerprint_is_of_content_not_of_format_or_place(tmp_path: Path) -> None:
    csv_file = write(tmp_path / "a.csv", CSV)
    lines = "".join(json.dumps({"label": c, "text": t}) + "\n" for t, c in ROWS)
    json_file = write(tmp_path / "b.jsonl", lines)
    assert read(csv_file).fingerprint == read(json_file).fingerprint


def test_the_corpus_is_named_after_file_or_folder(tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    assert read(write(tmp_path / "films" / "train.csv", CSV)).name == "films"
    assert read(write(tmp_path / "reviews.v2.csv", CSV)).name == "reviews"


def test_nothing_is_left_in_the_temporary_or_cache_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    import datasets

    scratch, cache = tmp_path / "scratch", tmp_path / "cache"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(cache))
    read(write(tmp_path / "a.csv.gz", gzip.compress(CSV.encode())))
    assert list(scratch.iterdir()) == []
    assert not cache.exists()


LABELLED = "".join(json.dumps({"text": t, "label": c}) + "\n" for t, c in ROWS)
BAD = {
    "unnamed columns": ("a.csv", ",\nsome words,x\n", "line 1 names no column; add a header"),
    "header only": ("a.csv", "text,label\n", "a header (text, label) and no rows"),
    "bom only": ("a.csv", "\ufeff", "the file is empty"),
    "blank": ("a.csv", "\n\n", "the file is empty"),
    "empty": ("a.jsonl", "", "the file is empty"),
    "empty gzip": ("a.csv.gz", gzip.compress(b""), "the file is empty"),
    "no sentences": ("a.conll", "\n\n", "no labelled text"),
    "one label": ("a.csv", CSV.replace("neg", "pos"), "every example has the label 'pos'"),
    "unclosed quote": (
        "a.csv",
        CSV + '"never closed,pos\nmore,neg\n',
        "a quote is not closed or not paired in the row that starts on line 22",
    ),
    "unclosed quote, closed by a later one": (
        "a.csv",
        'text,label\n"two\nlines",pos\n"never closed,pos\n"more words",neg\n',
        "row that starts on line 4",
    ),
    "too many fields": (
        "a.csv",
        CSV + "one, two,pos\n",
        "the row on line 22 has 3 fields, the header has 2 (text, label); put quotes around",
    ),
    "too few fields": (
        "a.tsv",
        "text\tlabel\na b\n",
        "the row on line 2 has 1 field, the header has 2",
    ),
    "columns of one name": ("a.csv", "text,text\na,b\n", "two columns are named 'text'"),
    "not UTF-8": (
        "a.csv",
        CSV.encode() + "café noir,pos\n".encode("latin1"),
        f"line 22 is not UTF-8 (byte 0xe9 at offset {len(CSV) + 3}); convert it",
    ),
    "UTF-16": ("a.csv", CSV.encode("utf-16"), "line 1 is not UTF-8 (byte 0xff at offset 0)"),
    "not UTF-8 in JSON": ("a.jsonl", LABELLED.encode() + b'{"text": "\xe9"}\n', "line 21 is not"),
    "not JSON": ("a.jsonl", LABELLED + "{'text': 1}\n", "line 21 is not JSON"),
    "JSON of numbers": ("a.jsonl", LABELLED + "7\n", "line 21 is not a JSON object"),
    "broken JSON list": ("a.json", '[{"text": "a"', "item 1 is not JSON (Expecting"),
    "no such column": ("a.csv", CSV, "no column 'review' (data.text)", {"text": "review"}),
    "columns unclear": (
        "a.csv",
        "utter,kind,mood\na b,x,y\n",
        "no pair of text and label columns among 'utter' (text), 'kind' (text), 'mood' (text)",
    ),
    "two label columns": (
        "a.csv",
        "text,label,category\na b,x,y\nc d,y,x\n",
        "several pairs of text and label columns among",
    ),
    "no header": (
        "a.csv",
        "a film that never ends,neg\nbetter than the last one,pos\n",
        "the first line looks like data",
    ),
    "no header and short rows": (
        "a.csv",
        "fine film,pos\nbad film,neg\nbest film,pos\n",
        "the label column is named 'pos', and so is one of its labels",
    ),
    "numbers for text": (
        "a.jsonl",
        '{"a": 1, "b": 2.5}\n',
        "no pair of text and label columns among 'a' (number), 'b' (number)",
        {"text": "a", "label": "b"},
    ),
    "token task of running text": (
        "a.csv",
        CSV,
        "no pair of text and label columns of a token task",
        {"task": "token"},
    ),
    "sentence task of CoNLL": ("a.conll", "a\tX\n", "labels tokens", {"task": "sentence"}),
    "empty label": (
        "a.csv",
        CSV + "words but,\n",
        "1 of 21 rows has no label in column 'label', row 21 first; label",
    ),
    "null label": ("a.jsonl", LABELLED + '{"text": "a"}\n', "1 of 21 rows has no label in column"),
    "more tags than words": (
        "a.jsonl",
        '{"tokens": ["a", "b"], "tags": ["X", "Y"]}\n{"tokens": ["a"], "tags": ["X", "Y"]}\n',
        "row 2 has 1 words in 'tokens' and 2 labels in 'tags'",
    ),
    "unknown extension": ("a.xlsx", CSV, "unknown extension; known are .csv .tsv .jsonl"),
    "no extension": ("a", CSV, "unknown extension"),
    "truncated gzip": (
        "a.csv.gz",
        gzip.compress(CSV.encode())[:-20],
        "the gzip file is truncated",
    ),
    "truncated gzip of JSON": ("a.jsonl.gz", gzip.compress(LABELLED.encode())[:-20], "truncated"),
    "not gzip": ("a.csv.gz", CSV, "not a sound gzip file"),
    "damaged gzip": (
        "a.conll.gz",
        gzip.compress(b"a\tX\n" * 9)[:-8] + b"12345678",
        "not a sound gzip file",
    ),
    "not Parquet": ("a.parquet", CSV, "not a readable parquet file"),
    "unknown tokenizer": (
        "a.csv",
        CSV,
        "data.tokenizer=spacy: no such tokenizer; known are auto, whitespace",
        {"tokenizer": "spacy"},
    ),
    "a label for each": (
        "a.csv",
        "text,label\n" + "".join(f"some words,{i}\n" for i in range(12)),
        "each of the 12 training sentences has a label of its own",
    ),
    "too small to split": ("a.csv", "text,label\na b,x\nc d,y\n", "too few to split a test set"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files_are_refused_in_one_line(tmp_path: Path, case: str) -> None:
    name, content, message, *options = BAD[case]
    path = write(tmp_path / name, content)
    with pytest.raises(UserError) as error:
        read(path, **(options[0] if options else {}))
    line = str(error.value)
    assert message in line
    assert "\n" not in line
    assert ";" in line, "the remedy is missing"
    if case not in ("unknown tokenizer", "a label for each", "too small to split"):
        assert str(path) in line


def test_truncated_parquet_is_refused(tmp_path: Path) -> None:
    columns = {"text": [f"words {i}" for i in range(5000)], "label": ["a", "b"] * 2500}
    path = write_parquet(tmp_path / "a.parquet", columns)
    write(path, path.read_bytes()[:-100])
    with pytest.raises(UserError, match="not a readable parquet file"):
        read(path)


def test_missing_files_and_folders_are_refused_before_any_reading(tmp_path: Path) -> None:
    broken = write(tmp_path / "a.csv", "text\n")
    with pytest.raises(UserError, match=r"b\.csv: no such file"):
        read(broken, None, tmp_path / "b.csv")
    with pytest.raises(UserError, match="a folder, expected a file"):
        read(broken, tmp_path)


SIZES = {
    "mr": ("csv", "sentence", (8662, 1000, 1000), 2),
    "sst2": ("csv", "sentence", (6920, 872, 1821), 2),
    "subj": ("csv", "sentence", (8000, 1000, 1000), 2),
    "trec": ("jsonl", "sentence", (4952, 500, 500), 6),
    "wnut17": ("conll", "token", (3394, 1009, 1287), 13),
    "brown-pos": ("conll", "token", (48423, 3301, 5616), 12),
    "conll2000": ("conll", "token", (8043, 893, 2012), 22),
}


@pytest.mark.parametrize("name", SIZES)
def test_real_data_has_its_published_sizes(real_data: Path, name: str) -> None:
    extension, task, sizes, labels = SIZES[name]
    corpus = read(
        *(real_data / name / f"{part}.{extension}" for part in ("train", "validation", "test"))
    )
    assert (corpus.name, corpus.task, corpus.tokenizer) == (name, task, "whitespace")
    parts = corpus.train, corpus.validation, corpus.test
    assert tuple(split.sentences for split in parts) == sizes
    assert len(corpus.label_names) == labels
    assert corpus.unseen_labels == (("I-LST",) if name == "conll2000" else ())
    if name == "brown-pos":
        assert corpus.train.tokens == 977_569
