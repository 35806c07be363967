"""How labelled text is to be read."""

from dataclasses import dataclass, replace

from wvexp.data.reading.examples import Source
from wvexp.data.reading.limits import USUAL, TextLimits
from wvexp.data.split import Task


@dataclass(frozen=True)
class Asked:
    """What is asked of all parts of a corpus, each as the key of that name in the `data` group.

    text, label  columns; None finds them in the training part by name or content
                 (`columns.choose_columns`). In CoNLL files they are numbers counted from 1, in
                 CoNLL-U the format's own names
    task         name of a `TaskKind`; None leaves it to the data
    tokenizer    for sentence tasks, see `tokenizers.get_tokenizer`
    group        column of a table whose equal values are one document, in whichever part, and
                 stay together in a split that is made here
    separator    what parts the labels of a text that may have several; None leaves it to the data
    missing      what becomes of rows without a label: "refuse" the file, or "drop" them
    limits       what a line and a file may grow to
    seed         of what is split off the training data, 10 % of it, where a part is missing;
                 with None such a part is empty
    least_test   as it is where the test part would have fewer sentences or documents
    """

    text: str | None = None
    label: str | None = None
    task: Task | None = None
    tokenizer: str = "auto"
    group: str | None = None
    separator: str | None = None
    missing: str = "refuse"
    limits: TextLimits = USUAL
    seed: int | None = 0
    least_test: int = 0

    def as_in(self, train: Source) -> "Asked":
        """What is asked of the other parts: columns, task and separator of the training part."""
        return replace(
            self,
            text=train.text,
            label=train.label,
            task=train.task,
            separator=train.separator,
        )
