"""Thousands of damaged files of every format end in a right load or a named error, soon.

WVEXP_FUZZ sets how many mutations are tried; WVEXP_FUZZ_SEED which ones.
"""

import gzip
import io
import lzma
import os
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from gensim.models import FastText, KeyedVectors
from gensim.models.fasttext import save_facebook_model
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models

from wvexp.errors import UserError
from wvexp.seeds import stream
from wvexp.vectors.pretrained import load_vectors

MUTATIONS = int(os.environ.get("WVEXP_FUZZ", "2000"))
SEED = int(os.environ.get("WVEXP_FUZZ_SEED", "0"))
SLOWEST = 10.0  # seconds for a file of a few kilobytes: far above any load, far below a hang

WORDS = [f"word{i}" for i in range(20)] + ["naïve", "日本", "the", ",", "3.5"]
ASKED = ["the", "word7", "日本", "unheard", ","]
FORBIDDEN = {"pickle.find_class", "os.system", "subprocess.Popen", "os.exec"}

Files = dict[str, bytes]  # name -> content; one for a file, two for a folder


def zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("vectors.txt", content)
    return out.getvalue()


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Files]:
    folder = tmp_path_factory.mktemp("originals")
    rng = np.random.default_rng(1)
    vectors = KeyedVectors(6)
    vectors.add_vectors(WORDS, rng.normal(size=(len(WORDS), 6)))
    made: dict[str, Files] = {}
    for name, options in {
        "GloVe text": {"write_header": False},
        "word2vec text": {},
        "word2vec binary": {"binary": True},
    }.items():
        vectors.save_word2vec_format(str(folder / "v"), **options)
        made[name] = {"v": (folder / "v").read_bytes()}
    text = [["the", "cat", "sat"], ["the", "dog", "naïve", "日本"]] * 3
    model = FastText(text, vector_size=5, min_count=1, min_n=2, max_n=3, bucket=40, seed=1)
    save_facebook_model(model, str(folder / "v"))
    made["fastText binary"] = {"v": (folder / "v").read_bytes()}
    tokenizer = Tokenizer(models.WordPiece({w: i for i, w in enumerate(WORDS)}, unk_token="the"))
    tokenizer.save(str(folder / "t"))
    save_file({"embeddings": rng.normal(size=(len(WORDS), 3)).astype(np.float32)}, folder / "m")
    made["static folder"] = {
        "model.safetensors": (folder / "m").read_bytes(),
        "tokenizer.json": (folder / "t").read_bytes(),
    }
    binary, glove = made["word2vec binary"]["v"], made["GloVe text"]["v"]
    made["gzip"] = {"v": gzip.compress(glove)}
    made["xz"] = {"v": lzma.compress(binary)}
    made["zip"] = {"v": zipped(glove)}
    return made


def mutate(content: bytes, rng: np.random.Generator) -> bytes:
    """One fault, or two to four: flipped bits, a cut, a splice, repeats, digits and junk."""
    made = bytearray(content)
    for _ in range(1 if rng.random() < 0.5 else rng.integers(2, 5)):
        # half of all faults near the beginning, where headers are
        near = min(len(made), 80) if rng.random() < 0.5 else len(made)
        at = int(rng.integers(near + 1))
        length = int(rng.integers(1, 60))
        match int(rng.integers(8)):
            case 0 if made:
                made[min(at, len(made) - 1)] ^= 1 << int(rng.integers(8))
            case 1:
                del made[at:]
            case 2:
                del made[at : at + length]
            case 3:
                source = int(rng.integers(len(made) + 1))
                made[at:at] = made[source : source + length]
            case 4:
                made[at:at] = content[: int(rng.integers(1, 80))]  # the header again
            case 5:
                made[at : at + length] = rng.bytes(length)
            case 6:
                junk = [b"\n", b"\r\n", b" ", b"\0", b"nan", b"inf", b"-1", b"9999999999", b"\xff"]
                made[at:at] = junk[int(rng.integers(len(junk)))]
            case 7:
                digits = [i for i, byte in enumerate(made[:near]) if byte in b"0123456789"]
                if digits:
                    made[digits[int(rng.integers(len(digits)))]] = int(rng.integers(48, 58))
    return bytes(made)


@pytest.fixture
def code_run() -> Iterator[list[str]]:
    """Events that show code out of a file at work."""
    seen: list[str] = []
    watching = True

    def hook(event: str, _: object) -> None:
        if watching and event in FORBIDDEN:
            seen.append(event)

    sys.addaudithook(hook)  # a hook cannot be taken away: switch it off
    yield seen
    watching = False


def check(path: Path, oracle: Callable[[], KeyedVectors] | None) -> str:
    """Load all and some; "loaded" or "refused"; anything else is a failure."""
    try:
        some = load_vectors(path, words=ASKED)
    except UserError:
        return "refused"
    assert set(some.index_to_key) <= set(ASKED)
    assert len(set(some.index_to_key)) == len(some.index_to_key) == len(some.vectors)
    assert np.isfinite(some.vectors).all()
    try:
        everything = load_vectors(path)
    except UserError:
        return "refused"
    for word in some.index_to_key:
        if word in everything:
            assert everything[word].tobytes() == some[word].tobytes()
    try:
        expected = oracle() if oracle else None
    except Exception:
        return "loaded"  # gensim refuses what can be mended: a byte order mark, a wrong count
    if expected is not None and expected.vector_size == everything.vector_size:
        for word in expected.key_to_index:
            if not word.startswith("\ufeff"):  # gensim makes a byte order mark part of the word
                assert everything[word].tobytes() == expected[word].tobytes(), word
    return "loaded"


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.usefixtures("bounded_memory")
def test_damaged_files(
    originals: dict[str, Files],
    code_run: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "none").write_text("")
    monkeypatch.setenv("WVEXP_CACHE", str(tmp_path / "none"))  # every file is new: keep nothing
    outcomes: dict[str, Counter[str]] = {name: Counter() for name in originals}
    for i in range(MUTATIONS):
        rng = stream(SEED, "fuzz", i)
        name = list(originals)[i % len(originals)]
        files = originals[name]
        damaged = list(files)[int(rng.integers(len(files)))]
        folder = tmp_path / "m"
        folder.mkdir(exist_ok=True)
        for file, content in files.items():
            (folder / file).write_bytes(mutate(content, rng) if file == damaged else content)
        path = folder if name == "static folder" else folder / "v"
        oracle = None
        if "text" in name or name == "word2vec binary":

            def oracle(name: str = name, path: Path = path) -> KeyedVectors:
                return KeyedVectors.load_word2vec_format(
                    str(path), binary="binary" in name, no_header="GloVe" in name
                )

        begun = time.monotonic()
        outcomes[name][check(path, oracle)] += 1
        assert time.monotonic() - begun < SLOWEST, f"mutation {i} of {name}"
        for file in folder.iterdir():
            file.unlink()
    assert code_run == []
    for name, counts in outcomes.items():
        assert counts["refused"], name  # the damage is real
        if MUTATIONS >= 1000:
            assert counts["loaded"], name  # and not always fatal
    print({name: dict(counts) for name, counts in outcomes.items()})
