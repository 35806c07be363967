"""Sizes read from a Parquet file's own headers, beside what pyarrow says of the same file."""

import io
import random
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from wvexp.data.reading.parquet_sizes import chunks, pages

TABLE = pa.table(
    {
        "text": [f"words {i} " * (i % 50) for i in range(3000)],
        "tokens": [["a", "b"][: i % 3] for i in range(3000)],
        "label": [i % 2 for i in range(3000)],
        "a.b": [{"c": 1.5, "d": None}] * 3000,
    }
)
WAYS = [
    {},
    {"compression": "zstd", "data_page_size": 1000},
    {"compression": "none", "use_dictionary": False, "row_group_size": 700},
    {"data_page_version": "2.0", "write_page_checksum": True, "row_group_size": 10},
    {"version": "1.0", "compression": "gzip", "write_statistics": False},
]


def written(**options) -> bytes:
    target = io.BytesIO()
    pq.write_table(TABLE, target, **options)
    return target.getvalue()


@pytest.mark.parametrize("options", WAYS)
def test_chunks_and_pages_are_those_that_pyarrow_sees(options: dict) -> None:
    content = written(**options)
    file = io.BytesIO(content)
    metadata = pq.ParquetFile(io.BytesIO(content)).metadata
    seen = [
        metadata.row_group(group).column(column)
        for group in range(metadata.num_row_groups)
        for column in range(metadata.num_columns)
    ]
    found = chunks(file)
    assert [(c.size, c.values, c.end - c.start) for c in found] == [
        (c.total_uncompressed_size, c.num_values, c.total_compressed_size) for c in seen
    ]
    assert {c.column for c in found} == set(TABLE.column_names)
    for chunk in found:
        sizes = list(pages(file, chunk))
        # The chunk's size counts the headers of its pages too, and their statistics.
        assert 0 <= chunk.size - sum(page.size for page in sizes) <= 1000 * len(sizes)
        assert sum(page.values for page in sizes) >= chunk.values
    if "data_page_size" in options:
        assert max(len(list(pages(file, chunk))) for chunk in found) > 3


@pytest.mark.parametrize("options", WAYS)
def test_pages_that_hold_other_values_than_the_footer_says_are_refused(options: dict) -> None:
    file = io.BytesIO(written(**options))
    for chunk in chunks(file)[:8]:
        for said in (chunk.values - 1, chunk.values + 1):
            with pytest.raises(ValueError, match=f"pages hold {chunk.values:,} of its {said:,}"):
                list(pages(file, replace(chunk, values=said)))


def test_a_page_of_no_known_kind_is_refused() -> None:
    content = written(compression="none", use_dictionary=False, row_group_size=700)
    first = chunks(io.BytesIO(content))[0]
    at = content.index(b"\x2c", first.start)  # field 5, the header of a data page, a struct
    odd = io.BytesIO(content[:at] + b"\xcc" + content[at + 1 :])
    with pytest.raises(ValueError, match="header is damaged"):
        list(pages(odd, first))


@pytest.mark.parametrize("options", WAYS)
def test_damage_is_a_value_error_or_none(options: dict) -> None:
    content = written(**{**options, "row_group_size": 2000})
    rng = random.Random(0)
    refused = 0
    for _ in range(300):
        changed = bytearray(content)
        start = len(changed) - rng.choice((8, 300, 3000))
        for _ in range(rng.choice((1, 5))):
            changed[rng.randrange(start, len(changed))] = rng.randrange(256)
        file = io.BytesIO(bytes(changed))
        try:
            for chunk in chunks(file):
                list(pages(file, chunk))
        except ValueError:
            refused += 1
    assert 30 < refused < 300


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1PAR1", b"x" * 100, written()[:-1]])
def test_what_is_no_parquet_file_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="no Parquet footer"):
        chunks(io.BytesIO(content))
