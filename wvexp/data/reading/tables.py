"""The table in one of the user's files, by its format."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wvexp.data.reading.csvform import open_csv
from wvexp.data.reading.jsonrows import open_json
from wvexp.data.reading.limits import TextLimits
from wvexp.data.reading.parquet import open_parquet
from wvexp.data.reading.table import Table


@contextmanager
def open_table(path: Path, kind: str, limits: TextLimits) -> Iterator[Table]:
    """The table in a local file, streamed: memory holds a piece of it, nothing stays on disk.

    Raises
    ------
    UserError
        The file is missing, empty, damaged or malformed; raised here or while rows are read.
    """
    if kind == "parquet":
        with open_parquet(path, limits) as table:
            yield table
    elif kind == "json":
        yield open_json(path, limits)
    else:
        yield open_csv(path, kind, limits)
