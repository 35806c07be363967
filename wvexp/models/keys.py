"""Keys that several models share: one meaning, one default."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from wvexp.config.key import key
from wvexp.data.features import FEATURES
from wvexp.errors import UserError


@dataclass(frozen=True)
class NoKeys:
    """The keys of a model that has none of its own."""


def dropout_key() -> Any:
    return key(
        0.0,
        "share of the last layer's inputs dropped; of a bilstm of every layer's",
        minimum=0,
        below=1,
    )


def hidden_key() -> Any:
    return key(100, "hidden units; 0 for a linear classifier, which a bilstm cannot be", minimum=0)


def pool_key() -> Any:
    return key(
        None,
        "what a text is of its words: their mean, max or both; of a bilstm max, mean or last "
        "state; the first of these when null",
        choices=("mean", "max", "both", "last"),
        added=True,
    )


def features_key() -> Any:
    return key(
        None,
        "features of tokens beside their vectors: [case], [affix] or both, [] for none; both by "
        "null where the vectors' lower case hides capitals",
        added=True,
        former=[],
    )


def crf_key() -> Any:
    return key(False, "score the labels of a sentence together", added=True)


def check_features(names: Iterable[str] | None) -> None:
    """UserError for a name that is no feature of a token beside its vector, or stands twice."""
    known = [one.name for one in FEATURES if one.dim is not None]
    given = list(names or ())
    for name in given:
        if name not in known or given.count(name) > 1:
            why = "is unknown" if name not in known else "stands twice"
            raise UserError(f"model.features: {name} {why}", f"take [{','.join(known)}]")
