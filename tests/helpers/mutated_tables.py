"""CSV, TSV, JSON and Parquet files of `test_data_fuzz.py`, sound or with one fault."""

import csv
import io
import json
import random
from typing import Any

from drawn_rows import (
    OTHERS,
    QUOTED,
    WORDS,
    Case,
    Row,
    draw,
    expected_rows,
    expected_tokens,
    sentences_of,
)


def make_csv(rng: random.Random, kind: str) -> Case:
    words = WORDS + (QUOTED if kind == "csv" else QUOTED[:1])
    texts, labels = draw(rng, words)
    header = ["text", "label"]
    table = [list(row) for row in zip(texts, labels, strict=True)]
    story, expected = kind, expected_rows(texts, labels)
    options: dict[str, str] = {}
    for _ in range(rng.randint(0, 2)):
        place = rng.randint(0, len(header))
        header.insert(place, f"other{len(header)}")
        for row in table:
            row.insert(place, str(rng.choice(OTHERS)))
        story += ", another column"
        options = {"text": "text", "label": "label"}
    separator = "\t" if kind == "tsv" else rng.choice(",,;\t")
    if separator == "\t":
        for row in table:
            row[:] = [cell.replace("\t", " ") for cell in row]
    ending = rng.choice(("\n", "\r\n"))
    quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    lines = []
    for row in [header, *table]:
        line = io.StringIO()
        csv.writer(line, delimiter=separator, quoting=quoting, lineterminator=ending).writerow(row)
        lines.append(line.getvalue())
    what = rng.choice(
        ("", "", "blank lines", "drop", "double", "unlabelled", "names", "end", "bom")
    )
    broken = rng.randrange(1, len(lines))
    if what == "blank lines":
        lines.insert(broken, ending * 2)
    elif what in ("drop", "double"):
        cells = table[broken - 1][1:] if what == "drop" else [*table[broken - 1], "again"]
        line = io.StringIO()
        csv.writer(line, delimiter=separator, quoting=csv.QUOTE_ALL).writerow(cells)
        lines[broken] = line.getvalue()
        expected = None
    elif what == "unlabelled":
        cells = list(table[broken - 1])
        cells[header.index("label")] = " "
        line = io.StringIO()
        csv.writer(line, delimiter=separator, quoting=csv.QUOTE_ALL).writerow(cells)
        lines[broken] = line.getvalue()
        # A row without a word is left out before its label is looked at: either is right.
        expected = None
    elif what == "names":
        lines[0] = separator.join("text" if name == "label" else name for name in header) + ending
        expected = None
    elif what == "end":
        lines[-1] = lines[-1].removesuffix(ending)
    content = "".join(lines).encode()
    if what == "bom":
        content = b"\xef\xbb\xbf" + content
    return Case(f"a.{kind}", content, expected, options, f"{story}, {separator!r}, {what}")


def make_json(rng: random.Random, kind: str) -> Case:
    if rng.random() < 0.3:
        return _json_tokens(rng, kind)
    texts, names = draw(rng, WORDS + QUOTED)
    labels: list[Any] = [_perhaps_number(rng, name) for name in names]
    objects = [{"text": text, "label": label} for text, label in zip(texts, labels, strict=True)]
    for row in objects:
        for number in range(rng.randint(0, 2)):
            row[f"other{number}"] = rng.choice(OTHERS)
    expected: list[Row] | None = expected_rows(texts, labels)
    what = rng.choice(("", "", "no label", "null label", "NaN label", "nested label", "no text"))
    row = rng.choice(objects)
    if what in ("null label", "NaN label", "nested label"):
        row["label"] = {"null label": None, "NaN label": float("nan")}.get(
            what, rng.choice(([], {}))
        )
        expected = None
    elif what == "no label":
        del row["label"]
        expected = None
    elif what == "no text":
        del row["text"]
        expected = expected_rows([r.get("text", "") for r in objects], labels)
    content, story = _written(rng, kind, objects)
    if story.endswith(" twice"):
        expected = None
    return Case(
        f"a.{kind}",
        content,
        expected if expected is None or len({row[1][0] for row in expected}) > 1 else "either",
        {"text": "text", "label": "label"},
        f"{kind}, {what}, {story}",
    )


def _perhaps_number(rng: random.Random, name: str) -> Any:
    if name in ("0", "1", "-1", "1.0", "True") and rng.random() < 0.5:
        return json.loads(name.lower())
    return name


def _json_tokens(rng: random.Random, kind: str) -> Case:
    sentences = sentences_of(rng)
    objects: list[dict[str, Any]] = [
        {"tokens": [word for word, _ in s], "tags": [tag for _, tag in s]} for s in sentences
    ]
    expected: list[Row] | None = expected_tokens(sentences)
    what = rng.choice(("", "", "a tag more", "null tag", "null word", "no list"))
    row = rng.choice(objects)
    if what:
        expected = None
    if what == "a tag more":
        row["tags"].append("O")
    elif what == "null tag":
        row["tags"][0] = None
    elif what == "null word":
        row["tokens"][0] = None
    elif what == "no list":
        row["tokens"] = "no list"
    content, story = _written(rng, kind, objects)
    if story.endswith(" twice"):
        expected = None
    options = {"text": "tokens", "label": "tags"}
    return Case(f"a.{kind}", content, expected, options, f"{kind}, tokens, {what}, {story}")


def _written(rng: random.Random, kind: str, objects: list[dict[str, Any]]) -> tuple[bytes, str]:
    ascii_only, twice = rng.random() < 0.5, rng.random() < 0.1
    parts = [json.dumps(row, ensure_ascii=ascii_only) for row in objects]
    if twice:
        place = rng.randrange(len(parts))
        parts[place] = parts[place][:-1] + ', "label": 3, "label": 3}'
    if kind == "jsonl":
        ending = rng.choice(("\n", "\r\n", "\n\n"))
        text = ending.join(parts) + rng.choice(("", ending))
    else:
        text = "[" + rng.choice((",", ", ", " ,\n\n ")).join(parts) + "]" + rng.choice(("", "\n"))
    mark = rng.choice((b"", b"", b"\xef\xbb\xbf"))
    return mark + text.encode(), "named twice" if twice else f"ascii={ascii_only}"


def make_parquet(rng: random.Random, kind: str) -> Case:
    import pyarrow as pa
    import pyarrow.parquet as pq

    what = rng.choice(("", "", "tokens", "floats", "NaN", "null", "categories", "twice", "large"))
    options = {"text": "text", "label": "label"}
    expected: list[Row] | None
    if what == "tokens":
        sentences = sentences_of(rng)
        options = {"text": "tokens", "label": "tags"}
        columns: dict[str, Any] = {
            "tokens": [[word for word, _ in s] for s in sentences],
            "tags": [[tag for _, tag in s] for s in sentences],
        }
        expected = expected_tokens(sentences)
    else:
        texts, labels = draw(rng, WORDS + QUOTED)
        columns = {"text": pa.array(texts), "label": pa.array(labels)}
        expected = expected_rows(texts, labels)
    if what in ("floats", "NaN", "null"):
        values: list[float | None] = [float(i % 3) for i in range(len(texts))]
        expected = expected_rows(texts, values)
        if what != "floats":
            values[rng.randrange(len(values))] = float("nan") if what == "NaN" else None
            expected = None
        columns["label"] = pa.array(values, pa.float64())
    elif what == "categories":
        columns["label"] = columns["label"].dictionary_encode()
    elif what == "large":
        columns["text"] = columns["text"].cast(pa.large_string())
    table = pa.table(columns)
    if what == "twice":
        table = pa.Table.from_arrays([*table.columns, table.column(1)], ["text", "label", "label"])
        expected = None
    table = table.append_column("other", pa.array([{"a": [1.5, None]}] * len(table)))
    target = io.BytesIO()
    pq.write_table(
        table,
        target,
        compression=rng.choice(("none", "snappy", "gzip", "zstd")),
        row_group_size=rng.choice((2, 1000)),
        use_dictionary=rng.random() < 0.5,
        write_page_checksum=rng.random() < 0.5,
    )
    return Case("a.parquet", target.getvalue(), expected, options, f"parquet, {what}")
