"""Fields of a line of vectors, and the numbers among them.

Fields are parted by ASCII spaces and tabs and by nothing else: every other character, a no-break
space or a vertical tab too, belongs to the word it stands in. Numbers are spelt in ASCII as C
prints them; what Python reads besides (`1_0`, the digits of other scripts) is not a number here.
"""

import re

BLANKS = b" \t\r"  # what may stand at the end of a line without meaning anything
MACINTOSH = "a carriage return without a line feed, as old Macintosh files end their lines"
CONVERT = "convert it, such as by tr '\\r' '\\n' < OLD > NEW"
REMEDY = "write numbers in ASCII digits, such as 10, -0.25 or 1e-3"

_PLAIN = b"0123456789+-.eE"
_PLAIN_ROW = _PLAIN + b" "
_NOT_FINITE = re.compile(rb"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_WHOLE = re.compile(rb"[+-]?[0-9]+")
_DIGIT = re.compile(rb"[0-9]")
_DECIMAL_COMMA = re.compile(rb"[+-]?[0-9]*,[0-9]+([eE][+-]?[0-9]+)?")


def fields_of(line: bytes) -> list[bytes]:
    """The fields; two separators side by side have an empty one between them."""
    return line.replace(b"\t", b" ").split(b" ")


def number(field: bytes) -> float:
    """The value of one field, NaN and infinity included; ValueError where it is none."""
    if not field.translate(None, _PLAIN) or _NOT_FINITE.fullmatch(field):
        try:
            return float(field)
        except ValueError:
            pass
    raise ValueError(f"{field.decode('utf-8', 'replace')[:40]!r} is not a number")


def numbers(row: bytes) -> list[float]:
    """The values of a row without its word; ValueError names the first field that is none."""
    row = row.replace(b"\t", b" ")
    if not row.translate(None, _PLAIN_ROW):  # most rows by far: nothing there to look at closely
        try:
            return [float(field) for field in row.split(b" ")]
        except ValueError:
            pass
    return [number(field) for field in row.split(b" ")]


def is_number(field: bytes) -> bool:
    try:
        number(field)
    except ValueError:
        return False
    return True


def trailing_numbers(line: bytes) -> int:
    """How many fields at the end of the line are numbers, the first field (a word) apart."""
    found = 0
    for field in reversed(fields_of(line)[1:]):
        if not is_number(field):
            break
        found += 1
    return found


def is_foreign(field: bytes) -> bool:
    """Whether it is a number in a spelling that vector files do not use: `1_0`, `0,5`, `٢`."""
    if is_number(field) or not field:
        return False
    if _DECIMAL_COMMA.fullmatch(field):
        return True
    try:
        float(field.decode())
    except ValueError:
        return False
    return True


def belongs_to_word(piece: bytes, values: list[bytes]) -> bool:
    """Whether the field before a row's values is the end of a word with spaces in it.

    It is if it is not a number. A whole number (`windows 98`) is told from a value by the decimal
    points or exponents that all the values have; any other number could as well be one value too
    many.
    """
    if not is_number(piece) or not _DIGIT.search(piece):
        return not is_foreign(piece)
    return bool(_WHOLE.fullmatch(piece)) and not any(map(_WHOLE.fullmatch, values))
