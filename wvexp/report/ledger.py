"""The movement ledger as a table: words that moved, words that they left, their neighbours."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from wvexp.errors import UserError
from wvexp.report.table import Row, Table

_HEAD = ("word", "in training", "moved by", "nearest before", "nearest after")
_COLUMNS = {"word", "count", "distance", "neighbours_before", "neighbours_after"}
_LEDGER_ROWS = 12
_NEIGHBOURS = 6


def ledger_table(rows: Sequence[Row]) -> Table:
    """What `read_ledger` found, as a table."""
    caption = (
        "Words that fine-tuning moved most, then those that stayed while words near them moved. A "
        "dot (\u00b7) marks a neighbour that stayed."
    )
    return Table("Neighbours before and after", caption, _HEAD, rows)


def read_ledger(path: Path) -> list[Row]:
    """The most moved words, then the most telling of those that stayed, with their neighbours.

    A word that stayed is telling when words near it moved: the television that TV and telly left.
    """
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path)
        if not set(table.column_names) >= _COLUMNS:
            raise ValueError(f"columns {', '.join(table.column_names)}")
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise UserError(
            f"{path} is no movement ledger", "give movement.parquet of a fine-tuned run"
        ) from error
    lines = table.to_pylist()
    distance = {line["word"]: line["distance"] for line in lines}
    looked_up = [line for line in lines if line["neighbours_before"]]
    moved = sorted((x for x in looked_up if x["distance"] > 0), key=lambda x: -x["distance"])
    left = sorted(
        (x for x in looked_up if x["distance"] == 0),
        key=lambda x: -sum(distance[word] for word in x["neighbours_before"]),
    )

    def names(words: Iterable[str]) -> str:
        # A dot marks what stayed where it was.
        return ", ".join(w if distance[w] > 0 else f"{w}\u00b7" for w in list(words)[:_NEIGHBOURS])

    return [
        (
            line["word"],
            f"{line['count']:,}",
            f"{line['distance']:.3f}" if line["distance"] else "stayed",
            names(line["neighbours_before"]),
            names(line["neighbours_after"]),
        )
        for line in [*moved[:_LEDGER_ROWS], *left[: _LEDGER_ROWS // 2]]
    ]
