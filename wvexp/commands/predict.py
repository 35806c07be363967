"""Use of a saved model: text in, labels out, from the command line or from files."""

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from wvexp.data.reading.columns import TEXT_NAMES
from wvexp.data.reading.conll import read_conll, read_conllu
from wvexp.data.reading.limits import TextLimits
from wvexp.data.reading.opening import FORMATS, check_growth, format_of, open_text
from wvexp.data.reading.tables import open_table
from wvexp.data.tokenizers import get_tokenizer
from wvexp.errors import UserError
from wvexp.files import replacing
from wvexp.printable import printable
from wvexp.training.saved import SavedModel

OUTPUTS = (".jsonl", ".csv", ".tsv", ".conll")
_LIMITS = TextLimits(prefix="")


def run_prediction(
    model: str,
    text: str | None,
    file: str | None,
    column: str | None,
    out: str | None,
    limits: TextLimits = _LIMITS,
) -> None:
    """Label `text`, or every sentence of `file`, with the model folder `model`.

    Without `out` the labels go to standard output, else into a .jsonl, .csv, .tsv or .conll file.

    Raises
    ------
    UserError
        Not exactly one of text and file, an unknown format, or a file that cannot be used.
    """
    if (text is None) == (file is None):
        raise UserError(
            f"predict got {'neither text= nor file=' if text is None else 'both text= and file='}",
            'give text="..." or file=PATH, one of them',
        )
    if out is not None and file is not None and Path(out).resolve() == Path(file).resolve():
        raise UserError(f"out={out} is the file that is read", "give another name")
    if out is not None and Path(out).suffix not in OUTPUTS:
        raise UserError(f"out={out}: unknown extension", f"known are {' '.join(OUTPUTS)}")
    saved = SavedModel.load(Path(model).expanduser())
    _, tokenize = get_tokenizer(saved.tokenizer)
    if out is not None and out.endswith(".conll") and saved.task == "sentence":
        raise UserError(f"out={out}: this model labels sentences", "use .jsonl, .csv or .tsv")
    if file is not None:
        sentences = read_sentences(Path(file).expanduser(), column, tokenize, limits)
    else:
        sentences = [Sentence.of(text or "", tokenize)]
    scores = saved.predict([sentence.words for sentence in sentences])
    records = [
        _record(saved, sentence, score) for sentence, score in zip(sentences, scores, strict=True)
    ]
    with _target(out) as target:
        if out is None:
            records = [_shown(record) for record in records]
        _write(records, saved.task, "" if out is None else Path(out).suffix, target)
    if out is not None:
        print(printable(f"{out}: {len(records):,} sentences labelled"))


class Sentence(NamedTuple):
    """A sentence as it came, and its words."""

    text: str
    words: list[str]

    @classmethod
    def of(cls, cell: str | list[str], tokenize: Callable[[str], list[str]]) -> "Sentence":
        if isinstance(cell, str):
            return cls(cell, tokenize(cell))
        return cls(" ".join(cell), list(cell))


def read_sentences(
    path: Path,
    column: str | None,
    tokenize: Callable[[str], list[str]],
    limits: TextLimits = _LIMITS,
) -> list[Sentence]:
    """Sentences of a .txt file (one a line), of a table's text column, or of CoNLL."""
    check_growth(path, limits)
    suffixes = [suffix for suffix in path.suffixes if suffix != ".gz"]
    if suffixes[-1:] == [".txt"]:
        return [Sentence.of(line, tokenize) for line in _text_lines(path, limits)]
    if not suffixes or suffixes[-1] not in FORMATS:
        raise UserError(f"{path}: unknown extension", f"known are .txt {' '.join(FORMATS)}")
    kind = format_of(path)
    if kind in ("conll", "conllu"):
        # The tags, if there are any, are not read.
        examples = (
            read_conll(path, column or "1", column or "1", limits)
            if kind == "conll"
            else read_conllu(path, column or "FORM", "ID", limits)
        )
        return [Sentence.of(list(example.text), tokenize) for example in examples]
    with open_table(path, kind, limits) as table:
        column = _text_column(path, column, list(table.head))
        return [
            Sentence.of(_cell(path, number, cell), tokenize)
            for number, (cell,) in enumerate(table.rows([column]), start=1)
        ]


def _text_lines(path: Path, limits: TextLimits) -> Iterator[str]:
    with open_text(path, limits) as lines:
        for line in lines:
            yield line.rstrip("\r\n")
            if not line.isspace():
                lines.end_record()


def _cell(path: Path, row: int, cell: Any) -> str | list[str]:
    """A text, or a list of words; nothing where the cell is empty."""
    if cell is None:
        return ""
    if isinstance(cell, str) or (
        isinstance(cell, list) and all(isinstance(word, str) for word in cell)
    ):
        return cell
    raise UserError(
        f"{path}: row {row} holds {cell!r:.40}, which is no text", "give column=NAME of the text"
    )


def _text_column(path: Path, column: str | None, names: list[str]) -> str:
    usual = [name for name in names if name.lower() in TEXT_NAMES]
    choices = [column] if column else usual if len(names) > 1 else names
    if len(choices) != 1 or choices[0] not in names:
        raise UserError(
            f"{path}: no column {column!r}" if column else f"{path}: which column is the text?",
            f"give column=NAME, one of {', '.join(names)}",
        )
    return choices[0]


def _record(saved: SavedModel, sentence: Sentence, scores: Any) -> dict[str, Any]:
    best = scores.argmax(1)
    labels = [saved.label_names[i] for i in best]
    probabilities = [float(np.exp(row[i])) for row, i in zip(scores, best, strict=True)]
    if saved.task == "sentence":
        return {"text": sentence.text, "label": labels[0], "probability": probabilities[0]}
    return {"tokens": sentence.words, "tags": labels, "probabilities": probabilities}


def _shown(record: dict[str, Any]) -> dict[str, Any]:
    """The record as a terminal may have it."""

    def shown(value: Any) -> Any:
        if isinstance(value, list):
            return [shown(part) for part in value]
        if not isinstance(value, str):
            return value
        return " ".join(printable(value).replace("\t", " ").splitlines())

    return {name: shown(value) for name, value in record.items()}


@contextmanager
def _target(out: str | None) -> Iterator[IO[str]]:
    if out is None:
        yield sys.stdout
        return
    with replacing(Path(out).expanduser()) as binary:
        text = io.TextIOWrapper(
            binary, encoding="utf-8", errors="backslashreplace", newline="", write_through=True
        )
        yield text
        text.detach()


def _write(records: list[dict[str, Any]], task: str, suffix: str, target: IO[str]) -> None:
    if suffix == ".jsonl":
        target.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    elif suffix in (".csv", ".tsv"):
        writer = csv.writer(target, delimiter="," if suffix == ".csv" else "\t")
        if task == "sentence":
            writer.writerow(["text", "label", "probability"])
            writer.writerows(record.values() for record in records)
        else:
            writer.writerow(["sentence", "token", "tag", "probability"])
            for number, record in enumerate(records, 1):
                writer.writerows((number, *row) for row in zip(*record.values(), strict=True))
    elif task == "token":
        for record in records:
            pairs = zip(record["tokens"], record["tags"], strict=True)
            target.writelines([*(f"{token}\t{tag}\n" for token, tag in pairs), "\n"])
    else:
        for record in records:
            text = " ".join(record["text"].splitlines())  # a line each, whatever the text
            target.write(f"{record['label']}\t{record['probability']:.4f}\t{text}\n")
