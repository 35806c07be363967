"""How much memory a run needs, estimated before anything is allocated."""

from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from wvexp.config.schema import Optim
from wvexp.data.corpus import Corpus
from wvexp.machine import require_memory
from wvexp.training.identity import RunConfig

# Bytes for each weight of the network: drawn in float64, kept in float32 with its gradient, two
# moments, the best so far and the copy that is compared by hand.
_WEIGHT = 32
# Bytes for each number of the table of word vectors: its start, the rows in training, two moments,
# the best so far; and for each number that a batch passes on, forward and (by torch) backward.
_ROW = 20
_ACTIVATION = {"autograd": 16, "handwritten": 4}
# What a run needs besides, such as for its text.
_BESIDES = 50e6


def require_run_memory(run: RunConfig, corpus: Corpus) -> None:
    """UserError, with the numbers and the key to blame, where the run cannot fit into memory."""
    needed = footprint(run, corpus)
    key, value = _to_blame(run, corpus)
    require_memory(f"{key}={value}: a run", needed, f"give a smaller {key}")


def footprint(run: RunConfig, corpus: Corpus) -> float:
    """Bytes that a run needs at its peak, to within a factor of about two."""
    spec, keys, d, classes = run.spec, run.model_keys, run.dim, len(corpus.label_names)
    splits = (corpus.train, corpus.validation, corpus.test)
    longest = max(int(np.diff(split.offsets).max(initial=0)) for split in splits)
    most = max(split.examples for split in splits)
    examples = min(max(run.optim.batch_size, spec.scored), most)
    weights = sum(prod(shape) for shape in spec.shapes(d, classes, keys).values())
    numbers = spec.activations(d, longest, keys)
    rows = (len(corpus.lexicon) + 2) * d
    passed = examples * (numbers + classes)
    return _BESIDES + _WEIGHT * weights + _ROW * rows + _ACTIVATION[run.engine] * passed


def _to_blame(run: RunConfig, corpus: Corpus) -> tuple[str, Any]:
    """The key, and its value, that makes the run larger than by default, most of all."""
    model, optim, plain = run.model, run.optim, type(run.model)(name=run.model.name)
    smaller = {
        **{
            f"model.{name}": replace(run, model=replace(model, **{name: getattr(plain, name)}))
            for name in run.spec.key_names
        },
        "embed.dim": replace(run, dim=min(run.dim, 100)),
        "optim.batch_size": replace(run, optim=replace(optim, batch_size=Optim().batch_size)),
    }
    key = min(smaller, key=lambda name: footprint(smaller[name], corpus))
    values = {"embed.dim": run.dim, "optim.batch_size": optim.batch_size}
    return key, values[key] if key in values else getattr(model, key.partition(".")[2])
