"""Table: rows with named columns, whatever they were read from."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

HEAD = 1000  # rows by which columns are judged
HEAD_SIZE = 10**6  # and no more characters than these


@dataclass(frozen=True)
class Table:
    """Rows with named columns.

    name     what a message calls it: the path, or the data set and split
    head     the first rows (`HEAD`), column by column, as plain Python values
    rows     the cells of the named columns, row by row from the first; UserError where one cannot
             be read
    classes  column -> names that its integers stand for, where the data says so
    """

    name: str
    head: Mapping[str, Sequence[Any]]
    rows: Callable[[Sequence[str]], Iterator[tuple[Any, ...]]]
    classes: Mapping[str, Sequence[str]] = field(default_factory=dict)


def repeated_name(names: Iterable[str]) -> str | None:
    """The first of the names that comes twice; None where each comes once."""
    return next((name for name, count in Counter(names).items() if count > 1), None)
