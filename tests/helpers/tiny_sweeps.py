"""A corpus and vectors small enough to train hundreds of runs on."""

from dataclasses import replace

import numpy as np

from wvexp.config.schema import Model, Optim, Tuning
from wvexp.data.corpus import Corpus
from wvexp.data.split import Split
from wvexp.experiment.inputs import Inputs
from wvexp.sweeps.grid import FOUR_ARMS, Grid
from wvexp.training.identity import RunConfig
from wvexp.vectors.reference import match_lexicon


class Keyed:
    def __init__(self, words, dim, rng):
        self.key_to_index = {word: i for i, word in enumerate(words)}
        self.vectors = rng.normal(size=(len(words), dim)).astype(np.float32)


def make_split(rng, words, sentences):
    """Tokens whose label is the word's number modulo 3."""
    lengths = rng.integers(1, 6, size=sentences)
    ids = rng.integers(0, words, size=lengths.sum()).astype(np.int32)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return Split("token", ids, offsets, (ids % 3).astype(np.int32))


def make_inputs(words=60):
    rng = np.random.default_rng(7)
    lexicon = [f"w{i}" for i in range(words)]
    train, validation, test = (make_split(rng, words, size) for size in (80, 30, 30))
    corpus = Corpus("tiny", lexicon, ["x", "y", "z"], train, validation, test)
    reference = match_lexicon(Keyed(lexicon[: words * 2 // 3], 6, rng), lexicon, train.word_ids)
    return Inputs(corpus, reference, None, False)


def base_run(inputs, **changes):
    run = RunConfig(
        task="token",
        embed="pretrained",
        dim=6,
        finetune=False,
        tuning=Tuning(),
        model=Model(name="window", window=3, hidden=5),
        optim=Optim(epochs=3, batch_size=16),
        metric="accuracy",
        train_size=40,
        seed=0,
        engine="handwritten",
        data=inputs.corpus.fingerprint,
        vectors=inputs.reference.fingerprint,
    )
    return replace(run, **changes)


def make_grid(inputs, seeds=3, sizes=(20, 60), lrs=(1e-2,), **changes):
    return Grid(FOUR_ARMS, sizes, range(seeds), lrs, base_run(inputs, **changes))


def table_of(store):
    """What the runs of a store say, without how long they took and when."""
    return {
        run.key: (
            replace(run, seconds=0.0, date=None),
            store.unit_counts(run.key).tolist(),
        )
        for run in store.runs()
    }
