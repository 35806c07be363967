"""Vectors of own text: the same to the bit wherever trained, made once, never half-written."""

import gzip
import json
import logging
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wvexp.data.reading.limits import TextLimits
from wvexp.errors import UserError
from wvexp.vectors.limits import DEFAULT_LIMITS
from wvexp.vectors.own import kept
from wvexp.vectors.own.kept import OwnVectors
from wvexp.vectors.own.settings import METHODS, Training
from wvexp.vectors.own.text import OwnText, tokenise
from wvexp.vectors.own.training import GoneOnFrom, train_vectors
from wvexp.vectors.pretrained import fingerprint_vectors, load_vectors
from wvexp.vectors.writing import save_vectors

TRAIN = """
import sys
from pathlib import Path
from wvexp.data.reading.limits import TextLimits
from wvexp.vectors.own.kept import OwnVectors
from wvexp.vectors.own.settings import Training
from wvexp.vectors.own.text import OwnText
text = OwnText(Path(sys.argv[1]), None, "auto", False, TextLimits())
print(OwnVectors(text, sys.argv[2], 8, Training(epochs=int(sys.argv[3]))).made())
"""


def sentences(count=300, seed=0):
    """Two topics, whose words never stand together, and a word that comes once."""
    rng = np.random.default_rng(seed)
    topics = [[f"{name}{i}" for i in range(12)] for name in ("sea", "hill")]
    lines = [" ".join(rng.choice(topics[i % 2], 8)) for i in range(count)]
    return [*lines, "sea0 alone sea1"]


def written(path, lines):
    text = "\n".join(lines) + "\n"
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


def own(path, method="word2vec", dim=8, column=None, lowercase=False, start=None, **training):
    text = OwnText(path, column, "auto", lowercase, TextLimits(column="embed.corpus_text"))
    return OwnVectors(text, method, dim, Training(**{"epochs": 3, **training}), start)


def from_file(path):
    return GoneOnFrom(path, None, False, DEFAULT_LIMITS)


@pytest.fixture
def text(tmp_path):
    return written(tmp_path / "text.txt", sentences())


def in_a_process(text, method, cache, hash_seed, epochs=3):
    environment = {**os.environ, "WVEXP_CACHE": str(cache), "PYTHONHASHSEED": str(hash_seed)}
    return subprocess.Popen(
        [sys.executable, "-c", TRAIN, str(text), method, str(epochs)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("method", METHODS)
def test_two_processes_with_other_hashes_train_the_same_bits(text, tmp_path, method):
    files = []
    for hash_seed in (1, 2):
        process = in_a_process(text, method, tmp_path / f"cache{hash_seed}", hash_seed)
        out, error = process.communicate(timeout=120)
        assert process.returncode == 0, error
        files.append(Path(out.strip()).read_bytes())
    assert files[0] == files[1]


@pytest.mark.parametrize("method", METHODS)
def test_words_of_one_topic_lie_together(text, method):
    vectors = load_vectors(own(text, method, epochs=20).made())
    rows = vectors.vectors / np.linalg.norm(vectors.vectors, axis=1, keepdims=True)
    at = vectors.key_to_index
    sea, hill = (rows[[at[f"{name}{i}"] for i in range(12)]] for name in ("sea", "hill"))
    assert np.mean(sea @ sea.T) > np.mean(sea @ hill.T) + 0.3
    assert "alone" not in at  # below min_count


def test_what_is_kept_is_not_trained_again(text, monkeypatch, caplog):
    first = own(text).made()
    before = first.stat().st_mtime_ns
    monkeypatch.setattr(kept, "train_vectors", None)  # would fail if called
    assert own(text).made() == first
    assert first.stat().st_mtime_ns == before
    (note,) = [record.message for record in caplog.records if record.name == "wvexp"]
    assert "2,403 tokens" in note
    assert "its 24 words that come 2 times" in note


def test_any_change_of_content_or_settings_is_trained_anew(text):
    """One letter in the middle of the text, each key, and how words are read."""
    base = own(text)
    others = [
        own(text, method="fasttext"),
        own(text, dim=9),
        own(text, lowercase=True),
        *(own(text, **{name: 4}) for name in ("epochs", "window", "min_count", "negative")),
        own(text, skipgram=False),
    ]
    places = {base.place, *(one.place for one in others)}
    changed = sentences()
    changed[150] = changed[150].replace("0", "1")
    assert changed != sentences()
    written(text, changed)
    places.add(own(text).place)
    assert len(places) == len(others) + 2


def test_packed_and_plain_text_and_a_column_of_a_table_give_the_same_vectors(tmp_path):
    lines = sentences()
    files = [
        own(written(tmp_path / "a.txt", lines)),
        own(written(tmp_path / "a.txt.gz", lines)),
        own(written(tmp_path / "a.csv", ["id,text", *(f"1,{line}" for line in lines)])),
        own(
            written(tmp_path / "b.jsonl", [json.dumps({"x": line, "y": "z"}) for line in lines]),
            column="x",
        ),
        own(
            written(tmp_path / "c.jsonl", [json.dumps({"x": line.split()}) for line in lines]),
        ),
    ]
    content = [one.made().read_bytes() for one in files]
    assert all(one == content[0] for one in content)


@pytest.mark.parametrize("method", METHODS)
def test_case_is_kept_unless_asked(tmp_path, method):
    text = written(tmp_path / "t.txt", [line.title() for line in sentences()])
    assert "Sea0" in load_vectors(own(text, method).made())
    lowered = load_vectors(own(text, method, lowercase=True).made())
    assert "sea0" in lowered
    assert "Sea0" not in lowered


def test_fasttext_gives_a_word_that_it_never_read_a_vector(text):
    place = own(text, "fasttext", epochs=10).made()
    found = load_vectors(place, ["sea999", "hill999", "sea0", "hill0"])
    rows = {word: found.get_vector(word, norm=True) for word in found.index_to_key}
    assert len(rows) == 4
    assert rows["sea999"] @ rows["sea0"] > rows["sea999"] @ rows["hill0"]


def test_going_on_from_a_file_leaves_the_words_that_the_text_lacks(text, tmp_path):
    rng = np.random.default_rng(1)
    words = ["sea0", "elsewhere", "Sea0", "hill3"]
    rows = rng.normal(size=(4, 8)).astype(np.float32)
    start = tmp_path / "start.txt"
    save_vectors(start, words, rows)
    vectors = load_vectors(own(text, dim=None, start=from_file(start)).made())
    at = vectors.key_to_index
    assert len(at) == 24 + 2  # those of the text, and the two that only the file has
    for word in ("elsewhere", "Sea0"):
        np.testing.assert_array_equal(vectors.vectors[at[word]], rows[words.index(word)])
    for word in ("sea0", "hill3"):
        moved = vectors.vectors[at[word]]
        begun = rows[words.index(word)]
        assert not np.array_equal(moved, begun)
        assert moved @ begun > 0.5 * np.linalg.norm(moved) * np.linalg.norm(begun)


def test_known_words_begin_at_the_vectors_of_the_file(text, tmp_path, monkeypatch):
    """What gensim is handed, before its first step."""
    from gensim.models import Word2Vec

    rows = np.arange(16, dtype=np.float32).reshape(2, 8)
    save_vectors(tmp_path / "start.bin", ["sea0", "hill3"], rows)
    begun = {}

    def train(model, **_):
        begun.update({word: model.wv.get_vector(word).copy() for word in ("sea0", "hill3", "sea1")})

    monkeypatch.setattr(Word2Vec, "train", train)
    copy = tokenise(own(text).text, tmp_path / "copy", lambda _: None)
    start = from_file(tmp_path / "start.bin")
    out = tmp_path / "out.bin"
    train_vectors(copy, "word2vec", 8, Training(), start, out, lambda _: None)
    np.testing.assert_array_equal([begun["sea0"], begun["hill3"]], rows)
    assert np.abs(begun["sea1"]).max() < 1 / 8  # as gensim draws it


def test_another_start_file_is_other_vectors(text, tmp_path):
    rng = np.random.default_rng(1)
    places = set()
    for name in "ab":
        save_vectors(tmp_path / f"{name}.txt", ["sea0", "x"], rng.normal(size=(2, 8)).astype("f4"))
        places.add(own(text, dim=None, start=from_file(tmp_path / f"{name}.txt")).place)
    assert len(places) == 2


def test_what_cannot_be_trained_is_refused_in_one_line(text, tmp_path):
    save_vectors(tmp_path / "start.txt", ["sea0", "x"], np.eye(2, 8, dtype=np.float32))
    start = from_file(tmp_path / "start.txt")
    blank = written(tmp_path / "blank.txt", ["", "  "])
    (tmp_path / "empty.txt").touch()
    (tmp_path / "latin.txt").write_bytes("Caf\xe9 au lait\n".encode("latin-1"))
    table = written(tmp_path / "t.csv", ["a,b", "x y,z w"])
    rare = written(tmp_path / "rare.txt", [" ".join(f"w{i}" for i in range(50))])
    for one, said in [
        (own(tmp_path / "none.txt"), "no such file"),
        (own(tmp_path / "empty.txt"), "empty"),
        (own(blank), "not one word"),
        (own(tmp_path / "latin.txt"), "line 1 is not UTF-8"),
        (own(table), "embed.corpus_text=NAME"),
        (own(table, column="c"), "no column 'c'"),
        (own(text, column="c"), "plain text"),
        (own(rare), "50 different words.* 0 that come 2 times.*embed.own.min_count=1"),
        (own(text, dim=9, start=start), "8 dimensions"),
        (own(text, "fasttext", dim=None, start=start), "word2vec goes on"),
    ]:
        with pytest.raises(UserError, match=said) as refused:
            one.made()
        assert "\n" not in str(refused.value)
    assert not list(Path(os.environ["WVEXP_CACHE"]).glob("own/*"))


def test_a_cache_that_cannot_be_written_is_named(text, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("WVEXP_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(UserError, match="WVEXP_CACHE"):
        own(text).made()


def test_a_killed_training_leaves_nothing_under_the_final_name(tmp_path):
    text = written(tmp_path / "text.txt", sentences(4000))
    cache = tmp_path / "cache"
    process = in_a_process(text, "word2vec", cache, 0, epochs=10_000)
    try:
        deadline = time.monotonic() + 60
        while not list(cache.glob("vectors/.unfinished~*/text")) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert list(cache.glob("vectors/.unfinished~*"))  # it was at work
    assert not list(cache.glob("own/*"))


def test_long_lines_and_odd_words_are_read_whole(tmp_path):
    """A line of more words than gensim takes, and words that no vector file can hold."""
    lists = [["a b", "c\u00a0d", "\ud800x", "", "w" * 2000, "\u2028e"], ["f"] * 25_000]
    path = written(tmp_path / "t.jsonl", [json.dumps({"text": words}) for words in lists])
    copy = tokenise(own(path).text, tmp_path / "copy", lambda _: None)
    assert copy.counts == {"c\u00a0d": 1, "\ufffdx": 1, "\u2028e": 1, "f": 25_000}
    found = list(copy.sentences)
    assert [len(words) for words in found] == [3, 10_000, 10_000, 5_000]
    assert sum(map(len, found)) == copy.tokens


def test_the_tokenised_copy_has_what_the_data_reader_makes_of_the_text(tmp_path):
    path = written(tmp_path / "t.txt", ["It's good. Really, it is!", "The end."])
    text = replace(own(path).text, tokenizer="treebank", lowercase=True)
    assert list(text.sentences()) == [
        ["it", "'s", "good", ".", "really", ",", "it", "is", "!"],
        ["the", "end", "."],
    ]


def test_a_dry_look_trains_nothing(text, monkeypatch, caplog):
    caplog.set_level(logging.WARNING)
    monkeypatch.setattr(kept, "train_vectors", None)
    own(text).check()
    assert "2,403 tokens" in caplog.text
    assert not list(Path(os.environ["WVEXP_CACHE"]).glob("own/*"))


def test_the_file_is_one_that_a_model_folder_can_name(text):
    place = own(text).made()
    assert place.is_absolute()
    assert fingerprint_vectors(place) == fingerprint_vectors(own(text).made())
