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

_DELIMITER = {"csv": ",", "tsv": "\t"}


@dataclass(frozen=True)
class CsvForm:
    """What a reader must know of the file; `quoting` is a constant of the csv module."""

    columns: list[str]
    delimiter: str
    quoting: Quoting


def csv_form(path: Path, kind: str) -> CsvForm:
    """Header and quoting of a file, every row of which has as many fields as the header.

    Quotation marks in a TSV file are ordinary characters where they do not pair up as quotes.

    Raises
    ------
    UserError
        A row is ragged or a quote unclosed (the line is named); there is no row after the header;
        two columns have one name; what `open_text` refuses.
    """
    delimiter = _DELIMITER[kind]
    try:
        return CsvForm(_check(path, delimiter, csv.QUOTE_MINIMAL), delimiter, csv.QUOTE_MINIMAL)
    except csv.Error as error:
        if kind == "csv":
            raise UserError(
                f"{path}: {error}",
                "close the quote; a quotation mark inside a quoted field is written twice",
            ) from None
    return CsvForm(_check(path, delimiter, csv.QUOTE_NONE), delimiter, csv.QUOTE_NONE)


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
                    if header is None and row:
                        header = row
                    elif row:
                        assert header is not None
                        rows += 1
                        if len(row) != len(header):
                            raise _ragged(path, start + 1, row, header, quoting)
                    start = reader.line_num
            except csv.Error as error:
                problem = "a quote is not closed or not paired in"
                raise csv.Error(f"{problem} the row that starts on line {start + 1}") from error
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
        f"{path}: line {line} has {len(row)} fields, the header has {len(header)} "
        f"({', '.join(header)})",
        remedy,
    )
