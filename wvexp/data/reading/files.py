"""Labelled text in the user's files: CSV, TSV, JSON lines, Parquet, CoNLL, CoNLL-U."""

from contextlib import ExitStack
from pathlib import Path

from wvexp.data.corpus import Corpus
from wvexp.data.reading.encode import build_corpus
from wvexp.data.reading.limits import USUAL, TextLimits
from wvexp.data.reading.opening import check_file, check_growth
from wvexp.data.reading.reader import Asked
from wvexp.data.reading.readers import reader_of
from wvexp.data.reading.rows import Missing
from wvexp.data.split import Task


def read_files(
    train: Path,
    validation: Path | None,
    test: Path | None,
    *,
    text: str | None,
    label: str | None,
    task: Task | None,
    tokenizer: str = "auto",
    group: str | None = None,
    missing: Missing = "refuse",
    seed: int | None,
    limits: TextLimits = USUAL,
    least_test: int = 0,
) -> Corpus:
    """The corpus in the given files; their formats follow their extensions (`reader.READERS`).

    Parameters
    ----------
    validation, test
        Where None, 10 % of the training data is split off, seeded; nothing with `seed=None`, and
        where that would be fewer than `least_test` test sentences or documents.
    text, label
        Columns; None finds them in the training file by name or content
        (`columns.choose_columns`). In CoNLL files they are numbers counted from 1, in CoNLL-U the
        format's own names.
    task
        Name of a `TaskKind`; None leaves it to the data.
    tokenizer
        For sentence tasks, see `tokenizers.get_tokenizer`.
    group
        Column of a table whose equal values stay together in a split that is made here.
    missing
        What becomes of rows without a label: "refuse" the file, or "drop" them.
    limits
        What a line and a file may grow to.

    Raises
    ------
    UserError
        A file cannot be used; the message names it, the line or row, and the remedy.
    """
    for path in filter(None, (train, validation, test)):
        check_file(path)
        reader_of(path)
    for path in filter(None, (train, validation, test)):
        check_growth(path, limits)
    asked = Asked(text, label, task, group, missing, limits)
    with ExitStack() as files:
        training = reader_of(train).source(files, train, asked)
        asked = asked._replace(text=training.text, label=training.label, task=training.task)
        others = [
            None if path is None else reader_of(path).source(files, path, asked)
            for path in (validation, test)
        ]
        return build_corpus(
            _name(train),
            training,
            *others,
            tokenizer=tokenizer,
            seed=seed,
            least_test=least_test,
            group=group,
        )


def _name(train: Path) -> str:
    """The file's name without extensions; its folder's where that only says "train"."""
    name = train.name.split(".")[0]
    return train.resolve().parent.name if name in ("train", "training") else name
