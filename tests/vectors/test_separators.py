"""Only ASCII space and tab part fields and only a line feed ends a line: every other character
belongs to its word, on the whole way from file to index, cache, KeyedVectors and file again."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors
from reference_parser import NotReadableError, parse_binary, parse_text

from wvexp.errors import UserError
from wvexp.vectors.inspection import convert
from wvexp.vectors.pretrained import describe_vectors, known_words, load_vectors
from wvexp.vectors.writing import save_vectors

UNICODE_SPACES = [
    *map(chr, [0x0B, 0x0C, 0x1C, 0x1D, 0x1E, 0x1F, 0x85, 0xA0, 0x1680, 0x180E]),
    *map(chr, range(0x2000, 0x200C)),
    *map(chr, [0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF, 0x00]),
]
WORDS = [
    "first",
    *UNICODE_SPACES,
    *(f"a{space}b" for space in UNICODE_SPACES),
    *(f"{space}a" for space in UNICODE_SPACES),
    *(f"a{space}" for space in UNICODE_SPACES),
]
ROWS = np.random.default_rng(5).normal(size=(len(WORDS), 3)).astype(np.float32)


def table_of(vectors: KeyedVectors) -> dict[str, bytes]:
    return {word: vectors[word].tobytes() for word in vectors.index_to_key}


EXPECTED = {word: row.tobytes() for word, row in zip(WORDS, ROWS, strict=True)}


def text(separator: str, header: bool, end: str) -> bytes:
    lines = [f"{len(WORDS)} 3"] if header else []
    for word, row in zip(WORDS, ROWS, strict=True):
        lines.append(separator.join([word, *(f"{x:.9g}" for x in row.tolist())]))
    return (end.join(lines) + end).encode()


@pytest.mark.parametrize("separator", [" ", "\t"])
@pytest.mark.parametrize("header", [False, True])
@pytest.mark.parametrize("end", ["\n", "\r\n", " \n"])
def test_words_keep_every_other_character_in_text(
    separator: str, header: bool, end: str, tmp_path: Path
) -> None:
    content = text(separator, header, end)
    assert parse_text(content) == EXPECTED
    path = tmp_path / "v"
    path.write_bytes(content)
    for _ in range(2):  # from the file, then out of the cache
        assert table_of(load_vectors(path)) == EXPECTED
        assert table_of(load_vectors(path, words=WORDS[3:7])) == {
            word: EXPECTED[word] for word in WORDS[3:7]
        }
    assert describe_vectors(path).problems == []
    assert known_words(path, [*WORDS, "a", "b", "", " "]) == set(WORDS)
    (tmp_path / "v.gz").write_bytes(gzip.compress(content))
    assert table_of(load_vectors(tmp_path / "v.gz")) == EXPECTED


@pytest.mark.parametrize("ending", [".txt", ".vec", ".bin"])
def test_words_keep_every_other_character_when_written_and_read_again(
    ending: str, tmp_path: Path
) -> None:
    first, second = tmp_path / f"first{ending}", tmp_path / "second.bin"
    assert save_vectors(first, WORDS, ROWS) == []
    parse = parse_binary if ending == ".bin" else parse_text
    assert parse(first.read_bytes()) == EXPECTED
    assert table_of(load_vectors(first)) == EXPECTED
    expected = KeyedVectors.load_word2vec_format(str(first), binary=ending == ".bin")
    assert table_of(expected) == EXPECTED  # gensim reads the same
    assert convert(str(first), str(second)) == [f"{second}: {len(WORDS)} words, 3 dimensions"]
    assert table_of(load_vectors(second)) == EXPECTED


@pytest.mark.parametrize(("ending", "kept"), [(".bin", {"a", "t\tt", "r\rr"}), (".txt", {"a"})])
def test_what_parts_fields_cannot_be_written_and_is_named(
    ending: str, kept: set[str], tmp_path: Path
) -> None:
    words = ["a", "", "s s", "t\tt", "l\nl", "r\rr", " "]
    path = tmp_path / f"v{ending}"
    left_out = save_vectors(path, words, np.ones((7, 2), np.float32))
    assert left_out == [word for word in words if word not in kept]
    assert set(load_vectors(path).index_to_key) == kept


ODD_WORDS = {
    ". . . 0.4 0.5 0.6": ". . .",
    "at name@domain.com 0.4 0.5 0.6": "at name@domain.com",
    "windows 98 0.4 0.5 0.6": "windows 98",
    "1 2 0.1 0.2 0.3": "1 2",
    "- 1 0.1 -2e-05 0.3": "- 1",
    "not inf 0.1 0.2 0.3": "not inf",
    "a\tb 0.1 0.2 0.3": "a\tb",
    "a\u00a0b  0.1 0.2 0.3": "a\u00a0b",
    "1.5 0.1 0.2 0.3": "1.5",
    "1_0 0.1 0.2 0.3": "1_0",
    "0,5 0.1 0.2 0.3": "0,5",
    "\u0661 0.1 0.2 0.3": "\u0661",
}


@pytest.mark.parametrize("row", ODD_WORDS)
@pytest.mark.parametrize("header", [b"", b"4 3\n"])
def test_a_row_is_read_from_its_end(row: str, header: bytes, tmp_path: Path) -> None:
    rows = [row, "a 1 2 3", "b 0.25 0.5 1e3", "c 4 5 6"]
    for content in ("\n".join(rows) + "\n", "\n".join(rows[1:] + rows[:1]) + "\n"):
        path = tmp_path / "v"
        path.write_bytes(header + content.encode())
        vectors = load_vectors(path)
        assert set(vectors.index_to_key) == {ODD_WORDS[row], "a", "b", "c"}
        assert table_of(vectors) == parse_text(header + content.encode())


REFUSED = {
    "a value too many": (b"a 1 2 3\nb 0.5 0.25 0.5 0.75\nc 4 5 6\n", "line 2: 4 numbers where"),
    "a whole value too many": (b"a 1 2 3\nb 4 5 6 7\nc 4 5 6\n", "line 2: 4 numbers where"),
    "Macintosh": (b"a 1 2 3\rb 4 5 6\r", r"line 1: a carriage return.*Macintosh.*tr '"),
    "Macintosh with a header": (b"2 3\ra 1 2 3\rb 4 5 6\r", "line 1: a carriage return"),
    "Macintosh in part": (b"a 1 2 3\nb 4 5 6\rc 7 8 9\nd 1 2 3\n", "line 2: a carriage return"),
    "a carriage return too many": (b"a 1 2 3\r\r\nb 4 5 6\r\r\n", "line 1: a carriage return"),
    "underscores": (b"a 1 2 3\nb 4 1_0 6\n", "row of 'b': '1_0' is not a number; write numbers"),
    "underscores alone": (b"a 1_0 2_0\nb 3_0 4_0\n", "line 1: '2_0' is not a number; write"),
    "underscores in a column": (b"a 1_0 2 3\nb 3_0 4 5\n", "line 1: '1_0' is not a number; write"),
    "decimal commas": (b"a 0,1 0,2\nb 0,3 0,4\n", "line 1: '0,2' is not a number; write"),
    "decimal commas in a column": (b"a 0,1 2 3\nb 0,2 4 5\n", "line 1: '0,1' is not a number"),
    "other digits": ("a 1 2 3\nb 4 ٢ 6\n".encode(), "row of 'b': '٢' is not a number; write"),
    "other digits alone": ("a ١ ٢\nb ٣ ٤\n".encode(), "line 1: '٢' is not a number; write"),
    "other digits in a column": ("a ١ 2 3\nb ٣ 4 5\n".encode(), "line 1: '١' is not a number"),
    "a vertical tab in a number": (b"a 1 2 3\x0b\nb 4 5 6\n", r"'3\\x0b' is not a number"),
    "a no-break space between numbers": (
        "a 1 2 3\nb 4 5\u00a06\nc 7 8 9\n".encode(),
        "line 2: 2 numbers where",
    ),
    "a long word": (b"x" * 5000 + b" 1 2 3\nb 4 5 6\n", "byte 0: 'xxx.* is no word: 5,000 char"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_number_and_no_line_end_is_refused_in_one_line(
    case: str, tmp_path: Path
) -> None:
    content, message = REFUSED[case]
    path = tmp_path / "v"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message) as error:
        load_vectors(path)
    assert str(path) in str(error.value)
    with pytest.raises(NotReadableError):
        parse_text(content)


def test_word_tab_numbers_gives_the_whole_table(tmp_path: Path) -> None:
    for content in (b"a\t1 2 3\nb\t4 5 6\n", b"a\t1\t2\t3\nb\t4\t5\t6\n", b"a 1\t2 3\nb 4 5\t6\n"):
        path = tmp_path / "v"
        path.write_bytes(content)
        vectors = load_vectors(path)
        assert vectors.index_to_key == ["a", "b"]
        assert vectors.vectors.tolist() == [[1, 2, 3], [4, 5, 6]]
        assert describe_vectors(path).problems == []
