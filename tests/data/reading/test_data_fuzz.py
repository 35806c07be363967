"""Fuzz of data files: valid ones mutated; each read rightly, or refused in one clear line.

`WVEXP_DATA_FUZZ=20000 pytest tests/data/reading/test_data_fuzz.py -s` judges that many files;
`WVEXP_DATA_FUZZ_SEED=7` begins with that seed, which is how one case is seen again.
"""

import os
import resource
import time
import unicodedata
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from drawn_rows import Case, Row, same_label
from mutated_files import FORMATS, make_case
from slow_reader import readings

from wvexp.commands.predict import read_sentences
from wvexp.data.corpus import Corpus
from wvexp.data.reading.asked import Asked
from wvexp.data.reading.files import read_files
from wvexp.errors import UserError

FILES = int(os.environ.get("WVEXP_DATA_FUZZ", "270"))
FIRST = int(os.environ.get("WVEXP_DATA_FUZZ_SEED", "0"))
BLOCK = 90  # files of one test
MEMORY = 1000  # MB that reading them may take


def read(path: Path, case: Case) -> list[Row]:
    corpus = read_files(path, path, path, Asked(tokenizer="whitespace", **case.options))
    return spelt(corpus)


def spelt(corpus: Corpus) -> list[Row]:
    """The training data, each label in the form that `same_label` gives it."""
    split, rows = corpus.train, []
    for i in range(split.sentences):
        start, end = split.offsets[i : i + 2]
        labels = split.labels[start:end] if split.task == "token" else split.labels[i : i + 1]
        words = [corpus.lexicon[word] for word in split.word_ids[start:end]]
        rows.append((words, [same_label(corpus.label_names[label]) for label in labels]))
    return rows


def judge(path: Path, case: Case) -> str:
    """Whether it is read "right" or "refused"; AssertionError where it is neither."""
    try:
        rows = read(path, case)
    except UserError as error:
        line = str(error)
        assert not any(unicodedata.category(mark) in ("Cc", "Cs", "Zl", "Zp") for mark in line)
        assert len(line) < 1500, len(line)
        assert case.expected is None or case.expected == "either", f"refused: {line}"
        return "refused"
    assert case.expected is not None, "read, but something is wrong with it"
    if case.expected == "either":
        assert rows in readings(case.name, case.content, case.options), "read wrongly"
    else:
        assert rows == case.expected, "read wrongly"
    return "right"


def peak() -> float:
    """The most memory that this process ever took, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.parametrize("block", range(-(-FILES // BLOCK)))
def test_every_file_is_read_rightly_or_refused_in_one_line(tmp_path: Path, block: int) -> None:
    counts: Counter[str] = Counter()
    slowest, before = 0.0, peak()
    for seed in range(FIRST + block * BLOCK, FIRST + min(FILES, (block + 1) * BLOCK)):
        case = make_case(seed)
        path = tmp_path / case.name
        path.write_bytes(case.content)
        start = time.monotonic()
        try:
            counts[judge(path, case)] += 1
            with suppress(UserError):
                read_sentences(path, case.options.get("text"), str.split)
        # A traceback of any kind is what this test looks for.
        except Exception as error:
            raise AssertionError(f"seed {seed} ({case.name}: {case.story})") from error
        slowest = max(slowest, time.monotonic() - start)
        path.unlink()
    if counts.total() == BLOCK:
        assert min(counts["right"], counts["refused"]) > BLOCK / 10, "mutations of one kind"
    print(f"block {block}: {dict(counts)}, slowest {slowest:.2f} s, peak {peak():.0f} MB")
    assert peak() - before < MEMORY


def test_the_judge_finds_wrong_readings(tmp_path: Path) -> None:
    case = Case("a.csv", b"text,label\none two,x\nthree,y\n", [(["one", "two"], ["x"])])
    path = tmp_path / case.name
    path.write_bytes(case.content)
    with pytest.raises(AssertionError, match="read wrongly"):
        judge(path, case)
    case.expected = None
    with pytest.raises(AssertionError, match="something is wrong"):
        judge(path, case)
    case.expected = "either"
    assert judge(path, case) == "right"
    path.write_bytes(case.content.replace(b"three", b"four"))
    with pytest.raises(AssertionError, match="read wrongly"):
        judge(path, case)
    path.write_bytes(b"text,label\none two\n")
    case.expected = [(["one", "two"], ["x"])]
    with pytest.raises(AssertionError, match="refused"):
        judge(path, case)


def test_all_formats_are_drawn() -> None:
    names = {make_case(seed).name for seed in range(200)}
    assert {name.removesuffix(".gz").split(".")[-1] for name in names} == set(FORMATS)
    assert any(name.endswith(".gz") for name in names)
