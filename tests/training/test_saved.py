"""A saved model predicts what the engine predicted, and says what is wrong with its folder."""

import json
from dataclasses import replace

import numpy as np
import pytest
from built_models import build_model
from gensim.models import KeyedVectors
from safetensors.numpy import load, save

from wvexp.backprop.moves import Moves
from wvexp.config.schema import Model
from wvexp.data.features import FEATURES
from wvexp.data.vocabulary import UNK
from wvexp.errors import UserError
from wvexp.models import MODELS as SPECS
from wvexp.models import spec_of
from wvexp.models.view import View
from wvexp.tasks import TASKS
from wvexp.training.prediction import labels_and_log_probabilities
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
    examples = Examples(rows, offsets, np.zeros(size, np.int32), view)
    return labels_and_log_probabilities(model, examples, "cpu", TASKS[task])[1]


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


# Labels A, B, C: A begins no sentence, and C follows only itself.
MOVES = Moves(
    np.array([[1, 1, 0], [1, 1, 0], [1, 1, 1]], bool), np.array([0, 1, 1], bool), np.ones(3, bool)
)


def make_layered(task, model, rng=None, **changes):
    """A model of layers, with numbers large enough that every part of it matters."""
    rng = np.random.default_rng(4) if rng is None else rng
    spec, keys = spec_of(model, TASKS[task])
    saved, _ = make_saved("token")
    shapes = spec.shapes(D, 3, keys)
    network = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    rows = saved.parameters["embedding.weight"]
    weights = rng.uniform(0.1, 1, len(WORDS)).astype(np.float32)
    return replace(
        saved,
        task=task,
        model=model,
        parameters={"embedding.weight": rows, **network},
        row_weights=None if spec.view(keys).weights is None else weights,
        moves=MOVES if spec.crf(keys) else None,
        **changes,
    )


TAGGER = Model(name="bilstm", hidden=3, features=["case", "affix"], crf=True)
WEIGHTED = Model(name="mean", hidden=5, weights="sif", bigrams=True)


@pytest.mark.parametrize(("task", "model"), [("token", TAGGER), ("sentence", WEIGHTED)])
def test_weights_of_words_and_moves_of_labels_are_kept(tmp_path, task, model):
    saved = make_layered(task, model)
    saved.save(tmp_path / "model")
    loaded = SavedModel.load(tmp_path / "model")
    if model is TAGGER:
        assert loaded.row_weights is None
        for ours, theirs in zip(saved.moves, loaded.moves, strict=True):
            assert theirs.dtype == bool
            assert np.array_equal(ours, theirs)
    else:
        assert loaded.moves is None
        assert loaded.row_weights.tobytes() == saved.row_weights.tobytes()
    assert loaded.parameters.keys() == saved.parameters.keys()
    for one, other in zip(saved.label(TEXTS), loaded.label(TEXTS), strict=True):
        assert np.array_equal(one.labels, other.labels)
        assert one.log_probabilities.tobytes() == other.log_probabilities.tobytes()


def test_labels_of_a_crf_are_its_best_paths_and_probabilities_its_marginals():
    """Against the same layers by hand."""
    words, rng = ["the", "CAT", "Paris", "nowhere", "sat"], np.random.default_rng(0)
    texts = [[words[i] for i in rng.integers(0, 5, n)] for n in (1, 2, 3, 5, 8, 13, 21)]
    saved = make_layered("token", TAGGER, np.random.default_rng(5))
    spec, keys = spec_of(TAGGER, TASKS["token"])
    by_hand = spec.by_hand.build(spec, keys, TASKS["token"], saved.parameters, moves=MOVES)
    flat = [word for text in texts for word in text]
    rows = np.array([WORDS.index(word) if word in WORDS else UNK for word in flat])
    ids = np.hstack([FEATURES[name].of_forms(flat) for name in TAGGER.features])
    offsets = np.cumsum([0, *map(len, texts)])
    scores = by_hand.scores(rows, ids, offsets)
    found = saved.label(texts)
    labels = np.concatenate([one.labels for one in found])
    logs = np.concatenate([one.log_probabilities for one in found])
    assert labels.tolist() == by_hand.crf.decode(scores, offsets).tolist()
    np.testing.assert_allclose(np.exp(logs), by_hand.crf.marginals(scores, offsets), atol=1e-5)
    # No token's own choice; and the saved moves matter.
    assert (labels != logs.argmax(1)).any()
    assert (logs[offsets[:-1], 0] == -np.inf).all()  # A begins no sentence
    free = replace(saved, moves=Moves(*(np.ones_like(one) for one in MOVES))).label(texts)
    assert (labels != np.concatenate([one.labels for one in free])).any()


def test_features_read_words_as_typed():
    saved = make_layered("token", TAGGER, lowercase=True)
    (upper, title, lower) = saved.predict([["SAT"], ["Sat"], ["sat"]])
    assert not np.allclose(upper, lower)
    assert not np.allclose(title, lower)
    # What they read is the form alone: the word vector is that of the form in lower case.
    blind = replace(saved, model=replace(TAGGER, features=[]))
    spec, keys = spec_of(blind.model, TASKS["token"])
    kept = {n: saved.parameters[n] for n in spec.shapes(D, 3, keys)}
    n = len(saved.parameters["embedding.weight"][0])
    for name in ("encoder.lstm.weight_ih_l0", "encoder.lstm.weight_ih_l0_reverse"):
        kept[name] = np.ascontiguousarray(kept[name][:, :n])
    kept["embedding.weight"] = saved.parameters["embedding.weight"]
    upper, lower = replace(blind, parameters=kept).predict([["SAT"], ["sat"]])
    assert np.array_equal(upper, lower)


def test_a_new_word_weighs_what_a_word_that_training_lacks_does(monkeypatch):
    saved = make_layered("sentence", WEIGHTED)
    keyed = keyed_vectors(["dog"])
    rows = np.vstack([saved.parameters["embedding.weight"], keyed["dog"]])
    wider = replace(
        saved,
        forms=[*WORDS, "dog"],
        origin=np.append(saved.origin, np.uint8(Origin.PRETRAINED)),
        parameters={**saved.parameters, "embedding.weight": rows},
        row_weights=np.append(saved.row_weights, saved.row_weights[UNK]),
    )
    texts = [["dog", "the"], ["cat", "dog", "nowhere"]]
    expected = wider.predict(texts)
    monkeypatch.setattr(SavedModel, "pretrained_vectors", lambda self, words: keyed)
    for ours, theirs in zip(saved.predict(texts), expected, strict=True):
        assert ours.tobytes() == theirs.tobytes()


@pytest.mark.parametrize(("task", "model"), [("token", TAGGER), ("sentence", WEIGHTED)])
def test_texts_without_a_word_have_no_labels_or_one(task, model):
    saved = make_layered(task, model)
    one = 0 if task == "token" else 1
    for texts in ([[]], [[], []], [["the"], [], ["cat", "sat"], []]):
        expected = [len(text) if task == "token" else one for text in texts]
        assert [len(found.labels) for found in saved.label(texts)] == expected


# What a model of the first format held, and the log-probabilities that the version which wrote that
# format gave the words "the cat nowhere".
FIRST = {
    "labels": ["A", "B", "C"],
    "lowercase": False,
    "tokenizer": "whitespace",
    "source": None,
    "words": WORDS,
}
_HEAD = {"head.hidden.bias": (5,), "head.output.weight": (3, 5), "head.output.bias": (3,)}
FIRST_MODELS = {
    "window": (
        {"name": "window", "window": 3, "hidden": 5, "dropout": 0.0},
        {"embedding.weight": (6, D), "head.hidden.weight": (5, 3 * D), **_HEAD},
        [
            [-0.52311, -4.42850, -0.92788],
            [-0.70746, -0.72705, -3.73922],
            [-3.78307, -1.34974, -0.33137],
        ],
    ),
    "mean": (
        {"name": "mean", "hidden": 5, "dropout": 0.0},
        {"embedding.weight": (6, D), "head.hidden.weight": (5, D), **_HEAD},
        [[-3.17954, -1.71271, -0.25101]],
    ),
    "cnn": (
        {"name": "cnn", "widths": [2, 3], "filters": 4, "dropout": 0.5},
        {
            "embedding.weight": (6, D),
            "convolutions.0.weight": (4, 2 * D),
            "convolutions.0.bias": (4,),
            "convolutions.1.weight": (4, 3 * D),
            "convolutions.1.bias": (4,),
            "output.weight": (3, 8),
            "output.bias": (3,),
        },
        [[-0.63755, -0.75201, -15.09210]],
    ),
}


@pytest.mark.parametrize("name", FIRST_MODELS)
def test_a_folder_of_format_1_predicts_what_it_did(tmp_path, name):
    description, shapes, expected = FIRST_MODELS[name]
    rng = np.random.default_rng(0)
    arrays = {key: rng.normal(size=shape).astype(np.float32) for key, shape in shapes.items()}
    content = {"format": 1, "task": "token" if name == "window" else "sentence", **FIRST}
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.json").write_text(json.dumps({**content, "model": description}))
    data = save({**arrays, "origin": np.array([0, 1, 2, 2, 2, 3], np.uint8)})
    (tmp_path / "model" / "weights.safetensors").write_bytes(data)
    (found,) = SavedModel.load(tmp_path / "model").predict([["the", "cat", "nowhere"]])
    np.testing.assert_allclose(found, expected, atol=2e-5)


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


BEYOND = {
    "weights of some rows": ("row_weights", lambda a: a[1:], "row_weights is F32 of shape [5]"),
    "weights NaN": ("row_weights", lambda a: a * np.nan, "row_weights holds NaN or infinity"),
    "weights below 0": ("row_weights", lambda a: a - 1, "row_weights holds -0."),
    "weights of float64": ("row_weights", lambda a: a.astype(float), "row_weights is F64 of shape"),
    "no weights": ("row_weights", None, "has no 'row_weights'"),
    "moves of some labels": (
        "moves.transitions",
        lambda a: np.ascontiguousarray(a[:, :2]),
        "moves.transitions is U8 of shape [3, 2], not U8 of [3, 3]",
    ),
    "moves that are counts": ("moves.start", lambda a: a + 6, "moves.start holds 7, not 0 or 1"),
    "moves of float32": ("moves.end", lambda a: a.astype(np.float32), "moves.end is F32 of shape"),
    "no moves": ("moves.end", None, "has no 'moves.end'"),
    "NaN in the chain": ("crf.start", lambda a: a * np.nan, "crf.start holds NaN or infinity"),
    "a table cut": ("features.case.weight", lambda a: a[1:], "features.case.weight is F32"),
}


@pytest.mark.parametrize("kind", BEYOND)
def test_damaged_weights_moves_and_tables_are_one_clear_line(tmp_path, kind):
    name, change, message = BEYOND[kind]
    folder = tmp_path / "model"
    make_layered(*(("sentence", WEIGHTED) if name == "row_weights" else ("token", TAGGER))).save(
        folder
    )
    arrays = load((folder / "weights.safetensors").read_bytes())
    if change is None:
        del arrays[name]
    else:
        arrays[name] = change(arrays[name])
    (folder / "weights.safetensors").write_bytes(save(arrays))
    with pytest.raises(UserError) as caught:
        SavedModel.load(folder)
    assert str(caught.value).startswith(f"{folder}: the saved model is damaged (")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["row_weights", "moves.start"])
def test_a_model_that_takes_no_weights_or_moves_has_none(tmp_path, name):
    folder = tmp_path / "model"
    make_saved()[0].save(folder)
    arrays = load((folder / "weights.safetensors").read_bytes())
    (folder / "weights.safetensors").write_bytes(save({**arrays, name: np.ones(3, np.uint8)}))
    with pytest.raises(UserError, match=f"has a further '{name}'"):
        SavedModel.load(folder)
