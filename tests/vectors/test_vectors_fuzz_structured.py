"""Faults as files have them, in every format: read as a slow reader reads them, or one clear line.

WVEXP_FUZZ sets how many files are tried; WVEXP_FUZZ_SEED which ones.
"""

import gzip
import lzma
import os
import resource
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from reference_parser import Table
from structured_faults import fault
from vector_files import WORDS, Files, Format, formats, unzipped, zipped

from wvexp.errors import UserError
from wvexp.seeds import stream
from wvexp.vectors.pretrained import describe_vectors, load_vectors

FILES = int(os.environ.get("WVEXP_FUZZ", "2200"))
SEED = int(os.environ.get("WVEXP_FUZZ_SEED", "0"))
SLOWEST = 20.0  # seconds
UNPACK = {"gzip": gzip.decompress, "xz": lzma.decompress, "zip": unzipped}
PACK = {"gzip": gzip.compress, "xz": lzma.compress, "zip": zipped}
INNER = {"gzip": "GloVe text", "xz": "word2vec binary", "zip": "word2vec text"}
# What a slow reader reads and this package refuses with reason: nothing is lost by that.
FOREIGN = ("a list of counts", "no known vector format", "not a vector file", "only blanks")


def faulty(name: str, files: Files, rng: np.random.Generator) -> Files:
    """The files of a format with a fault in one; of a packed one, inside or outside."""
    damaged = list(files)[int(rng.integers(len(files)))]
    made = dict(files)
    if name in PACK and rng.random() < 0.5:
        content = UNPACK[name](files[damaged])
        made[damaged] = PACK[name](fault(INNER[name], damaged, content, rng))
    else:
        made[damaged] = fault(name, damaged, files[damaged], rng)
    return made


def readings(form: Format, files: Files) -> list[Table | None]:
    """What slow readers make of the files; None where one fails."""
    found: list[Table | None] = []
    for read in form.readers:
        try:
            found.append(read(files))
        except BaseException as error:  # libraries raise anything, tokenizers a BaseException
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            found.append(None)
    return found


def judge(form: Format, files: Files, path: Path) -> str:
    """ "read" or "refused"; fails where neither is right."""
    asked = WORDS if path.is_dir() else None
    with np.errstate(all="ignore"):
        expected = readings(form, files)
    try:
        vectors = load_vectors(path, words=asked)
    except UserError as error:
        line = str(error)
        assert len(line.splitlines()) == 1
        assert len(line) < 1200
        if form.strict and not any(reason in line for reason in FOREIGN):
            assert expected[0] is None, f"a good file is refused: {line}"
        return "refused"
    table = {word: vectors[word].tobytes() for word in vectors.index_to_key}
    assert table in expected, "read otherwise than by the slow reader"
    assert np.isfinite(vectors.vectors).all()
    with suppress(
        UserError
    ):  # a folder's list of words, and a sample of rows that nobody asked for
        describe_vectors(path)
        load_vectors(path)
    return "read"


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.usefixtures("bounded_memory")
def test_files_with_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "none").write_text("")
    monkeypatch.setenv("WVEXP_CACHE", str(tmp_path / "none"))  # every file is new: keep nothing
    forms = formats(tmp_path)
    outcomes: dict[str, Counter[str]] = {name: Counter() for name in forms}
    slowest = 0.0
    folder = tmp_path / "m"
    folder.mkdir()
    for i in range(FILES):
        name = list(forms)[i % len(forms)]
        files = faulty(name, forms[name].files, stream(SEED, "structured fuzz", i))
        for file, content in files.items():
            (folder / file).write_bytes(content)
        begun = time.monotonic()
        try:
            outcome = judge(forms[name], files, folder if len(files) > 1 else folder / "v")
        except BaseException as error:
            pytest.fail(f"file {i} of seed {SEED}, {name}: {error!r}")
        outcomes[name][outcome] += 1
        slowest = max(slowest, time.monotonic() - begun)
        assert slowest < SLOWEST, f"file {i} of seed {SEED}, {name}"
        for file in folder.iterdir():
            file.unlink()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"seed {SEED}: {FILES:,} files, slowest {slowest:.1f} s, peak {peak:,} MiB")
    for name, counts in outcomes.items():
        print(name, dict(counts))
        assert counts["refused"], name  # the damage is real
        assert counts["read"] or name == "gensim pickle" or FILES < 1000, name  # and not all fatal
