"""The built-in world's pretrained vectors: gensim's Word2Vec on its unlabelled text, cached.

A cache entry is a matrix (npy, memory-mapped when read) and a description (JSON) with the words
and the matrix's hash. Both are written aside and moved into place, the description last: whoever
finds one finds a whole entry, and processes that build the same entry at once write the same
bytes. An entry that does not agree with its description is built again. Nothing is pickled.
"""

import hashlib
import json
import logging
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wvexp.data.split import Task
from wvexp.data.world.corpus import RECIPES, VOCABULARY_SIZE, world_text
from wvexp.errors import UserError
from wvexp.files import cache_root, replacing
from wvexp.tasks import SENTENCE, TOKEN

if TYPE_CHECKING:
    from gensim.models import KeyedVectors

log = logging.getLogger("wvexp")

# Raise it with every change that alters the text or the training, other than of `RECIPES` and
# `ALGORITHMS`, which are part of an entry's key themselves.
GENERATOR_VERSION = 1

DIM = 50


@dataclass(frozen=True)
class Algorithm:
    """Arguments of `gensim.models.Word2Vec`; `tokens` is the length of its text."""

    sg: int
    epochs: int
    tokens: int = 900_000
    window: int = 5
    negative: int = 5
    min_count: int = 2
    sample: float = 1e-3


# Mikolov et al. 2013: CBOW and skip-gram with negative sampling.
ALGORITHMS: dict[Task, Algorithm] = {
    SENTENCE.name: Algorithm(sg=0, epochs=5),
    TOKEN.name: Algorithm(sg=1, epochs=3),
}

# Every vector gets the same length, that of a vector whose components have this root mean square,
# the standard deviation of common published vectors (GloVe 6B). At their raw lengths, which grow
# with frequency, function words drown all others in a mean of vectors: training from 100 sentences
# then stays at chance.
SPREAD = 0.4


def world_vectors(
    task: Task,
    seed: int,
    dim: int = DIM,
    vocabulary_size: int = VOCABULARY_SIZE,
    cache: Path | None = None,
) -> "KeyedVectors":
    """Pretrained vectors for the words of the world of `task` and `seed`.

    Trained on the first call (seconds), read from the cache afterwards.

    Parameters
    ----------
    dim
        Components of a vector.
    cache
        Folder of the cache; the environment's `WVEXP_CACHE` or the user's cache folder if None.
    """
    import gensim

    algorithm = ALGORITHMS[task]
    settings = {
        "generator": GENERATOR_VERSION,
        "gensim": gensim.__version__,
        "task": task,
        "seed": seed,
        "dim": dim,
        "vocabulary_size": vocabulary_size,
        "recipe": asdict(RECIPES[task]),
        "algorithm": asdict(algorithm),
    }
    key = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]
    stem = (cache or cache_root()) / f"world-{task}-{key}"
    found = _read(stem)
    if found is None:
        found = _train(task, seed, dim, vocabulary_size, algorithm)
        try:
            _write(stem, *found, settings)
        except (OSError, UserError) as error:
            log.warning("the world's vectors are not kept in the cache: %s", error)
    return _keyed(*found)


def _train(
    task: Task, seed: int, dim: int, vocabulary_size: int, algorithm: Algorithm
) -> tuple[list[str], NDArray[np.float32]]:
    from gensim.models import Word2Vec

    arguments = asdict(algorithm)
    text = list(world_text(task, seed, arguments.pop("tokens"), vocabulary_size))
    # One worker and a hash that no process salts: the same vectors every time.
    model = Word2Vec(text, vector_size=dim, seed=seed, workers=1, hashfxn=_hash, **arguments)
    vectors = model.wv.get_normed_vectors() * np.float32(SPREAD * np.sqrt(dim))
    return model.wv.index_to_key, vectors


def _hash(word: str) -> int:
    return zlib.crc32(word.encode())


def _keyed(words: list[str], vectors: NDArray[np.float32]) -> "KeyedVectors":
    from gensim.models import KeyedVectors

    keyed = KeyedVectors(vectors.shape[1])
    keyed.index_to_key = words
    keyed.key_to_index = {word: i for i, word in enumerate(words)}
    keyed.vectors = vectors
    return keyed


def _read(stem: Path) -> tuple[list[str], NDArray[np.float32]] | None:
    """The entry's words and vectors [words, dim]; None when it is absent or damaged."""
    matrix, description = _paths(stem)
    try:
        entry = json.loads(description.read_text("utf-8"))
        if _digest(matrix) != entry["sha256"]:
            return None
        return entry["words"], np.load(matrix, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(
    stem: Path, words: list[str], vectors: NDArray[np.float32], settings: dict[str, object]
) -> None:
    matrix, description = _paths(stem)
    stem.parent.mkdir(parents=True, exist_ok=True)
    with replacing(matrix) as file:
        np.save(file, vectors, allow_pickle=False)
        file.flush()
        digest = _digest(Path(file.name))
    entry = {"settings": settings, "sha256": digest, "words": words}
    with replacing(description) as file:
        file.write(json.dumps(entry).encode())


def _paths(stem: Path) -> tuple[Path, Path]:
    return stem.with_suffix(".npy"), stem.with_suffix(".json")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
