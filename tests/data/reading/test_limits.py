"""Decompression bombs and endless lines: refused in one line, before they take time or memory."""

import gzip
import json
from pathlib import Path

import pytest

from wvexp.commands.predict import read_sentences
from wvexp.config.checks import parse_config
from wvexp.data.corpus import Corpus
from wvexp.data.reading.asked import Asked
from wvexp.data.reading.files import read_files
from wvexp.data.reading.limits import MB, USUAL, Growth, TextLimits
from wvexp.data.unseen import count_unseen
from wvexp.errors import UserError
from wvexp.experiment.inputs import read_corpus
from wvexp.report.unseen import unseen_words

HEADS = {
    "csv": b"text,label\na b,x\nc,y\n",
    "tsv": b"text\tlabel\na b\tx\nc\ty\n",
    "jsonl": b'{"text": "a b", "label": "x"}\n{"text": "c", "label": "y"}\n',
    "json": b'[{"text": "a b", "label": "x"}, {"text": "c", "label": "y"}',
    "conll": b"a\tX\nb\tY\n\n",
    "bio": b"a X\nb Y\n\n",
    "conllu": b"1\ta\t_\tX\t_\t_\t_\t_\t_\t_\n2\tb\t_\tY\t_\t_\t_\t_\t_\t_\n\n",
}
PIECES = {"zeros": b"\0", "x": b"x", "line feeds": b"\n", "blanks": b" ", "words": b"a. "}
SMALL = TextLimits(line_mb=0.02)


def read(path: Path, limits: TextLimits = USUAL) -> Corpus:
    return read_files(path, path, path, Asked(limits=limits))


def predicted(path: Path, limits: TextLimits = USUAL) -> list:
    return read_sentences(path, None, str.split, limits)


@pytest.mark.parametrize("reader", [read, predicted])
@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("kind", HEADS)
def test_an_endless_line_is_refused(tmp_path: Path, kind: str, piece: str, reader) -> None:
    path = tmp_path / f"a.{kind}"
    path.write_bytes(HEADS[kind] + PIECES[piece] * 30_000)
    with pytest.raises(UserError) as error:
        reader(path, SMALL)
    line = str(error.value)
    # What is not JSON is refused for that where it begins.
    assert "more than 0.02 million characters" in line or "is not JSON" in line, line
    if "million" in line:
        assert "data.max_line_mb= sets the limit" in line


@pytest.mark.parametrize("kind", [*HEADS, "txt"])
@pytest.mark.parametrize("piece", PIECES)
def test_a_gzip_bomb_is_refused_by_its_growth(tmp_path: Path, kind: str, piece: str) -> None:
    path = tmp_path / f"a.{kind}.gz"
    member = gzip.compress(PIECES[piece] * (10 * MB // len(PIECES[piece])))
    path.write_bytes(gzip.compress(HEADS.get(kind, b"a\n")) + 4 * member)
    with pytest.raises(UserError, match="unpack to more than 200 times as many"):
        predicted(path) if kind == "txt" else read(path)


@pytest.mark.parametrize(
    ("kind", "head", "piece"),
    [
        ("csv", b'text,label\n"', b"a\n"),
        ("csv", b"text,label\n", b","),
        ("csv", b"", b"a,"),
        ("csv", b"text,label\n", b'"\n",'),
        ("conll", b"", b"a\tX\n"),
        ("json", b'[{"text": "', b"a "),
        ("json", b'[{"text": ', b"[1, "),
        ("jsonl", b'{"text": ', b"[], "),
    ],
)
def test_a_record_of_many_lines_is_bounded_too(tmp_path: Path, kind, head, piece) -> None:
    path = tmp_path / f"a.{kind}"
    path.write_bytes(head + piece * 200_000)
    with pytest.raises(UserError, match=r"0\.02 million characters|nested too deeply"):
        read(path, SMALL)


@pytest.mark.parametrize("kind", ["txt", "csv"])
def test_texts_to_predict_have_keys_of_their_own_names(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    path.write_bytes(b"text\n" + b"x" * 30_000)
    with pytest.raises(UserError, match=r"; is the file damaged\? max_line_mb= sets"):
        predicted(path, TextLimits(line_mb=0.02, prefix=""))


def write_parquet(path: Path, columns: dict, **options) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table(columns), path, **options)
    return path


def test_a_page_bomb_is_refused_by_its_growth(tmp_path: Path) -> None:
    texts = ["a b", "x" * 22 * MB]
    columns = {"text": texts, "label": ["x", "y"]}
    bomb = write_parquet(tmp_path / "a.parquet", columns, compression="zstd")
    large = write_parquet(tmp_path / "b.parquet", columns, compression="none")
    among = {"text": [*"abcdefgh", texts[1][: 11 * MB]], "label": ["x"] * 9}
    one = write_parquet(tmp_path / "c.parquet", among)
    for reader in (read, predicted):
        with pytest.raises(UserError, match="unpack to more than 200 times as many"):
            reader(bomb)
        with pytest.raises(UserError, match="a cell in the mean has more than 10 million"):
            reader(large)
        with pytest.raises(UserError, match="a cell has more than 10 million characters"):
            reader(one)


def test_columns_that_hold_neither_text_nor_labels_are_not_read(tmp_path: Path) -> None:
    columns = {"text": ["a b", "c"], "label": ["x", "y"], "image": [b"x" * 11 * MB] * 2}
    path = write_parquet(tmp_path / "a.parquet", columns, compression="none")
    assert read(path).train.sentences == 2


def test_a_file_of_images_alone_has_no_text(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", {"image": [b"x"] * 2, "label": [{"a": 1}] * 2})
    with pytest.raises(UserError, match="no pair of text and label columns among 'image'"):
        read(path)


def test_one_text_repeated_a_million_times_is_refused(tmp_path: Path) -> None:
    import pyarrow as pa

    n = 1_000_000
    book = pa.array(["x y " * 50_000])
    texts = pa.DictionaryArray.from_arrays(pa.nulls(n, pa.int32()).fill_null(0), book)
    path = write_parquet(tmp_path / "a.parquet", {"text": texts, "label": ["x", "y"] * (n // 2)})
    assert path.stat().st_size < MB
    with pytest.raises(UserError, match="unpack to more than 200 times as many"):
        read(path)


def test_a_list_of_many_tokens_is_refused(tmp_path: Path) -> None:
    lists = [["a"] * 10_000]
    path = write_parquet(tmp_path / "a.parquet", {"tokens": lists, "tags": lists})
    with pytest.raises(UserError, match=r"a cell has more than 0\.02 million characters"):
        read(path, SMALL)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", '{"text":' + "[" * 200_000 + "]" * 200_000 + "}"),
        ("a.json", '[{"text":' + "[" * 200_000 + "]" * 200_000 + "}]"),
        ("a.json", "[" * 200_000 + "]" * 200_000),
        ("a.jsonl", '{"a":' * 200_000 + "1" + "}" * 200_000),
        ("a.json", '[{"a":' * 200_000),
    ],
)
@pytest.mark.parametrize("reader", [read, predicted])
def test_deep_json_is_refused(tmp_path: Path, name: str, content: str, reader) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(UserError, match=r"is not JSON .nested too deeply"):
        reader(path)


def test_large_files_are_refused_by_size_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.truncate(17 * 10**9)  # holds nothing on the disk
    with pytest.raises(UserError, match=r"more than 16 GB of data; data\.max_file_gb= sets"):
        read(path)


def test_what_real_data_hold_passes(tmp_path: Path) -> None:
    """Long documents, a list on one line that is longer than a line may be, gzip of all."""
    document = " ".join(f"word{i % 3000}" for i in range(20_000))
    rows = [{"text": f"{i} {document}", "label": "ab"[i % 2]} for i in range(80)]
    content = json.dumps(rows).encode()
    assert len(content) > USUAL.line
    path = tmp_path / "a.json"
    path.write_bytes(content)
    packed = tmp_path / "a.json.gz"
    packed.write_bytes(gzip.compress(content))
    corpus = read_files(path, packed, packed, Asked())
    assert corpus.train.sentences == corpus.test.sentences == 80
    assert corpus.train.tokens == corpus.test.tokens == 80 * 20_001


def test_growth_lets_small_files_and_real_ratios_pass(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 100)
    Growth(path, USUAL).add(16 * MB)
    path.write_bytes(b"x" * MB)
    growth = Growth(path, USUAL)
    growth.add(200 * MB)
    with pytest.raises(UserError, match="200 times"):
        growth.add(1)


def test_the_keys_reach_the_reader(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(HEADS["csv"] + b"x" * 2000 + b",x\n")
    data = {"kind": "files", "train": str(path), "validation": str(path), "test": str(path)}
    embed = {"kind": "random"}
    assert read_corpus(parse_config({"data": data, "embed": embed}).data).train.sentences == 3
    for key, value in (("max_line_mb", 0.001), ("max_file_gb", 1e-6)):
        config = parse_config({"data": {**data, key: value}, "embed": embed})
        with pytest.raises(UserError, match=rf"data\.{key}= sets the limit"):
            read_corpus(config.data)
    with pytest.raises(UserError, match=r"data\.max_line_mb=3.* means nothing with data=world"):
        parse_config({"data": {"max_line_mb": 3.0}})


def many_columns() -> str:
    return ",".join(f"c{i}" for i in range(20_000)) + "\n" + ",".join(["a b"] * 20_000)


LONG = "q" * 20_000


@pytest.mark.parametrize(
    ("train", "test", "remedy"),
    [
        (many_columns(), None, "name them with data.text and data.label"),
        (f"text,label\na b,{LONG}\nc d,{LONG}\n", None, "at least two labels"),
        ("text,label\na,x\nb,y\n", f"text,label\na,{LONG}\n", "name another"),
    ],
)
def test_a_message_has_an_end_whatever_the_file_holds(tmp_path: Path, train, test, remedy) -> None:
    """And the remedy still stands at it."""
    path, other = tmp_path / "a.csv", tmp_path / "test.csv"
    path.write_text(train)
    other.write_text(test or train)
    with pytest.raises(UserError) as error:
        read_files(path, path, other, Asked())
    assert len(str(error.value)) < 3500
    assert remedy in str(error.value)


def test_a_note_has_an_end_too(tmp_path: Path) -> None:
    path, other = tmp_path / "a.csv", tmp_path / "test.csv"
    cased = [f"{i:016b}".translate({48: "a", 49: "A"}) for i in range(500)]
    path.write_text("text,label\n" + "".join(f"a b,{label}\n" for label in cased))
    other.write_text(f"text,label\na b,{cased[0]}\nc d,{LONG}\n")
    corpus = read_files(path, path, other, Asked())
    assert len(corpus.notes) == 1
    assert len(corpus.notes[0]) < 600
    assert "and 497 more" in corpus.notes[0]
    said = unseen_words(count_unseen(corpus), "sentence")
    assert "1 of 2 test sentences ('qqq" in said
    assert len(said) < 300


def test_a_name_that_comes_twice_is_found_among_many(tmp_path: Path) -> None:
    """Among 200,000 a search for each of them would take minutes."""
    names = [f"k{i}" for i in range(200_000)] + ["k199999"]
    lines, table = tmp_path / "a.jsonl", tmp_path / "a.csv"
    lines.write_text("{" + ",".join(f'"{name}":1' for name in names) + "}\n")
    table.write_text(",".join(names) + "\n")
    for path in (lines, table):
        with pytest.raises(UserError, match="'k199999'"):
            read(path)
