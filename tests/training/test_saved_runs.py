"""A run's folder labels text as typed as the run's engine labelled the split it was read into."""

from dataclasses import replace

import numpy as np
import pytest
from gensim.models import KeyedVectors
from tiny_sweeps import Keyed

from wvexp.arms import BOTH, REPROJECTED, TUNED
from wvexp.config.schema import Config, Model, Optim
from wvexp.data.corpus import Corpus
from wvexp.data.reading.encode import Ids
from wvexp.data.split import Split
from wvexp.experiment import run as experiment
from wvexp.experiment.inputs import Inputs
from wvexp.training.identity import RunConfig
from wvexp.training.saved import SavedModel
from wvexp.training.setup import set_up
from wvexp.vectors.reference import match_lexicon

STEMS = [f"{stem}{end}" for stem in ("kim", "lee", "run", "walk", "be") for end in ("", "s", "ing")]
# Words that training lacks: those ending in "er" have vectors, the others none.
NEW = ["walker", "runner", "strange", "odd"]
LABELS = {"token": ["B-PER", "I-PER", "O"], "sentence": ["a", "b", "c"]}
VARIANTS = {
    "window, features and crf": (
        "token",
        Model(name="window", window=3, hidden=8, features=["case", "affix"], crf=True),
    ),
    "window, case alone": ("token", Model(name="window", window=3, hidden=0, features=["case"])),
    "bilstm, features and crf": (
        "token",
        Model(name="bilstm", hidden=6, features=["affix", "case"], crf=True),
    ),
    "bilstm, two layers": ("token", Model(name="bilstm", hidden=5, layers=2)),
    "bilstm of texts": ("sentence", Model(name="bilstm", hidden=6, pool="max")),
    "bilstm of texts, case": (
        "sentence",
        Model(name="bilstm", hidden=6, pool="last", features=["case"]),
    ),
    "mean, sif and bigrams": (
        "sentence",
        Model(name="mean", hidden=8, weights="sif", bigrams=True),
    ),
    "mean, idf and max": ("sentence", Model(name="mean", hidden=8, weights="idf", pool="both")),
    "mean, learned": ("sentence", Model(name="mean", hidden=0, weights="learned", bigrams=True)),
    "mean": ("sentence", Model(name="mean", hidden=8)),
    "cnn": ("sentence", Model(name="cnn", widths=[2, 3], filters=6, max_norm=3.0)),
}

# Those that are trained in other treatments too.
TREATED = ("window, features and crf", "bilstm, two layers", "mean, learned", "mean", "cnn")


def typed_texts(rng, count, words):
    """Texts of words in lower case, as names, and in capitals."""
    writings = (str.lower, str.title, str.upper)
    return [
        [
            writings[rng.choice(3, p=(0.5, 0.3, 0.2))](words[i])
            for i in rng.integers(0, len(words), rng.integers(1, 7))
        ]
        for _ in range(count)
    ]


def labels_of(task, text):
    """A name begins an entity and capitals continue it; or by capitals and by length."""
    if task == "sentence":
        capitals = sum(word.isupper() for word in text)
        return [0 if capitals > 1 else 1 + (len(text) % 2)]
    labels = []
    for word in text:
        inside = bool(labels) and labels[-1] != 2
        name = word.istitle() or word.lower().startswith("lee")
        labels.append(0 if name else 1 if word.isupper() and inside else 2)
    return labels


def read(task, ids, texts):
    words = np.array([ids[word] for text in texts for word in text], np.int32)
    offsets = np.cumsum([0, *map(len, texts)]).astype(np.int64)
    labels = np.array([label for text in texts for label in labels_of(task, text)], np.int32)
    return Split(task, words, offsets, labels)


def odd_texts(task):
    """What the files of a user hold; the readers of training data leave out texts without words."""
    texts = [["KIM"], ["strange"], ["ODD", "Odd", "odd"], ["Walker", "RUNNERS"], ["<unk>", "be"]]
    return texts if task == "token" else [[], *texts, []]


def inputs_of(task):
    rng = np.random.default_rng(3)
    parts = [typed_texts(rng, 60, STEMS), typed_texts(rng, 30, STEMS + NEW)]
    test = typed_texts(rng, 40, STEMS + NEW)
    ids = Ids()
    splits = [read(task, ids, texts) for texts in (*parts, test)]
    odd = read(task, ids, odd_texts(task))
    corpus = Corpus("typed", list(ids), LABELS[task], *splits)
    whole = replace(corpus, validation=odd).lowercased()
    corpus = replace(corpus.lowercased(), typed=whole.typed)
    known = [word for word in whole.lexicon if not word.startswith(("strange", "odd", "kims"))]
    reference = match_lexicon(Keyed(known, 6, rng), whole.lexicon, corpus.train.word_ids)
    return Inputs(corpus, reference, None, True), test, whole.validation


def run_of(task, model, treatment, engine, inputs):
    return RunConfig(
        task=task,
        embed="pretrained",
        dim=6,
        finetune=True,
        tuning=treatment.tuning,
        model=model,
        optim=Optim(epochs=4, batch_size=16, lr=0.02),
        metric="accuracy",
        train_size=inputs.corpus.train.examples,
        seed=1,
        engine=engine,
        data="",
        vectors=inputs.reference.fingerprint,
    )


@pytest.mark.parametrize("engine", ["autograd", "handwritten"])
@pytest.mark.parametrize(
    ("name", "treatment"),
    [(name, TUNED) for name in VARIANTS] + [(n, t) for n in TREATED for t in (BOTH, REPROJECTED)],
)
def test_a_saved_run_labels_text_as_its_engine_did(tmp_path, monkeypatch, name, treatment, engine):
    task, model = VARIANTS[name]
    inputs, test, odd = inputs_of(task)
    run = run_of(task, model, treatment, engine, inputs)
    engines = []
    monkeypatch.setattr(
        experiment, "watcher", lambda every: lambda run, engine: engines.append(engine)
    )
    experiment.train_into(
        tmp_path, Config(), run, inputs, device="cpu", on_epoch=lambda epoch: None
    )
    (trained,) = engines
    setup = set_up(run, inputs.corpus, inputs.reference)
    saved = SavedModel.load(tmp_path / "model")
    for texts, split in ((test, inputs.corpus.test), (odd_texts(task), odd)):
        expected = trained.predict(setup.examples(split))
        found = saved.label(texts)
        assert np.concatenate([one.labels for one in found]).tolist() == expected.tolist()
        assert len(set(expected.tolist())) > 1
        for text, one in zip(texts, found, strict=True):
            assert one.log_probabilities.shape == (len(text) if task == "token" else 1, 3)
            np.testing.assert_allclose(np.exp(one.log_probabilities).sum(1), 1, atol=1e-5)
        # One by one as all together, whatever the texts of a batch are.
        alone = np.concatenate([saved.label([text])[0].labels for text in texts])
        assert alone.tolist() == expected.tolist()


@pytest.mark.parametrize("treatment", [TUNED, BOTH, REPROJECTED], ids=lambda one: one.name)
def test_a_word_that_is_looked_up_is_treated_as_one_that_was_there(
    tmp_path, monkeypatch, treatment
):
    """The saved model without the rows of words that training lacked, and the file of vectors."""
    inputs, test, _ = inputs_of("sentence")
    run = run_of("sentence", VARIANTS["mean"][1], treatment, "handwritten", inputs)
    experiment.train_into(
        tmp_path, Config(), run, inputs, device="cpu", on_epoch=lambda epoch: None
    )
    saved = SavedModel.load(tmp_path / "model")
    vectors = KeyedVectors(inputs.reference.dim)
    start = set_up(run, inputs.corpus, inputs.reference).table
    new = [place for place, form in enumerate(saved.forms) if form in NEW]
    assert len(new) == 2
    rows = start.rows[new, : vectors.vector_size]
    vectors.add_vectors([saved.forms[place] for place in new], rows)
    kept = np.setdiff1d(np.arange(len(saved.forms)), new)
    without = replace(
        saved,
        forms=[saved.forms[place] for place in kept],
        origin=saved.origin[kept],
        parameters={
            **saved.parameters,
            "embedding.weight": saved.parameters["embedding.weight"][kept],
        },
    )
    unknown = without.predict(test)
    monkeypatch.setattr(SavedModel, "pretrained_vectors", lambda self, words: vectors)
    found, expected = without.predict(test), saved.predict(test)
    np.testing.assert_array_equal(np.concatenate(found), np.concatenate(expected))
    assert not np.array_equal(np.concatenate(unknown), np.concatenate(expected))
    assert without.width == inputs.reference.dim
