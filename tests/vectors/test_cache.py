"""The cache is an optimisation: right when fresh, changed, shared, damaged, full or missing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from wvexp.errors import UserError
from wvexp.vectors import cache, opened, text
from wvexp.vectors.pretrained import load_vectors

DIM = 5


def write(path: Path, rows: int, seed: int = 0) -> np.ndarray:
    values = np.random.default_rng(seed).normal(size=(rows, DIM)).astype(np.float32)
    path.write_text(
        "".join(f"w{i} {' '.join(map(str, row.tolist()))}\n" for i, row in enumerate(values))
    )
    return values


def check(path: Path, values: np.ndarray, places: list[int]) -> None:
    vectors = load_vectors(path, words=[f"w{i}" for i in places])
    assert vectors.index_to_key == [f"w{i}" for i in sorted(set(places))]
    np.testing.assert_array_equal(vectors.vectors, values[sorted(set(places))])


def test_second_use_reads_nothing_from_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = write(tmp_path / "v", 50)
    check(tmp_path / "v", values, [3, 1, 40])
    parsed: list[int] = []
    real = text.text_rows

    def counting(path, name, index, ids, advance):  # type: ignore[no-untyped-def]
        parsed.extend(ids.tolist())
        return real(path, name, index, ids, advance)

    monkeypatch.setattr(opened, "text_rows", counting)
    monkeypatch.setitem(opened.SCANS, "GloVe text", None)  # a second pass would call it
    check(tmp_path / "v", values, [3, 1, 40])
    check(tmp_path / "v", values, [40])
    assert parsed == []
    check(tmp_path / "v", values, [0, 3, 41])
    assert parsed == [0, 41]
    check(tmp_path / "v", values, list(range(50)))
    assert len(parsed) == 2 + 50 - 5
    check(tmp_path / "v", values, list(range(50)))
    assert len(parsed) == 2 + 50 - 5


def test_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "v"
    check(path, write(path, 30, seed=1), [1, 2])
    check(path, write(path, 30, seed=2), [1, 2])
    values = write(path, 3000, seed=3)
    check(path, values, [1, 2500])
    # one digit in the middle, same size: the time tells, whatever the samples of the content miss
    content = bytearray(path.read_bytes())
    at = content.index(b"\nw1500 ") + 9
    content[at : at + 1] = b"1" if content[at : at + 1] != b"1" else b"2"
    os.utime(path, (1, 1))
    path.write_bytes(content)
    changed = float(content[content.index(b"\nw1500 ") + 7 :].split(b" ", 1)[0])
    assert load_vectors(path, words=["w1500"])["w1500"][0] == np.float32(changed)


def test_a_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "v"
    write(path, 30)
    real = text.scan_text

    def touching(*arguments):  # type: ignore[no-untyped-def]
        index = real(*arguments)
        write(path, 31)
        return index

    monkeypatch.setitem(opened.SCANS, "GloVe text", touching)
    with pytest.raises(UserError, match="changed while it was read"):
        load_vectors(path)


@pytest.mark.parametrize("part", ["index.json", "words.txt", "spans.npy", "rows.npy"])
@pytest.mark.parametrize("damage", ["emptied", "cut", "removed", "garbage"])
def test_damaged_cache_is_made_anew(
    part: str, damage: str, tmp_path: Path, cache_folder: Path
) -> None:
    values = write(tmp_path / "v", 60)
    check(tmp_path / "v", values, [5, 6])
    (file,) = cache_folder.glob(f"vectors/*/{part}")
    content = file.read_bytes()
    if damage == "removed":
        file.unlink()
    else:
        file.write_bytes({"emptied": b"", "cut": content[:-9], "garbage": b"\xff" * 99}[damage])
    check(tmp_path / "v", values, [5, 6, 7])
    check(tmp_path / "v", values, [5, 6, 7])


def test_no_cache_folder_can_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "occupied").write_text("")
    monkeypatch.setenv("WVEXP_CACHE", str(tmp_path / "occupied"))
    values = write(tmp_path / "v", 20)
    check(tmp_path / "v", values, [1])
    check(tmp_path / "v", values, [1, 2])
    said = [r for r in caplog.records if "cannot be written" in r.getMessage()]
    assert len(said) == 1


def test_a_filled_cache_serves_where_it_cannot_be_written(
    tmp_path: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = write(tmp_path / "v", 20)
    check(tmp_path / "v", values, [1])

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    # root may write everywhere: refuse what writing needs instead of taking the right away
    monkeypatch.setattr(os, "utime", refuse)
    monkeypatch.setattr(os, "replace", refuse)
    before = sorted(p.name for p in cache_folder.rglob("*"))
    check(tmp_path / "v", values, [1])
    check(tmp_path / "v", values, [1, 7])
    assert sorted(p.name for p in cache_folder.rglob("*")) == before


def test_the_oldest_go_first(
    tmp_path: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [tmp_path / name for name in "abc"]
    values = [write(path, 300, seed=i) for i, path in enumerate(files)]
    for i in range(2):
        check(files[i], values[i], [0])
        (folder,) = [f for f in (cache_folder / "vectors").iterdir() if f.stat().st_mtime > 1e6]
        os.utime(folder, (1000 + i, 1000 + i))
    check(files[0], values[0], [0])  # used again: the second is the oldest now
    monkeypatch.setattr(cache, "IN_USE", 0)
    newest = time.time() - 1
    os.utime(cache.find(cache.key_of(opened_source(files[0]))), (newest, newest))
    sizes = [sum(p.stat().st_size for p in f.iterdir()) for f in cache_folder.glob("vectors/*")]
    monkeypatch.setenv("WVEXP_CACHE_BYTES", str(max(sizes) * 5 // 2))
    check(files[2], values[2], [0])
    kept = {folder.name for folder in (cache_folder / "vectors").iterdir()}
    assert kept == {cache.key_of(opened_source(path)) for path in (files[0], files[2])}
    monkeypatch.setattr(cache, "IN_USE", 600)
    check(files[1], values[1], [0])
    monkeypatch.setenv("WVEXP_CACHE_BYTES", "10")
    other = tmp_path / "d"
    check(other, write(other, 300, seed=9), [0, 1])
    monkeypatch.setenv("WVEXP_CACHE_BYTES", "ten")
    with pytest.raises(UserError, match="WVEXP_CACHE_BYTES=ten"):
        check(other, write(other, 300, seed=10), [0, 1])


def opened_source(path: Path):  # type: ignore[no-untyped-def]
    from wvexp.vectors.sources import locate

    return locate(path)


LOAD = """
import sys
from wvexp.vectors.pretrained import load_vectors
path, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
vectors = load_vectors(path, words=[f"w{i}" for i in range(first, last)])
print(vectors.vectors.sum(dtype="float64"))
"""


def start(path: Path, first: int, last: int) -> subprocess.Popen:
    command = [sys.executable, "-c", LOAD, str(path), str(first), str(last)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_processes_build_one_cache_at_once(tmp_path: Path, cache_folder: Path) -> None:
    path = tmp_path / "v"
    values = write(path, 20_000)
    ranges = [(0, 12_000), (8_000, 20_000)]
    running = [start(path, *bounds) for bounds in ranges]
    for process, (first, last) in zip(running, ranges, strict=True):
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert float(out) == values[first:last].sum(dtype="float64")
    assert [f.name for f in (cache_folder / "vectors").iterdir()] == [
        cache.key_of(opened_source(path))
    ]
    check(path, values, list(range(0, 20_000, 7)))


@pytest.mark.parametrize("moment", ["spans.npy", "rows-*", "plain"])
def test_one_killed_half_way_does_no_harm(
    moment: str, tmp_path: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process stops dead (SIGKILL) while it writes a part of the cache; the next run is right
    and clears what it left."""
    path = tmp_path / "v"
    values = write(path, 2000)
    if moment == "plain":
        import gzip

        path.write_bytes(gzip.compress(path.read_bytes()))
    script = (
        f"""
import builtins, fnmatch, os, pathlib, signal
real = pathlib.Path.open
class Dying:
    def __init__(self, file): self.file = file
    def __enter__(self): self.file.__enter__(); return self
    def __exit__(self, *a): return self.file.__exit__(*a)
    def write(self, data):
        self.file.write(bytes(data)[: len(data) // 2]); self.file.flush()
        os.kill(os.getpid(), signal.SIGKILL)
def dying(self, mode="r", *a, **k):
    file = real(self, mode, *a, **k)
    writes = "w" in mode and fnmatch.fnmatch(self.name, {moment!r})
    return Dying(file) if writes else file
pathlib.Path.open = dying
import numpy
if {moment!r} == "spans.npy":
    def save(p, *a): dying(pathlib.Path(p), "wb").write(b"half of it")
    numpy.save = save
"""
        + LOAD
    )
    killed = subprocess.run(
        [sys.executable, "-c", script, str(path), "0", "2000"], capture_output=True, timeout=60
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    left = [p for p in cache_folder.rglob("*") if ".unfinished~" in p.name]
    assert left
    check(path, values, [0, 1999])
    check(path, values, [0, 1999])
    assert [p for p in cache_folder.rglob("*") if ".unfinished~" in p.name] == []


def test_work_of_another_machine_is_cleared_after_a_day(tmp_path: Path, cache_folder: Path) -> None:
    old, young = (cache_folder / "vectors" / f".unfinished~elsewhere~1~{n}" for n in "ab")
    for folder in (old, young):
        folder.mkdir(parents=True)
    long_ago = time.time() - 2 * cache.ABANDONED
    os.utime(old, (long_ago, long_ago))
    check(tmp_path / "v", write(tmp_path / "v", 10), [0])
    assert young.exists()
    assert not old.exists()
