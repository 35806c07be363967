"""Labelled text in the user's files: CSV, TSV, JSON lines, Parquet, CoNLL, CoNLL-U."""

from contextlib import ExitStack
from pathlib import Path

from wvexp.data.conll import FORM, UPOS, read_conll, read_conllu
from wvexp.data.corpus import Corpus, Task
from wvexp.data.encode import build_corpus
from wvexp.data.examples import Source
from wvexp.data.inputs import check_file, check_growth, format_of
from wvexp.data.limits import USUAL, TextLimits
from wvexp.data.rows import table_rows
from wvexp.data.tables import open_table
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
    seed: int | None,
    limits: TextLimits = USUAL,
) -> Corpus:
    """The corpus in the given files; their formats follow their extensions (`inputs.FORMATS`).

    Parameters
    ----------
    validation, test
        Where None, 10 % of the training data is split off, seeded; nothing with `seed=None`.
    text, label
        Columns; None finds them in the training file by name or content
        (`columns.choose_columns`). In CoNLL files they are numbers counted from 1, in CoNLL-U the
        format's own names.
    task
        "token" or "sentence"; None leaves it to the data.
    tokenizer
        For sentence tasks, see `tokenizers.get_tokenizer`.
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
    with ExitStack() as files:
        training = _open(files, train, text, label, task, limits)
        others = [
            None
            if path is None
            else _open(files, path, training.text, training.label, training.task, limits)
            for path in (validation, test)
        ]
        return build_corpus(_name(train), training, *others, tokenizer=tokenizer, seed=seed)


def _open(
    files: ExitStack,
    path: Path,
    text: str | None,
    label: str | None,
    task: Task | None,
    limits: TextLimits,
) -> Source:
    kind = format_of(path)
    if kind not in ("conll", "conllu"):
        return table_rows(files.enter_context(open_table(path, kind, limits)), text, label, task)
    if task == "sentence":
        raise UserError(
            f"{path}: a {kind} file labels tokens, the task is sentence",
            "give a table with one label a sentence, or label tokens in every file",
        )
    if kind == "conllu":
        text, label = text or FORM, label or UPOS
    read = read_conll if kind == "conll" else read_conllu
    return Source(str(path), "token", text, label, read(path, text, label, limits))


def _name(train: Path) -> str:
    """The file's name without extensions; its folder's where that only says "train"."""
    name = train.name.split(".")[0]
    return train.resolve().parent.name if name in ("train", "training") else name
