"""Valid data files, and what becomes of them: the cases of `test_data_fuzz.py`.

A seed gives a file in one of the formats with one or two mutations, and what a reader must make
of it: rows that it must give, a refusal, or either (then `slow_reader` says what it may give).
"""

import csv
import gzip
import io
import json
import random
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from damages import DAMAGES, cut, flip, flip_near_the_end

FORMATS = ("csv", "tsv", "jsonl", "json", "parquet", "conll", "bio", "iob2", "conllu")

WORDS = [
    *("the film was good", "not", "bad.", "a,b", "c;d", "it's", "N/A", "NaN", "null", "inf", "1.0"),
    *(
        "1e400",
        "été",
        "e\u0301te\u0301",
        "東京",
        "😀",
        "-",
        "_",
        "#",
        "a|b",
        "=1+1",
        "<b>",
        "\\",
        "\\n",
    ),
    # Unicode spaces and separators inside a field; a reader of lines must not part there.
    *("x\u00a0y", "x\u2028y", "x\u2029y", "x\u0085y", "x\u3000y", "x\x0by", "x\x0cy", "x\x1cy"),
]
QUOTED = ['say "so"', '"', "two\nlines", "tab\there", '""']
LABELS = [
    *("pos", "neg", "Pos", "0", "1", "1.0", "-1", "nan", "null", "a|b", "caf\u00e9", "cafe\u0301"),
    *("\x1b[31mred", "x\u00a0y", "very good", "True", "B-PER", "O"),
]
# Cells of columns that nobody reads.
OTHERS: list[Any] = [None, float("nan"), float("inf"), -1, 10**400, 1e308, "", "x", [1, [2]], True]
OTHERS += [{"a": {"b": [None]}}, [], "\u2028"]

Row = tuple[list[str], list[str]]


@dataclass
class Case:
    """A file and what must come of it.

    expected  the rows in it, None where the file must be refused, "either" where `slow_reader`
              decides
    """

    name: str
    content: bytes
    expected: list[Row] | str | None
    options: dict[str, str] = field(default_factory=dict)
    story: str = ""


def make_case(seed: int) -> Case:
    """The case of a seed: the format goes round, everything else is drawn."""
    rng = random.Random(seed)
    kind = FORMATS[seed % len(FORMATS)]
    case = _MAKERS.get(kind, _conll)(rng, kind)
    if rng.random() < 0.5:
        damage = rng.choice(DAMAGES)
        content = damage(rng, case.content)
        if content != case.content:
            case.content, case.expected = content, "either"
            case.story += f", {damage.__name__}"
    if rng.random() < 0.3:
        case.name += ".gz"
        case.content = gzip.compress(case.content, compresslevel=1)
        if rng.random() < 0.2:
            damage = rng.choice((flip, flip_near_the_end, cut))
            case.content, case.expected = damage(rng, case.content), "either"
            case.story += f", gzip then {damage.__name__}"
    return case


# ---- rows


def _draw(rng: random.Random, words: list[str]) -> tuple[list[str], list[str]]:
    """Texts and their labels, of two labels at least that stay two when forms are merged."""
    labels = rng.sample(LABELS, rng.randint(2, 4))
    while len({same_label(label) for label in labels}) < 2:
        labels = rng.sample(LABELS, 3)
    count = rng.randint(len(labels), 12)
    texts = [" ".join(rng.choices(words, k=rng.randint(1, 6))) for _ in range(count)]
    if rng.random() < 0.02:
        texts[0] = "word " * 20_000
    rest = [rng.choice(labels) for _ in range(count - len(labels))]
    return texts, [*labels, *rest]


def same_label(label: str) -> str:
    """What labels that are surely one have in common."""
    label = unicodedata.normalize("NFC", label.strip())
    return label[:-2] if label.endswith(".0") and label[:-2].lstrip("-").isdecimal() else label


def expected_rows(texts: list[Any], labels: list[Any]) -> list[Row]:
    """Rows of a sentence task; those without a word are left out."""
    pairs = zip(texts, labels, strict=True)
    rows = [(text.split(), [same_label(str(label))]) for text, label in pairs]
    return [row for row in rows if row[0]]


def expected_tokens(sentences: list[list[tuple[str, str]]]) -> list[Row]:
    return [
        ([word for word, _ in sentence], [same_label(tag) for _, tag in sentence])
        for sentence in sentences
    ]


# ---- CSV and TSV


def _csv(rng: random.Random, kind: str) -> Case:
    words = WORDS + (QUOTED if kind == "csv" else QUOTED[:1])
    texts, labels = _draw(rng, words)
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


# ---- JSON


def _json(rng: random.Random, kind: str) -> Case:
    if rng.random() < 0.3:
        return _json_tokens(rng, kind)
    texts, names = _draw(rng, WORDS + QUOTED)
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
    sentences = _sentences(rng)
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


# ---- Parquet


def _parquet(rng: random.Random, kind: str) -> Case:
    import pyarrow as pa
    import pyarrow.parquet as pq

    what = rng.choice(("", "", "tokens", "floats", "NaN", "null", "categories", "twice", "large"))
    options = {"text": "text", "label": "label"}
    expected: list[Row] | None
    if what == "tokens":
        sentences = _sentences(rng)
        options = {"text": "tokens", "label": "tags"}
        columns: dict[str, Any] = {
            "tokens": [[word for word, _ in s] for s in sentences],
            "tags": [[tag for _, tag in s] for s in sentences],
        }
        expected = expected_tokens(sentences)
    else:
        texts, labels = _draw(rng, WORDS + QUOTED)
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


# ---- CoNLL


def _sentences(rng: random.Random) -> list[list[tuple[str, str]]]:
    tags = rng.sample(("O", "B-PER", "I-PER", "NN|JJ", "cafe\u0301", "caf\u00e9", ".", ","), 4)
    while len({same_label(tag) for tag in tags}) < 2:
        tags = rng.sample(("O", "B-PER", "I-PER", "."), 3)
    words = [word for word in WORDS if " " not in word]
    first = [(rng.choice(words), tag) for tag in tags]
    rest = [
        [(rng.choice(words), rng.choice(tags)) for _ in range(rng.randint(1, 5))]
        for _ in range(rng.randint(1, 6))
    ]
    return [first, *rest]


def _conll(rng: random.Random, kind: str) -> Case:
    sentences = _sentences(rng)
    separator = rng.choice("\t ")
    if separator == " ":  # there "#" and its tag look like a comment at times
        sentences = [[(w, t) for w, t in s if w != "#"] or [("x", "O")] for s in sentences]
    expected: list[Row] | None = expected_tokens(sentences)
    between = rng.choice(([], ["_"], ["NN", "x"]))
    blocks = [[separator.join([word, *between, tag]) for word, tag in s] for s in sentences]
    what = rng.choice(("", "", "drop", "double", "documents", "blank lines", "no tag"))
    block = rng.choice(blocks)
    place = rng.randrange(len(block))
    if what == "drop":
        block[place] = block[place].rpartition(separator)[0]
        expected = None
    elif what == "double":
        block[place] += separator + "again"
        expected = None
    elif what == "no tag":
        block[place] = block[place].rpartition(separator)[0] + separator
        expected = None
    elif what == "documents":
        blocks.insert(rng.randrange(len(blocks)), [separator.join(["-DOCSTART-", *between, "O"])])
    ending = rng.choice(("\n", "\r\n"))
    gap = rng.choice(("", " ", ending * 3)) if what == "blank lines" else ""
    text = (ending + gap + ending).join(ending.join(block) for block in blocks)
    mark = rng.choice(("", "", "\ufeff"))
    content = (mark + text + rng.choice(("", ending))).encode()
    if expected and len({tag for _, tags in expected for tag in tags}) < 2:
        expected = None  # a classifier needs two
    return Case(f"a.{kind}", content, expected, {}, f"{kind}, {separator!r}, {what}")


def _conllu(rng: random.Random, kind: str) -> Case:
    sentences = _sentences(rng)
    lines = []
    for sentence in sentences:
        lines.append(["# text = " + rng.choice(WORDS)])
        if rng.random() < 0.3:
            lines.append(["1-2", "du", *"________"])
        for number, (word, tag) in enumerate(sentence, start=1):
            lines.append([str(number), word, "_", tag, *"______"])
        lines.append([""])
    expected: list[Row] | None = expected_tokens(sentences)
    what = rng.choice(("", "", "drop", "double", "no tag"))
    row = rng.choice([line for line in lines if len(line) == 10 and "-" not in line[0]])
    if what == "drop":
        row.pop()
    elif what == "double":
        row.append("_")
    elif what == "no tag":
        row[3] = rng.choice(("", "_"))
    if what:
        expected = None
    ending = rng.choice(("\n", "\r\n"))
    content = "".join("\t".join(line) + ending for line in lines).encode()
    return Case("a.conllu", rng.choice((b"", b"\xef\xbb\xbf")) + content, expected, {}, what)


_MAKERS = {
    "csv": _csv,
    "tsv": _csv,
    "jsonl": _json,
    "json": _json,
    "parquet": _parquet,
    "conllu": _conllu,
}
