"""What grows without end is refused in one line that names the key, soon and in little memory."""

import gzip
import lzma
import re
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from wvexp.config.schema import Config
from wvexp.errors import UserError
from wvexp.vectors.limits import Limits
from wvexp.vectors.pretrained import describe_vectors, known_words, load_vectors, row_faults

ROWS = b"a 0.1 0.2\nb 0.3 0.4\n"
SIZE, BLOCK = 1 << 30, 1 << 20
FILLS = {"zeros": b"\0", "x": b"x", "line feeds": b"\n", "numbers": b" 0"}
LOAD = """
import resource, sys
from wvexp.errors import UserError
from wvexp.vectors.pretrained import load_vectors
import gensim
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
try:
    load_vectors(sys.argv[1])
except UserError as error:
    print(error)
# Of this program alone: rusage begins with what the one that started it had.
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def pieces(fill: bytes) -> list[bytes]:
    return [ROWS, *[fill * (BLOCK // len(fill))] * (SIZE // BLOCK)]


def as_gzip(path: Path, fill: bytes) -> None:
    """Streams one after another unpack to one file, and are packed once."""
    rows, first, *others = pieces(fill)
    path.write_bytes(gzip.compress(rows) + gzip.compress(first) * (1 + len(others)))


def as_xz(path: Path, fill: bytes) -> None:
    rows, first, *others = pieces(fill)
    path.write_bytes(lzma.compress(rows) + lzma.compress(first) * (1 + len(others)))


def as_zip(path: Path, fill: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("v.txt", b"".join(pieces(fill)[: (128 << 20) // BLOCK]))


def as_plain(path: Path, fill: bytes) -> None:
    with path.open("wb") as file:
        if fill == b"\0":  # a gigabyte without a gigabyte
            file.write(ROWS)
            file.truncate(SIZE)
        else:
            file.writelines(pieces(fill)[:65])


@pytest.mark.parametrize(
    ("make", "fill", "message"),
    [
        (as_plain, "zeros", "line 3: longer than 4,194,304 bytes; .* raise embed.max_line_mb"),
        (as_plain, "numbers", "line 3: longer than 4,194,304 bytes; .* raise embed.max_line_mb"),
        (as_plain, "line feeds", r"line [\d,]+: [\d,]+ bytes of blanks"),
        (as_gzip, "zeros", "unpacks to over 100 times its"),
        (as_gzip, "x", "unpacks to over 100 times its"),
        (as_gzip, "line feeds", "unpacks to over 100 times its"),
    ],
)
def test_a_gigabyte_of_the_same_is_refused_in_a_line(
    make: Callable[[Path, bytes], None], fill: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "bomb"
    make(path, FILLS[fill])
    command = [sys.executable, "-c", LOAD, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-500:]  # else out of time, or a traceback
    line, peak = done.stdout.splitlines()
    assert re.search(message, line), line
    assert int(peak) < 1 << 20  # KiB


@pytest.mark.parametrize("make", [as_xz, as_zip])
def test_other_archives_are_refused_too(
    make: Callable[[Path, bytes], None], tmp_path: Path
) -> None:
    make(tmp_path / "bomb", b"\0")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(UserError, match="unpacks to over 100 times its"):
        load_vectors(tmp_path / "bomb")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1 << 18  # KiB


def test_methods_without_a_bound_on_memory_are_refused(tmp_path: Path) -> None:
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        with zipfile.ZipFile(tmp_path / "v.zip", "w", method) as archive:
            archive.writestr("v.txt", ROWS)
        with pytest.raises(UserError, match=r"packed by method \d+; unpack it yourself"):
            load_vectors(tmp_path / "v.zip")


def test_many_empty_streams_are_one_file(tmp_path: Path) -> None:
    empty = lzma.compress(b"") + b"\0" * 4
    path = tmp_path / "v.xz"
    path.write_bytes(empty * 5000 + lzma.compress(ROWS) + b"\0" * (1 << 20) + empty)
    assert load_vectors(path).index_to_key == ["a", "b"]


def test_defaults_are_those_of_the_keys_and_let_real_files_through() -> None:
    embed = Config().embed
    assert Limits() == Limits.of(embed.max_line_mb, embed.max_file_gb)
    assert Limits().line > 100 * 300 * 12  # 100 times a row of 300 dimensions
    assert Limits().file > 5 * 7 * 10**9  # 5 times the largest that are published


def test_the_keys_move_the_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dim = 400_000
    text = tmp_path / "wide.txt"
    row = b" 0.5" * dim
    text.write_bytes(b"2 %d\na%s\nb%s\n" % (dim, row, row))
    wide = Limits.of(2, 1)
    binary = tmp_path / "wide.bin"
    binary.write_bytes(b"1 %d\na " % dim + b"\0\0\0\1" * dim)
    assert load_vectors(text).vectors.shape == (2, dim)
    monkeypatch.setenv("WVEXP_CACHE", str(tmp_path / "other"))
    for path, limit in ((text, 1), (binary, 1)):
        with pytest.raises(UserError, match=r"raise embed\.max_line_mb \(now 1\)"):
            load_vectors(path, limits=Limits.of(limit, 1))
    assert load_vectors(text, limits=wide).vectors.shape == (2, dim)
    assert load_vectors(binary, limits=wide).vectors.shape == (1, dim)


@pytest.mark.parametrize("packed", [False, True])
def test_every_way_in_holds_to_the_size(packed: bool, tmp_path: Path) -> None:
    content = ROWS + b"".join(b"w%d 1 2\n" % i for i in range(1000))
    path = tmp_path / "v"
    path.write_bytes(gzip.compress(content) if packed else content)
    small = Limits(file=len(content) - 1)
    for use in (
        lambda: load_vectors(path, limits=small),
        lambda: describe_vectors(path, limits=small),
        lambda: known_words(path, ["a"], limits=small),
        lambda: row_faults(path, limits=small),
    ):
        with pytest.raises(UserError, match=r"bytes.*raise embed\.max_file_gb \(now 0\)"):
            use()
    assert len(load_vectors(path, limits=Limits(file=len(content)))) == 1002


def test_half_a_megabyte_of_blanks_is_refused_and_less_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "v"
    for blank in (b"\n", b" \n", b"\r\n", b"\t \r\n"):
        lines = 50_000
        path.write_bytes(ROWS + blank * lines + b"c 1 2\n")
        assert load_vectors(path).index_to_key == ["a", "b", "c"]
        (problem,) = describe_vectors(path).problems
        assert problem == f"blank lines, left out: {lines:,} (first: line 3)"
        path.write_bytes(ROWS + blank * 2_000_000)
        with pytest.raises(UserError, match="bytes of blanks"):
            load_vectors(path)
