"""Parquet files, batch by batch, through pyarrow."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

from wvexp.data.reading.limits import MB, Growth, TextLimits
from wvexp.data.reading.opening import is_gzip, unpack
from wvexp.data.reading.parquet_sizes import chunks, pages
from wvexp.data.reading.table import HEAD, Table, repeated_name
from wvexp.errors import UserError

_BATCH = 1000  # rows
_OF_A_TOKEN = 4  # characters that a token and its tag take at least
_PART = 16 * MB  # of texts made at once


@contextmanager
def open_parquet(path: Path, limits: TextLimits) -> Iterator[Table]:
    """The table in a Parquet file; a gzipped one lies unpacked in a temporary folder meanwhile.

    Raises
    ------
    UserError
        The file is damaged; two columns have one name; a text, or all of them, is longer than the
        limits allow. Raised here or while rows are read.
    """
    with tempfile.TemporaryDirectory(prefix="wvexp-") as folder:
        plain = path
        if is_gzip(path):
            plain = Path(folder, "data.parquet")
            unpack(path, plain)
        yield _table(path, plain, limits)


def _table(path: Path, plain: Path, limits: TextLimits) -> Table:
    import pyarrow.parquet as pq

    with _explained(path):
        schema = pq.read_schema(plain)
    names = schema.names
    if (repeated := repeated_name(names)) is not None:
        raise UserError(f"{path}: two columns are named {repeated!r}", "rename one of them")

    def rows(columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        growth = Growth(path, limits)
        with _explained(path):
            _check_sizes(path, plain, columns, limits)
        with _explained(path), _opened(plain) as file:
            for batch in _batches(file, columns):
                batch.validate(full=True)
                for part in _small_parts(path, batch, growth, limits):
                    cells = [_plain(part.column(name)).to_pylist() for name in columns]
                    yield from zip(*cells, strict=True)

    # Images and the like, which may be large, are not even looked at.
    plain_names = [field.name for field in schema if _is_plain(field.type)]
    head: dict[str, Sequence[Any]] = {name: [None] for name in names}
    head.update(zip(plain_names, zip(*islice(rows(plain_names), HEAD), strict=True), strict=False))
    return Table(str(path), head, rows, _class_names(schema))


def _batches(file: Any, columns: Sequence[str]) -> Iterator[Any]:
    """Record batches, each of one group of rows: pyarrow cannot join some types across groups."""
    for group in range(file.num_row_groups):
        yield from file.iter_batches(
            _BATCH, row_groups=[group], columns=list(columns), use_threads=False
        )


def _is_plain(type_: Any) -> bool:
    """Whether the type is one that texts or labels can have, or a list of it."""
    import pyarrow.types as types

    while _is_list(type_) or types.is_dictionary(type_):
        type_ = type_.value_type
    number = types.is_integer(type_) or types.is_floating(type_) or types.is_boolean(type_)
    return number or _is_text(type_)


def _is_text(type_: Any) -> bool:
    """Whether it is one of Arrow's kinds of text: programs that write Parquet differ in them."""
    import pyarrow.types as types

    return bool(
        types.is_string(type_) or types.is_large_string(type_) or types.is_string_view(type_)
    )


def _is_list(type_: Any) -> bool:
    import pyarrow.types as types

    return bool(
        types.is_list(type_) or types.is_large_list(type_) or types.is_fixed_size_list(type_)
    )


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The file, its texts kept as dictionaries: a million times one book takes one book's room.

    Lists of texts are not: pyarrow cannot join their dictionaries across row groups.
    """
    import pyarrow.parquet as pq

    texts = [field.name for field in pq.read_schema(path) if _is_text(field.type)]
    with pq.ParquetFile(
        path,
        read_dictionary=texts,
        pre_buffer=False,
        buffer_size=1 << 16,
        page_checksum_verification=True,
    ) as file:
        yield file


def _check_sizes(path: Path, plain: Path, columns: Sequence[str], limits: TextLimits) -> None:
    """Refuse what the file itself says is too large, before any of it is unpacked."""
    growth = Growth(path, limits)
    with plain.open("rb") as file:
        for chunk in chunks(file):
            if chunk.column in columns:
                for page in pages(file, chunk):
                    growth.add(max(page.size, page.values))
                limits.check_record(path, chunk.size // max(1, chunk.values), "a cell in the mean")


def _small_parts(path: Path, batch: Any, growth: Growth, limits: TextLimits) -> Iterator[Any]:
    """The batch in parts whose cells fit into little memory, each cell within the limits."""
    size = sum(_size(path, column, limits) for column in batch.columns)
    if size > _PART and len(batch) > 1:
        half = len(batch) // 2
        yield from _small_parts(path, batch.slice(0, half), growth, limits)
        yield from _small_parts(path, batch.slice(half), growth, limits)
    else:
        growth.add(size)
        yield batch


def _size(path: Path, column: Any, limits: TextLimits) -> int:
    """Bytes of the column's cells, were each text written out."""
    import pyarrow as pa
    import pyarrow.compute as pc

    size, longest = column.nbytes, 0
    if _is_list(column.type):
        longest = _OF_A_TOKEN * (pc.max(pc.list_value_length(column)).as_py() or 0)
    if pa.types.is_dictionary(column.type) and len(column):
        lengths = pc.binary_length(column.dictionary).take(column.indices)
        size = pc.sum(lengths).as_py() or 0
        longest = pc.max(lengths).as_py() or 0
    limits.check_record(path, longest, "a cell")
    return int(size)


def _plain(column: Any) -> Any:
    """The column without dictionaries."""
    import pyarrow as pa

    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _class_names(schema: Any) -> dict[str, list[str]]:
    """The names of classes that the Hugging Face library writes into a file's metadata."""
    with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
        features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
        found = {name: _names(feature) for name, feature in features.items()}
        return {name: names for name, names in found.items() if names}
    return {}


def _names(feature: Any) -> list[str] | None:
    inner = feature[0] if isinstance(feature, list) else feature.get("feature", feature)
    names = inner.get("names")
    return names if isinstance(names, list) and all(isinstance(n, str) for n in names) else None


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turns what pyarrow raises, which has no common class, into the user's error."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(
            f"{path}: not a readable parquet file ({reason})", "write the file anew"
        ) from error
