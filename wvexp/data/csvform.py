"""The form of a CSV or TSV file, checked strictly before it is read.

pandas, which reads CSV for `datasets`, pads short rows and lets an unclosed quote swallow the
rows after it. A label lost that way would be a wrong result and not an error, so one strict pass
looks at the whole file first.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wvexp.data.inputs import open_text
from wvexp.errors import UserError

Quoting = Literal[0, 3]  # csv.QUOTE_MINIMAL, csv.QUOTE_NONE


@dataclass(frozen=True)
class CsvForm:
    """What a reader must know of the file; `quoting` is a constant of the csv module."""

    columns: list[str]
    delimiter: str
    quoting: Quoting


def csv_form(path: Path, kind: str) -> CsvForm:
    """Header and quoting of a file, every row of which has as many fields as the header.

    A CSV file whose header holds a semicolon or a tab and no comma is parted by those. A column
    without a name, such as the index that pandas writes, has the name that pandas gives it.

    Quotation marks in a TSV file are ordinary characters where they do not pair up as quotes, or
    would put a tab into a field.

    Raises
    ------
    UserError
        A row is ragged or a quote unclosed (the line is named); there is no row after the header;
        two columns have one name; what `open_text` refuses.
    """
    delimiter = _delimiter(path, kind)
    try:
        return CsvForm(_check(path, delimiter, csv.QUOTE_MINIMAL), delimiter, csv.QUOTE_MINIMAL)
    except csv.Error as error:
        if kind == "csv":
            raise UserError(
                f"{path}: {error}",
                "close the quote; a quotation mark inside a quoted field is written twice",
            ) from None
    return CsvForm(_check(path, delimiter, csv.QUOTE_NONE), delimiter, csv.QUOTE_NONE)


def _delimiter(path: Path, kind: str) -> str:
    if kind == "tsv":
        return "\t"
    with open_text(path) as file:
        header = next((line for line in file if line.strip()), "")
    return next((mark for mark in (",", ";", "\t") if mark in header), ",")


def _check(path: Path, delimiter: str, quoting: Quoting) -> list[str]:
    """The header. A csv.Error names the line on which the broken row starts."""
    # A whole document may stand in one field; the limit is the process's, so it is put back.
    limit = csv.field_size_limit(2**31 - 1)
    try:
        with open_text(path, newline="") as file:
            reader = csv.reader(file, delimiter=delimiter, quoting=quoting, strict=True)
            start, rows, header = 0, 0, None
            try:
                for row in reader:
                    if not any(map(str.strip, row)) and len(row) < 2:
                        pass  # a blank line
                    elif header is None:
                        header = [name or f"Unnamed: {i}" for i, name in enumerate(row)]
                    else:
                        rows += 1
                        if len(row) != len(header):
                            raise _ragged(path, start + 1, row, header, quoting)
                        if delimiter == "\t" and any("\t" in field for field in row):
                            raise csv.Error("a tab inside quotes")
                    start = reader.line_num
            except csv.Error:
                problem = "a quote is not closed or not paired"
                raise csv.Error(f"{problem} in the row that starts on line {start + 1}") from None
    finally:
        csv.field_size_limit(limit)
    if header is None:
        raise UserError(f"{path}: the file is empty", "give a header line and labelled rows")
    if repeated := [name for name in header if header.count(name) > 1]:
        raise UserError(f"{path}: two columns are named {repeated[0]!r}", "rename one of them")
    if not rows:
        raise UserError(
            f"{path}: a header ({', '.join(header)}) and no rows", "give it labelled rows"
        )
    return header


def _ragged(path: Path, line: int, row: list[str], header: list[str], quoting: int) -> UserError:
    remedy = "put quotes around fields that hold the separator"
    if len(row) < len(header) or quoting == csv.QUOTE_NONE:
        remedy = "give each row as many fields as the header"
    return UserError(
        f"{path}: the row on line {line} has {len(row)} field{'s' * (len(row) > 1)}, the header "
        f"has {len(header)} ({', '.join(header)})",
        remedy,
    )
