"""Rows of a table as examples."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any

from wvexp.data.reading.asked import Asked
from wvexp.data.reading.assumptions import text_notes
from wvexp.data.reading.columns import Roles, choose_columns, column_of
from wvexp.data.reading.examples import Example, Source
from wvexp.data.reading.table import Table
from wvexp.errors import UserError
from wvexp.tasks import TASKS


def table_rows(table: Table, asked: Asked) -> Source:
    """Examples of a table.

    A value of the column `asked.group` takes the place of a document's name; a row without one is
    a group alone. Rows without a label are an error that counts them, or a note that does.

    Raises
    ------
    UserError
        See `choose_columns`; while iterating: rows have no label, or not one label per word; a cell
        holds something else than its column is read as.
    """
    if not any(map(len, table.head.values())):
        raise UserError(f"{table.name}: no rows", "give labelled text")
    columns = {name: column_of(cells) for name, cells in table.head.items()}
    roles = choose_columns(table.name, columns, asked.text, asked.label, asked.task)
    if not asked.label and roles.label in table.head[roles.label]:
        raise UserError(
            f"{table.name}: the label column is named {roles.label!r}, and so is one of its labels",
            "add a header line such as text,label",
        )
    if (group := asked.group) is not None:
        if group not in columns:
            raise UserError(
                f"{table.name}: no column {group!r} (data.group); its columns are "
                f"{', '.join(map(repr, columns))}",
                "give data.group one of them",
            )
        if group in (roles.text, roles.label):
            raise UserError(
                f"{table.name}: data.group={group} is the column of the text or the label",
                "leave it out: equal texts stay together anyway",
            )
        roles = replace(roles, document=group)
    notes = text_notes(table.name, columns, roles, chosen=asked.text is not None)
    left_out: list[str] = []
    examples = _examples(table, roles, asked, left_out)
    return Source(table.name, roles.task, roles.text, roles.label, examples, tuple(notes), left_out)


def _examples(table: Table, roles: Roles, asked: Asked, left_out: list[str]) -> Iterator[Example]:
    """The rows with a label; once they have ended, those without are refused or left out."""
    name_of = _label_namer(table.classes.get(roles.label))
    columns = [roles.text, roles.label, *([roles.document] if roles.document else [])]
    read = _tokens if TASKS[roles.task].listed else _sentence
    number, without, first = 0, 0, 0
    for number, cells in enumerate(table.rows(columns), start=1):
        try:
            text, named = read(cells[0], cells[1], name_of)
        except _NoLabelError:
            without, first = without + 1, first or number
            continue
        except _CellError as bad:
            column = roles.text if bad.in_text else roles.label
            where = f"{table.name}: row {number} has {bad.problem} in column {column!r}"
            raise UserError(where, bad.remedy) from None
        if isinstance(named, list) and len(named) != len(text):
            raise UserError(
                f"{table.name}: row {number} has {len(text)} words in {roles.text!r} and "
                f"{len(named)} labels in {roles.label!r}",
                "give each word one label",
            )
        if without and asked.missing == "refuse":
            continue  # nothing more is used: the rest is read to count
        document = cells[2] if roles.document else None
        if _missing(document) or document == "":
            document = f"{table.name} row {number}" if asked.group else None
        yield Example(text, named, None if document is None else str(document))
    if not without:
        return
    verb = "has" if without == 1 else "have"
    said = f"{table.name}: {without:,} of {number:,} rows {verb} no label in column {roles.label!r}"
    if asked.missing == "refuse":
        raise UserError(
            f"{said}, row {first:,} first",
            "label them, or give data.missing=drop to leave them out",
        )
    left_out.append(f"{said} and are left out (data.missing=drop)")


class _NoLabelError(Exception):
    """A row whose label is missing."""


class _CellError(Exception):
    """A cell that cannot be what its column is read as."""

    def __init__(self, problem: str, remedy: str, *, in_text: bool = False) -> None:
        super().__init__(problem)
        self.problem, self.remedy, self.in_text = problem, remedy, in_text


_Namer = Callable[[Any], str]


def _sentence(text: Any, label: Any, name_of: _Namer) -> tuple[str, str]:
    if not isinstance(text, str) and not _missing(text):
        raise _CellError(f"{_shown(text)}", "give each row one text there", in_text=True)
    return text if isinstance(text, str) else "", _named(label, name_of)


def _tokens(words: Any, tags: Any, name_of: _Namer) -> tuple[list[str], list[str]]:
    words = [] if words is None else words
    tags = [] if tags is None else tags
    remedy = "give each row a list there"
    if not isinstance(words, list):
        raise _CellError(f"{_shown(words)}", remedy, in_text=True)
    if not isinstance(tags, list):
        raise _CellError(f"{_shown(tags)}", remedy)
    for word in words:
        if _missing(word) or not isinstance(word, str | Real):
            raise _CellError(f"{_shown(word)} for a word", "give each word as text", in_text=True)
    return [str(word) for word in words], [_named(tag, name_of) for tag in tags]


def _named(label: Any, name_of: _Namer) -> str:
    if not isinstance(label, str | Real) and label is not None:
        raise _CellError(f"{_shown(label)} for a label", "give one label, as text or a number")
    name = "" if _missing(label) else name_of(label)
    if not name:
        raise _NoLabelError
    return name


def _missing(cell: Any) -> bool:
    """None, and the NaN that stands for it in columns of numbers."""
    return cell is None or cell != cell


def _label_namer(class_names: Sequence[str] | None) -> _Namer:
    """From a cell to the label's name; "" where there is none (also -1 among classes)."""
    if class_names is None:
        return lambda cell: str(cell).strip()

    def name(cell: Any) -> str:
        if not isinstance(cell, int) or cell >= len(class_names):
            raise _CellError(
                f"label {cell!r}, and the data name {len(class_names)} labels", "write it anew"
            )
        return class_names[cell] if cell >= 0 else ""

    return name


def _shown(cell: Any) -> str:
    if isinstance(cell, list | dict):
        return f"a {'list' if isinstance(cell, list) else 'nested object'}"
    return f"{cell!r:.40}"
