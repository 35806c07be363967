"""Rows of a table as examples."""

from collections.abc import Iterator
from dataclasses import replace

from wvexp.data.reading.asked import Asked
from wvexp.data.reading.assumptions import (
    measured,
    number_notes,
    separator_notes,
    text_notes,
)
from wvexp.data.reading.cells import (
    CellError,
    NoLabelError,
    find_separator,
    is_missing,
    label_namer,
    read_cells,
)
from wvexp.data.reading.columns import Roles, choose_columns, column_of
from wvexp.data.reading.examples import Example, Source
from wvexp.data.reading.table import Table
from wvexp.errors import UserError
from wvexp.tasks import TASKS, kind_of_text


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
    cells = table.head[roles.label]
    if (
        asked.task is None
        and roles.label not in table.classes
        and _plain(roles)
        and measured(cells)
    ):
        roles = replace(roles, task=kind_of_text(False, numeric=True).name)
        notes += number_notes(table.name, roles.label, cells)
    if TASKS[roles.task].several and asked.separator is None:
        asked = replace(asked, separator=find_separator(cells))
        notes += separator_notes(table.name, asked.separator) if asked.separator else []
    left_out: list[str] = []
    return Source(
        table.name,
        roles.task,
        roles.text,
        roles.label,
        _examples(table, roles, asked, left_out),
        tuple(notes),
        left_out,
        asked.separator,
    )


def _plain(roles: Roles) -> bool:
    """Whether texts have one label each."""
    return roles.task == kind_of_text(False).name


def _examples(table: Table, roles: Roles, asked: Asked, left_out: list[str]) -> Iterator[Example]:
    """The rows with a label; once they have ended, those without are refused or left out."""
    kind = TASKS[roles.task]
    read = read_cells(kind, label_namer(table.classes.get(roles.label)), asked.separator)
    columns = [roles.text, roles.label, *([roles.document] if roles.document else [])]
    number, without, first = 0, 0, 0
    for number, cells in enumerate(table.rows(columns), start=1):
        try:
            text, named = read(cells[0], cells[1])
        except NoLabelError:
            without, first = without + 1, first or number
            continue
        except CellError as bad:
            column = roles.text if bad.in_text else roles.label
            where = f"{table.name}: row {number} has {bad.problem} in column {column!r}"
            raise UserError(where, bad.remedy) from None
        if kind.listed and isinstance(named, list) and len(named) != len(text):
            raise UserError(
                f"{table.name}: row {number} has {len(text)} words in {roles.text!r} and "
                f"{len(named)} labels in {roles.label!r}",
                "give each word one label",
            )
        if without and asked.missing == "refuse":
            continue  # nothing more is used: the rest is read to count
        document = cells[2] if roles.document else None
        if is_missing(document) or document == "":
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
