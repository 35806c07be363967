"""The mean-of-vectors classifier of sentence tasks."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from wvexp.config.key import key
from wvexp.data.features import BIGRAM
from wvexp.errors import UserError
from wvexp.models.headed import HeadByHand, HeadedModel
from wvexp.models.keys import dropout_key, hidden_key, pool_key
from wvexp.models.layered import LayeredModel
from wvexp.models.spec import MODELS, Arrays, ModelSpec, Shapes
from wvexp.models.view import View
from wvexp.tasks import SentenceTask, TaskKind

if TYPE_CHECKING:
    from torch import nn

_POOLS = ("mean", "max", "both")


@dataclass(frozen=True)
class MeanKeys:
    hidden: int = hidden_key()
    dropout: float = dropout_key()
    pool: str | None = pool_key()
    weights: str = key(
        "uniform",
        "of the words in the mean: all alike, by how rare they are, or learned",
        choices=("uniform", "idf", "sif", "learned"),
        added=True,
    )
    bigrams: bool = key(False, "vectors of pairs of words too, which start near zero", added=True)


def _oracle() -> Any:
    from wvexp.backprop.mean import MeanClassifier

    return MeanClassifier


class Mean(HeadedModel):
    """Each sentence by the mean of its vectors (`wvexp.models.modules.mean`)."""

    name = "mean"
    tasks = (SentenceTask,)
    keys = MeanKeys
    by_hand = HeadByHand(_oracle)
    seconds, usual = 4e-6, True
    ways = MappingProxyType(
        {
            "pool": ["both", "mean", "max"],
            "weights": ["learned", "uniform", "idf", "sif"],
            "bigrams": [True, False],
        }
    )

    def variant(self, kind: TaskKind, keys: Any) -> ModelSpec:
        plain = _pool(keys) == _POOLS[0] and keys.weights == "uniform" and not keys.bigrams
        return self if plain else _LAYERED

    def check(self, keys: Any) -> None:
        if _pool(keys) not in _POOLS:
            raise UserError(
                f"model.pool={keys.pool} is not one of model={self.name}",
                f"take {', '.join(_POOLS)}",
            )
        if _pool(keys) == "max" and (keys.weights != "uniform" or keys.bigrams):
            given = f"weights={keys.weights}" if keys.weights != "uniform" else "bigrams=true"
            raise UserError(f"model.pool=max has no mean for model.{given}", "take model.pool=both")

    def module(self, embedding: "nn.Embedding", classes: int, keys: Any) -> "nn.Module":
        from wvexp.models.modules.mean import MeanModel

        return MeanModel(embedding, keys.hidden, classes)

    def inputs(self, d: int, keys: Any) -> int:
        return d


class _Layered(LayeredModel):
    """With weights, pairs of words, or the maximum."""

    name, tasks, keys, check = Mean.name, Mean.tasks, Mean.keys, Mean.check
    seconds = 4e-5
    apart = True

    def encoder(self, parameters: Arrays, keys: Any) -> Any:
        from wvexp.backprop.mean_encoder import MeanEncoder

        return MeanEncoder(parameters, **self._settings(keys))

    def torch_encoder(self, n: int, keys: Any) -> "nn.Module":
        from wvexp.models.modules.mean_encoder import MeanEncoder

        return MeanEncoder(n, **self._settings(keys))

    def _settings(self, keys: Any) -> dict[str, Any]:
        return {"pool": _pool(keys), "weights": keys.weights, "hidden": keys.hidden}

    def features(self, keys: Any) -> tuple[str, ...]:
        return (BIGRAM.name,) if keys.bigrams else ()

    def view(self, keys: Any) -> View:
        weights = keys.weights if keys.weights in ("idf", "sif") else None
        return View(features=self.features(keys), weights=weights)

    def outputs(self, n: int, keys: Any) -> int:
        return keys.hidden or self._pooled(n, keys)

    def _pooled(self, n: int, keys: Any) -> int:
        return 2 * n if _pool(keys) == "both" else n

    def encoder_shapes(self, n: int, keys: Any) -> Shapes:
        shapes: Shapes = {"attention.weight": (1, n)} if keys.weights == "learned" else {}
        if keys.hidden:
            shapes["hidden.weight"] = (keys.hidden, self._pooled(n, keys))
            shapes["hidden.bias"] = (keys.hidden,)
        return shapes


def _pool(keys: Any) -> str:
    return keys.pool or _POOLS[0]


MEAN = MODELS.register(Mean())
_LAYERED = _Layered()
