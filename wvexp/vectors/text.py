"""GloVe and word2vec text: one pass for the words and where their rows lie, numbers on demand."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wvexp.errors import UserError
from wvexp.vectors.checks import Problems, refuse, require_rows
from wvexp.vectors.formats import BOM, Layout
from wvexp.vectors.index import Index

BLOCK = 1 << 19
LONGEST_LINE = 32 << 20
_SPACE, _LINE_BREAK = ord(" "), ord("\n")


def scan_text(path: Path, name: str, layout: Layout, advance: Callable[[int], None]) -> Index:
    """Words and row spans of a text file, without reading a number.

    Every line must have `dim` numbers by its spaces. A word may hold spaces itself (GloVe 840B);
    blank lines, Windows line ends, a BOM, words that are not UTF-8 and repeated words are counted.

    Raises
    ------
    UserError
        A line with too few or too many numbers, no rows, or fewer rows than the header promises.
    """
    return _Scan(name, layout).run(path, advance)


class _Scan:
    def __init__(self, name: str, layout: Layout) -> None:
        self.name, self.layout = name, layout
        self.problems = Problems()
        self.words: dict[str, int] = {}  # word -> byte where its row's numbers begin
        self.stops: list[int] = []
        self.line = 1 if layout.rows is None else 2

    def run(self, path: Path, advance: Callable[[int], None]) -> Index:
        offset, rest, rows = self.layout.start, b"", 0
        with path.open("rb", buffering=0) as file:
            if file.read(len(BOM)) == BOM:
                self.problems.add("byte order mark, left out", "byte 0")
            file.seek(offset)
            while data := file.read(BLOCK):
                advance(len(data))
                block = rest + data
                done = block.rfind(b"\n") + 1
                rows += self.lines(block, done, offset)
                offset, rest = offset + done, block[done:]
                if len(rest) > LONGEST_LINE:
                    raise refuse(
                        self.name, f"line {self.line:,}", f"longer than {LONGEST_LINE:,} bytes"
                    )
        if rest:
            try:
                rows += self.lines(rest + b"\n", len(rest) + 1, offset)
            except UserError as error:
                raise refuse(
                    self.name, f"line {self.line:,}, the last", "the file breaks off in this row"
                ) from error
        require_rows(self.name, self.layout.rows, rows, self.problems)
        starts = np.fromiter(self.words.values(), np.int64, len(self.words))
        spans = np.stack([starts, np.array(self.stops, dtype=np.int64)], axis=1)
        return Index(self.layout, list(self.words), spans, self.problems)

    def lines(self, block: bytes, stop: int, offset: int) -> int:
        """Take in the whole lines of block[:stop], which lies at byte `offset` of the file, and
        count the rows among them."""
        if not stop:
            return 0
        dim, words, stops, find = self.layout.dim, self.words, self.stops, block.find
        text = np.frombuffer(block, np.uint8)[:stop]
        ends = np.flatnonzero(text == _LINE_BREAK)
        starts = np.concatenate([[0], ends[:-1] + 1])
        narrow = (ends - starts).max() < 1 << 15  # sums of 16 bits are quicker, where they suffice
        spaces = np.add.reduceat(
            (text == _SPACE).view(np.int8), starts, dtype=np.int16 if narrow else np.int32
        )
        # The usual line: `dim` spaces, none of them at an end, and no \r there either.
        usual = (spaces == dim) & (text[starts] > _SPACE) & (text[ends - 1] > _SPACE)
        rows, first = 0, self.line
        bounds = zip(starts.tolist(), ends.tolist(), usual.tolist(), strict=True)
        for number, (start, end, is_usual) in enumerate(bounds, first):
            if is_usual:
                cut = find(b" ", start)
                label = block[start:cut]
            else:
                self.line = number
                line = block[start:end].rstrip()
                if not line:
                    self.problems.add("blank lines, left out", f"line {number:,}")
                    continue
                end = start + len(line)
                label, numbers = self.word_of(line)
                cut = end - numbers - 1
            rows += 1
            try:
                word = label.decode()
            except UnicodeDecodeError:
                word = label.decode("utf-8", "replace")
                self.problems.add("words that are not UTF-8, repaired", f"line {number:,}")
            if word in words:
                self.problems.add("repeated words, the first kept", f"line {number:,}, {word!r}")
            else:
                words[word] = offset + cut + 1
                stops.append(offset + end)
        self.line = first + len(ends)
        return rows

    def word_of(self, line: bytes) -> tuple[bytes, int]:
        """The word of a line, and how many bytes its numbers take. Where the spaces are not `dim`,
        the word must be the reason, with spaces in it or beside it; else the line is refused."""
        dim, where = self.layout.dim, f"line {self.line:,}"
        cut = line.find(b" ")
        if cut > 0 and line.count(b" ") == dim:
            return line[:cut], len(line) - cut - 1
        fields = line.split(b" ")
        label = b" ".join(fields[:-dim]).strip(b" ")
        in_place = [_is_number(field) for field in fields[1:]]
        if len(fields) > dim + 1 and label and all(in_place[-dim:]) and not in_place[-dim - 1]:
            kind = "words with spaces in them" if b" " in label else "spaces beside the word"
            self.problems.add(kind, f"{where}, {label.decode('utf-8', 'replace')!r}")
            return label, len(b" ".join(fields[-dim:]))
        if len(fields) == dim + 1:
            raise refuse(self.name, where, "it begins with a space where a word should stand")
        if len(line.split()) == dim + 1:
            raise refuse(self.name, where, "fields are not parted by single spaces")
        raise refuse(self.name, where, f"{len(fields) - 1:,} numbers where the others have {dim}")


def text_rows(path: Path, name: str, index: Index, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    """The rows of the given words, float32 [ids, dim]: each number rounded to float64, then to
    float32, as gensim does, so equal to gensim's to the bit.

    Raises
    ------
    UserError
        Something that is not a number stands in one of these rows.
    """
    rows = np.empty((len(ids), index.layout.dim), dtype=np.float32)
    spans = index.spans[ids].tolist()
    with path.open("rb", buffering=0) as file, np.errstate(over="ignore"):
        for row, (start, stop) in enumerate(spans):
            line = os.pread(file.fileno(), stop - start, start)
            try:
                rows[row] = [float(field) for field in line.split(b" ")]
            except ValueError as error:
                raise refuse(
                    name, f"byte {start:,}, row of {index.words[ids[row]]!r}", str(error)
                ) from error
    return rows


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return any(byte in b"0123456789" for byte in field)
