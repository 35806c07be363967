"""Whether the last number of a file is shorter than its numbers are: a sign that it was cut."""

from collections import Counter
from collections.abc import Callable, Sequence

NEIGHBOURS = 5_000  # numbers that the last one is compared with
RARE = 0.015  # most share of numbers as short as the last at which it is remarked upon


def looks_cut(last: bytes, others: Sequence[bytes]) -> bool:
    """Whether `last`, with which the file ends, has fewer digits than the numbers before it.

    Files print either to the same decimals or to the same significant digits: the measure is the
    one in which the others agree more. The rank of `last` among them is the p-value of a
    permutation test, so at most a share RARE of whole files is remarked upon.
    """
    shortest = min((n for n in map(_exponent_digits, others) if n), default=0)
    if 0 < _exponent_digits(last) < shortest:
        return True
    measure = max((_decimals, _significant_digits), key=lambda of: _agreement(of, others))
    as_short = sum(measure(other) <= measure(last) for other in others)
    return (1 + as_short) / (1 + len(others)) <= RARE


def _agreement(measure: Callable[[bytes], int], fields: Sequence[bytes]) -> int:
    return max(Counter(map(measure, fields)).values(), default=0)


def _decimals(field: bytes) -> int:
    return len(_mantissa(field).partition(b".")[2])


def _significant_digits(field: bytes) -> int:
    return len(_mantissa(field).lstrip(b"+-").replace(b".", b"").lstrip(b"0"))


def _exponent_digits(field: bytes) -> int:
    return len(field.lower().partition(b"e")[2].lstrip(b"+-"))


def _mantissa(field: bytes) -> bytes:
    return field.lower().partition(b"e")[0]
