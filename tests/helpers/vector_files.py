"""A small valid file of every vector format, and what a slow reader makes of any content."""

import gzip
import io
import json
import lzma
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from gensim.models import FastText, KeyedVectors
from gensim.models.fasttext import ft_ngram_hashes, save_facebook_model
from reference_parser import NotReadableError, Table, parse_binary, parse_text
from safetensors.numpy import load, save
from tokenizers import Tokenizer, models, pre_tokenizers

WORDS = [f"word{i}" for i in range(12)] + ["naïve", "日本", "the", ",", "3.5", "a\u00a0b", "\u2028"]
ROWS = np.random.default_rng(1).normal(size=(len(WORDS), 4)).astype(np.float32)
BUCKETS = 40

Files = dict[str, bytes]  # name -> content; one for a file, two for a folder


@dataclass(frozen=True)
class Format:
    """A valid file, and slow readers of it: its own, then one for what a fault may make of it.

    strict  whether a file that the first reader reads may not be refused
    """

    files: Files
    readers: list[Callable[[Files], Table]]
    strict: bool


def only(files: Files) -> bytes:
    (content,) = files.values()
    return content


def text_lines(header: bool, end: str = "\n") -> bytes:
    lines = [f"{len(WORDS)} {ROWS.shape[1]}"] if header else []
    lines += [
        " ".join([word, *(f"{value:.5f}" for value in row.tolist())])
        for word, row in zip(WORDS, ROWS, strict=True)
    ]
    return "".join(line + end for line in lines).encode()


def binary_rows(end: bytes) -> bytes:
    header = f"{len(WORDS)} {ROWS.shape[1]}\n".encode()
    return header + b"".join(
        word.encode() + b" " + row.astype("<f4").tobytes() + end
        for word, row in zip(WORDS, ROWS, strict=True)
    )


def zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("vectors.txt", content)
    return out.getvalue()


def unzipped(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (name,) = (info.filename for info in archive.infolist() if not info.is_dir())
        return archive.read(name)


def static_files() -> Files:
    vocabulary = {"[UNK]": 0, **{word: i + 1 for i, word in enumerate(WORDS)}, "##s": 20}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    rows = np.random.default_rng(2).normal(size=(len(vocabulary), 3)).astype(np.float32)
    return {
        "model.safetensors": save({"embeddings": rows}),
        "tokenizer.json": tokenizer.to_str().encode(),
    }


def parse_static(files: Files) -> Table:
    rows = load(files["model.safetensors"])
    table = rows.get("embedding.weight", rows.get("embeddings"))
    assert table is not None
    tokenizer = Tokenizer.from_str(files["tokenizer.json"].decode())
    unknown = tokenizer.token_to_id(json.loads(files["tokenizer.json"])["model"]["unk_token"])
    found: Table = {}
    for word in WORDS:
        ids = [
            i for i in tokenizer.encode(word, add_special_tokens=False).ids if i != unknown
        ]  # fmt: skip
        if ids:
            found[word] = table[ids].astype(np.float32).mean(axis=0).tobytes()
    return found


def fasttext_file(folder: Path) -> bytes:
    text = [["the", "cat", "sat"], ["the", "dog", "naïve", "日本"]] * 3
    model = FastText(text, vector_size=4, min_count=1, min_n=2, max_n=3, bucket=BUCKETS, seed=1)
    save_facebook_model(model, str(folder / "fasttext"))
    return (folder / "fasttext").read_bytes()


def parse_fasttext(files: Files) -> Table:
    content = only(files)
    magic, version, dim, *_, buckets, shortest, longest, _, _ = struct.unpack_from("<14id", content)
    at = struct.calcsize("<14id")
    entries, words, labels, _, pruned = struct.unpack_from("<3i2q", content, at)
    at += struct.calcsize("<3i2q")
    if magic != 793712314 or version not in (11, 12) or labels or pruned > 0 or entries != words:
        raise NotReadableError("header")
    dictionary: dict[str, int] = {}
    for row in range(words):
        label, _, _ = content[at:].partition(b"\0")
        dictionary.setdefault(label.decode("utf-8", "backslashreplace"), row)
        at += len(label) + 10
    quantised, rows, columns = struct.unpack_from("<?2q", content, at)
    if quantised or rows != words + buckets or columns != dim:
        raise NotReadableError("matrix")
    matrix = np.frombuffer(content, "<f4", rows * dim, at + 17).reshape(rows, dim)
    table: Table = {}
    for word, own in dictionary.items():
        hashes = ft_ngram_hashes(word, shortest, longest, buckets) if buckets else []
        row = matrix[own].astype(np.float32)
        for gram in hashes:
            row += matrix[words + gram]
        if buckets:
            row /= len(hashes) + 1
        table[word] = row.tobytes()
    return table


def pickled(folder: Path) -> bytes:
    vectors = KeyedVectors(ROWS.shape[1])
    vectors.add_vectors(WORDS, ROWS)
    vectors.save(str(folder / "kv"))
    return (folder / "kv").read_bytes()


def formats(folder: Path) -> dict[str, Format]:
    """Every format by name; `folder` is for what its library can only save to a file."""

    def text(files: Files) -> Table:
        return parse_text(only(files))

    def binary(files: Files) -> Table:
        return parse_binary(only(files))

    def packed(unpack: Callable[[bytes], bytes], parse: Callable[[bytes], Table]):  # type: ignore[no-untyped-def]
        return [lambda files: parse(unpack(only(files)))]

    glove, headed, rows = text_lines(False), text_lines(True), binary_rows(b"\n")
    return {
        "GloVe text": Format({"v": glove}, [text], True),
        "word2vec text": Format({"v": headed}, [text, binary], True),
        "fastText .vec": Format({"v": text_lines(True, " \n")}, [text, binary], True),
        "word2vec binary": Format({"v": rows}, [binary, text], True),
        "gensim's binary": Format({"v": binary_rows(b"")}, [binary, text], True),
        "fastText .bin": Format({"v": fasttext_file(folder)}, [parse_fasttext], False),
        "static folder": Format(static_files(), [parse_static], False),
        "gzip": Format({"v": gzip.compress(glove)}, packed(gzip.decompress, parse_text), False),
        "xz": Format({"v": lzma.compress(rows)}, packed(lzma.decompress, parse_binary), False),
        "zip": Format({"v": zipped(headed)}, packed(unzipped, parse_text), False),
        "gensim pickle": Format({"v": pickled(folder)}, [], False),
    }
