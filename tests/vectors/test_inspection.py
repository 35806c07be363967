"""The commands of scripts/vectors.py, and coverage."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors

from wvexp.errors import UserError
from wvexp.vectors import inspection
from wvexp.vectors.coverage import coverage_report
from wvexp.vectors.pretrained import load_vectors
from wvexp.vectors.writing import save_vectors

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def rows() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)


WORDS = [f"w{i}" for i in range(40)]


@pytest.mark.parametrize("ending", [".bin", ".txt", ".vec"])
def test_what_is_saved_comes_back_to_the_bit(ending: str, tmp_path: Path) -> None:
    bits = np.random.default_rng(1).integers(0, 2**32, (3000, 4), dtype=np.uint32)
    extreme = [0.0, -0.0, 1e-45, 3.4028235e38]
    rows = np.concatenate([bits.view(np.float32), np.array([extreme], dtype=np.float32)])
    rows = rows[np.isfinite(rows).all(axis=1)]
    words = [f"ü{i}" for i in range(len(rows))]
    path = tmp_path / f"v{ending}"
    assert save_vectors(path, words, rows) == []
    for loaded in (
        load_vectors(path),
        KeyedVectors.load_word2vec_format(str(path), binary=ending == ".bin"),
    ):
        assert loaded.index_to_key == words
        assert loaded.vectors.tobytes() == rows.tobytes()


def test_words_the_format_cannot_hold_are_named(rows: np.ndarray, tmp_path: Path) -> None:
    words = ["new york", "", "a\nb", "fine"]
    assert save_vectors(tmp_path / "v.bin", words, rows[:4]) == words[:3]
    assert load_vectors(tmp_path / "v.bin").index_to_key == ["fine"]
    with pytest.raises(UserError, match="ending"):
        save_vectors(tmp_path / "v.kv", words, rows[:4])
    with pytest.raises(UserError, match="cannot write"):
        save_vectors(tmp_path / "absent" / "v.bin", words, rows[:4])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["v.bin"]


def test_inspect_finds_every_bad_row(rows: np.ndarray, tmp_path: Path) -> None:
    rows[[7, 31]] = 0
    rows[20, 3] = np.nan
    save_vectors(tmp_path / "v.txt", WORDS, rows)
    lines = inspection.inspect(str(tmp_path / "v.txt"))
    assert "format     word2vec text" in lines
    assert "dimension  6" in lines
    assert "problem    rows of zeros: 2 (first: 'w7')" in lines
    assert "problem    rows with NaN or infinity: 1 (first: 'w20')" in lines


def test_neighbours_are_by_cosine(rows: np.ndarray, tmp_path: Path) -> None:
    rows[5] = rows[9] * 3
    save_vectors(tmp_path / "v.bin", WORDS, rows)
    lines = inspection.neighbours(str(tmp_path / "v.bin"), "w5", most=4)
    assert lines[0] == "1.000  w9"
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    expected = np.argsort(-(unit @ unit[5]))[1:5]
    assert [line.split()[1] for line in lines] == [WORDS[i] for i in expected]
    with pytest.raises(UserError, match=r"no vector for 'W5'.*w5"):
        inspection.neighbours(str(tmp_path / "v.bin"), "W5")


def test_compare_names_the_largest_moves(rows: np.ndarray, tmp_path: Path) -> None:
    before, after = str(tmp_path / "a.bin"), str(tmp_path / "b.bin")
    save_vectors(before, [*WORDS, "gone"], np.concatenate([rows, rows[:1]]))
    moved = rows.copy()
    moved[3] = -moved[3]
    moved[8] += 0.01
    order = np.random.default_rng(2).permutation(40)  # the order in the files does not matter
    save_vectors(after, [WORDS[i] for i in order], moved[order])
    lines = inspection.compare(before, after)
    assert lines[0] == "40 words in both, 1 only before, 0 only after"
    assert lines[1].startswith("2 moved")
    assert lines[2].startswith(f"w3: distance {2 * np.linalg.norm(rows[3]):.3g}, cosine -1.000")
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    expected = np.argsort(-(unit @ unit[3]))[1:11]
    assert lines[3] == "  before: " + " ".join(WORDS[i] for i in expected)
    assert lines[5].startswith("w8: ")
    assert len(lines) == 2 + 2 * 3
    save_vectors(tmp_path / "c.bin", WORDS, rows[:, :3])
    with pytest.raises(UserError, match=r"6 dimensions.*has 3"):
        inspection.compare(before, str(tmp_path / "c.bin"))


def test_coverage_counts_types_tokens_and_rescues(tmp_path: Path) -> None:
    words = ["the", "cat", "####", "00", "Paris"]
    save_vectors(tmp_path / "v.bin", words, np.eye(5, dtype=np.float32))
    counts = {"the": 10, "The": 4, "1984": 3, "42": 2, "Paris": 1, "xyzzy": 5, "CAT": 1}
    found = coverage_report(counts, tmp_path / "v.bin")
    assert (found.types, found.known_types, found.tokens, found.known_tokens) == (7, 2, 26, 11)
    assert list(found.missing.items()) == [
        ("xyzzy", 5),
        ("The", 4),
        ("1984", 3),
        ("42", 2),
        ("CAT", 1),
    ]
    assert found.rescued == {
        "lower-casing": {"The", "CAT"},
        "digits as #": {"1984"},
        "digits as 0": {"42"},
    }
    lines = found.lines()
    assert lines[0] == "types   2 of 7 (28.6%)"
    assert "lower-casing would rescue 2 types, 5 tokens" in lines
    assert lines[-4].endswith("The  [lower-casing]")


def script(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(REPOSITORY / "scripts" / "vectors.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False)


def test_the_script(rows: np.ndarray, tmp_path: Path) -> None:
    save_vectors(tmp_path / "v.bin", WORDS, rows)
    done = script("convert", str(tmp_path / "v.bin"), str(tmp_path / "w=1.txt"))
    assert (done.returncode, done.stderr) == (0, "")
    assert load_vectors(tmp_path / "w=1.txt").vectors.tobytes() == rows.tobytes()
    for words, message in [
        (["inspect", str(tmp_path / "absent")], "No such file"),
        (["inspect"], "takes 1"),
        (["inspect"], "inspect takes 1 argument, got 0"),
        (["burn", "x"], "unknown command 'burn'"),
        (["inspect", "x", "colour=red"], "unknown key 'colour'"),
    ]:
        done = script(*words)
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert message in done.stderr
