"""Vector files that are damaged, cut, packed, pretended, or nothing of the kind."""

import gzip
import lzma
import os
import pickle
import struct
import zipfile
from functools import partial
from io import BytesIO

import numpy as np
from judging import Case, Step
from small_inputs import RUN, WORDS, D, fill, filling_and, rows, vector_text, writing

TEXT = vector_text().encode()
HEADED = f"{len(WORDS)} {D}\n".encode() + TEXT
BINARY = f"{len(WORDS)} {D}\n".encode() + b"".join(
    word.encode() + b" " + row.astype("<f4").tobytes() + b"\n"
    for word, row in zip(WORDS, rows(), strict=True)
)
SAFETENSORS = (
    struct.pack("<Q", 60) + b'{"e":{"dtype":"F32","shape":[9,4],"data_offsets":[0,144]}}  '
)
FIRST = TEXT.split(b"\n")[0]
ESC = b"\x1b[31m\x1b]0;title\x07"


def _zipped(*members, password=False):
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    data = bytearray(out.getvalue())
    if password:
        for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            data[data.index(mark) + place] |= 1
    return bytes(data)


def _fasttext(dim=D, words=20, bucket=10):
    """A fastText model, its header as asked for and its content cut short."""
    head = struct.pack("<ii", 793712314, 12)
    arguments = struct.pack("<12id", dim, 5, 5, 1, 5, 1, 1, 1, bucket, 3, 6, 100, 1e-4)
    dictionary = struct.pack("<iiiqq", words, words, 0, 100, -1)
    return (
        head
        + arguments
        + dictionary
        + b"".join(w.encode() + b"\0" + struct.pack("<qb", 5, 0) for w in WORDS)
    )


def _files():
    """Name -> content and what is expected of training with it."""
    yield "sound.txt", TEXT, "works"
    yield "headed.txt", HEADED, "works"
    yield "sound.bin", BINARY, "works"
    yield "empty.txt", b"", "refused"
    yield "blank.txt", b"\n\n\n", "refused"
    yield "header.txt", b"20 4\n", "refused"
    yield "more promised.txt", HEADED.replace(b"20 4", b"25 4", 1), "refused"
    yield "less promised.txt", HEADED.replace(b"20 4", b"10 4", 1), "either"
    yield "other dimension.txt", HEADED.replace(b"20 4", b"20 5", 1), "refused"
    yield "negative header.txt", HEADED.replace(b"20 4", b"-20 4", 1), "refused"
    yield "huge header.txt", HEADED.replace(b"20 4", b"9223372036854775807 4", 1), "refused"
    yield "huge dimension.txt", HEADED.replace(b"20 4", b"20 2147483647", 1), "refused"
    yield "zero dimension.txt", HEADED.replace(b"20 4", b"20 0", 1), "refused"
    yield "nan.txt", TEXT.replace(FIRST, b"word0 1 nan 2 3"), "refused"
    yield "inf.txt", TEXT.replace(FIRST, b"word0 1 inf 2 3"), "refused"
    yield "beyond float.txt", TEXT.replace(FIRST, b"word0 1 1e300 2 3"), "refused"
    yield "letters.txt", TEXT.replace(FIRST, b"word0 1 a 2 3"), "refused"
    yield "short row.txt", TEXT.replace(FIRST, b"word0 1 2 3"), "refused"
    yield "long row.txt", TEXT.replace(FIRST, b"word0 1 2 3 4 5"), "refused"
    yield "words alone.txt", "\n".join(WORDS).encode(), "refused"
    yield "commas.txt", TEXT.replace(b" ", b","), "either"
    yield "decimal commas.txt", TEXT.replace(b".", b","), "refused"
    yield "tabs.txt", TEXT.replace(b" ", b"\t"), "either"
    yield "crlf.txt", TEXT.replace(b"\n", b"\r\n"), "works"
    yield "bom.txt", b"\xef\xbb\xbf" + TEXT, "works"
    yield "utf16.txt", TEXT.decode().encode("utf-16"), "refused"
    yield "latin1.txt", TEXT + b"w\xf6rd 1 2 3 4\n", "either"
    yield "nul.txt", TEXT + b"w\0rd 1 2 3 4\n", "either"
    yield "no end.txt", TEXT.rstrip(b"\n"), "works"
    yield "cut.txt", TEXT[:-9], "refused"
    yield "twice.txt", TEXT + TEXT, "either"
    yield "zeros.txt", b"".join(w.encode() + b" 0 0 0 0\n" for w in WORDS), "either"
    yield "one word.txt", FIRST + b"\n", "refused"
    yield "other words.txt", TEXT.replace(b"word", b"mot"), "refused"
    yield "escapes.txt", TEXT + ESC + b" 1 2 3 4\n", "works"
    yield "escapes in a fault.txt", TEXT + ESC + b" 1 2 x 4\n", "refused"
    yield "escapes for words.txt", b"".join(ESC + b"%d 1 2 3 4\n" % i for i in range(20)), "refused"
    yield "long word.txt", b"w" * (3 << 20) + b" 1 2 3 4\n" + TEXT, "either"
    yield "one line.txt", b"1 " * (1 << 21), "refused"
    yield "page.txt", b"<!doctype html><html><body>404 not found</body></html>\n", "refused"
    yield (
        "pointer.txt",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
        ("refused"),
    )
    yield "prose.txt", b"It was the best of times,\nit was the worst of times.\n", "refused"
    yield "table.csv", b"word,a,b\nx,1,2\n", "refused"
    yield "numbers.npy", b"\x93NUMPY\x01\x00v\x00{'descr': '<f4'}", "refused"
    yield "image.png", b"\x89PNG\r\n\x1a\n" + bytes(300), "refused"
    yield "program", b"\x7fELF" + bytes(300), "refused"
    yield "paper.pdf", b"%PDF-1.7\n" + bytes(300), "refused"
    yield "zeros.bin", bytes(4096), "refused"
    yield "noise.bin", np.random.default_rng(3).bytes(4096), "refused"
    yield "gensim.kv", pickle.dumps({"a": 1}), "refused"
    yield "code.kv", b"cos\nsystem\n(S'touch owned'\ntR.", "refused"
    yield "table.parquet", b"PAR1" + bytes(40) + b"PAR1", "refused"
    yield "weights.safetensors", SAFETENSORS + bytes(144), "refused"
    for cut in (3, 10, len(BINARY) // 2, len(BINARY) - 1, len(BINARY) - D * 4):
        yield f"cut at {cut}.bin", BINARY[:cut], "either" if cut == len(BINARY) - 1 else "refused"
    yield "more promised.bin", BINARY.replace(b"20 4", b"99 4", 1), "refused"
    yield "huge count.bin", BINARY.replace(b"20 4", b"9223372036854775807 4", 1), "refused"
    yield "huge dimension.bin", BINARY.replace(b"20 4", b"20 999999999", 1), "refused"
    yield "nan.bin", BINARY.replace(rows()[0].astype("<f4").tobytes(), b"\xff" * 16, 1), "refused"
    yield "no spaces.bin", b"20 4\n" + b"x" * 5000, "refused"
    for cut in (4, 20, 60, 80, 100, 200):
        yield f"fasttext cut at {cut}.bin", _fasttext()[:cut], "refused"
    yield "fasttext without a matrix.bin", _fasttext(), "refused"
    yield "fasttext of huge dimension.bin", _fasttext(dim=2**31 - 1), "refused"
    yield "fasttext of negative dimension.bin", _fasttext(dim=-1), "refused"
    yield "fasttext of many words.bin", _fasttext(words=2**31 - 1), "refused"
    yield "fasttext of many buckets.bin", _fasttext(bucket=2**31 - 1) + bytes(500), "refused"
    yield "sound.gz", gzip.compress(TEXT), "works"
    yield "cut.gz", gzip.compress(TEXT)[:-30], "refused"
    yield "broken.gz", gzip.compress(TEXT)[:40] + b"\0" * 300, "refused"
    yield "bomb.gz", gzip.compress(bytes(300 << 20)), "refused"
    yield "twice packed.gz", gzip.compress(gzip.compress(TEXT)), "refused"
    yield "sound.xz", lzma.compress(TEXT), "works"
    yield "cut.xz", lzma.compress(TEXT)[:-30], "refused"
    yield "bomb.xz", lzma.compress(bytes(300 << 20), preset=0), "refused"
    yield "sound.zip", _zipped(("vectors.txt", TEXT)), "works"
    yield "two.zip", _zipped(("a.txt", TEXT), ("b.txt", TEXT)), "refused"
    yield "none.zip", _zipped(), "refused"
    yield "upwards.zip", _zipped(("../../owned.txt", TEXT)), "either"
    yield "escape.zip", _zipped((ESC.decode() + "a", TEXT), (ESC.decode() + "b", TEXT)), "refused"
    yield "locked.zip", _zipped(("vectors.txt", TEXT), password=True), "refused"
    yield "cut.zip", _zipped(("vectors.txt", TEXT))[:-30], "refused"
    yield "bomb.zip", _zipped(("vectors.txt", bytes(300 << 20))), "refused"
    yield "model.pt", _zipped(("model/data.pkl", b"\x80\x04K\x01.")), "refused"
    yield "it's, [odd] = ü.txt", TEXT, "works"
    yield "\x1b[31mred.txt", TEXT, "works"


_QUICK = {
    "escapes.txt",
    "escapes in a fault.txt",
    "escapes for words.txt",
    "huge dimension.txt",
    "code.kv",
    "escape.zip",
    "fasttext of many words.bin",
    "\x1b[31mred.txt",
}


def cases():
    for name, content, expect in _files():
        made, word = _writing(name, content), name.encode("ascii", "backslashreplace").decode()
        train = Step("train", [*RUN, f"embed.path={name}", "finetune=true", "out=out"])
        yield Case("vectors", f"train {word}", [train], made, expect, right=_unowned)
        inspect = Step("vectors", ["inspect", name])
        yield Case(
            "vectors", f"inspect {word}", [inspect], made, right=_unowned, quick=name in _QUICK
        )
    for name, make in _PLACES.items():
        train = Step("train", [*RUN, f"embed.path={name}", "out=out"])
        quick = name in ("pipe", "zero")
        yield Case("vectors", f"train {name}", [train], make, "refused", quick=quick)
        inspect = Step("vectors", ["inspect", name])
        yield Case("vectors", f"inspect {name}", [inspect], make, "refused")
    for name, words in _COMMANDS.items():
        yield Case("vectors", f"command {name}", [Step("vectors", words)], fill, "refused")


_COMMANDS = {
    "unknown": ["look", "vectors.txt"],
    "too few": ["convert", "vectors.txt"],
    "no such word": ["neighbours", "vectors.txt", "nowhere"],
    "escape word": ["neighbours", "vectors.txt", "\x1b[31mred"],
    "not text": ["neighbours", "vectors.txt", "\udcff"],
    "other ending": ["convert", "vectors.txt", "out.xyz"],
    "no folder": ["convert", "vectors.txt", "missing/out.bin"],
    "a folder": ["convert", "vectors.txt", "."],
    "a device": ["convert", "vectors.txt", "/dev/null/x.bin"],
    "two files that differ": ["compare", "vectors.txt", "train.csv"],
    "member of no zip": ["inspect", "vectors.txt", "member=a"],
    "no data": ["coverage", "vectors.txt", "data=files"],
    "foreign key": ["coverage", "vectors.txt", "seed=1"],
    "data missing": ["coverage", "vectors.txt", "data=files", "data.train=missing.csv"],
    "no model": ["export", "missing", "out.bin"],
    "file for model": ["export", "vectors.txt", "out.bin"],
}


def _unowned(folder, ended):
    owned = [*folder.rglob("owned*"), *folder.parent.glob("owned*")]
    return f"{owned} was made" if owned else None


_writing, _with = partial(writing, fill), partial(filling_and, fill)


def _static(weights, tokenizer=b"{}"):
    def make(folder):
        (folder / "static").mkdir()
        if weights is not None:
            (folder / "static" / "model.safetensors").write_bytes(weights)
        if tokenizer is not None:
            (folder / "static" / "tokenizer.json").write_bytes(tokenizer)

    return make


_PLACES = {
    "missing.txt": fill,
    "pipe": _with(lambda folder: os.mkfifo(folder / "pipe")),
    "null": _with(lambda folder: (folder / "null").symlink_to("/dev/null")),
    "zero": _with(lambda folder: (folder / "zero").symlink_to("/dev/zero")),
    "loop": _with(lambda folder: (folder / "loop").symlink_to("loop")),
    "gone": _with(lambda folder: (folder / "gone").symlink_to("nowhere")),
    "empty folder": _with(lambda folder: (folder / "empty folder").mkdir()),
    "static": _with(_static(SAFETENSORS + bytes(144))),
    "static/": _with(_static(b"")),
    "./static": _with(_static(struct.pack("<Q", 2**62) + b"{}")),
    "static/.": _with(_static(struct.pack("<Q", 8) + b"notjson!")),
    ".//static": _with(_static(None)),
    "././static": _with(_static(SAFETENSORS + bytes(144), None)),
    "static/./": _with(_static(SAFETENSORS + bytes(144), b"[" * 100_000)),
    "static//": _with(_static(SAFETENSORS.replace(b"9,4", b"9,8") + bytes(144))),
    "v" * 300: fill,
}
