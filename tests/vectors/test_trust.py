"""No code out of a vector file is run unless the user says so."""

import gzip
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from gensim.models import FastText, KeyedVectors, Word2Vec

from wvexp.errors import UserError
from wvexp.vectors.pretrained import describe_vectors, load_vectors

TEXT = [["the", "cat", "sat"], ["the", "dog", "ran"]] * 5


class Malicious:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("packed", [False, True])
def test_malicious_pickle_is_not_run(protocol: int, packed: bool, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    content = pickle.dumps(Malicious(mark), protocol=protocol)
    path = tmp_path / "vectors.txt"
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(UserError, match=r"pickle.*any code.*embed\.trust_pickle=true"):
        load_vectors(path)
    with pytest.raises(UserError, match="pickle"):
        describe_vectors(path)
    assert not mark.exists()
    if not packed:
        pickle.loads(content)  # the danger is real
        assert mark.exists()


def test_gensims_own_files_load_when_trusted(tmp_path: Path) -> None:
    models = {
        "kv": Word2Vec(TEXT, vector_size=4, min_count=1, seed=1).wv,
        "model": Word2Vec(TEXT, vector_size=4, min_count=1, seed=1),
        "subwords": FastText(TEXT, vector_size=4, min_count=1, bucket=50, seed=1),
    }
    for name, model in models.items():
        path = tmp_path / name
        model.save(str(path))
        with pytest.raises(UserError, match="pickle"):
            load_vectors(path)
        vectors = load_vectors(path, trust_pickle=True)
        expected: KeyedVectors = getattr(model, "wv", model)
        assert vectors.index_to_key == expected.index_to_key
        np.testing.assert_array_equal(vectors.vectors, expected.vectors)
        some = load_vectors(path, words=["cat", "absent", "the"], trust_pickle=True)
        assert ("absent" in some) == (name == "subwords")
        np.testing.assert_array_equal(some["cat"], expected["cat"])


def test_a_trusted_pickle_that_is_no_vectors_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "p"
    path.write_bytes(pickle.dumps([1, 2, 3]))
    with pytest.raises(UserError, match="gensim cannot load this pickle"):
        load_vectors(path, trust_pickle=True)
