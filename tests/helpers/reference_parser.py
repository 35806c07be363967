"""Vector text and binary read slowly and plainly: what the quick parsers must agree with."""

import re
import struct
from collections import Counter

import numpy as np

NUMBER = re.compile(rb"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
NOT_FINITE = re.compile(rb"[+-]?(nan|inf|infinity)", re.IGNORECASE)
HEADER = re.compile(rb"[ \t]*([0-9]+)[ \t]+([0-9]+)[ \t]*\r?")

Table = dict[str, bytes]  # word -> its row as float32


class NotReadableError(Exception):
    """The file must be refused."""


def parse_text(content: bytes) -> Table:
    """GloVe or word2vec text. A file that begins with two whole numbers has a header."""
    content = content.removeprefix(b"\xef\xbb\xbf")
    lines = content.split(b"\n")
    header = HEADER.fullmatch(lines[0]) if len(lines) > 1 else None
    if header:
        lines = lines[1:]
    lines = [line.removesuffix(b"\r").rstrip(b" \t") for line in lines]
    rows = [line for line in lines if line.strip(b" \t")]
    if any(b"\r" in row for row in rows):
        raise NotReadableError("old Macintosh line ends")
    split = [re.split(rb"[ \t]", row) for row in rows]
    if header:
        dim = int(header[2])
    else:
        votes = Counter(n for n in map(trailing_numbers, split[:100]) if n)
        if not votes:
            raise NotReadableError("no numbers")
        dim = votes.most_common(1)[0][0]
        if dim == 1:
            raise NotReadableError("a list of counts")
    if dim == 0 or not rows or (header and not 0 < int(header[1]) <= len(rows)):
        raise NotReadableError("no rows, or fewer than promised")
    table: Table = {}
    for row, fields in zip(rows, split, strict=True):
        if len(fields) <= dim:
            raise NotReadableError(f"too few numbers: {row!r}")
        values = fields[-dim:]
        word = row[: len(row) - len(b" ".join(values)) - 1].strip(b" \t")
        if len(fields) > dim + 1 and not ends_word(fields[-dim - 1], values):
            raise NotReadableError(f"too many numbers: {row!r}")
        if not word or (len(fields) == dim + 1 and not fields[0]):
            raise NotReadableError(f"no word: {row!r}")
        if len(word) > 4096:
            raise NotReadableError(f"no word: {row[:20]!r}")
        known = word.decode("utf-8", "replace")
        if known not in table:  # the numbers of a word that comes again are not looked at
            table[known] = floats(values)
    return table


def parse_binary(content: bytes) -> Table:
    """word2vec binary: after the header, word, space, float32 numbers, and perhaps a line feed."""
    line, _, rest = content.partition(b"\n")
    header = HEADER.fullmatch(line)
    if header is None or not int(header[1]) or not int(header[2]):
        raise NotReadableError("no header")
    width = 4 * int(header[2])
    table: Table = {}
    rows = 0
    while rest.strip(b"\n"):
        label, space, rest = rest.partition(b" ")
        label = label.lstrip(b"\n")
        if not space or len(rest) < width or b"\n" in label or len(label) > 4096:
            raise NotReadableError("no word, or cut short")
        word = label.decode("utf-8", "replace")
        if word not in table and not np.isfinite(np.frombuffer(rest[:width], "<f4")).all():
            raise NotReadableError("NaN or infinity")
        table.setdefault(word, rest[:width])
        rest = rest[width:]
        rows += 1
    if rows < int(header[1]) or not rows:
        raise NotReadableError("fewer rows than promised")
    return table


def trailing_numbers(fields: list[bytes]) -> int:
    found = 0
    for field in reversed(fields[1:]):
        if not (NUMBER.fullmatch(field) or NOT_FINITE.fullmatch(field)):
            break
        found += 1
    return found


def ends_word(piece: bytes, values: list[bytes]) -> bool:
    """Whether the field before the numbers is the last piece of a word with spaces in it."""
    if not all(NUMBER.fullmatch(value) for value in values):
        return False
    if NUMBER.fullmatch(piece):  # a whole number is no value where every value has a fraction
        return piece.lstrip(b"+-").isdigit() and not any(v.lstrip(b"+-").isdigit() for v in values)
    if not piece:
        return True
    try:
        float(piece.replace(b",", b".").decode())
    except ValueError:
        return True
    return NOT_FINITE.fullmatch(piece) is not None


def floats(values: list[bytes]) -> bytes:
    if not all(NUMBER.fullmatch(value) for value in values):
        raise NotReadableError(f"not a finite number among {values!r}")
    with np.errstate(over="ignore"):
        row = np.array([float(value) for value in values]).astype("<f4")
    if not np.isfinite(row).all():
        raise NotReadableError(f"too large for float32: {values!r}")
    return struct.pack(f"<{len(values)}f", *row.tolist())
