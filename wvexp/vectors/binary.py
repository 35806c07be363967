"""word2vec binary: word, space, `dim` float32, and so on."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wvexp.vectors.checks import Problems, refuse, require_rows
from wvexp.vectors.formats import Layout
from wvexp.vectors.index import Index

BLOCK = 4 << 20
LONGEST_WORD = 4096


def scan_binary(path: Path, name: str, layout: Layout, advance: Callable[[int], None]) -> Index:
    """Words and row spans of a word2vec binary file.

    Raises
    ------
    UserError
        The file breaks off, holds fewer rows than its header promises, or has no word where one
        should begin (a wrong header, or damage).
    """
    width = 4 * layout.dim
    problems = Problems()
    words: dict[str, None] = {}
    starts: list[int] = []
    rows, at, offset = 0, 0, layout.start  # `at`: place in the block, which lies at byte `offset`
    block = b""
    with path.open("rb", buffering=0) as file:
        file.seek(offset)
        while True:
            cut = block.find(b" ", at, at + LONGEST_WORD)
            if cut < 0 or len(block) - cut <= width:
                data = file.read(max(BLOCK, width))
                if data:
                    advance(len(data))
                    offset, block, at = offset + at, block[at:] + data, 0
                    continue
            if cut < 0 and len(block) - at < LONGEST_WORD and not block[at:].strip(b"\n"):
                break
            where = f"byte {offset + at:,}"
            if cut < 0 and len(block) - at >= LONGEST_WORD:
                raise refuse(name, where, "no word begins here: damaged, or a wrong header")
            if cut < 0 or len(block) - cut <= width:
                raise refuse(name, where, f"the file breaks off in row {rows + 1:,}")
            label = block[at:cut].lstrip(b"\n")
            if b"\n" in label:
                raise refuse(name, where, "a line break in a word: damaged, or a wrong header")
            try:
                word = label.decode()
            except UnicodeDecodeError:
                word = label.decode("utf-8", "replace")
                problems.add("words that are not UTF-8, repaired", where)
            rows += 1
            if word in words:
                problems.add("repeated words, the first kept", f"{where}, {word!r}")
            else:
                words[word] = None
                starts.append(offset + cut + 1)
            at = cut + 1 + width
    require_rows(name, layout.rows, rows, problems)
    begin = np.array(starts, dtype=np.int64)
    return Index(layout, list(words), np.stack([begin, begin + width], axis=1), problems)


def binary_rows(path: Path, index: Index, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    """The rows of the given words, float32 [ids, dim], as they lie in the file."""
    rows = np.empty((len(ids), index.layout.dim), dtype="<f4")
    with path.open("rb", buffering=0) as file:
        for row, (start, stop) in zip(rows, index.spans[ids].tolist(), strict=True):
            row[:] = np.frombuffer(os.pread(file.fileno(), stop - start, start), dtype="<f4")
    return rows
