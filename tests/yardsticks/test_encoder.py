"""The sentence encoder: what lacks is one line; what it gives goes to logistic regression.

No model is here to be read: the stand-in below has the methods of `SentenceTransformer` that are
called, and gives vectors of its own.
"""

import sys
from types import ModuleType

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from texts import drawn_texts
from yardstick_problems import joined, problem_of

import wvexp.yardsticks.encoder
from wvexp.config.schema import YardstickKeys
from wvexp.errors import UserError
from wvexp.yardsticks import ENCODER
from wvexp.yardsticks.regularised import TOLERANCE

REMEDY = "give a folder that SentenceTransformer.save wrote"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "encoder").mkdir()
    (tmp_path / "encoder" / "modules.json").write_text("[]")
    return tmp_path / "encoder"


class Counting:
    """Vectors of letters, from the folder that was asked for alone."""

    def __init__(self, folder, device, local_files_only):
        assert (device, local_files_only) == ("cpu", True)
        if folder.endswith("broken"):
            raise OSError("no weights")

    def encode(self, texts, show_progress_bar, convert_to_numpy):
        assert (show_progress_bar, convert_to_numpy) == (False, True)
        rng = np.random.default_rng(0)
        of_word = {f"w{i}": rng.normal(size=16) for i in range(100)}
        return np.array(
            [np.mean([of_word[w.lower()] for w in text.split()], axis=0) for text in texts]
        ).astype(np.float32)


@pytest.fixture
def stand_in(monkeypatch):
    module = ModuleType("sentence_transformers")
    module.SentenceTransformer = Counting
    monkeypatch.setitem(sys.modules, "sentence_transformers", module)
    monkeypatch.setattr(wvexp.yardsticks.encoder, "find_spec", lambda name: name)


def test_it_is_wanted_where_a_folder_is_named():
    assert not ENCODER.wanted(YardstickKeys())
    assert ENCODER.wanted(YardstickKeys("folder"))


def test_what_lacks_is_one_line(folder, monkeypatch):
    monkeypatch.setattr(wvexp.yardsticks.encoder, "find_spec", lambda name: None)
    nowhere = folder / "nowhere"
    with pytest.raises(UserError) as missing:
        ENCODER.check(YardstickKeys(str(nowhere)))
    assert str(missing.value) == f"yardstick.encoder={nowhere}: no such folder; check the path"
    with pytest.raises(UserError) as package:
        ENCODER.check(YardstickKeys(str(folder)))
    assert str(package.value) == (
        f"yardstick.encoder={folder} needs sentence-transformers; pip install 'wvexp[encoder]'"
    )
    (folder / "modules.json").unlink()
    with pytest.raises(UserError) as other:
        ENCODER.check(YardstickKeys(str(folder)))
    assert str(other.value) == f"yardstick.encoder={folder} has no modules.json; {REMEDY}"


def test_its_vectors_go_to_logistic_regression(folder, stand_in):
    keys = YardstickKeys(str(folder))
    ENCODER.check(keys)
    problem = problem_of(drawn_texts(1, (150, 80, 90)), keys=keys)
    found = ENCODER.fit(problem)
    encode = Counting(str(folder), "cpu", True).encode
    train, test = (
        encode(joined(problem, split), False, True) for split in (problem.train, problem.test)
    )
    c = found.settings["C"]
    oracle = LogisticRegression(C=c, tol=TOLERANCE, max_iter=1000).fit(train, problem.train.labels)
    assert np.array_equal(found.labels, oracle.predict(test))


def test_a_folder_that_cannot_be_read_is_one_line(folder, stand_in):
    broken = folder / "broken"
    broken.mkdir()
    problem = problem_of(drawn_texts(1, (30, 30, 30)), keys=YardstickKeys(str(broken)))
    with pytest.raises(UserError, match=f"cannot be read: OSError: no weights; {REMEDY}"):
        ENCODER.fit(problem)


def test_its_results_go_by_what_the_folder_holds(folder, tmp_path):
    described = ENCODER.describe(YardstickKeys(str(folder)))
    other = tmp_path / "other"
    other.mkdir()
    (other / "modules.json").write_text("[]")
    assert ENCODER.describe(YardstickKeys(str(other))) == described
    third = tmp_path / "third"
    third.mkdir()
    (third / "modules.json").write_text("[1]")
    assert ENCODER.describe(YardstickKeys(str(third))) != described


def test_a_folder_that_sentence_transformers_wrote(tmp_path):
    """Where the package is installed: a real folder, of a table of vectors, and nothing fetched."""
    package = pytest.importorskip("sentence_transformers")
    modules = pytest.importorskip("sentence_transformers.sentence_transformer.modules")
    tokenizers = pytest.importorskip("tokenizers")
    words = {"?": 0, **{f"{w}{i}": 2 * i + k + 1 for i in range(60) for k, w in enumerate("wW")}}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="?"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    table = np.random.default_rng(0).normal(size=(len(words), 16)).astype(np.float32)
    static = modules.StaticEmbedding(tokenizer, embedding_weights=table)
    folder = tmp_path / "real"
    package.SentenceTransformer(modules=[static], device="cpu").save(str(folder))
    keys = YardstickKeys(str(folder))
    ENCODER.check(keys)
    problem = problem_of(drawn_texts(1, (150, 80, 90)), keys=keys)
    found = ENCODER.fit(problem)
    train, test = (
        [np.mean([table[words[w]] for w in said], axis=0) for said in problem.texts(split)]
        for split in (problem.train, problem.test)
    )
    c = found.settings["C"]
    oracle = LogisticRegression(C=c, tol=TOLERANCE, max_iter=1000).fit(train, problem.train.labels)
    assert np.mean(found.labels == oracle.predict(test)) > 0.95  # its mean is rounded otherwise
