"""Damaged and unusual files: each is read rightly, with a count, or refused in one clear line."""

import struct
from pathlib import Path

import numpy as np
import pytest

from wvexp.errors import UserError
from wvexp.vectors.checks import require_dim
from wvexp.vectors.pretrained import describe_vectors, load_vectors


def save(tmp_path: Path, content: bytes | str) -> Path:
    path = tmp_path / "vectors.any"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def binary(rows: list[tuple[bytes, list[float]]], header: bytes, after: bytes = b"\n") -> bytes:
    body = b"".join(word + b" " + struct.pack(f"<{len(v)}f", *v) + after for word, v in rows)
    return header + body


AB = {"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.0]}
GOOD_TEXT = {
    "plain": "a 1 2 3\nb 4 5 6\n",
    "no line break at the end": "a 1 2 3\nb 4 5 6",
    "header": "2 3\na 1 2 3\nb 4 5 6\n",
    "spaces at line ends, as word2vec writes": "2 3\na 1 2 3 \nb 4 5 6 \n",
    "Windows line ends": "2 3\r\na 1 2 3\r\nb 4 5 6\r\n",
    "exponents": "a 1e0 2.0E+0 3\nb +4 5. 6\n",
}
COUNTED = {
    "byte order mark": ("\ufeffa 1 2 3\nb 4 5 6\n", "byte order mark"),
    "two spaces after the word": ("a  1 2 3\nb 4 5 6\n", "spaces beside the word: 1"),
    "byte order mark before a header": ("\ufeff2 3\na 1 2 3\nb 4 5 6\n", "byte order mark"),
    "blank lines": ("a 1 2 3\n\n \nb 4 5 6\n\n", "blank lines, left out: 3"),
    "repeated": ("a 1 2 3\nb 4 5 6\na 7 8 9\nb 7 8 9\n", "repeated words, the first kept: 2"),
    "header too small": ("1 3\na 1 2 3\nb 4 5 6\n", "header count too small"),
}


@pytest.mark.parametrize("case", [*GOOD_TEXT, *COUNTED])
def test_text_is_read_rightly(case: str, tmp_path: Path) -> None:
    content, problem = COUNTED[case] if case in COUNTED else (GOOD_TEXT[case], None)
    path = save(tmp_path, content)
    vectors = load_vectors(path)
    assert {word: vectors[word].tolist() for word in vectors.index_to_key} == AB
    assert load_vectors(path, words=["b"])["b"].tolist() == AB["b"]
    problems = describe_vectors(path).problems
    if problem is None:
        assert problems == []
    else:
        assert any(line.startswith(problem) for line in problems), problems


def test_words_with_spaces_are_whole_words(tmp_path: Path) -> None:
    """GloVe 840B has rows such as `at name@domain.com`: they must not become a second `at`."""
    path = save(tmp_path, "at name@domain.com 1 2 3\n. . . 4 5 6\nat 7 8 9\nx 1 1 1\n")
    vectors = load_vectors(path)
    assert vectors.index_to_key == ["at name@domain.com", ". . .", "at", "x"]
    assert load_vectors(path, words=["at", "."]).index_to_key == ["at"]
    assert vectors["at"].tolist() == [7, 8, 9]


def test_words_that_are_not_utf8_are_counted(tmp_path: Path) -> None:
    for content in (
        b"caf\xe9 1 2 3\nb 4 5 6\n",
        binary([(b"caf\xe9", [1, 2, 3]), (b"b", [4, 5, 6])], b"2 3\n"),
    ):
        path = save(tmp_path, content)
        assert load_vectors(path).index_to_key == ["caf\ufffd", "b"]
        assert (
            describe_vectors(path).problems[0].startswith("words that are not UTF-8, repaired: 1")
        )


REFUSED_TEXT = {
    "empty": (b"", "empty"),
    "only blanks": (b"\n \n", "blanks"),
    "header alone": (b"2 3\n", "2 rows|promises 2"),
    "no rows claimed": (b"0 3\na 1 2 3\n", "0 rows"),
    "header count too large": (b"3 3\na 1 2 3\nb 4 5 6\n", "promises 3 rows.*after 2"),
    "a billion rows": (b"1000000000 3\na 1 2 3\nb 4 5 6\n", "promises 1,000,000,000 rows"),
    "header of another dimension": (b"2 4\na 1 2 3\nb 4 5 6\n", "4 dimensions.*3 numbers"),
    "row too short": (b"a 1 2 3\nb 4 5\nc 7 8 9\n", "line 2: 2 numbers where the others have 3"),
    "row too long": (b"a 1 2 3\nb 4 5 6 7\nc 7 8 9\n", "line 2: 4 numbers where"),
    "cut short": (b"a 1 2 3\nb 4 5 6\nc 7 8", "line 3, the last: the file breaks off"),
    "no word": (b"a 1 2 3\n 4 5 6\nc 7 8 9\n", "line 2: it begins with a space"),
    "two spaces inside": (b"a 1 2 3\nb 4  5 6\nc 7 8 9\n", "line 2: .*single spaces"),
    "NaN": (b"a 1 2 3\nb nan 5 6\n", "'b': NaN or infinity"),
    "infinity": (b"a 1 2 3\nb 1 inf 6\n", "'b': NaN or infinity"),
    "too large for float32": (b"a 1 2 3\nb 1 1e39 6\n", "'b': NaN or infinity"),
    "not a number": (b"a 1 2 3\nb 4 5x 6\nc 7 8 9\n", "byte 10, row of 'b': '5x' is not a number"),
    "prose": (b"Call me Ishmael.\nSome years ago\n", "no known vector format"),
    "double spaces": (b"a  1  2  3\nb  4  5  6\n", "fields are not parted by single spaces"),
    "word counts": (b"the 10\nof 7\n", "list of counts"),
    "JSON": (b'{"a": [1, 2, 3]}', "JSON"),
    "a web page": (b"<!DOCTYPE html><html>", "web page"),
    "UTF-16": ("a 1 2 3\n".encode("utf-16"), "UTF-16"),
    "NumPy": (b"\x93NUMPY\x01\x00v\x00", "NumPy"),
}
ROWS = [(b"a", [1.0, 2.0, 3.0]), (b"b", [4.0, 5.0, 6.0])]
REFUSED_BINARY = {
    "count too large": (binary(ROWS, b"4 3\n"), "promises 4 rows"),
    "a billion rows": (binary(ROWS, b"1000000000 300\n"), "promises 1,000,000,000 rows"),
    "a wide row": (binary(ROWS, b"1 1000000000\n"), "at least 4,000,000,001"),
    "cut short": (binary(ROWS, b"2 3\n", b"")[:-2], "byte 18: the file breaks off in row 2"),
    "cut by a row": (binary(ROWS[:1], b"2 3\n"), "promises 2 rows"),
    "cut after a long word": (binary([(b"a" * 50, [1.0] * 3), ROWS[0]], b"2 3\n")[:-4], "breaks"),
    "junk after": (binary(ROWS, b"2 3\n") + b"junk", "breaks off in row 3"),
    "NaN": (binary([*ROWS, (b"c", [1, float("nan"), 1])], b"3 3\n"), "'c': NaN or infinity"),
    "line break in a word": (binary([(b"a\nb", [1, 2, 3])], b"1 3\n"), "is no word"),
    "no word": (b"2 3\n" + b"\x01" * 9000, "no word begins here"),
}


@pytest.mark.parametrize("case", [*REFUSED_TEXT, *(f"binary: {c}" for c in REFUSED_BINARY)])
def test_refused_in_one_line(case: str, tmp_path: Path) -> None:
    _, _, name = case.rpartition("binary: ")
    content, message = (REFUSED_BINARY if case != name else REFUSED_TEXT)[name]
    path = save(tmp_path, content)
    with pytest.raises(UserError, match=message) as error:
        load_vectors(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_bad_row_that_nobody_wants_does_no_harm(tmp_path: Path) -> None:
    path = save(tmp_path, "a 1 2 3\nb nan 5 6\nc 7 8x 9\n")
    assert load_vectors(path, words=["a"])["a"].tolist() == [1, 2, 3]


def test_binary_header_count_too_small_is_counted(tmp_path: Path) -> None:
    path = save(tmp_path, binary(ROWS, b"1 3\n"))
    assert load_vectors(path).index_to_key == ["a", "b"]
    assert describe_vectors(path).problems[0].startswith("header count too small, all 2 rows read")


def test_repeated_words_leave_no_row_of_zeros(tmp_path: Path) -> None:
    path = save(tmp_path, binary([*ROWS, (b"a", [9.0] * 3), (b"c", [7.0] * 3)], b"4 3\n"))
    vectors = load_vectors(path)
    assert vectors.index_to_key == ["a", "b", "c"]
    assert vectors.vectors.tolist() == [[1, 2, 3], [4, 5, 6], [7, 7, 7]]


def test_rows_of_zeros_that_the_file_holds_are_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = save(tmp_path, "a 1 2 3\nb 0 0 0\nc 0 -0 0\n")
    load_vectors(path, words=["a"])
    assert not caplog.records
    load_vectors(path)
    assert [r.getMessage() for r in caplog.records] == [f"{path}: rows of zeros: 2 (first: 'b')"]


def test_dimension_asked_for_is_held_to() -> None:
    require_dim("v.txt", 3, 3)
    require_dim("v.txt", 3, None)
    with pytest.raises(UserError, match=r"v\.txt.* 3 dimensions, embed\.dim=100"):
        require_dim("v.txt", 3, 100)


def test_problems_reach_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = save(tmp_path, COUNTED["repeated"][0])
    load_vectors(path)
    load_vectors(path, words=["a"])
    assert [r.getMessage() for r in caplog.records if "repeated" in r.getMessage()] == [
        f"{path}: repeated words, the first kept: 2 (first: line 3, 'a')"
    ]


def test_description(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(2, 0.5, size=(300, 4)).astype(np.float32)
    lines = [f"w{i} " + " ".join(map(str, row.tolist())) for i, row in enumerate(rows)]
    about = describe_vectors(save(tmp_path, "\n".join(lines)))
    assert (about.format, about.rows, about.dim, about.casing) == ("GloVe text", 300, 4, "lower")
    np.testing.assert_allclose(about.mean, rows.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(about.sd, rows.std(axis=0), rtol=1e-5)
    norms = np.linalg.norm(rows, axis=1)
    np.testing.assert_allclose(about.norms, [norms.min(), np.median(norms), norms.max()], rtol=1e-5)
    cased = "\n".join(line.capitalize() if i % 3 else line for i, line in enumerate(lines))
    assert describe_vectors(save(tmp_path, cased)).casing == "cased"
