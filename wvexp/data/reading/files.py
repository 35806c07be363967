"""Labelled text in the user's files: CSV, TSV, JSON lines, Parquet, CoNLL, CoNLL-U."""

from contextlib import ExitStack
from pathlib import Path

from wvexp.data.corpus import Corpus
from wvexp.data.reading.asked import Asked
from wvexp.data.reading.encode import build_corpus
from wvexp.data.reading.opening import check_file, check_growth
from wvexp.data.reading.readers import reader_of


def read_files(train: Path, validation: Path | None, test: Path | None, asked: Asked) -> Corpus:
    """The corpus in the given files; their formats follow their extensions (`reader.READERS`).

    Where validation or test is None, it is split off the training data (`Asked`).

    Raises
    ------
    UserError
        A file cannot be used; the message names it, the line or row, and the remedy.
    """
    for path in filter(None, (train, validation, test)):
        check_file(path)
        reader_of(path)
    for path in filter(None, (train, validation, test)):
        check_growth(path, asked.limits)
    with ExitStack() as files:
        training = reader_of(train).source(files, train, asked)
        others = asked.as_in(training)
        checking, testing = (
            None if path is None else reader_of(path).source(files, path, others)
            for path in (validation, test)
        )
        return build_corpus(_name(train), training, checking, testing, asked)


def _name(train: Path) -> str:
    """The file's name without extensions; its folder's where that only says "train"."""
    name = train.name.split(".")[0]
    return train.resolve().parent.name if name in ("train", "training") else name
