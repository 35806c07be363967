"""Model folders that somebody else made: altered, damaged, or meant to do harm."""

import copy
import json
import os
import shutil
import struct
import tempfile
from functools import cache, partial
from pathlib import Path

import numpy as np
from judging import Case, Step
from safetensors.numpy import load, save
from small_inputs import WORDS, D, fill, rows

from wvexp.backprop.moves import all_moves
from wvexp.config.schema import Model
from wvexp.models import spec_of
from wvexp.seeds import stream
from wvexp.tasks import TASKS
from wvexp.training.saved import SavedModel, VectorSource
from wvexp.vectors.pretrained import fingerprint_vectors

ESC = "\x1b[31m\x1b]0;title\x07"
_SHAPE = {"window": 3, "hidden": 3, "widths": [2, 3], "filters": 2}
KINDS = {
    "window": ("token", Model(name="window", **_SHAPE)),
    "mean": ("sentence", Model(name="mean", **_SHAPE)),
    "cnn": ("sentence", Model(name="cnn", **_SHAPE)),
    "bilstm": ("token", Model(name="bilstm", hidden=3, features=["case", "affix"], crf=True)),
    "weighted": ("sentence", Model(name="mean", hidden=3, weights="sif", bigrams=True)),
}


@cache
def sound(name):
    """`model.json` as it is read, and the arrays, of a model of `WORDS` with two labels."""
    task, shape = KINDS[name]
    table = np.vstack([np.zeros((2, D)), rows()]).astype(np.float32)
    spec, keys = spec_of(shape, TASKS[task])
    model = spec.build(table, 2, keys, stream(0, "init"))
    saved = SavedModel(
        task=task,
        model=shape,
        label_names=["no", "yes"],
        lowercase=False,
        tokenizer="whitespace",
        forms=["<pad>", "<unk>", *WORDS],
        origin=np.array([0, 1, *[2] * len(WORDS)], dtype=np.uint8),
        parameters={n: p.detach().numpy().copy() for n, p in model.state_dict().items()},
        source=None,
        row_weights=np.ones(len(table), np.float32) if name == "weighted" else None,
        moves=all_moves(2) if name == "bilstm" else None,
    )
    with tempfile.TemporaryDirectory() as folder:
        saved.save(Path(folder, "model"))
        content = json.loads(Path(folder, "model", "model.json").read_text())
        return content, load(Path(folder, "model", "weights.safetensors").read_bytes())


def write_model(folder, content, arrays):
    (folder / "model").mkdir()
    (folder / "model" / "model.json").write_text(json.dumps(content))
    (folder / "model" / "weights.safetensors").write_bytes(save(arrays))


def _altered(name, change, folder):
    """A model folder after `change(content, arrays)`."""
    fill(folder)
    content, arrays = copy.deepcopy(sound(name))
    change(content, arrays)
    write_model(folder, content, arrays)


def _set(path, value):
    def change(content, arrays):
        *parents, last = path
        for part in parents:
            content = content[part]
        content[last] = value

    return change


def _without(key):
    return lambda content, arrays: content.pop(key)


def _array(name, make):
    def change(content, arrays):
        arrays[name] = make(arrays[name])

    return change


_VALUES = {
    "null": None,
    "huge": 10**9,
    "negative": -1,
    "text": "other",
    "list": [1, 2],
    "mapping": {"a": 1},
    "fraction": 0.5,
    "escape": ESC,
}


def _fields():
    """What each field of `model.json` is set to; sound values are left out."""
    for key in ("format", "task", "labels", "lowercase", "tokenizer", "source", "words", "model"):
        for name, value in _VALUES.items():
            if (key, name) != ("source", "null"):
                yield f"{key} {name}", _set([key], value), "refused"
        yield f"{key} missing", _without(key), "refused"
    for key in ("name", "window", "hidden", "widths", "filters", "dropout"):
        for name, value in _VALUES.items():
            yield f"model.{key} {name}", _set(["model", key], value), "either"
        yield f"model.{key} missing", lambda c, a, key=key: c["model"].pop(key, None), "either"
    yield "model.more", _set(["model", "more"], 1), "refused"
    yield "task sentence", _set(["task"], "sentence"), "refused"
    yield "model of another task", _set(["model", "name"], "mean"), "refused"
    yield "words that are numbers", lambda c, a: c.update(words=[1] * len(c["words"])), "refused"
    yield "words twice", lambda c, a: c.update(words=["a"] * len(c["words"])), "either"
    yield "a word less", lambda c, a: c["words"].pop(), "refused"
    yield "a label less", lambda c, a: c["labels"].pop(), "refused"
    yield "labels with escapes", _set(["labels"], [ESC + "no", ESC + "yes"]), "works"
    yield "labels with ends of lines", _set(["labels"], ["a\nerror: x", "b\r"]), "works"
    yield "labels that are no text", _set(["labels"], ["a", "\ud800"]), "works"
    yield "labels right to left", _set(["labels"], ["\u202ea", "\u2066b"]), "works"


def _weights():
    w = "embedding.weight"
    yield "rows of nan", _array(w, lambda a: a * np.nan), "refused"
    yield "one infinity", _array(w, lambda a: np.where(a == a[-1], np.inf, a)), "refused"
    yield "a nan in the network", _array("head.output.weight", lambda a: a * np.nan), "refused"
    yield "rows of float64", _array(w, lambda a: a.astype(np.float64)), "either"
    yield "rows of whole numbers", _array(w, lambda a: a.astype(np.int64)), "refused"
    yield "rows of one dimension", _array(w, lambda a: a.ravel()), "refused"
    yield "rows of three dimensions", _array(w, lambda a: a[None]), "refused"
    yield "no rows", _array(w, lambda a: a[:0]), "refused"
    yield "no columns", _array(w, lambda a: a[:, :0]), "refused"
    yield "a column less", _array(w, lambda a: np.ascontiguousarray(a[:, 1:])), "refused"
    yield "a row less", _array(w, lambda a: a[1:]), "refused"
    yield "origins of another type", _array("origin", lambda a: a.astype(np.float32)), "refused"
    yield "origins of two dimensions", _array("origin", lambda a: a[None]), "refused"
    yield "unknown origins", _array("origin", lambda a: a + 200), "either"
    yield "array more", lambda c, a: a.update(more=np.zeros(3, np.float32)), "refused"
    yield "rows missing", lambda c, a: a.pop("embedding.weight"), "refused"
    yield "bias missing", lambda c, a: a.pop("head.output.bias"), "refused"
    yield "origin missing", lambda c, a: a.pop("origin"), "refused"
    yield "all missing", lambda c, a: a.clear(), "refused"


def _beside():
    """What models with a CRF, with features or with weights of words hold beside the others."""
    for name in ("moves.transitions", "moves.start", "crf.end", "features.case.weight"):
        yield "bilstm", f"{name} missing", lambda c, a, name=name: a.pop(name), "refused"
        yield "bilstm", f"{name} of other shape", _array(name, lambda a: a[:-1].copy()), "refused"
    yield "bilstm", "moves above 1", _array("moves.end", lambda a: a + 1), "refused"
    yield "bilstm", "no move at all", _array("moves.transitions", lambda a: a * 0), "works"
    yield "bilstm", "no start at all", _array("moves.start", lambda a: a * 0), "works"
    yield "bilstm", "crf not told of", _set(["model", "crf"], False), "refused"
    yield "bilstm", "features unknown", _set(["model", "features"], ["case", "x"]), "refused"
    yield "bilstm", "features twice", _set(["model", "features"], ["case", "case"]), "refused"
    yield "bilstm", "layers many", _set(["model", "layers"], 10**9), "refused"
    yield "bilstm", "hidden huge", _set(["model", "hidden"], 10**9), "refused"
    yield "bilstm", "format 1", _set(["format"], 1), "works"
    yield "weighted", "weights missing", lambda c, a: a.pop("row_weights"), "refused"
    yield "weighted", "weights below 0", _array("row_weights", lambda a: -a), "refused"
    yield "weighted", "weights of nan", _array("row_weights", lambda a: a * np.nan), "refused"
    yield "weighted", "weights of 0", _array("row_weights", lambda a: a * 0), "works"
    yield "weighted", "weights huge", _array("row_weights", lambda a: a * np.float32(3e38)), "works"
    yield "weighted", "weights not told of", _set(["model", "weights"], "uniform"), "refused"


def _raw(weights=None, model=None):
    def make(folder):
        _altered("window", lambda content, arrays: None, folder)
        for name, data in (("weights.safetensors", weights), ("model.json", model)):
            if data is not None:
                (folder / "model" / name).write_bytes(data)

    return make


def _link(name, target):
    def make(folder):
        _altered("window", lambda content, arrays: None, folder)
        (folder / "model" / name).unlink()
        if target == "pipe":
            os.mkfifo(folder / "model" / name)
        elif target == "folder":
            (folder / "model" / name).mkdir()
        elif target is not None:
            (folder / "model" / name).symlink_to(target)

    return make


def _sparse(name):
    def make(folder):
        _altered("window", lambda content, arrays: None, folder)
        with (folder / "model" / name).open("r+b") as file:
            file.truncate(1 << 40)

    return make


def _safetensors(header, data=b""):
    return struct.pack("<Q", len(header)) + header + data


_HUGE = b'{"embedding.weight":{"dtype":"F32","shape":[1000000000,1000],"data_offsets":[0,%d]}}'
_FILES = {
    "weights empty": _raw(weights=b""),
    "weights cut": _raw(weights=save({"origin": np.zeros(9, np.uint8)})[:-4]),
    "weights of a huge header": _raw(weights=struct.pack("<Q", 2**62) + b"{}"),
    "weights of a lying header": _raw(weights=_safetensors(_HUGE % 4_000_000_000_000)),
    "weights that overflow": _raw(
        weights=_safetensors(
            b'{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}'
        )
    ),
    "weights of no JSON": _raw(weights=_safetensors(b"nonsense")),
    "weights of deep JSON": _raw(weights=_safetensors(b"[" * 100_000)),
    "weights of a type unknown": _raw(
        weights=_safetensors(b'{"a":{"dtype":"X9","shape":[1],"data_offsets":[0,4]}}', bytes(4))
    ),
    "a pickle for weights": _raw(weights=b"\x80\x04K\x01."),
    "model.json empty": _raw(model=b""),
    "model.json no JSON": _raw(model=b"nonsense"),
    "model.json a list": _raw(model=b"[1]"),
    "model.json deep": _raw(model=b"[" * 1_000_000),
    "model.json of other bytes": _raw(model=b"\xff\xfe{}"),
    "model.json of a huge number": _raw(model=b'{"format": 1' + b"0" * 10_000 + b"}"),
    **{
        f"{name} {kind}": _link(name, target)
        for name in ("model.json", "weights.safetensors")
        for kind, target in {
            "zero": "/dev/zero",
            "null": "/dev/null",
            "pipe": "pipe",
            "folder": "folder",
            "loop": "model.json",
            "gone": "nowhere",
            "missing": None,
        }.items()
    },
    "weights of a terabyte": _sparse("weights.safetensors"),
    "model.json of a terabyte": _sparse("model.json"),
}


def _source(make, **values):
    """A sound model whose vector file is no longer what it was."""

    def made(folder):
        def change(content, arrays):
            path = folder / "source.txt"
            shutil.copy(folder / "vectors.txt", path)
            source = VectorSource(str(path), None, fingerprint_vectors(path))
            content["source"] = {**source.__dict__, **values}

        _altered("mean", change, folder)
        make(folder / "source.txt")

    return made


def _instead(make):
    def replace(path):
        path.unlink()
        make(path)

    return replace


_SOURCES = {
    "as it was": _source(lambda path: None),
    "gone": _source(lambda path: path.unlink()),
    "a folder": _source(_instead(lambda path: path.mkdir())),
    "a pipe": _source(_instead(os.mkfifo)),
    "zeros": _source(_instead(lambda path: path.symlink_to("/dev/zero"))),
    "a loop": _source(_instead(lambda path: path.symlink_to(path))),
    "empty": _source(lambda path: path.write_bytes(b"")),
    "other vectors": _source(lambda path: path.write_text("a 1 2 3\nb 1 2 3\n")),
    "below a file": _source(lambda path: None, path="train.csv/x"),
    "of a long name": _source(lambda path: None, path="v" * 5000),
    "of a name with NUL": _source(lambda path: None, path="a\0b"),
    "a member of no zip": _source(lambda path: None, member="x"),
    "of an escape": _source(lambda path: None, path=ESC),
    "of other fingerprint": _source(lambda path: None, fingerprint="x"),
}
_QUICK = {
    "window task sentence",
    "window labels with escapes",
    "window rows of nan",
    "window model.hidden huge",
    "weights of a terabyte",
    "model.json zero",
    "model.json pipe",
    "source a folder",
    "source gone",
    "model.json deep",
}


def cases():
    text = Step("predict", ["model=model", "text=word1 word2 nowhere"])
    export = Step("vectors", ["export", "model", "rows.bin"])
    for kind in ("window", "cnn"):
        for name, change, expect in [*_fields(), *_weights()]:
            if kind == "cnn" and not name.startswith(("model.widths", "model.filters")):
                continue
            yield Case(
                "models",
                f"{kind} {name}",
                [text],
                partial(_altered, kind, change),
                expect,
                quick=f"{kind} {name}" in _QUICK,
            )
    for kind, name, change, expect in _beside():
        yield Case("models", f"{kind} {name}", [text], partial(_altered, kind, change), expect)
    for name, make in _FILES.items():
        yield Case("models", name, [text], make, "refused", quick=name in _QUICK)
        if not name.startswith("model.json"):
            yield Case("models", f"export {name}", [export], make, "refused")
    for name, make in _SOURCES.items():
        yield Case(
            "models", f"source {name}", [text], make, "works", quick=f"source {name}" in _QUICK
        )
        yield Case("models", f"export source {name}", [export], make, "works")
    for name, words in _TEXTS.items():
        step = Step("predict", words)
        yield Case("models", f"words {name}", [step], partial(_altered, "mean", lambda c, a: None))


_TEXTS = {
    "nothing": ["model=model"],
    "both": ["model=model", "text=a", "file=train.csv"],
    "empty text": ["model=model", "text="],
    "escape text": ["model=model", f"text={ESC}"],
    "text that is not text": ["model=model", "text=\udcff"],
    "the same into a file": ["model=model", "text=\udcff", "out=labels.jsonl"],
    "no model": ["text=a"],
    "empty model": ["model=", "text=a"],
    "out without a folder": ["model=model", "text=a", "out=missing/labels.csv"],
    "out of another kind": ["model=model", "text=a", "out=labels.pdf"],
    "out onto a device": ["model=model", "text=a", "out=/dev/null/labels.csv"],
    "out onto its input": ["model=model", "file=train.csv", "out=train.csv"],
    "column missing": ["model=model", "file=train.csv", "column=body"],
    "column of escapes": ["model=model", "file=train.csv", f"column={ESC}"],
}
