"""Labelled text in the user's files: CSV, TSV, JSON lines, Parquet, CoNLL, CoNLL-U."""

from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from wvexp.data.corpus import Corpus
from wvexp.data.reading.conll import FORM, UPOS, read_conll, read_conllu
from wvexp.data.reading.encode import build_corpus
from wvexp.data.reading.examples import Source
from wvexp.data.reading.limits import USUAL, TextLimits
from wvexp.data.reading.opening import check_file, check_growth, format_of
from wvexp.data.reading.rows import Missing, table_rows
from wvexp.data.reading.tables import open_table
from wvexp.data.split import Task
from wvexp.errors import UserError


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
    """The corpus in the given files; their formats follow their extensions (`inputs.FORMATS`).

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
        "token" or "sentence"; None leaves it to the data.
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
        format_of(path)
    for path in filter(None, (train, validation, test)):
        check_growth(path, limits)
    asked = _Asked(text, label, task, group, missing, limits)
    with ExitStack() as files:
        training = _open(files, train, asked)
        asked = asked._replace(text=training.text, label=training.label, task=training.task)
        others = [
            None if path is None else _open(files, path, asked) for path in (validation, test)
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


class _Asked(NamedTuple):
    """How every file is to be read."""

    text: str | None
    label: str | None
    task: Task | None
    group: str | None
    missing: Missing
    limits: TextLimits


def _open(files: ExitStack, path: Path, asked: _Asked) -> Source:
    text, label, task, group, missing, limits = asked
    kind = format_of(path)
    if kind not in ("conll", "conllu"):
        table = files.enter_context(open_table(path, kind, limits))
        return table_rows(table, text, label, task, group=group, missing=missing)
    if task == "sentence":
        raise UserError(
            f"{path}: a {kind} file labels tokens, the task is sentence",
            "give a table with one label a sentence, or label tokens in every file",
        )
    for key, value in (("group", group), ("missing", None if missing == "refuse" else missing)):
        if value is not None:
            raise UserError(
                f"{path}: data.{key}={value} is for tables, a {kind} file has lines",
                "name documents with `# newdoc` lines" if key == "group" else "mend its lines",
            )
    if kind == "conllu":
        text, label = text or FORM, label or UPOS
    read = read_conll if kind == "conll" else read_conllu
    return Source(str(path), "token", text, label, read(path, text, label, limits))


def _name(train: Path) -> str:
    """The file's name without extensions; its folder's where that only says "train"."""
    name = train.name.split(".")[0]
    return train.resolve().parent.name if name in ("train", "training") else name
