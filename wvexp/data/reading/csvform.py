"""CSV and TSV: the form of a file, checked strictly before it is read, and its rows.

A lenient reader pads short rows and lets an unclosed quote swallow the rows after it. A label lost
that way would be a wrong result and not an error, so one strict pass looks at the whole file first.
"""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from wvexp.data.reading.limits import Lines, TextLimits
from wvexp.data.reading.opening import open_text
from wvexp.data.reading.table import HEAD, HEAD_SIZE, Table, repeated_name
from wvexp.errors import UserError

Quoting = Literal[0, 3]  # csv.QUOTE_MINIMAL, csv.QUOTE_NONE

_SEPARATORS = (",", ";", "\t")
_SAMPLE = 100  # rows by which the separator is chosen
_PIECE = 1000  # rows read at once


@dataclass(frozen=True)
class CsvForm:
    """What a reader must know of the file; `quoting` is a constant of the csv module."""

    delimiter: str
    quoting: Quoting


def open_csv(path: Path, kind: str, limits: TextLimits) -> Table:
    """The table in a CSV or TSV file, every row of which has as many fields as the header.

    Every field is the text that stands in it: "NA", "null" and "nan" are words. A CSV file may be
    parted by semicolons or tabs, whatever else its header holds. A column without a name, such as
    the index that pandas writes, is called "Unnamed: 0", as pandas calls it.

    Quotation marks in a TSV file are ordinary characters where they do not pair up as quotes, or
    would put a tab into a field.

    Raises
    ------
    UserError
        A row is ragged or a quote unclosed (the line is named); there is no row after the header;
        two columns have one name, or none has one; what `open_text` refuses.
    """
    form = CsvForm("\t" if kind == "tsv" else _separator(path, limits), csv.QUOTE_MINIMAL)
    try:
        head = _checked(path, form, limits)
    except csv.Error as error:
        if kind == "csv":
            raise UserError(
                f"{path}: {error}",
                "close the quote; a quotation mark inside a quoted field is written twice",
            ) from None
        form = CsvForm(form.delimiter, csv.QUOTE_NONE)
        head = _checked(path, form, limits)
    places = {name: place for place, name in enumerate(head)}

    def rows(columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
        wanted = [places[name] for name in columns]
        filled = _rows(path, form, limits)
        next(filled)  # the header
        return (tuple([row[place] for place in wanted]) for _, row in filled)

    return Table(str(path), head, rows)


def _separator(path: Path, limits: TextLimits) -> str:
    """The separator by which the first rows have as many fields as the header.

    Prose puts a blank behind its commas: of several that fit, the one that least often stands
    before a blank.
    """
    with open_text(path, limits) as lines:
        header = next((line for line in lines if line.strip()), "")
    present = [mark for mark in _SEPARATORS if mark in header]
    fitting = {}
    for mark in present if len(present) > 1 else []:
        try:
            sample = [
                row
                for _, row in islice(_rows(path, CsvForm(mark, csv.QUOTE_MINIMAL), limits), _SAMPLE)
            ]
        except csv.Error:
            continue
        if len({len(row) for row in sample}) == 1 and len(sample[0]) > 1:
            fitting[mark] = sum(field.startswith(" ") for row in sample for field in row)
    return min(fitting or present or [","], key=lambda mark: fitting.get(mark, 0))


def _checked(path: Path, form: CsvForm, limits: TextLimits) -> dict[str, list[str]]:
    """The first rows, column by column. A csv.Error names the line where a broken row starts."""
    header: list[str] | None = None
    head: list[list[str]] = []
    room = HEAD_SIZE
    for line, row in _rows(path, form, limits):
        if header is None:
            if not any(row):
                raise UserError(
                    f"{path}: line {line} names no column", "add a header such as text,label"
                )
            header = [name or f"Unnamed: {i}" for i, name in enumerate(row)]
            continue
        if len(row) != len(header):
            raise _ragged(path, line, row, header, form.quoting)
        if form.delimiter == "\t" and any("\t" in field for field in row):
            raise csv.Error(f"a tab inside quotes in the row that starts on line {line}")
        if len(head) < HEAD and (room > 0 or not head):
            head.append(row)
            room -= sum(map(len, row))
    if header is None:
        raise UserError(f"{path}: the file is empty", "give a header line and labelled rows")
    if (repeated := repeated_name(header)) is not None:
        raise UserError(f"{path}: two columns are named {repeated!r}", "rename one of them")
    if not head:
        raise UserError(f"{path}: a header ({_shown(header)}) and no rows", "give it labelled rows")
    return {name: list(cells) for name, cells in zip(header, zip(*head, strict=True), strict=True)}


def _rows(path: Path, form: CsvForm, limits: TextLimits) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with the number of the line on which it starts."""
    with open_text(path, limits, newline="") as lines:
        reader = csv.reader(lines, delimiter=form.delimiter, quoting=form.quoting, strict=True)
        while piece := _piece(reader, lines):
            yield from piece


def _piece(reader: Iterator[list[str]], lines: Lines) -> list[tuple[int, list[str]]]:
    piece: list[tuple[int, list[str]]] = []
    size = 0
    start = lines.number
    try:
        with _long_fields():
            for row in reader:
                if len(row) > 1 or any(map(str.strip, row)):  # else a blank line
                    piece.append((start + 1, row))
                    lines.end_record()
                    size += sum(map(len, row))
                start = lines.number
                if len(piece) == _PIECE or size > HEAD_SIZE:
                    break
    except csv.Error:
        problem = "a quote is not closed or not paired"
        raise csv.Error(f"{problem} in the row that starts on line {start + 1}") from None
    return piece


@contextmanager
def _long_fields() -> Iterator[None]:
    """A whole document may stand in one field; the limit is the process's, so it is put back."""
    limit = csv.field_size_limit(2**31 - 1)
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def _ragged(path: Path, line: int, row: list[str], header: list[str], quoting: int) -> UserError:
    remedy = "put quotes around fields that hold the separator"
    if len(row) < len(header) or quoting == csv.QUOTE_NONE:
        remedy = "give each row as many fields as the header"
    return UserError(
        f"{path}: the row on line {line} has {len(row)} field{'s' * (len(row) > 1)}, the header "
        f"has {len(header)} ({_shown(header)})",
        remedy,
    )


def _shown(header: list[str]) -> str:
    names = ", ".join(header)
    return names if len(names) <= 200 else names[:200] + ", ..."
