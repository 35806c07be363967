"""GloVe and word2vec text: one pass for the words and where their rows lie, numbers on demand."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wvexp.errors import UserError
from wvexp.vectors.checks import Problems, refuse, require_rows, require_words
from wvexp.vectors.ending import NEIGHBOURS, looks_cut
from wvexp.vectors.formats import BOM, Layout
from wvexp.vectors.index import Index
from wvexp.vectors.limits import Limits
from wvexp.vectors.numerals import (
    BLANKS,
    CONVERT,
    MACINTOSH,
    REMEDY,
    belongs_to_word,
    fields_of,
    is_foreign,
    is_number,
    numbers,
)

BLOCK = 1 << 19
_SPACE, _TAB, _LINE_BREAK, _RETURN = b" \t\n\r"


def scan_text(
    path: Path, name: str, layout: Layout, advance: Callable[[int], None], limits: Limits
) -> Index:
    """Words and row spans of a text file, without reading a number.

    A row is a word and `dim` numbers, parted by single spaces or tabs. A word may hold spaces
    itself (GloVe 840B): the numbers are taken from the end. Blank lines, Windows line ends, a BOM,
    words that are not UTF-8 and repeated words are counted.

    Raises
    ------
    UserError
        A line with too few or too many numbers, no rows, fewer rows than the header promises, or
        more of something than `limits` allow.
    """
    return _Scan(name, layout, limits).run(path, advance)


class _Scan:
    def __init__(self, name: str, layout: Layout, limits: Limits) -> None:
        self.name, self.layout, self.limits = name, layout, limits
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
                if len(block) >= BLOCK and not block.strip(BLANKS + b"\n"):
                    raise refuse(
                        self.name, f"line {self.line:,}", f"{len(block):,} bytes of blanks"
                    )
                done = block.rfind(b"\n") + 1
                rows += self.lines(block, done, offset)
                offset, rest = offset + done, block[done:]
                if len(rest) > self.limits.line:
                    raise self.too_long(self.line)
            if rest:
                rows += self.last_line(rest, offset, file.fileno())
        require_rows(self.name, self.layout.rows, rows, self.problems)
        require_words(self.name, self.words)
        starts = np.fromiter(self.words.values(), np.int64, len(self.words))
        spans = np.stack([starts, np.array(self.stops, dtype=np.int64)], axis=1)
        return Index(self.layout, list(self.words), spans, self.problems)

    def lines(self, block: bytes, stop: int, offset: int) -> int:
        """Take in the whole lines of block[:stop], which lies at byte `offset` of the file, and
        count the rows among them."""
        if not stop:
            return 0
        dim, words, stops = self.layout.dim, self.words, self.stops
        text = np.frombuffer(block, np.uint8)[:stop]
        ends = np.flatnonzero(text == _LINE_BREAK)
        starts = np.concatenate([[0], ends[:-1] + 1])
        longest = int((ends - starts).max())
        if longest > self.limits.line:
            raise self.too_long(self.line + int((ends - starts).argmax()))
        separators = text == _SPACE
        parted = block  # with every tab a space
        if b"\t" in block:
            parted = block.replace(b"\t", b" ")
            separators |= text == _TAB
        if b"\r" in block:
            self.refuse_lone_returns(text, starts)
            ends = ends - (text[ends - 1] == _RETURN)
        counts = np.add.reduceat(  # sums of 16 bits are quicker, where they suffice
            separators.view(np.int8), starts, dtype=np.int16 if longest < 1 << 15 else np.int32
        )
        # The usual line: `dim` separators, none of them at an end.
        usual = (counts == dim) & (text[starts] > _SPACE) & (text[ends - 1] > _SPACE)
        numbered = np.arange(self.line, self.line + len(ends))
        if not usual.all():
            ink = ~(separators | (text == _LINE_BREAK) | (text == _RETURN))
            blank = ~np.logical_or.reduceat(ink, starts)
            if blank.any():
                where = f"line {numbered[blank.argmax()]:,}"
                self.problems.add("blank lines, left out", where, int(blank.sum()))
            kept = ~blank
            starts, ends, usual, numbered = starts[kept], ends[kept], usual[kept], numbered[kept]
        find, after, again, first = parted.find, self.line + len(counts), 0, ""
        bounds = zip(numbered.tolist(), starts.tolist(), ends.tolist(), usual.tolist(), strict=True)
        for number, start, end, is_usual in bounds:
            if is_usual:
                cut = find(b" ", start)
                label = block[start:cut]
            else:
                self.line = number
                line = block[start:end].rstrip(BLANKS)
                end = start + len(line)
                label, length = self.word_of(line)
                cut = end - length - 1
            try:
                word = label.decode()
            except UnicodeDecodeError:
                word = label.decode("utf-8", "replace")
                self.problems.add("words that are not UTF-8, repaired", f"line {number:,}")
            if word in words:
                again += 1
                first = first or f"line {number:,}, {word!r}"
            else:
                words[word] = offset + cut + 1
                stops.append(offset + end)
        if again:
            self.problems.add("repeated words, the first kept", first, again)
        self.line = after
        return len(starts)

    def word_of(self, line: bytes) -> tuple[bytes, int]:
        """The word of a line, and how many bytes its numbers take. Where the separators are not
        `dim`, the word must be the reason, with some in it or beside it; else the line is
        refused."""
        dim, where = self.layout.dim, f"line {self.line:,}"
        fields = fields_of(line)
        values = fields[-dim:]
        length = sum(map(len, values)) + dim - 1
        if len(fields) == dim + 1 and fields[0]:
            return fields[0], length
        label = line[: max(0, len(line) - length - 1)].strip(b" \t")
        if len(fields) > dim + 1 and label and all(map(is_number, values)):
            piece = fields[-dim - 1]
            if belongs_to_word(piece, values):
                inside = b" " in label or b"\t" in label
                kind = "words with spaces in them" if inside else "spaces beside the word"
                self.problems.add(kind, f"{where}, {label.decode('utf-8', 'replace')!r}")
                return label, length
            if is_foreign(piece):
                shown = piece.decode("utf-8", "replace")[:40]
                raise refuse(self.name, where, f"{shown!r} is not a number", REMEDY)
        if len(fields) == dim + 1:
            raise refuse(self.name, where, "it begins with a space where a word should stand")
        if len([field for field in fields if field]) == dim + 1:
            raise refuse(self.name, where, "fields are not parted by single spaces")
        raise refuse(self.name, where, f"{len(fields) - 1:,} numbers where the others have {dim}")

    def last_line(self, rest: bytes, offset: int, descriptor: int) -> int:
        """Take in a last line without a line feed: a whole one, or what a broken download left."""
        number, before = self.line, len(self.words)
        last = fields_of(rest)[-1]
        self.refuse_lone_returns(np.frombuffer(rest + b"\n", np.uint8), np.zeros(1, np.int64))
        try:
            rows = self.lines(rest + b"\n", len(rest) + 1, offset)
            if rows and not is_number(last.rstrip(b"\r") or b"0"):
                raise refuse(self.name, f"line {number:,}", "its last field is not a number")
        except UserError as error:
            raise refuse(
                self.name, f"line {number:,}, the last", "the file breaks off in this row"
            ) from error
        if rows and is_number(last):
            wanted = -(-NEIGHBOURS // self.layout.dim)
            spans = zip([*self.words.values()][:before], self.stops[:before], strict=True)
            others = [
                field
                for start, stop in [*spans][-wanted:]
                for field in fields_of(os.pread(descriptor, stop - start, start))
            ]
            if looks_cut(last, others):
                self.problems.add(
                    "the file ends without a line feed in an unusually short number, it may be "
                    "cut there",
                    f"line {number:,}, {fields_of(rest)[0].decode('utf-8', 'replace')!r}",
                )
        return rows

    def refuse_lone_returns(self, text: NDArray[np.uint8], starts: NDArray[np.int64]) -> None:
        """`text` are whole lines, which begin at `starts`."""
        returns = np.flatnonzero(text == _RETURN)
        lone = returns[text[returns + 1] != _LINE_BREAK]
        if len(lone):
            line = self.line + int(np.searchsorted(starts, lone[0], side="right")) - 1
            raise refuse(self.name, f"line {line:,}", MACINTOSH, CONVERT)

    def too_long(self, line: int) -> UserError:
        problem = f"longer than {self.limits.line:,} bytes"
        return refuse(self.name, f"line {line:,}", problem, self.limits.line_remedy)


def text_rows(
    path: Path,
    name: str,
    index: Index,
    ids: NDArray[np.int64],
    advance: Callable[[int], None],
) -> NDArray[np.float32]:
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
                rows[row] = numbers(line)
            except ValueError as error:
                raise refuse(
                    name, f"byte {start:,}, row of {index.forms[ids[row]]!r}", str(error), REMEDY
                ) from error
            advance(1)
    return rows
