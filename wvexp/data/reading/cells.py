"""What is read from the cells of one row: a text and its label, labels, number or tags."""

import json
import re
from collections.abc import Callable, Sequence
from math import isfinite
from numbers import Real
from typing import Any

from wvexp.tasks import TaskKind

# Separators of labels that are looked for where none is given, the first that is there.
SEPARATORS = "|;,"
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)
# Squares of larger numbers, summed, are none.
_LARGEST = 1e100

Namer = Callable[[Any], str]
# From the cells of text and label to an example's text and labels.
Read = Callable[[Any, Any], tuple[str | list[str], str | list[str] | float]]


class NoLabelError(Exception):
    """A row whose label is missing."""


class CellError(Exception):
    """A cell that cannot be what its column is read as."""

    def __init__(self, problem: str, remedy: str, *, in_text: bool = False) -> None:
        super().__init__(problem)
        self.problem, self.remedy, self.in_text = problem, remedy, in_text


def read_cells(kind: TaskKind, name_of: Namer, separator: str | None) -> Read:
    """How a task of the kind reads a row; `separator` parts labels in a cell of text."""
    if kind.listed:
        return lambda words, tags: _tokens(words, tags, name_of)
    if kind.numeric:
        return lambda text, number: (_text(text), _number(number))
    if kind.several:
        return lambda text, labels: (_text(text), _labels(labels, name_of, separator))
    return lambda text, label: (_text(text), _named(label, name_of))


def find_separator(cells: Sequence[Any]) -> str | None:
    """What parts the labels in these cells; None where none of them has several."""
    texts = [cell for cell in cells if isinstance(cell, str) and not cell.lstrip().startswith("[")]
    return next((mark for mark in SEPARATORS if any(mark in text for text in texts)), None)


def _text(cell: Any) -> str:
    if not isinstance(cell, str) and not is_missing(cell):
        raise CellError(f"{_shown(cell)}", "give each row one text there", in_text=True)
    return cell if isinstance(cell, str) else ""


def _tokens(words: Any, tags: Any, name_of: Namer) -> tuple[list[str], list[str]]:
    words = [] if words is None else words
    tags = [] if tags is None else tags
    remedy = "give each row a list there"
    if not isinstance(words, list):
        raise CellError(f"{_shown(words)}", remedy, in_text=True)
    if not isinstance(tags, list):
        raise CellError(f"{_shown(tags)}", remedy)
    for word in words:
        if is_missing(word) or not isinstance(word, str | Real):
            raise CellError(f"{_shown(word)} for a word", "give each word as text", in_text=True)
    return [str(word) for word in words], [_named(tag, name_of) for tag in tags]


def _labels(cell: Any, name_of: Namer, separator: str | None) -> list[str]:
    """A list, in JSON or parted by the separator; nothing in the cell is no label."""
    if is_missing(cell):
        raise NoLabelError
    parts = cell
    if isinstance(cell, str) and cell.lstrip().startswith("["):
        try:
            parts = json.loads(cell)
        except (ValueError, RecursionError):
            parts = None
        if not isinstance(parts, list):
            raise CellError(f"{_shown(cell)}, which is no JSON list", 'write ["a", "b"]')
    elif isinstance(cell, str):
        found = cell.split(separator) if separator else [cell]
        parts = [part for part in found if part.strip()]
    elif not isinstance(cell, list):
        parts = [cell]
    try:
        return [_named(part, name_of) for part in parts]
    except NoLabelError:
        raise CellError(f"{_shown(cell)}, with an empty label", "take it out of the list") from None


def _number(cell: Any) -> float:
    if is_missing(cell) or (isinstance(cell, str) and not cell.strip()):
        raise NoLabelError
    text = str(cell).strip()
    readable = isinstance(cell, str | Real) and not isinstance(cell, bool)
    if not readable or not NUMBER.fullmatch(text) or not isfinite(float(text)):
        raise CellError(
            f"{_shown(cell)} for a number",
            "write it as 3 or -2.5e3, or leave the cell empty where it is not known",
        )
    if abs(float(text)) > _LARGEST:
        raise CellError(f"{_shown(cell)} for a number", "give the numbers in a larger unit")
    return float(text)


def _named(label: Any, name_of: Namer) -> str:
    if not isinstance(label, str | Real) and label is not None:
        raise CellError(f"{_shown(label)} for a label", "give one label, as text or a number")
    name = "" if is_missing(label) else name_of(label)
    if not name:
        raise NoLabelError
    return name


def is_missing(cell: Any) -> bool:
    """None, and the NaN that stands for it in columns of numbers."""
    return cell is None or cell != cell


def label_namer(class_names: Sequence[str] | None) -> Namer:
    """From a cell to the label's name; "" where there is none (also -1 among classes)."""
    if class_names is None:
        return lambda cell: str(cell).strip()

    def name(cell: Any) -> str:
        if not isinstance(cell, int) or cell >= len(class_names):
            raise CellError(
                f"label {cell!r}, and the data name {len(class_names)} labels", "write it anew"
            )
        return class_names[cell] if cell >= 0 else ""

    return name


def _shown(cell: Any) -> str:
    if isinstance(cell, list | dict):
        return f"a {'list' if isinstance(cell, list) else 'nested object'}"
    return f"{cell!r:.40}"
