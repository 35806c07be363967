"""Training files, and files to predict, that are damaged, odd, or nothing of the kind."""

import gzip
import os
from functools import partial
from pathlib import Path

from judging import Case, Step
from model_cases import sound, write_model
from small_inputs import RANDOM, conll, filling_and, sentences, table, writing
from small_inputs import fill as fill_training

CSV = table().encode()
LINES = "".join(f'{{"text": "{text}", "label": "{label}"}}\n' for text, label in sentences())
JSONL = LINES.encode()
CONLL = conll().encode()
CONLLU = "".join(
    "".join(f"{i}\t{w}\t_\tX\t_\t_\t0\t_\t_\t_\n" for i, w in enumerate(text.split(), 1)) + "\n"
    for text, _ in sentences()
).encode()
ESC = b"\x1b[31m\x1b]0;title\x07"


def _files():
    """Name -> content and what is expected of training on it."""
    yield "empty.csv", b"", "refused"
    yield "header.csv", b"text,label\n", "refused"
    yield "one row.csv", b"text,label\na b,x\n", "refused"
    yield "two rows.csv", b"text,label\na b,x\nc d,y\n", "either"
    yield "one label.csv", CSV.replace(b",no", b",yes"), "either"
    yield "bom.csv", b"\xef\xbb\xbf" + CSV, "works"
    yield "utf16.csv", CSV.decode().encode("utf-16"), "either"
    yield "latin1.csv", CSV.replace(b"word1 ", b"w\xf6rd "), "refused"
    yield "nul.csv", CSV.replace(b"word1 ", b"w\0rd "), "either"
    yield "crlf.csv", CSV.replace(b"\n", b"\r\n"), "works"
    yield "cr.csv", CSV.replace(b"\n", b"\r"), "either"
    yield "unclosed.csv", CSV + b'"a b,yes\n', "either"
    yield "short row.csv", CSV + b"alone\n", "refused"
    yield "long row.csv", CSV + b"a,b,c,d\n", "refused"
    yield "semicolons.csv", CSV.replace(b",", b";"), "either"
    yield "tabs.csv", CSV.replace(b",", b"\t"), "either"
    yield "no header.csv", CSV.partition(b"\n")[2], "refused"
    yield "same names.csv", CSV.replace(b"text,label", b"text,text", 1), "refused"
    yield "no names.csv", CSV.replace(b"text,label", b",", 1), "refused"
    yield "escapes in labels.csv", CSV.replace(b",no", b"," + ESC + b"no"), "works"
    yield "escapes in text.csv", CSV.replace(b"word1 ", ESC), "works"
    yield "escapes in names.csv", CSV.replace(b"text,label", b"te" + ESC + b"xt,other", 1), "either"
    yield "empty labels.csv", CSV.replace(b",no", b","), "refused"
    yield "nan labels.csv", CSV.replace(b",no", b",nan"), "either"
    yield "empty texts.csv", b"text,label\n" + b",yes\n,no\n" * 30, "refused"
    yield (
        "all labels differ.csv",
        b"text,label\n" + b"".join(b"a b,l%d\n" % i for i in range(40)),
        "either",
    )
    yield "right to left.csv", CSV.replace(b",no", ",\u202eno".encode()), "works"
    yield "long field.csv", CSV + b"x" * (1 << 19) + b",yes\n", "either"
    yield "many columns.csv", b",".join(b"c%d" % i for i in range(5000)) + b"\n", "refused"
    yield "truncated.csv.gz", gzip.compress(CSV)[:-20], "refused"
    yield "not packed.csv.gz", CSV, "refused"
    yield "bomb.csv.gz", gzip.compress(b"text,label\n" + b"a" * (2 << 28)), "refused"
    yield "garbage.csv", bytes(range(256)) * 20, "refused"
    yield "image.csv", b"\x89PNG\r\n\x1a\n" + bytes(200), "refused"
    yield "page.csv", b"<!doctype html><html><body>404</body></html>\n", "refused"
    yield "pointer.csv", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "refused"
    yield "data.xlsx", b"PK\x03\x04" + bytes(100), "refused"
    yield "data.pkl", b"\x80\x04K\x01.", "refused"
    yield "data", CSV, "refused"
    yield "sound.jsonl", JSONL, "works"
    yield "empty.jsonl", b"", "refused"
    yield "cut.jsonl", JSONL[:-9], "refused"
    yield "not json.jsonl", CSV, "refused"
    yield "list.jsonl", b"[1, 2]\n" * 30, "refused"
    yield "numbers.jsonl", b"1\n2\n", "refused"
    yield "null text.jsonl", b'{"text": null, "label": "x"}\n' + JSONL, "either"
    yield "null label.jsonl", b'{"text": "a", "label": null}\n' + JSONL, "refused"
    yield "nan label.jsonl", b'{"text": "a", "label": NaN}\n' + JSONL, "either"
    yield "mixed labels.jsonl", b'{"text": "a", "label": 3}\n' + JSONL, "either"
    yield "nested.jsonl", b'{"text": {"a": 1}, "label": "x"}\n' * 30, "refused"
    yield "deep.jsonl", b'{"text": ' + b"[" * 100_000 + b"\n", "refused"
    yield "surrogate.jsonl", b'{"text": "a \\ud800", "label": "x"}\n' + JSONL, "either"
    yield "nul in text.jsonl", b'{"text": "a \\u0000 b", "label": "x"}\n' + JSONL, "either"
    yield "other keys.jsonl", b'{"body": "a", "label": "x"}\n' + JSONL, "either"
    yield "escape.jsonl", b'{"text": "a \\u001b[31m", "label": "\\u001b[2J"}\n' * 9 + JSONL, "works"
    yield "huge number.jsonl", b'{"text": "a", "label": 1e999}\n' + JSONL, "either"
    yield "array.json", b"[" + JSONL.replace(b"\n", b",")[:-1] + b"]", "either"
    yield "object.json", b'{"data": 3}', "refused"
    yield "cut.json", b"[" + JSONL[:200], "refused"
    yield "empty.parquet", b"", "refused"
    yield "cut.parquet", b"PAR1" + bytes(100), "refused"
    yield "lying.parquet", b"PAR1" + bytes(50) + b"\xff\xff\xff\x7fPAR1", "refused"
    yield "sound.conll", CONLL, "works"
    yield "empty.conll", b"", "refused"
    yield "blank.conll", b"\n" * 1000, "refused"
    yield "one column.conll", CONLL.replace(b"\tO", b""), "refused"
    yield "ragged.conll", CONLL + b"a\tb\tc\td\n", "either"
    yield "no blank lines.conll", CONLL.replace(b"\n\n", b"\n"), "either"
    yield "bad tags.conll", CONLL.replace(b"\tO", b"\tI-"), "either"
    yield "escape.conll", CONLL.replace(b"\tO", b"\t" + ESC), "works"
    yield "latin1.conll", CONLL.replace(b"word1\t", b"w\xf6rd\t"), "refused"
    yield "sound.conllu", CONLLU, "either"
    yield "cut.conllu", CONLLU[:-5], "refused"
    yield "words for ids.conllu", CONLLU.replace(b"1\t", b"x\t"), "either"
    yield "empty.tsv", b"", "refused"
    yield "commas.tsv", CSV, "either"
    yield "it's, [odd] = ü.csv", CSV, "works"
    yield "\x1b[31mred.csv", CSV, "either"


_QUICK = {
    "escapes in labels.csv",
    "escapes in text.csv",
    "escape.conll",
    "empty.csv",
    "cut.jsonl",
    "lying.parquet",
    "\x1b[31mred.csv",
}


def cases():
    for name, content, expect in _files():
        word = name.encode("ascii", "backslashreplace").decode()
        train = Step("train", [*_without("data.train"), f"data.train={name}", "out=out"])
        made = _writing(name, content)
        yield Case("data", f"train {word}", [train], made, expect, quick=name in _QUICK)
        predict = Step("predict", ["model=model", f"file={name}"])
        yield Case("data", f"predict {word}", [predict], made)
    for name, make in _PLACES.items():
        train = Step("train", [*_without("data.train"), f"data.train={name}", "out=out"])
        yield Case("data", f"train {name}", [train], make, "refused", quick=name == "pipe.csv")
        predict = Step("predict", ["model=model", f"file={name}"])
        yield Case("data", f"predict {name}", [predict], make, "refused")
    for name, words in _KEYS.items():
        step = Step("train", [*RANDOM, *words, "out=out"])
        yield Case("data", f"keys {name}", [step], fill, "refused")


_KEYS = {
    "no such column": ["data.text=body"],
    "no such label": ["data.label=stars"],
    "one column for both": ["data.text=text", "data.label=text"],
    "token task": ["data.task=token"],
    "more than there is": ["train_size=1000"],
    "more folds than there is": ["data.folds=1000"],
    "window": ["model=window"],
    "entities": ["metric=entity_f1"],
    "the same file twice, missing": ["data.test=missing.csv"],
    "test with other labels": ["data.test=train.conll"],
}


def fill(folder):
    """The sound files, and a model that labels sentences."""
    fill_training(folder)
    write_model(folder, *sound("mean"))


def _without(key):
    return [word for word in RANDOM if not word.startswith(f"{key}=")]


_writing, _with = partial(writing, fill), partial(filling_and, fill)


_PLACES = {
    "missing.csv": fill,
    "folder.csv": _with(lambda folder: (folder / "folder.csv").mkdir()),
    "pipe.csv": _with(lambda folder: os.mkfifo(folder / "pipe.csv")),
    "null.csv": _with(lambda folder: (folder / "null.csv").symlink_to("/dev/null")),
    "zero.csv": _with(lambda folder: (folder / "zero.csv").symlink_to("/dev/zero")),
    "loop.csv": _with(lambda folder: (folder / "loop.csv").symlink_to("loop.csv")),
    "gone.csv": _with(lambda folder: (folder / "gone.csv").symlink_to("nowhere")),
    "zero.jsonl": _with(lambda folder: (folder / "zero.jsonl").symlink_to("/dev/zero")),
    "pipe.conll": _with(lambda folder: os.mkfifo(folder / "pipe.conll")),
    "pipe.parquet": _with(lambda folder: os.mkfifo(folder / "pipe.parquet")),
    str(Path("train.csv") / "below.csv"): fill,
    "a" * 300 + ".csv": fill,
}
