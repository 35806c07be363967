"""Rows of a table as examples."""

from collections.abc import Callable, Iterator
from itertools import chain, repeat
from typing import Any

from wvexp.data.columns import Column, Roles, choose_columns
from wvexp.data.corpus import Task
from wvexp.data.examples import Example, Source
from wvexp.data.tables import Table
from wvexp.errors import UserError


def table_rows(table: Table, text: str | None, label: str | None, task: Task | None) -> Source:
    """Examples of a table, read batch by batch.

    Raises
    ------
    UserError
        See `choose_columns`; while iterating: a row has no label, or not one label a word.
    """
    batches = table.batches()
    first = next((batch for batch in batches if len(batch)), None)
    if first is None:
        raise UserError(f"{table.name}: no rows", "give labelled text")
    roles = choose_columns(table.name, _columns(first), text, label, task)
    if not label and roles.label in first.column(roles.label).to_pylist():
        raise UserError(
            f"{table.name}: the label column is named {roles.label!r}, and so is one of its labels",
            "add a header line such as text,label",
        )
    examples = _examples(table, roles, chain([first], batches))
    return Source(table.name, roles.task, roles.text, roles.label, examples)


def _examples(table: Table, roles: Roles, batches: Iterator[Any]) -> Iterator[Example]:
    name_of = _label_namer(table.class_names(roles.label))
    row = 0
    for batch in batches:
        texts = batch.column(roles.text).to_pylist()
        labels = batch.column(roles.label).to_pylist()
        documents = batch.column(roles.document).to_pylist() if roles.document else repeat(None)
        for text, label, document in zip(texts, labels, documents, strict=False):
            row += 1
            named: str | list[str]
            if roles.task == "sentence":
                named = name_of(label)
                absent = not named
                text = text or ""
            else:
                text = [str(word) for word in text or []]
                named = [name_of(tag) for tag in label or []]
                absent = not all(named)
                if len(named) != len(text):
                    raise UserError(
                        f"{table.name}: row {row} has {len(text)} words in {roles.text!r} and "
                        f"{len(named)} labels in {roles.label!r}",
                        "give each word one label",
                    )
            if absent:
                raise UserError(
                    f"{table.name}: row {row} has no label in column {roles.label!r}",
                    "label it or take the row out",
                )
            yield Example(text, named, None if document is None else str(document))


def _label_namer(class_names: list[str] | None) -> Callable[[Any], str]:
    """From a cell to the label's name; "" where there is none (also -1 among classes)."""
    if class_names is not None:
        return lambda cell: class_names[cell] if cell is not None and cell >= 0 else ""
    return lambda cell: "" if cell is None else str(cell).strip()


def _columns(batch: Any) -> dict[str, Column]:
    """Kind and wordiness of each column, by the first rows."""
    import pyarrow as pa

    def plain(type_: Any) -> str:
        if pa.types.is_string(type_) or pa.types.is_large_string(type_):
            return "text"
        number = pa.types.is_integer(type_) or pa.types.is_floating(type_)
        return "number" if number or pa.types.is_boolean(type_) else "other"

    columns = {}
    for field in batch.schema:
        kind = plain(field.type)
        words = 0.0
        if pa.types.is_list(field.type) or pa.types.is_large_list(field.type):
            kind = {"text": "texts", "number": "numbers"}.get(plain(field.type.value_type), "other")
        elif kind == "text":
            cells = [cell for cell in batch.column(field.name)[:1000].to_pylist() if cell]
            words = sum(len(cell.split()) for cell in cells) / max(1, len(cells))
        columns[field.name] = Column(kind, words)  # type: ignore[arg-type]
    return columns
