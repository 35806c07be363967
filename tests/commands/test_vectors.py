"""Export of trained vectors and coverage of a corpus, on real runs over generated files."""

import json

import numpy as np
import pyarrow.parquet
import pytest
from gensim.models import KeyedVectors

from wvexp.commands import vectors as vector_tools
from wvexp.config.compose import compose
from wvexp.errors import UserError
from wvexp.experiment.run import run_experiment
from wvexp.seeds import stream
from wvexp.vectors.pretrained import load_vectors
from wvexp.vectors.writing import save_vectors

WORDS = [f"w{i}" for i in range(60)]
KNOWN = [*WORDS[:40], "elsewhere", "unread"]  # w40 to w59 have no vector
D = 8


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A sentence task in which half of the words speak for each label, and its vectors."""
    folder = tmp_path_factory.mktemp("tools")
    rng = stream(0, "vector tools")
    for name, size in (("train", 120), ("validation", 40), ("test", 40)):
        lines = ["text,label"]
        for i in range(size):
            label = i % 2
            words = rng.choice(np.arange(label, 60, 2), 5)
            lines.append(" ".join(f"w{word}" for word in words) + f",{'yes' if label else 'no'}")
        (folder / f"{name}.csv").write_text("\n".join(lines))
    save_vectors(folder / "v.bin", KNOWN, rng.normal(0, 0.4, (42, D)).astype(np.float32))
    return folder


def overrides(place, *more):
    files = [f"data.{name}={place}/{name}.csv" for name in ("train", "validation", "test")]
    return ["data=files", *files, f"embed.path={place}/v.bin", f"store={place}/r.sqlite", *more]


def run(place, name, *more):
    folder = place / name
    run_experiment(compose(overrides(place, f"out={folder}", "optim.epochs=4", *more)))
    return folder


@pytest.mark.parametrize("ending", [".bin", ".txt"])
def test_exported_vectors_are_the_models_own_to_the_bit(place, ending):
    folder = run(place, "tuned", "finetune=true", "optim.lr=0.05")
    out = place / f"tuned{ending}"
    lines = vector_tools.export(str(folder / "model"), str(out))
    exported = KeyedVectors.load_word2vec_format(str(out), binary=ending == ".bin")
    start = KeyedVectors.load_word2vec_format(str(place / "v.bin"), binary=True)
    from wvexp.training.saved import SavedModel

    saved = SavedModel.load(folder / "model")
    assert f"{len(saved.row_of)} from the model" in lines[0]
    for word, row in saved.row_of.items():
        assert exported[word].tobytes() == saved.parameters["embedding.weight"][row].tobytes()
    assert any(not np.array_equal(exported[w], start[w]) for w in WORDS[:40])
    for word in ("elsewhere", "unread"):  # in the file alone: moved by nothing, and not lost
        assert exported[word].tobytes() == start[word].tobytes()
    assert set(exported.key_to_index) == set(WORDS) | {"elsewhere", "unread"}


def test_a_frozen_model_exports_what_it_was_given(place):
    folder = run(place, "frozen")
    vector_tools.export(str(folder / "model"), str(place / "frozen.bin"))
    exported = KeyedVectors.load_word2vec_format(str(place / "frozen.bin"), binary=True)
    start = KeyedVectors.load_word2vec_format(str(place / "v.bin"), binary=True)
    for word in KNOWN:
        assert exported[word].tobytes() == start[word].tobytes()


def test_the_ledger_lies_beside_the_model_and_agrees_with_it(place):
    folder = run(place, "ledger", "finetune=true", "tuning.rows=oov", "optim.lr=0.05")
    table = pyarrow.parquet.read_table(folder / "movement.parquet").to_pydict()
    moved = {w for w, d in zip(table["word"], table["distance"], strict=True) if d > 0}
    assert moved <= set(WORDS[40:])
    assert len(moved) > 10
    movement = json.loads((folder / "result.json").read_text())["movement"]
    assert movement["moved"] - 1 <= len(moved) <= movement["moved"]  # UNK is in one of them
    assert movement["most_moved"][0]["distance"] == max(table["distance"])
    assert movement["overlap_fixed"] <= 1
    assert not (run(place, "still") / "movement.parquet").exists()


def test_coverage_counts_the_training_text(place):
    data = [word for word in overrides(place) if word.startswith("data")]
    lines = vector_tools.coverage(str(place / "v.bin"), overrides=data)
    words = [
        word
        for line in (place / "train.csv").read_text().splitlines()[1:]
        for word in line.split(",")[0].split()
    ]
    known = sum(word in KNOWN for word in words)
    assert lines[1] == f"tokens  {known:,} of {len(words):,} ({known / len(words):.1%})"


def test_coverage_takes_data_keys_alone(place):
    with pytest.raises(UserError, match="seed=3: coverage takes data keys"):
        vector_tools.coverage(str(place / "v.bin"), overrides=["seed=3"])


def test_coverage_is_of_the_whole_training_file_lowered_as_training_does(place, tmp_path):
    lines = (place / "train.csv").read_text().upper().splitlines()
    (tmp_path / "upper.csv").write_text("\n".join(["text,label", *lines[1:]]))
    data = ["data=files", f"data.train={place}/train.csv"]
    upper = ["data=files", f"data.train={tmp_path}/upper.csv"]
    alone = vector_tools.coverage(str(place / "v.bin"), overrides=data)
    assert vector_tools.coverage(str(place / "v.bin"), overrides=upper)[:2] == alone[:2]
    with_files = [word for word in overrides(place) if word.startswith("data")]
    assert vector_tools.coverage(str(place / "v.bin"), overrides=with_files)[:2] == alone[:2]


@pytest.fixture
def own_text(place, tmp_path, monkeypatch):
    monkeypatch.setenv("WVEXP_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return f"{place}/train.csv"


def test_vectors_of_own_text_are_written_as_binary_and_text_alike(own_text):
    keys = ["embed.dim=6", "embed.own.epochs=1", "embed.own.min_count=1"]
    lines = vector_tools.train(own_text, "own.bin", overrides=keys)
    assert lines == ["own.bin: 60 words, 6 dimensions, word2vec"]
    vector_tools.train(own_text, "own.txt", overrides=keys)
    binary = KeyedVectors.load_word2vec_format("own.bin", binary=True)
    text = KeyedVectors.load_word2vec_format("own.txt")
    assert binary.index_to_key == text.index_to_key
    np.testing.assert_array_equal(binary.vectors, text.vectors)


def test_fasttext_of_own_text_keeps_its_pieces_of_words(own_text):
    keys = ["embed.method=fasttext", "embed.dim=6", "embed.own.epochs=1"]
    vector_tools.train(own_text, "own.bin", overrides=keys)
    assert "w999" in load_vectors("own.bin", ["w999"])
    with pytest.raises(UserError, match=r"use \.bin"):
        vector_tools.train(own_text, "own.txt", overrides=keys)


def test_train_refuses_what_it_does_not_take(own_text):
    for out, words in [("own.bin", ["seed=3"]), ("own.csv", []), ("none/x/../own", [])]:
        with pytest.raises(UserError):
            vector_tools.train(own_text, out, overrides=words)
