"""How much memory a run needs, estimated before anything is allocated."""

from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from wvexp.config.schema import Optim
from wvexp.data.corpus import Corpus
from wvexp.data.features import FEATURES
from wvexp.data.split import Split
from wvexp.machine import require_memory
from wvexp.models.view import View
from wvexp.training.identity import RunConfig

# Bytes for each weight of the network: drawn in float64, kept in float32 with its gradient, two
# moments, the best so far and the copy that is compared by hand.
_WEIGHT = 32
# Bytes for each number of the table of word vectors: its start, the rows in training, two moments,
# the best so far.
_ROW = 20
# Bytes for each number that an example passes on: in training, where there is a way back, and where
# examples are only scored.
_TRAINED = {"autograd": 16, "layers": 8, "compiled": 4}
_SCORED = {"autograd": 4, "layers": 8, "compiled": 4}
# What a run needs besides, such as for its text.
_BESIDES = 50e6


def require_run_memory(run: RunConfig, corpus: Corpus) -> None:
    """UserError, with the numbers and the key to blame, where the run cannot fit into memory."""
    needed = footprint(run, corpus)
    key, value = _to_blame(run, corpus)
    require_memory(f"{key}={value}: a run", needed, f"give a smaller {key}")


def footprint(run: RunConfig, corpus: Corpus) -> float:
    """Bytes that a run needs at its peak, to within a factor of about two."""
    spec, keys, d, classes = run.spec, run.model_keys, run.width, corpus.outputs
    view, splits = spec.view(keys), (corpus.train, corpus.validation, corpus.test)
    longest = max(int(np.diff(split.offsets).max(initial=0)) for split in splits)
    weights = sum(prod(shape) for shape in spec.shapes(d, classes, keys).values())
    weights += d * d if run.tuning.mapped else 0
    rows = (len(corpus.lexicon) + 2) * d
    engine = "autograd"
    if run.engine == "handwritten":
        compiled = run.tuning.usual and spec.by_hand and spec.by_hand.compiled(keys)
        engine = "compiled" if compiled else "layers"
    # A batch ends with the text that fills it.
    trained = run.optim.batch_size + (longest if view.tagged else 0)
    trained = min(trained, corpus.train.examples)
    scored = max(_scored_at_once(split, view, spec.scored) for split in splits)
    passed = max(_TRAINED[engine] * trained, _SCORED[engine] * scored)
    slots = sum(FEATURES[name].slots for name in view.features)
    ids = 4 * slots * sum(split.tokens for split in splits)
    numbers = spec.activations(d, longest, keys) + classes
    return _BESIDES + _WEIGHT * weights + _ROW * rows + ids + passed * numbers


def _scored_at_once(split: Split, view: View, scored: int) -> int:
    """Most examples of a split that are scored together: of tagged texts, all their tokens."""
    if not view.tagged:
        return min(scored, split.examples)
    lengths = np.diff(split.offsets)
    return int(np.add.reduceat(lengths, np.arange(0, len(lengths), scored)).max(initial=0))


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
