"""Which vector format a file has, told by its content and never by its name."""

import os
import re
import struct
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wvexp.errors import UserError
from wvexp.vectors.checks import refuse
from wvexp.vectors.limits import Limits
from wvexp.vectors.numerals import (
    BLANKS,
    CONVERT,
    MACINTOSH,
    REMEDY,
    fields_of,
    is_foreign,
    trailing_numbers,
)

Kind = Literal["GloVe text", "word2vec text", "word2vec binary", "fastText binary"]

HEAD = 4 << 20  # bytes that are enough to tell a format: the first rows, however wide
FASTTEXT_MAGIC = (793712314).to_bytes(4, "little")
LONGEST_NGRAM = 64
_FASTTEXT_ARGS = struct.Struct("<14id")
_FASTTEXT_DICTIONARY = struct.Struct("<3i2q")
BOM = b"\xef\xbb\xbf"

_HEADER = re.compile(rb"[ \t]*(\d{1,18})[ \t]+(\d{1,18})[ \t]*\r?\n")
_PICKLE = re.compile(rb"\x80[\x02-\x05]|c[A-Za-z_][\w.]*\n[A-Za-z_]\w*\n|[(\]}]c[A-Za-z_][\w.]*\n")
_FOREIGN = [
    (re.compile(rb"\x93NUMPY"), "a NumPy array, which has no words"),
    (re.compile(rb"\x89HDF"), "an HDF5 file"),
    (re.compile(rb"PAR1"), "a Parquet file"),
    (re.compile(rb".{257}ustar", re.DOTALL), "a tar archive: unpack it first"),
    (re.compile(rb"BZh[1-9]1AY"), "bzip2-compressed: unpack it first"),
    (re.compile(rb"\x28\xb5\x2f\xfd"), "Zstandard-compressed: unpack it first"),
    (re.compile(rb"\x1f\x8b|\xfd7zXZ\x00|PK\x03\x04"), "compressed twice: unpack it first"),
    (re.compile(rb".{8}\{\"", re.DOTALL), "a safetensors file: give the folder it lies in"),
    (re.compile(rb"\xff\xfe|\xfe\xff"), "UTF-16 text: save it as UTF-8"),
    (re.compile(rb"\s*[{\[]\s*[\"{\[]"), "JSON"),
    (re.compile(rb"\s*<(!DOCTYPE|html|\?xml)", re.IGNORECASE), "a web page, not the download"),
]


@dataclass(frozen=True)
class Subwords:
    """fastText's character n-grams: of `shortest` to `longest` characters, hashed to `buckets`
    rows that begin at byte `start`."""

    buckets: int
    shortest: int
    longest: int
    start: int


@dataclass(frozen=True)
class Layout:
    """Format of an unpacked file.

    rows   what the header claims; None without a header
    dim    numbers per row
    start  the byte where the first row (fastText: the dictionary) begins
    """

    kind: Kind
    rows: int | None
    dim: int
    start: int
    subwords: Subwords | None = None


class PickleRefusedError(UserError):
    """The file is a pickle: reading it would run whatever code it names."""


def recognise(path: Path, name: str, limits: Limits) -> Layout:
    """The layout of the unpacked file at `path`; `name` is what messages call it.

    Raises
    ------
    PickleRefusedError
        It is a gensim-native or other pickle.
    UserError
        It is empty, in no known format, larger than `limits` allow, or its header contradicts its
        first row.
    """
    size = os.path.getsize(path)
    if size > limits.file:
        raise refuse(name, "", f"{size:,} bytes of vectors", limits.file_remedy)
    with path.open("rb") as file:
        head = file.read(max(HEAD, limits.line + 1))
    if not head.strip():
        raise refuse(name, "", f"the file is empty ({size} bytes)" if not size else "only blanks")
    if _PICKLE.match(head):
        raise PickleRefusedError(
            f"{name}: a pickle (gensim's own .kv/.model format), which can run any code when read",
            "save it with save_word2vec_format(path, binary=True), or trust its source and set "
            "embed.trust_pickle=true",
        )
    if head.startswith(FASTTEXT_MAGIC):
        return _fasttext(head, name)
    start = len(BOM) if head.startswith(BOM) else 0
    header = _HEADER.match(head, start)
    if header:
        return _with_header(head, size, header, name)
    for pattern, what in _FOREIGN:
        if pattern.match(head):
            raise refuse(name, "", f"not a vector file: {what}", "")
    return _glove(head, size, start, name, limits)


def _with_header(head: bytes, size: int, header: re.Match[bytes], name: str) -> Layout:
    rows, dim = int(header[1]), int(header[2])
    if rows == 0 or dim == 0:
        raise refuse(name, "line 1", f"the header says {rows} rows of {dim} dimensions")
    lines = _first_lines(head[header.end() :], len(head) == size) or [b""]
    numbers = trailing_numbers(lines[0])
    if numbers == dim or _usual_dimension(lines) == dim:
        return Layout("word2vec text", rows, dim, header.end())
    # Bytes of floats do not split into many fields that all read as numbers.
    if numbers > 1 and numbers >= len(fields_of(lines[0])) - 1:
        raise refuse(
            name,
            "line 1",
            f"the header says {dim} dimensions, the first row has {numbers} numbers",
            "correct the header, or get the file again",
        )
    needed = rows * (4 * dim + 1)  # a word may be short, but its space and floats must be there
    if header.end() + needed > size:
        raise refuse(
            name,
            "line 1",
            f"the header promises {rows:,} rows of {dim} dimensions, at least {needed:,} bytes; "
            f"the file has {size:,}",
            "it is cut short, or the header is wrong: get the file again",
        )
    return Layout("word2vec binary", rows, dim, header.end())


def _glove(head: bytes, size: int, start: int, name: str, limits: Limits) -> Layout:
    lines = _first_lines(head[start:], len(head) == size)
    if not lines:
        problem = f"no line feed in its first {len(head):,} bytes"
        raise refuse(name, "line 1", problem, f"not vectors, or: {limits.line_remedy}")
    if b"\r" in lines[0] and trailing_numbers(lines[0].rpartition(b"\r")[2]):
        raise refuse(name, "line 1", MACINTOSH, CONVERT)
    numbers = [trailing_numbers(line) for line in lines]
    dim = _usual_dimension(lines)
    if dim == 0 or sum(n > 0 for n in numbers) < len(lines) / 2:
        foreign = [field for field in fields_of(lines[0])[1:] if is_foreign(field)]
        if foreign:
            shown = foreign[-1].decode("utf-8", "replace")[:40]
            raise refuse(name, "line 1", f"{shown!r} is not a number", REMEDY)
        shown = ascii(head[start : start + 24].decode("latin-1"))
        raise refuse(
            name,
            "",
            f"in no known vector format (it begins {shown})",
            "known: GloVe and word2vec text, word2vec binary, fastText .vec and .bin, folders with "
            "model.safetensors and tokenizer.json; also .gz, .xz and .zip of these",
        )
    if dim == 1 and any(len(line.split()) > 2 for line in lines):
        remedy = "part the word and its numbers by one space each"
        raise refuse(name, "", "fields are not parted by single spaces", remedy)
    if dim == 1:
        raise refuse(name, "", "one number a word: a list of counts, not of vectors", "")
    return Layout("GloVe text", None, dim, start)


def _first_lines(text: bytes, is_all: bool) -> list[bytes]:
    """Up to 100 lines that are not blank and not cut off by the reading."""
    stop = len(text) if is_all else text.rfind(b"\n") + 1
    lines: list[bytes] = []
    at = 0
    while at < stop and len(lines) < 100:
        end = text.find(b"\n", at, stop)
        end = stop if end < 0 else end
        if line := text[at:end].rstrip(BLANKS):
            lines.append(line)
        at = end + 1
    return lines


def _usual_dimension(lines: list[bytes]) -> int:
    """How many numbers end most lines; 0 where none has any."""
    counts = Counter(n for n in map(trailing_numbers, lines) if n)
    return counts.most_common(1)[0][0] if counts else 0


def _fasttext(head: bytes, name: str) -> Layout:
    """Header of fastText's .bin: magic, version, 12 ints and a double, then the dictionary's."""
    if len(head) < _FASTTEXT_ARGS.size + _FASTTEXT_DICTIONARY.size:
        raise refuse(name, "", "a fastText .bin cut short in its header")
    _, version, dim, *_, buckets, shortest, longest, _, _ = _FASTTEXT_ARGS.unpack_from(head)
    size, words, labels, _, pruned = _FASTTEXT_DICTIONARY.unpack_from(head, _FASTTEXT_ARGS.size)
    if labels > 0 or pruned > 0:
        kind = "supervised" if labels > 0 else "pruned"
        raise refuse(name, "", f"a {kind} fastText model", "use a skipgram or cbow model")
    sane = 0 < dim < 1 << 20 and buckets >= 0 and shortest >= 0 and 0 <= longest <= LONGEST_NGRAM
    if version not in (11, 12) or not sane or size != words or size <= 0 or labels < 0:
        raise refuse(
            name,
            "",
            f"a fastText .bin with a wrong header: version {version}, {dim} dimensions, {size:,} "
            f"entries, {words:,} words, {buckets:,} buckets, n-grams {shortest} to {longest}",
        )
    start = _FASTTEXT_ARGS.size + _FASTTEXT_DICTIONARY.size
    subwords = Subwords(buckets, shortest, longest, start=0)  # `start` is known after the words
    return Layout("fastText binary", size, dim, start, subwords)
