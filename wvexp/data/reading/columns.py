"""Which columns of a table hold the text, the label and the document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal

from wvexp.data.split import Task
from wvexp.errors import UserError
from wvexp.tasks import TASKS, kind_of_text

# fmt: off
TEXT_NAMES = {
    "text", "tokens", "words", "sentence", "review", "content", "question", "document",
    "comment", "tweet", "headline", "title", "utterance", "message", "body",
}
LABEL_NAMES = {
    "label", "labels", "class", "category", "target", "sentiment", "tag", "tags", "ner_tags",
    "pos_tags", "upos", "intent", "polarity", "rating", "stars",
}
# fmt: on
DOCUMENT_NAMES = ("doc_id", "document_id", "docid")

Kind = Literal["text", "texts", "number", "numbers", "other"]


@dataclass(frozen=True)
class Column:
    """What the first rows show of a column.

    kind   "text" or "number", plural for a list of them in each row
    words  mean number of blank-separated words with a letter in a row, 0 where it is not text
    """

    kind: Kind
    words: float = 0.0

    @property
    def is_list(self) -> bool:
        return self.kind in ("texts", "numbers")


def column_of(cells: Sequence[Any]) -> Column:
    """The kind of a column that holds these cells; missing ones do not count."""
    present = [cell for cell in cells if cell is not None and cell == cell]
    lists = [cell for cell in present if isinstance(cell, list)]
    if not lists:
        kind = _kind(present)
        words = [_words(cell) for cell in present if cell] if kind == "text" else []
        return Column(kind, sum(words) / max(1, len(words)))
    inner = _kind([part for cell in lists for part in cell if part is not None])
    if len(lists) < len(present) or inner == "other":
        return Column("other")
    return Column("texts" if inner == "text" else "numbers")


def _kind(cells: Sequence[Any]) -> Literal["text", "number", "other"]:
    """ "text" where some are text and the others numbers, which labels may be."""
    texts = sum(isinstance(cell, str) for cell in cells)
    numbers = sum(isinstance(cell, Real) for cell in cells)
    if not cells or texts + numbers < len(cells):
        return "other"
    return "text" if texts else "number"


def _words(cell: Any) -> int:
    return sum(any(map(str.isalpha, word)) for word in str(cell).split())


@dataclass(frozen=True)
class Roles:
    """The columns in use, by name; the task they make."""

    text: str
    label: str
    document: str | None
    task: Task


def choose_columns(
    where: str,
    columns: Mapping[str, Column],
    text: str | None,
    label: str | None,
    task: Task | None,
) -> Roles:
    """The given columns, or the one obvious choice.

    A text column is one with a usual name (`TEXT_NAMES`) that holds text, or lists of words in a
    token task; a label column likewise (`LABEL_NAMES`). Where there are two columns, one of them
    text of two words and more in the mean, names do not matter.

    Raises
    ------
    UserError
        A given column is absent or holds something else; no choice is obvious.
    """
    listed = f"its columns are {', '.join(map(repr, columns))}"
    for key, name in (("data.text", text), ("data.label", label)):
        if name is not None and name not in columns:
            raise UserError(
                f"{where}: no column {name!r} ({key}); {listed}", f"give {key} one of them"
            )
    texts = [text] if text else _named(columns, TEXT_NAMES)
    labels = [label] if label else _named(columns, LABEL_NAMES)
    if len(columns) == 2 and not (texts and labels):
        texts, labels = _by_content(where, columns, texts, labels)
    pairs = [(a, b) for a in texts for b in labels if a != b and _fit(columns[a], columns[b], task)]
    if len(pairs) != 1:
        number = "several pairs" if pairs else "no pair"
        of_task = f" of a {task} task" if task else ""
        kinds = ", ".join(f"{name!r} ({column.kind})" for name, column in columns.items())
        raise UserError(
            f"{where}: {number} of text and label columns{of_task} among {kinds}",
            "name them with data.text and data.label",
        )
    text, label = pairs[0]
    by_name = {name.lower(): name for name in columns}
    document = next((by_name[name] for name in DOCUMENT_NAMES if name in by_name), None)
    if document in (text, label):
        document = None
    lists, several = columns[text].is_list, columns[label].is_list
    guessed = kind_of_text(lists, several=several and not lists)
    return Roles(text, label, document, task or guessed.name)


def _named(columns: Mapping[str, Column], names: set[str]) -> list[str]:
    return [column for column in columns if column.lower() in names]


def _fit(text: Column, label: Column, task: Task | None) -> bool:
    """Whether the two can be text and label of the task.

    Both are lists, or neither; or a text has a list of labels, and the task may have several.
    """
    kind = None if task is None else TASKS[task]
    if text.kind not in ("text", "texts") or label.kind == "other":
        return False
    if label.is_list and not text.is_list:
        return kind is None or kind.several
    return text.is_list == label.is_list and (kind is None or text.is_list == kind.listed)


def _by_content(
    where: str, columns: Mapping[str, Column], texts: list[str], labels: list[str]
) -> tuple[list[str], list[str]]:
    """Two columns: text is the one that reads like it, the label is the other."""
    wordy = [name for name in columns if columns[name].words >= 2]
    if any(len(name.split()) > 3 for name in columns):
        raise UserError(
            f"{where}: the first line looks like data ({', '.join(columns)[:60]})",
            "add a header line such as text,label",
        )
    texts = texts or [name for name in (wordy if len(wordy) == 1 else []) if name not in labels]
    labels = labels or [name for name in columns if texts and name not in texts]
    return texts, labels
