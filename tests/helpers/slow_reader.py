"""Oracle of `test_data_fuzz.py`: the whole file at once, by the plainest means.

Where the form of a damaged file leaves a choice (which separator, which columns), every choice is a
reading; a reader that gives none of them is wrong.
"""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from itertools import permutations
from typing import Any

from drawn_rows import Row, expected_rows, same_label


def readings(name: str, content: bytes, options: dict[str, str]) -> list[list[Row]]:
    """All ways to read the file; none where it cannot be read."""
    kind = name.removesuffix(".gz").split(".")[-1]
    try:
        if name.endswith(".gz"):
            content = gzip.decompress(content)
        if kind == "parquet":
            return list(_of_table(_parquet(content, options), options))
        text = content.decode("utf-8-sig")
        if kind in ("csv", "tsv"):
            return [rows for table in _csv_tables(text, kind) for rows in _of_table(table, options)]
        if kind in ("json", "jsonl"):
            return list(_of_table(_json(text), options))
        return [_conllu(text)] if kind == "conllu" else [_conll(text)]
    # Whatever is raised, by whichever module: the file cannot be read.
    except Exception:
        return []


Table = tuple[list[str], list[list[Any]]]


def _of_table(table: Table, options: dict[str, str]) -> Iterator[list[Row]]:
    header, rows = table
    for text, label in permutations(range(len(header)), 2):
        if options and (header[text], header[label]) != (options["text"], options["label"]):
            continue
        try:
            yield _rows([row[text] for row in rows], [row[label] for row in rows])
        except ValueError:
            continue


def _rows(texts: list[Any], labels: list[Any]) -> list[Row]:
    if any(isinstance(text, list) for text in texts):
        found = []
        for words, tags in zip(texts, labels, strict=True):
            words, tags = words or [], tags or []
            if len(words) != len(tags) or any(word is None for word in words):
                raise ValueError
            found.append(([str(word) for word in words], [_label(tag) for tag in tags]))
        return [row for row in found if row[0]]
    if not all(text is None or text != text or isinstance(text, str) for text in texts):
        raise ValueError
    texts = [text if isinstance(text, str) else "" for text in texts]
    return expected_rows(texts, [_label(label) for label in labels])


def _label(cell: Any) -> str:
    if cell is None or cell != cell or isinstance(cell, list | dict) or not str(cell).strip():
        raise ValueError
    return same_label(str(cell))


def _csv_tables(text: str, kind: str) -> Iterator[Table]:
    marks = "\t" if kind == "tsv" else ",;\t"
    for mark in marks:
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE)[: 1 + (kind == "tsv")]:
            file = io.StringIO(text, newline="")
            reader = csv.reader(file, delimiter=mark, quoting=quoting, strict=True)
            try:
                rows = [row for row in reader if len(row) > 1 or "".join(row).strip()]
            except csv.Error:
                continue
            if rows and all(len(row) == len(rows[0]) for row in rows):
                yield rows[0], rows[1:]


def _json(text: str) -> Table:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise ValueError
        return dict(pairs)

    if text.lstrip(" \t\r\n").startswith("["):
        objects = json.loads(text, object_pairs_hook=once)
    else:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        objects = [json.loads(line, object_pairs_hook=once) for line in lines if line.strip()]
    names = list({name: None for row in objects for name in row})
    table = [[row.get(name) for name in names] for row in objects]
    return json.loads(_without_halves(json.dumps([names, table])))


def _without_halves(text: str) -> str:
    value = json.loads(text)

    def whole(part: Any) -> Any:
        if isinstance(part, str):
            return part.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return [whole(inner) for inner in part] if isinstance(part, list) else part

    return json.dumps(whole(value))


def _parquet(content: bytes, options: dict[str, str]) -> Table:
    import pyarrow.parquet as pq

    # Damage to a column that nobody reads does no harm.
    columns = list(options.values())
    table = pq.read_table(io.BytesIO(content), columns=columns, page_checksum_verification=True)
    cells = [column.to_pylist() for column in table.columns]
    return table.column_names, [list(row) for row in zip(*cells, strict=True)]


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _conll(text: str) -> list[Row]:
    sentences: list[Row] = [([], [])]
    split = None
    width = 0
    for line in _lines(text):
        if not line.strip() or line.startswith("-DOCSTART-"):
            sentences.append(([], []))
            continue
        if "\t" not in line and line.startswith(("# id", "# text", "# newdoc")):
            continue
        if split == "\t" and line.startswith("# ") and "\t" not in line:
            continue
        split = split or ("\t" if "\t" in line else " ")
        fields = [part for part in line.split(split) if part or split == "\t"]
        width = width or len(fields)
        if len(fields) != width or width < 2 or not fields[0]:
            raise ValueError
        sentences[-1][0].append(fields[0])
        sentences[-1][1].append(_label(fields[-1]))
    return [sentence for sentence in sentences if sentence[0]]


def _conllu(text: str) -> list[Row]:
    sentences: list[Row] = [([], [])]
    for line in _lines(text):
        if not line.strip():
            sentences.append(([], []))
        elif not line.startswith("#"):
            fields = line.split("\t")
            if len(fields) != 10:
                raise ValueError
            if "-" in fields[0] or "." in fields[0]:
                continue
            if fields[3] == "_":
                raise ValueError
            sentences[-1][0].append(fields[1])
            sentences[-1][1].append(_label(fields[3]))
    return [sentence for sentence in sentences if sentence[0]]
