"""The formats that the package reads, and the reader of a file."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from wvexp.data.reading.conll import FORM, UPOS, read_conll, read_conllu
from wvexp.data.reading.csvform import open_csv
from wvexp.data.reading.examples import Example
from wvexp.data.reading.jsonrows import open_json
from wvexp.data.reading.limits import TextLimits
from wvexp.data.reading.parquet import open_parquet
from wvexp.data.reading.reader import READERS, LineReader, Reader, TableReader, Text
from wvexp.data.reading.table import Table
from wvexp.errors import UserError


class Csv(TableReader):
    """Comma-separated values."""

    name, suffixes = "csv", (".csv",)

    def table(self, path: Path, limits: TextLimits) -> AbstractContextManager[Table]:
        return nullcontext(open_csv(path, self.name, limits))


class Tsv(Csv):
    """Tab-separated values."""

    name, suffixes = "tsv", (".tsv",)


class Json(TableReader):
    """JSON lines, or one JSON array."""

    name, suffixes = "json", (".jsonl", ".json")

    def table(self, path: Path, limits: TextLimits) -> AbstractContextManager[Table]:
        return nullcontext(open_json(path, limits))


class Parquet(TableReader):
    name, suffixes = "parquet", (".parquet",)

    def table(self, path: Path, limits: TextLimits) -> AbstractContextManager[Table]:
        return open_parquet(path, limits)


class Conll(LineReader):
    name, suffixes = "conll", (".conll", ".bio", ".iob2")

    def examples(
        self, path: Path, text: str | None, label: str | None, limits: TextLimits
    ) -> Iterator[Example]:
        return read_conll(path, text, label, limits)

    def texts(self, path: Path, column: str | None, limits: TextLimits) -> Iterator[Text]:
        # The tags, if there are any, are not read.
        for example in read_conll(path, column or "1", column or "1", limits):
            yield list(example.text)


class Conllu(LineReader):
    name, suffixes = "conllu", (".conllu",)
    text, label = FORM, UPOS

    def examples(
        self, path: Path, text: str | None, label: str | None, limits: TextLimits
    ) -> Iterator[Example]:
        return read_conllu(path, text, label, limits)

    def texts(self, path: Path, column: str | None, limits: TextLimits) -> Iterator[Text]:
        for example in read_conllu(path, column or FORM, "ID", limits):
            yield list(example.text)


for _reader in (Csv(), Tsv(), Json(), Parquet(), Conll(), Conllu()):
    READERS.register(_reader)


def reader_of(path: Path) -> Reader:
    """The reader that the extension names, a last `.gz` left aside.

    Raises
    ------
    UserError
        It is none that is known.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    for reader in READERS:
        if suffixes and suffixes[-1] in reader.suffixes:
            return reader
    raise UserError(
        f"{path}: unknown extension",
        f"known are {' '.join(known_suffixes())}, each also with .gz",
    )


def known_suffixes() -> list[str]:
    return [suffix for reader in READERS for suffix in reader.suffixes]
