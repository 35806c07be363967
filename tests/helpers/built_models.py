"""Torch modules of the package's models, from plain values."""

from wvexp.config.schema import Model
from wvexp.models import MODELS
from wvexp.seeds import stream


def keys_of(name, **shape):
    """The model's own keys: those given that are its, defaults for the rest."""
    return MODELS[name].keys_in(Model(name=name, **shape))


def build_model(name, rows, classes, rng=None, **shape):
    rng = stream(0, "init") if rng is None else rng
    return MODELS[name].build(rows, classes, keys_of(name, **shape), rng)
