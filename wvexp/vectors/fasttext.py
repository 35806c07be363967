"""fastText .bin: words, and character n-grams that give any other word a vector.

Source: Bojanowski et al. 2017, "Enriching Word Vectors with Subword Information", section 3.2; the
layout is that of fastText's `Args::save`, `Dictionary::save` and `DenseMatrix::save`. A vector is
the mean of the word's own row (if it has one) and those of its n-grams.
"""

import struct
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wvexp.vectors.checks import LONGEST_WORD, Problems, refuse, require_rows
from wvexp.vectors.formats import Layout, Subwords
from wvexp.vectors.index import Index
from wvexp.vectors.limits import Limits

BLOCK = 4 << 20

# word, shortest, longest, buckets -> the n-grams' buckets
NgramHashes = Callable[[str, int, int, int], list[int]]


def scan_fasttext(
    path: Path, name: str, layout: Layout, advance: Callable[[int], None], limits: Limits
) -> Index:
    """The dictionary of a fastText .bin file, and where its matrix begins.

    Raises
    ------
    UserError
        The file is cut short, quantised, wider than `limits` allow, or its parts contradict each
        other.
    """
    subwords = layout.subwords
    assert subwords is not None  # `recognise` made it so
    assert layout.rows is not None
    limits.require_width(name, layout.dim)
    problems = Problems()
    words: dict[str, int] = {}
    block, at, offset = b"", 0, layout.start
    with path.open("rb", buffering=0) as file:
        size = file.seek(0, 2)
        file.seek(offset)
        for row in range(layout.rows):
            end = block.find(b"\0", at, at + LONGEST_WORD)
            if end < 0 or len(block) - end < 10:
                data = file.read(BLOCK)
                advance(len(data))
                offset, block, at = offset + at, block[at:] + data, 0
                end = block.find(b"\0", 0, LONGEST_WORD)
                if end < 0 or len(block) - end < 10:
                    raise refuse(
                        name, f"byte {offset:,}", f"no word {row + 1:,} of {layout.rows:,}"
                    )
            label = block[at:end]
            where = f"byte {offset + at:,}"
            if not label or b"\n" in label or block[end + 9] != 0:
                raise refuse(name, where, f"{ascii(label.decode('latin-1'))[:40]} is not a word")
            try:
                word = label.decode()
            except UnicodeDecodeError:
                word = label.decode("utf-8", "backslashreplace")  # as gensim names it
                problems.add("words that are not UTF-8, repaired", where)
            if word in words:
                problems.add("repeated words, the first kept", f"{where}, {word!r}")
            else:
                words[word] = row
            at = end + 10
        require_rows(name, None, layout.rows, problems)
        start = offset + at + 17
        matrix = block[at : at + 17] or b""
        if len(matrix) < 17:
            file.seek(offset + at)
            matrix = file.read(17)
    if len(matrix) < 17:
        raise refuse(name, f"byte {offset + at:,}", "the file ends before its vectors")
    quantised, rows, dim = struct.unpack("<?2q", matrix)
    if quantised:
        raise refuse(name, "", "a quantised fastText model", "use the .bin it was made from")
    if rows != layout.rows + subwords.buckets or dim != layout.dim:
        raise refuse(
            name,
            f"byte {start:,}",
            f"a matrix of {rows:,} x {dim:,} where the header says {layout.rows:,} words and "
            f"{subwords.buckets:,} n-gram rows of {layout.dim} dimensions",
        )
    if start + 4 * rows * dim > size:
        raise refuse(name, "", f"cut short: {size:,} bytes, {start + 4 * rows * dim:,} needed")
    begin = start + 4 * dim * np.fromiter(words.values(), np.int64, len(words))
    return Index(
        replace(layout, subwords=replace(subwords, start=start + 4 * dim * layout.rows)),
        list(words),
        np.stack([begin, begin + 4 * dim], axis=1),
        problems,
    )


def fasttext_rows(
    path: Path, index: Index, words: Iterable[str], ngram_hashes: NgramHashes
) -> tuple[list[str], NDArray[np.float32]]:
    """Vectors float32 [words, dim] of the words that have one, and which those are.

    A word without a row and without an n-gram has none (gensim gives it zeros). Sums run in the
    order of gensim's, so the rows are equal to gensim's to the bit.
    """
    layout, subwords = index.layout, index.layout.subwords
    assert subwords is not None
    place = {word: i for i, word in enumerate(index.forms)}
    floats = np.asarray(np.memmap(path, dtype=np.uint8, mode="r"))
    grams = floats[subwords.start : subwords.start + 4 * layout.dim * subwords.buckets]
    grams = grams.view("<f4").reshape(-1, layout.dim)
    found: list[str] = []
    rows: list[NDArray[np.float32]] = []
    with np.errstate(over="ignore", invalid="ignore"):  # the caller refuses what is not finite
        for word in words:
            i = place.get(word)
            hashes = ngrams_of(word, subwords, ngram_hashes)
            if i is None and not hashes:
                continue
            row = np.zeros(layout.dim, dtype=np.float32)
            if i is not None:
                start, stop = index.spans[i]
                row = floats[start:stop].view("<f4").astype(np.float32)
            for gram in grams[hashes] if hashes else ():
                row += gram
            if subwords.buckets:
                row /= len(hashes) + (i is not None)
            found.append(word)
            rows.append(row)
    return found, np.array(rows, dtype=np.float32).reshape(-1, layout.dim)


def ngrams_of(word: str, subwords: Subwords, ngram_hashes: NgramHashes) -> list[int]:
    """The rows of the word's n-grams; none for what cannot be encoded."""
    if not subwords.buckets:
        return []
    try:
        return ngram_hashes(word, subwords.shortest, subwords.longest, subwords.buckets)
    except UnicodeEncodeError:
        return []
