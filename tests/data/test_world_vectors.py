"""The built-in world's vectors: what they know, and a cache that is whole or built again."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from wvexp.data.world import vectors as module
from wvexp.data.world import world_vectors
from wvexp.data.world.corpus import task_world
from wvexp.data.world.lexicon import CATEGORIES

SIZE = 3000


@pytest.fixture(autouse=True)
def _short_text(monkeypatch):
    """A tenth of the text: quicker, and still enough to know the categories by."""
    short = {
        task: module.Algorithm(sg=algorithm.sg, epochs=algorithm.epochs, tokens=90_000)
        for task, algorithm in module.ALGORITHMS.items()
    }
    monkeypatch.setattr(module, "ALGORITHMS", short)


@pytest.fixture
def trainings(monkeypatch):
    """Random vectors in place of trained ones, where the cache alone is tested; lists the calls."""
    calls = []

    def stand_in(task, seed, dim, vocabulary_size, algorithm):
        calls.append((task, seed, dim, vocabulary_size, algorithm))
        vectors = np.random.default_rng(seed).normal(size=(500, dim)).astype(np.float32)
        return [f"word{i}" for i in range(500)], vectors

    monkeypatch.setattr(module, "_train", stand_in)
    return calls


def build(cache: Path, task="token", seed=0, dim=20):
    return world_vectors(task, seed, dim, SIZE, cache)


def test_second_call_reads_the_cache(tmp_path, trainings):
    first, second = build(tmp_path), build(tmp_path)
    assert len(trainings) == 1
    assert first.index_to_key == second.index_to_key
    assert np.array_equal(first.vectors, second.vectors)
    assert isinstance(second.vectors, np.memmap)
    assert not [path for path in tmp_path.iterdir() if path.suffix not in (".npy", ".json")]


@pytest.mark.parametrize("other", [{"seed": 1}, {"dim": 10}, {"task": "sentence"}])
def test_whatever_decides_the_vectors_has_its_own_entry(tmp_path, trainings, other):
    build(tmp_path)
    build(tmp_path, **other)
    assert len(trainings) == 2


def test_another_generator_version_builds_anew(tmp_path, trainings, monkeypatch):
    build(tmp_path)
    monkeypatch.setattr(module, "GENERATOR_VERSION", module.GENERATOR_VERSION + 1)
    build(tmp_path)
    assert len(trainings) == 2


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("suffix", "damage"),
    [
        (".npy", Path.unlink),
        (".npy", flip_a_byte),
        (".npy", lambda path: path.write_bytes(path.read_bytes()[:1000])),
        (".json", Path.unlink),
        (".json", lambda path: path.write_text("{}")),
        (".json", lambda path: path.write_bytes(path.read_bytes()[:100])),
        (".json", lambda path: path.write_bytes(b"\xff\xfe")),
    ],
)
def test_damaged_entry_is_built_again(tmp_path, trainings, suffix, damage):
    before = np.array(build(tmp_path).vectors)
    [path] = tmp_path.glob(f"*{suffix}")
    damage(path)
    assert np.array_equal(build(tmp_path).vectors, before)
    build(tmp_path)
    assert len(trainings) == 2


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path, monkeypatch, caplog):
    def fail(*_arguments, **_options):
        raise OSError("disk full")

    vectors = np.array(build(tmp_path / "sound").vectors)
    monkeypatch.setattr(module.np, "save", fail)
    assert np.array_equal(build(tmp_path / "full").vectors, vectors)
    assert not list((tmp_path / "full").iterdir())
    assert "not kept in the cache: " in caplog.text
    assert "disk full" in caplog.text


def test_several_builders_at_once(tmp_path, trainings):
    with ThreadPoolExecutor(3) as pool:
        built = list(pool.map(lambda _: np.array(build(tmp_path).vectors), range(3)))
    assert np.array_equal(built[0], built[1])
    assert np.array_equal(built[0], built[2])
    assert len(list(tmp_path.iterdir())) == 2


def test_same_in_processes_with_other_hash_seeds(tmp_path):
    code = (
        "import sys, pathlib\n"
        "from wvexp.data.world import vectors\n"
        "vectors.ALGORITHMS['token'] = vectors.Algorithm(sg=1, epochs=1, tokens=30_000)\n"
        f"vectors.world_vectors('token', 0, 20, {SIZE}, pathlib.Path(sys.argv[1]))"
    )
    for hash_seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / hash_seed)],
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            check=True,
        )
    one, other = (sorted((tmp_path / hash_seed).iterdir()) for hash_seed in ("1", "2"))
    assert [path.name for path in one] == [path.name for path in other]
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]


def test_cache_folder_is_the_environments(tmp_path, monkeypatch):
    monkeypatch.setenv("WVEXP_CACHE", str(tmp_path))
    world_vectors("token", 0, 20, SIZE)
    assert len(list(tmp_path.iterdir())) == 2


def test_neighbours_are_of_the_same_category(tmp_path):
    vectors = build(tmp_path)
    lexicon = task_world("token", 0, SIZE).lexicon
    category_of = {
        lexicon.forms[i]: category.name
        for category in CATEGORIES
        for i in lexicon.invented[category.name]
    }
    words = [word for word in vectors.index_to_key if word in category_of][:300]
    categories = np.array([category_of.get(word, "") for word in vectors.index_to_key])
    hits, chance = [], []
    for word in words:
        neighbour = vectors.most_similar(word, topn=1)[0][0]
        hits.append(category_of.get(neighbour) == category_of[word])
        chance.append(np.mean(categories == category_of[word]))
    assert np.mean(hits) > 3 * np.mean(chance)


def test_all_vectors_are_as_long_as_common_ones(tmp_path):
    root_mean_square = np.sqrt(np.mean(np.square(build(tmp_path).vectors), axis=1))
    assert root_mean_square == pytest.approx(module.SPREAD, rel=1e-5)
