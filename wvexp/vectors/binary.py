"""word2vec binary: word, space, `dim` float32, and so on."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wvexp.vectors.checks import LONGEST_WORD, Problems, refuse, require_rows, require_words
from wvexp.vectors.formats import Layout
from wvexp.vectors.index import Index
from wvexp.vectors.limits import Limits

BLOCK = 1 << 19
_LINE_BREAK = ord("\n")


def scan_binary(
    path: Path, name: str, layout: Layout, advance: Callable[[int], None], limits: Limits
) -> Index:
    """Words and row spans of a word2vec binary file.

    Raises
    ------
    UserError
        A row is wider than `limits` allow, the file breaks off, holds fewer rows than its header
        promises, or has no word where one should begin (a wrong header, or damage).
    """
    limits.require_width(name, layout.dim)
    width = 4 * layout.dim
    problems = Problems()
    words: dict[str, int] = {}  # word -> byte where its row's numbers begin
    repeated, offset, block = 0, layout.start, b""  # the block lies at byte `offset` of the file
    with path.open("rb", buffering=0) as file:
        file.seek(offset)
        while data := file.read(max(BLOCK, width)):
            advance(len(data))
            block += data
            at, find, last = 0, block.find, len(block) - width
            while at <= (cut := find(b" ", at)) < last:
                while block[at] == _LINE_BREAK:  # some programs end each row with one
                    at += 1
                try:
                    word = block[at:cut].decode()
                except UnicodeDecodeError:
                    word = block[at:cut].decode("utf-8", "replace")
                    problems.add("words that are not UTF-8, repaired", f"byte {offset + at:,}")
                if word in words:
                    repeated += 1
                    problems.add(
                        "repeated words, the first kept", f"byte {offset + at:,}, {word!r}"
                    )
                else:
                    words[word] = offset + cut + 1
                at = cut + 1 + width
            offset, block = offset + at, block[at:]
            if _lacks_word(block):
                break
    if block.strip(b"\n"):
        what = f"the file breaks off in row {len(words) + repeated + 1:,}"
        if _lacks_word(block):
            what = "no word begins here: damaged, or a wrong header"
        raise refuse(name, f"byte {offset:,}", what)
    require_words(name, words)
    if "\n".join(words).count("\n") >= max(len(words), 1):
        word = next(word for word in words if "\n" in word)
        where = f"byte {words[word] - 1 - len(word.encode()):,}"
        raise refuse(name, where, f"{word[:20]!r} is no word: damaged, or a wrong header")
    require_rows(name, layout.rows, len(words) + repeated, problems)
    begin = np.fromiter(words.values(), np.int64, len(words))
    return Index(layout, list(words), np.stack([begin, begin + width], axis=1), problems)


def _lacks_word(block: bytes) -> bool:
    """Whether no space, and so no word, comes where there is room for one."""
    return len(block) >= LONGEST_WORD and block.find(b" ", 0, LONGEST_WORD) < 0


def binary_rows(path: Path, name: str, index: Index, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    """The rows of the given words, float32 [ids, dim], as they lie in the file.

    Raises
    ------
    UserError
        The file has become shorter since it was indexed.
    """
    rows = np.empty((len(ids), index.layout.dim), dtype="<f4")
    with path.open("rb", buffering=0) as file:
        descriptor = file.fileno()
        for row, start in zip(rows, index.spans[ids, 0].tolist(), strict=True):
            if os.preadv(descriptor, [row.data], start) != row.nbytes:
                raise refuse(name, f"byte {start:,}", "the file changed while it was read")
    return rows
