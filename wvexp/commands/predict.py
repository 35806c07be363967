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

from wvexp.data.reading.limits import TextLimits
from wvexp.data.reading.opening import check_growth, open_text
from wvexp.data.reading.readers import known_suffixes, reader_of
from wvexp.data.tokenizers import get_tokenizer
from wvexp.errors import UserError
from wvexp.files import replacing
from wvexp.printable import printable
from wvexp.tasks import TASKS
from wvexp.training.saved import Labelled, SavedModel

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
    if out is not None and out.endswith(".conll") and not TASKS[saved.task].listed:
        raise UserError(
            f"out={out}: this model labels {TASKS[saved.task].nouns}", "use .jsonl, .csv or .tsv"
        )
    if file is not None:
        sentences = read_sentences(Path(file).expanduser(), column, tokenize, limits)
    else:
        sentences = [Sentence.of(text or "", tokenize)]
    found = saved.label([sentence.words for sentence in sentences])
    records = [_record(saved, *pair) for pair in zip(sentences, found, strict=True)]
    with _target(out) as target:
        if out is None:
            records = [_shown(record) for record in records]
        _write(records, saved, "" if out is None else Path(out).suffix, target)
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
    """Sentences of a .txt file (one per line), or of one in a format that training reads."""
    check_growth(path, limits)
    suffixes = [suffix for suffix in path.suffixes if suffix != ".gz"]
    if suffixes[-1:] == [".txt"]:
        return [Sentence.of(line, tokenize) for line in _text_lines(path, limits)]
    if not suffixes or suffixes[-1] not in known_suffixes():
        raise UserError(
            f"{path}: unknown extension", f"known are .txt {' '.join(known_suffixes())}"
        )
    texts = reader_of(path).texts(path, column, limits)
    return [Sentence.of(text, tokenize) for text in texts]


def _text_lines(path: Path, limits: TextLimits) -> Iterator[str]:
    with open_text(path, limits) as lines:
        for line in lines:
            yield line.rstrip("\r\n")
            if not line.isspace():
                lines.end_record()


def _record(saved: SavedModel, sentence: Sentence, found: Labelled) -> dict[str, Any]:
    if saved.kind.numeric:
        return {"text": sentence.text, "number": float(found.labels[0])}
    if saved.kind.several:
        given = np.flatnonzero(found.labels[0])
        shares = np.exp(found.log_probabilities[0]).tolist()
        labels = [saved.label_names[i] for i in given]
        return {
            "text": sentence.text,
            "labels": labels,
            "probabilities": dict(zip(saved.label_names, shares, strict=True)),
        }
    labels = [saved.label_names[i] for i in found.labels]
    probabilities = [float(np.exp(row[i])) for i, row in zip(*found, strict=True)]
    if not TASKS[saved.task].listed:
        return {"text": sentence.text, "label": labels[0], "probability": probabilities[0]}
    return {"tokens": sentence.words, "tags": labels, "probabilities": probabilities}


def _shown(record: dict[str, Any]) -> dict[str, Any]:
    """The record as a terminal may have it."""

    def shown(value: Any) -> Any:
        if isinstance(value, list):
            return [shown(part) for part in value]
        if isinstance(value, dict):
            return {shown(name): part for name, part in value.items()}
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


def _write(records: list[dict[str, Any]], saved: SavedModel, suffix: str, target: IO[str]) -> None:
    kind = saved.kind
    if suffix == ".jsonl":
        target.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    elif suffix in (".csv", ".tsv"):
        writer = csv.writer(target, delimiter="," if suffix == ".csv" else "\t")
        if kind.listed:
            writer.writerow(["sentence", "token", "tag", "probability"])
            for number, record in enumerate(records, 1):
                writer.writerows((number, *row) for row in zip(*record.values(), strict=True))
        elif kind.numeric:
            writer.writerow(["text", "number"])
            writer.writerows(record.values() for record in records)
        elif kind.several:
            writer.writerow(["text", "labels", *saved.label_names])
            for record in records:
                shares = record["probabilities"].values()
                writer.writerow([record["text"], _joined(record["labels"], saved), *shares])
        else:
            writer.writerow(["text", "label", "probability"])
            writer.writerows(record.values() for record in records)
    elif kind.listed:
        for record in records:
            pairs = zip(record["tokens"], record["tags"], strict=True)
            target.writelines([*(f"{token}\t{tag}\n" for token, tag in pairs), "\n"])
    else:
        for record in records:
            text = " ".join(record["text"].splitlines())  # a line each, whatever the text
            target.write(f"{_said(record, saved)}\t{text}\n")


def _said(record: dict[str, Any], saved: SavedModel) -> str:
    """What a line of text says of a sentence before it."""
    if saved.kind.numeric:
        return f"{record['number']:.6g}"
    if saved.kind.several:
        shares = (f"{record['probabilities'][label]:.4f}" for label in record["labels"])
        return f"{_joined(record['labels'], saved)}\t{' '.join(shares)}"
    return f"{record['label']}\t{record['probability']:.4f}"


def _joined(labels: list[str], saved: SavedModel) -> str:
    """The labels as the training data had them: parted by its separator, or as a JSON list."""
    if saved.separator is None:
        return json.dumps(labels, ensure_ascii=False)
    return saved.separator.join(labels)
