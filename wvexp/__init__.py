"""Pretrained or random word vectors, frozen or fine-tuned: measured, not guessed."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wvexp.decision.procedure import decide
    from wvexp.errors import UserError
    from wvexp.sweeps.session import sweep
    from wvexp.vectors.pretrained import load_vectors

__version__ = "0.1.0"
__all__ = ["UserError", "__version__", "decide", "load_vectors", "sweep"]

# Loaded when first asked for, so that `import wvexp` stays quick.
_HOMES = {
    "UserError": "wvexp.errors",
    "decide": "wvexp.decision.procedure",
    "load_vectors": "wvexp.vectors.pretrained",
    "sweep": "wvexp.sweeps.session",
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'wvexp' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
