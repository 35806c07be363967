"""A table of plain text, for the page and for Markdown alike."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

Row = Sequence[object]

# Rows that stay open where a table folds.
_OPEN = 12


@dataclass(frozen=True)
class Table:
    """Rows under a head, with a title, and a caption that says what the columns hold.

    folds: whether the page folds it where it is long; one that does not is scrolled
    """

    title: str
    caption: str
    head: Row
    rows: Sequence[Row]
    folds: bool = True

    @property
    def folded(self) -> bool:
        return self.folds and len(self.rows) > _OPEN

    def without_empty(self) -> "Table":
        """The table without the columns in which nothing was measured."""
        kept = [i for i in range(len(self.head)) if any(row[i] != "" for row in self.rows)]
        return replace(
            self,
            head=[self.head[i] for i in kept],
            rows=[[row[i] for i in kept] for row in self.rows],
        )
