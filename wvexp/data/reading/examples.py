"""What every reader of labelled text yields."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from wvexp.data.split import Task


class Example(NamedTuple):
    """One sentence.

    text      running text in a sentence task, the words in a token task
    labels    its label, any number of labels, or its number; or one label per word
    document  name of its document, None where the data names none
    """

    text: str | list[str]
    labels: str | list[str] | float
    document: str | None


class Source(NamedTuple):
    """The examples of one split, read while they are iterated.

    name         what a message calls it: a path, or a data set and its split
    text, label  the columns they are read from; None where columns have no names
    notes        what was assumed of the columns (`wvexp.data.reading.assumptions`)
    separator    what parts the labels of a text that may have several, in a cell of text
    left_out     which examples were left out, in words; complete once `examples` has ended
    """

    name: str
    task: Task
    text: str | None
    label: str | None
    examples: Iterator[Example]
    notes: tuple[str, ...] = ()
    left_out: Sequence[str] = ()
    separator: str | None = None
