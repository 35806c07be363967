"""Reader: one format of labelled text."""

import logging
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

from wvexp.data.reading.asked import Asked
from wvexp.data.reading.columns import LABEL_NAMES, TEXT_NAMES
from wvexp.data.reading.examples import Example, Source
from wvexp.data.reading.limits import TextLimits
from wvexp.data.reading.rows import table_rows
from wvexp.data.reading.table import Table
from wvexp.errors import UserError
from wvexp.registry import Registry
from wvexp.tasks import TASKS, kind_of_text

log = logging.getLogger(__name__)

Text = str | list[str]


class Reader(ABC):
    """A format. One's own subclasses `TableReader` or `LineReader`.

    name      what messages call it
    suffixes  endings of files in it, each with its dot; a last `.gz` is left aside
    """

    name: str
    suffixes: tuple[str, ...]

    @abstractmethod
    def source(self, files: ExitStack, path: Path, asked: Asked) -> Source:
        """The examples of a file; what is open closes with `files`.

        Raises
        ------
        UserError
            The file cannot be used; also while examples are read.
        """

    @abstractmethod
    def texts(self, path: Path, column: str | None, limits: TextLimits) -> Iterator[Text]:
        """The texts (or lists of words) alone, from the named column, for a model to label."""


def _check(reader: Reader) -> None:
    """UserError for a suffix that is none, or that another format has."""
    for suffix in reader.suffixes:
        if not re.fullmatch(r"\.[^.\s]+", suffix) or suffix != suffix.lower() or suffix == ".gz":
            raise UserError(
                f"format={reader.name} has the suffix {suffix!r}",
                f"give one such as .{reader.name.lower()}, with its dot, in lower case",
            )
        for other in READERS:
            if suffix in other.suffixes and other.name != reader.name:
                raise UserError(
                    f"format={reader.name} has the suffix {suffix} of format={other.name}",
                    "give it one of its own",
                )


READERS: Registry[Reader] = Registry("format", Reader, _check)


class TableReader(Reader):
    """A format of tables: rows with named columns."""

    @abstractmethod
    def table(self, path: Path, limits: TextLimits) -> AbstractContextManager[Table]:
        """The table, streamed: memory holds a piece of it, nothing stays on disk."""

    def source(self, files: ExitStack, path: Path, asked: Asked) -> Source:
        return table_rows(files.enter_context(self.table(path, asked.limits)), asked)

    def texts(self, path: Path, column: str | None, limits: TextLimits) -> Iterator[Text]:
        with self.table(path, limits) as table:
            column = _text_column(path, column, list(table.head), limits.column)
            for number, (cell,) in enumerate(table.rows([column]), start=1):
                yield _text(path, number, cell, limits.column)


class LineReader(Reader):
    """A format with one token per line, its columns named by `data.text` and `data.label`."""

    # Columns that are read where nobody names any; None leaves it to `examples`.
    text: str | None = None
    label: str | None = None

    @abstractmethod
    def examples(
        self, path: Path, text: str | None, label: str | None, limits: TextLimits
    ) -> Iterator[Example]:
        """The sentences, with a list of words and one of labels each."""

    def source(self, files: ExitStack, path: Path, asked: Asked) -> Source:
        if asked.task is not None and not TASKS[asked.task].listed:
            raise UserError(
                f"{path}: a {self.name} file labels tokens, the task is {asked.task}",
                "give a table with one label per sentence, or label tokens in every file",
            )
        missing = None if asked.missing == "refuse" else asked.missing
        for key, value in (("group", asked.group), ("missing", missing)):
            if value is not None:
                raise UserError(
                    f"{path}: data.{key}={value} is for tables, a {self.name} file has lines",
                    "name documents with `# newdoc` lines" if key == "group" else "fix its lines",
                )
        text, label = asked.text or self.text, asked.label or self.label
        task = asked.task or kind_of_text(listed=True).name
        return Source(str(path), task, text, label, self.examples(path, text, label, asked.limits))


def _text(path: Path, row: int, cell: Any, key: str) -> Text:
    """A text, or a list of words; nothing where the cell is empty."""
    if cell is None:
        return ""
    if isinstance(cell, str) or (
        isinstance(cell, list) and all(isinstance(word, str) for word in cell)
    ):
        return cell
    raise UserError(
        f"{path}: row {row} holds {cell!r:.40}, which is not text", f"give {key}=NAME of the text"
    )


def _text_column(
    path: Path, column: str | None, names: list[str], key: str = TextLimits.column
) -> str:
    usual = [name for name in names if name.lower() in TEXT_NAMES]
    choices = [column] if column else usual if len(names) > 1 else names
    if len(choices) != 1 or choices[0] not in names:
        raise UserError(
            f"{path}: no column {column!r}" if column else f"{path}: which column is the text?",
            f"give {key}=NAME, one of {', '.join(names)}",
        )
    if (
        column is None
        and len(names) > 1
        and any(name.lower() not in TEXT_NAMES | LABEL_NAMES for name in names)
    ):
        log.warning(
            "%s: the text is column %r, of %s; %s=NAME chooses another",
            path,
            choices[0],
            ", ".join(names),
            key,
        )
    return choices[0]
