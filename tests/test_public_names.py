"""What `import wvexp` offers, and that it loads nothing heavy before it is used."""

import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors

import wvexp
from wvexp import errors
from wvexp.vectors import pretrained
from wvexp.vectors.writing import save_vectors

WORDS = ["the", "film", "plot"]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WVEXP_CACHE", str(tmp_path / "cache"))
    rows = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    save_vectors(tmp_path / "v.txt", WORDS, rows)
    return tmp_path / "v.txt"


def test_every_public_name_is_listed_and_there() -> None:
    assert {"UserError", "decide", "load_vectors", "sweep"} <= set(wvexp.__all__)
    assert set(wvexp.__all__) <= set(dir(wvexp))
    for name in wvexp.__all__:
        assert getattr(wvexp, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'load_vector'"):
        wvexp.load_vector  # noqa: B018
    assert wvexp.UserError is errors.UserError


def test_load_vectors_gives_the_vectors_of_the_one_way_in(path: Path) -> None:
    parameters = inspect.signature(wvexp.load_vectors).parameters
    positional = {
        name: parameter.default
        for name, parameter in parameters.items()
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY
    }
    assert positional == {
        "path": inspect.Parameter.empty,
        "words": None,
        "member": None,
        "trust_pickle": False,
    }
    assert inspect.getdoc(wvexp.load_vectors)
    for words in (None, ["plot", "absent", "the"]):
        vectors = wvexp.load_vectors(str(path), words)
        assert isinstance(vectors, KeyedVectors)
        internal = pretrained.load_vectors(path, words)
        assert vectors.index_to_key == internal.index_to_key == [w for w in WORDS if w in internal]
        assert vectors.vectors.tobytes() == internal.vectors.tobytes()
        oracle = KeyedVectors.load_word2vec_format(str(path))
        assert all(np.array_equal(vectors[w], oracle[w]) for w in vectors.index_to_key)


def test_what_cannot_be_loaded_is_a_users_error(path: Path) -> None:
    with pytest.raises(wvexp.UserError, match=r"nowhere\.txt"):
        wvexp.load_vectors(path.with_name("nowhere.txt"))
    with pytest.raises(wvexp.UserError, match=r"words='film' is one text.*give a list"):
        wvexp.load_vectors(path, words="film")


def test_importing_and_listing_load_nothing_heavy() -> None:
    program = (
        "import sys, wvexp; names = dir(wvexp); "
        "assert issubclass(wvexp.UserError, Exception) and 'load_vectors' in names; "
        "print(*({*sys.modules} & {'torch', 'gensim', 'numpy', 'hydra', 'numba'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
