"""A file cut inside its last number is remarked upon, a whole one is not."""

from pathlib import Path

import numpy as np
import pytest

from wvexp.errors import UserError
from wvexp.vectors.ending import RARE, looks_cut
from wvexp.vectors.pretrained import describe_vectors, load_vectors

VALUES = np.random.default_rng(8).normal(scale=0.4, size=(400, 10)).astype(np.float32)
SPELLINGS = {
    "word2vec: six decimals": "{:.6f}",
    "fastText .vec: four decimals": "{:.4f}",
    "GloVe: five significant digits": "{:.5g}",
    "float32 in full": "{:.9g}",
}


def fields(spelling: str) -> list[bytes]:
    return [SPELLINGS[spelling].format(value).encode() for value in VALUES.ravel().tolist()]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_of_whole_files_few_are_remarked_upon_and_of_cut_ones_most(spelling: str) -> None:
    numbers = fields(spelling)
    others, last = numbers[:2000], numbers[2000:]
    assert sum(looks_cut(field, others) for field in last) <= 2 * RARE * len(last)
    by_three = [field[:-3] for field in last]
    assert sum(looks_cut(field, others) for field in by_three) >= 0.99 * len(last)
    if "decimals" in spelling:  # there one digit is enough
        assert all(looks_cut(field[:-1], others) for field in last)


def test_a_cut_exponent_is_remarked_upon() -> None:
    others = [b"1.25e-05", b"0.123456", b"2.5e-07"] * 200
    assert looks_cut(b"1.23456e-0", others)
    assert not looks_cut(b"1.23456e-05", others)


def test_few_neighbours_are_no_evidence() -> None:
    assert not looks_cut(b"0.1", [b"0.123456"] * 20)
    assert not looks_cut(b"1", [])
    assert looks_cut(b"0.1", [b"0.123456"] * 100)


@pytest.mark.parametrize("header", [b"", b"400 10\n"])
def test_the_note_names_the_word_and_the_way_of_whole_files_is_silent(
    header: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [b" ".join([b"w%d" % i, *fields("word2vec: six decimals")[10 * i :][:10]])
            for i in range(400)]  # fmt: skip
    whole = header + b"\n".join(rows)
    path = tmp_path / "v"
    for silent in (whole, whole + b"\n", whole + b" ", whole + b"\r", whole[:-3] + b"\n"):
        path.write_bytes(silent)
        assert describe_vectors(path).problems == []
        assert load_vectors(path).index_to_key[-1] == "w399"
    assert not caplog.records
    path.write_bytes(whole[:-3])
    load_vectors(path, words=["w1"])
    line = f"line {400 + bool(header)}, 'w399'"
    (note,) = (record.getMessage() for record in caplog.records)
    assert "it may be cut there" in note
    assert line in note
    short = whole[: whole.rindex(b" ")]
    for broken in (b"", b" ", b" -", b" .", b" 0.5e", b" 0.5e-", b" na"):
        path.write_bytes(short + broken)
        with pytest.raises(UserError, match="the last: the file breaks off in this row"):
            load_vectors(path)
