"""A saved model predicts what the engine predicted, and says what is wrong with its folder."""

import json
from dataclasses import replace

import numpy as np
import pytest
from built_models import build_model
from gensim.models import KeyedVectors

from wvexp.config.schema import Model
from wvexp.data.vocabulary import UNK
from wvexp.errors import UserError
from wvexp.models import MODELS as SPECS
from wvexp.models.view import View
from wvexp.training.prediction import log_probabilities
from wvexp.training.saved import SavedModel, VectorSource
from wvexp.vectors.table import Origin

WORDS = ["<pad>", "<unk>", "the", "cat", "Paris", "sat"]
D = 4


def make_saved(task="token", name="window", **changes):
    rows = np.random.default_rng(0).normal(size=(len(WORDS), D)).astype(np.float32)
    rows[0] = 0
    shape = Model(name=name, window=3, hidden=5, widths=[2, 3], filters=4)
    labels = ["A", "B", "C"]
    model = build_model(name, rows, 3, window=3, hidden=5, widths=[2, 3], filters=4)
    origin = np.array(
        [Origin.PAD, Origin.UNK, *[Origin.PRETRAINED] * 3, Origin.RANDOM], dtype=np.uint8
    )
    parameters = {n: p.detach().numpy().copy() for n, p in model.state_dict().items()}
    saved = SavedModel(
        task=task,
        model=shape,
        label_names=labels,
        lowercase=False,
        tokenizer="whitespace",
        forms=WORDS,
        origin=origin,
        parameters=parameters,
        source=VectorSource("vectors.bin", None, "abc"),
    )
    return replace(saved, **changes), model


MODELS = [("token", "window"), ("sentence", "mean"), ("sentence", "cnn")]
TEXTS = [["the", "cat", "sat"], ["Paris"], ["nowhere", "the"], ["sat", "sat"]]


def alone(model, task, text):
    """Scores of one sentence by the module itself."""
    from wvexp.training.examples import Examples

    rows = np.array([WORDS.index(w) if w in WORDS else UNK for w in text], dtype=np.int32)
    size = len(rows) if task == "token" else 1
    view = View(3 if task == "token" else None)
    offsets = np.array([0, len(rows)], dtype=np.int64)
    return log_probabilities(model, Examples(rows, offsets, np.zeros(size, np.int32), view), "cpu")


@pytest.mark.parametrize(("task", "name"), MODELS)
def test_what_is_saved_is_loaded_and_predicts_the_same(tmp_path, task, name):
    saved, model = make_saved(task, name)
    saved.save(tmp_path / "model")
    loaded = SavedModel.load(tmp_path / "model")
    for field in ("task", "label_names", "lowercase", "tokenizer", "forms", "source"):
        assert getattr(loaded, field) == getattr(saved, field)
    spec = SPECS[name]
    assert loaded.model.name == name
    assert spec.keys_in(loaded.model) == spec.keys_in(saved.model)
    assert np.array_equal(loaded.origin, saved.origin)
    assert loaded.parameters.keys() == saved.parameters.keys()
    for key, array in saved.parameters.items():
        assert loaded.parameters[key].tobytes() == array.tobytes()
    for scores, text in zip(loaded.predict(TEXTS), TEXTS, strict=True):
        np.testing.assert_allclose(scores, alone(model, task, text), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("task", "name"), MODELS)
def test_a_sentence_without_a_word(task, name):
    saved, _ = make_saved(task, name)
    (scores,) = saved.predict([[]])
    assert scores.shape == ((0, 3) if task == "token" else (1, 3))
    before, empty, after = saved.predict([["the"], [], ["cat"]])
    assert len(empty) == len(scores)
    assert len(before) == len(after) == 1


def test_no_pickle_lies_in_the_folder(tmp_path):
    make_saved()[0].save(tmp_path / "model")
    names = sorted(path.name for path in (tmp_path / "model").iterdir())
    assert names == ["model.json", "weights.safetensors"]
    json.loads((tmp_path / "model" / "model.json").read_text())
    header = (tmp_path / "model" / "weights.safetensors").read_bytes()
    length = int.from_bytes(header[:8], "little")
    assert "embedding.weight" in json.loads(header[8 : 8 + length])


def keyed_vectors(words):
    keyed = KeyedVectors(D)
    vectors = np.random.default_rng(5).normal(size=(len(words), D)).astype(np.float32)
    keyed.add_vectors(list(words), vectors)
    return keyed


def test_a_word_without_a_row_takes_its_pretrained_vector(monkeypatch):
    saved, _ = make_saved("sentence", "mean")
    keyed = keyed_vectors(["dog", "berlin", "the"])
    asked = []

    def look_up(self, words):
        asked.append(words)
        return keyed

    # The oracle: a model whose own rows hold the vectors.
    rows = np.vstack([saved.parameters["embedding.weight"], keyed["dog"], keyed["berlin"]])
    wider = replace(
        saved,
        forms=[*WORDS, "dog", "Berlin"],
        origin=np.append(saved.origin, [Origin.PRETRAINED] * 2).astype(np.uint8),
        parameters={**saved.parameters, "embedding.weight": rows},
    )
    texts = [["dog"], ["Berlin", "the"], ["nowhere"]]
    without = saved.predict(texts)
    expected = wider.predict(texts)
    monkeypatch.setattr(SavedModel, "pretrained_vectors", look_up)
    found = saved.predict(texts)
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.tobytes() == theirs.tobytes()
    assert not np.array_equal(found[0], without[0])
    assert np.array_equal(found[2], without[2])
    assert asked == [{"dog", "Berlin", "berlin", "nowhere"}]


def test_known_words_are_never_looked_up(monkeypatch):
    saved, _ = make_saved()
    monkeypatch.setattr(
        SavedModel, "pretrained_vectors", lambda self, words: pytest.fail(f"looked up {words}")
    )
    assert len(saved.predict([["the", "cat"]])) == 1


def test_lower_casing_is_the_models_own():
    saved, _ = make_saved(lowercase=True)
    upper, lower = saved.predict([["THE", "Cat"], ["the", "cat"]])
    assert np.array_equal(upper, lower)


@pytest.mark.parametrize("word", ["<pad>", "<unk>"])
def test_the_names_of_special_rows_are_ordinary_unknown_words(word):
    saved, _ = make_saved()
    special, unknown = saved.predict([["the", word, "cat"], ["the", "nowhere", "cat"]])
    assert np.array_equal(special, unknown)


def damage(folder, kind):
    description, weights = folder / "model.json", folder / "weights.safetensors"
    content = json.loads(description.read_text())
    if kind == "no folder":
        folder.rename(folder.with_name("elsewhere"))
    elif kind == "no weights":
        weights.unlink()
    elif kind == "no description":
        description.unlink()
    elif kind == "cut description":
        description.write_text(description.read_text()[:50])
    elif kind == "cut weights":
        weights.write_bytes(weights.read_bytes()[:-10])
    elif kind == "other format":
        description.write_text(json.dumps({**content, "format": 99}))
    elif kind == "no labels":
        del content["labels"]
        description.write_text(json.dumps(content))
    elif kind == "a label too few":
        description.write_text(json.dumps({**content, "labels": ["A", "B"]}))
    elif kind == "a word too few":
        description.write_text(json.dumps({**content, "words": WORDS[:-1]}))
    elif kind == "another model":
        description.write_text(json.dumps({**content, "model": {"name": "cnn"}}))
    elif kind == "a list":
        description.write_text("[]")


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("no folder", "no model there (model.json is missing)"),
        ("no description", "no model there (model.json is missing)"),
        ("no weights", "no model there (weights.safetensors is missing)"),
        ("cut description", "the saved model is damaged"),
        ("cut weights", "the saved model is damaged"),
        ("other format", "model format 99, this version reads 1 and 2"),
        ("no labels", "the saved model is damaged"),
        ("a label too few", "the saved model is damaged"),
        ("a word too few", "words and rows do not agree in number"),
        ("another model", "the saved model is damaged"),
        ("a list", "the saved model is damaged"),
    ],
)
def test_a_damaged_folder_is_one_clear_line(tmp_path, kind, message):
    folder = tmp_path / "model"
    make_saved()[0].save(folder)
    damage(folder, kind)
    with pytest.raises(UserError) as caught:
        SavedModel.load(folder).predict([["the"]])
    assert str(caught.value).startswith(f"{folder}: ")
    assert message in str(caught.value)
