"""Pretrained or random word vectors, frozen or fine-tuned: measured, not guessed."""

__version__ = "0.1.0"

# Loaded when first asked for, so that `import wvexp` stays quick.
_HOMES = {"decide": "wvexp.deciding", "sweep": "wvexp.sweeps.session"}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'wvexp' has no attribute {name!r}")
