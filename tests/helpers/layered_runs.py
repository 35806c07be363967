"""Small tasks with capitals and empty texts, and a run of every variant of every model."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from wvexp.arms import Tuning
from wvexp.config.schema import Model, Optim
from wvexp.data.corpus import Corpus
from wvexp.data.split import Split
from wvexp.training.identity import RunConfig
from wvexp.training.run import train
from wvexp.vectors.reference import ReferenceVectors, match_lexicon

WORDS, TRAINED, D = 60, 45, 6  # the last words are read at evaluation alone
RATES = {"adam": 0.01, "adagrad": 0.1, "adadelta": 1.0, "sgd": 0.3}


class Keyed:
    def __init__(self, words, rng):
        self.key_to_index = {word: i for i, word in enumerate(words)}
        self.vectors = rng.normal(size=(len(words), D)).astype(np.float32)


def _texts(rng, count, words, fewest):
    """Words of a few short texts and where these end; every third form has a capital."""
    lengths = rng.integers(fewest, 8, size=count)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return rng.integers(0, 3 * words, size=offsets[-1]).astype(np.int32), offsets


def _tokens(rng, count, words):
    """Capitals are entities, those that follow each other one of them, but for some noise."""
    ids, offsets = _texts(rng, count, words, fewest=1)
    entity = (ids % 3 == 1) ^ (rng.random(len(ids)) < 0.1)
    after = np.concatenate([[False], entity[:-1]])
    after[offsets[:-1]] = False
    return Split("token", ids, offsets, np.where(entity, np.where(after, 2, 1), 0).astype(np.int32))


def _sentences(rng, count, words):
    """Whether more words are odd than even, but for some noise; some texts are empty."""
    ids, offsets = _texts(rng, count, words, fewest=0)
    sums = np.concatenate([[0], np.cumsum(np.where(ids % 2, 1, -1))])
    labels = (np.diff(sums[offsets]) > 0) ^ (rng.random(count) < 0.1)
    return Split("sentence", ids, offsets, labels.astype(np.int32))


@dataclass(frozen=True)
class Data:
    corpus: Corpus
    reference: ReferenceVectors


def make_data(task):
    rng = np.random.default_rng(11)
    lexicon = [form for i in range(WORDS) for form in (f"word{i}", f"Word{i}", f"WORD{i}")]
    make = _tokens if task == "token" else _sentences
    names = ["O", "B-E", "I-E"] if task == "token" else ["even", "odd"]
    sizes = ((60, TRAINED), (25, WORDS), (25, WORDS))
    splits = (make(rng, count, words) for count, words in sizes)
    corpus = Corpus("made", lexicon, names, *splits).lowercased()
    known = corpus.lexicon[WORDS // 3 :]
    return Data(corpus, match_lexicon(Keyed(known, rng), corpus.lexicon, corpus.train.word_ids))


# What the hand-written engine trains layer by layer: task, and the keys of the model.
TOKENS: dict[str, dict[str, Any]] = {
    "window case": {"name": "window", "features": ["case"]},
    "window features": {"name": "window", "features": ["case", "affix"]},
    "window linear": {"name": "window", "features": ["affix"], "hidden": 0},
    "window crf": {"name": "window", "crf": True},
    "window both": {"name": "window", "features": ["affix", "case"], "crf": True},
    "bilstm": {"name": "bilstm"},
    "bilstm plain dropout": {"name": "bilstm", "variational": False, "layers": 2},
    "bilstm two layers": {"name": "bilstm", "layers": 2},
    "bilstm crf": {"name": "bilstm", "crf": True},
    "bilstm features": {"name": "bilstm", "features": ["case", "affix"]},
    "bilstm all": {"name": "bilstm", "features": ["case"], "crf": True, "layers": 2},
}
SENTENCES: dict[str, dict[str, Any]] = {
    "mean max": {"name": "mean", "pool": "max"},
    "mean both": {"name": "mean", "pool": "both"},
    "mean idf": {"name": "mean", "weights": "idf"},
    "mean sif": {"name": "mean", "weights": "sif"},
    "mean learned": {"name": "mean", "weights": "learned"},
    "mean bigrams": {"name": "mean", "bigrams": True},
    "mean all": {"name": "mean", "pool": "both", "weights": "learned", "bigrams": True},
    "mean linear": {"name": "mean", "weights": "sif", "bigrams": True, "hidden": 0},
    "cnn": {"name": "cnn"},
    "cnn max_norm": {"name": "cnn", "max_norm": 0.3},
    "bilstm max": {"name": "bilstm", "pool": "max"},
    "bilstm mean": {"name": "bilstm", "pool": "mean", "layers": 2},
    "bilstm last": {"name": "bilstm", "pool": "last"},
    "bilstm sentence features": {"name": "bilstm", "features": ["case", "affix"]},
}
# These are layered only where something is asked for that their compiled steps lack.
PLAIN: dict[str, dict[str, Any]] = {
    "plain window": {"name": "window"},
    "plain window linear": {"name": "window", "hidden": 0},
    "plain mean": {"name": "mean"},
    "plain mean linear": {"name": "mean", "hidden": 0},
}
VARIANTS = TOKENS | SENTENCES
MODELS_BY_NAME = VARIANTS | PLAIN
_SMALL = {"hidden": 5, "window": 3, "widths": [2, 3], "filters": 4}


def task_of(variant):
    return "token" if variant in TOKENS or "window" in variant else "sentence"


def configure(data, variant, engine="handwritten", *, finetune=True, rule="adam", **changes):
    """The run of a variant; `changes` are keys of its model, of `optim` and of `tuning`."""
    typed = any(name in ("case", "affix") for name in MODELS_BY_NAME[variant].get("features", []))
    sections = {
        Model: _SMALL | MODELS_BY_NAME[variant],
        Optim: {"name": rule, "lr": RATES[rule], "epochs": 3, "batch_size": 16},
        Tuning: {},
    }
    model, optim, tuning = (
        section(**(values | {k: v for k, v in changes.items() if hasattr(section(), k)}))
        for section, values in sections.items()
    )
    return RunConfig(
        task=data.corpus.task,
        embed="pretrained",
        dim=D,
        finetune=finetune,
        tuning=tuning,
        model=model,
        optim=optim,
        metric="accuracy",
        train_size=data.corpus.train.examples,
        seed=3,
        engine=engine,
        data=data.corpus.typed_fingerprint if typed else data.corpus.fingerprint,
        vectors=data.reference.fingerprint,
    )


def run(data, variant, engine="handwritten", **changes):
    """The trained run and its epochs."""
    config, epochs = configure(data, variant, engine, **changes), []
    trained = train(
        config,
        data.corpus,
        data.reference,
        device="cpu",
        on_epoch=epochs.append,
    )
    return trained, epochs
