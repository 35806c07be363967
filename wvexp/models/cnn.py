"""The convolutional classifier of sentence tasks (Kim 2014)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wvexp.config.key import key
from wvexp.errors import UserError
from wvexp.models.spec import MODELS, ModelSpec, Shapes, dropout_key
from wvexp.tasks import SentenceTask

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class CnnKeys:
    widths: list[int] = key([3, 4, 5], "words each filter spans")  # noqa: RUF009
    filters: int = key(100, "filters of each width", minimum=1)
    dropout: float = dropout_key()


class Cnn(ModelSpec):
    """Each sentence by what its filters find (`wvexp.models.modules.cnn`)."""

    name = "cnn"
    tasks = (SentenceTask,)
    keys = CnnKeys

    def module(self, embedding: "nn.Embedding", classes: int, keys: Any) -> "nn.Module":
        from wvexp.models.modules.cnn import CnnModel

        return CnnModel(embedding, list(keys.widths), keys.filters, classes)

    def check(self, keys: Any) -> None:
        if not keys.widths or min(keys.widths) < 1:
            raise UserError(f"model.widths={keys.widths}: give at least one width of 1 or more")

    def dropped(self, d: int, keys: Any) -> int:
        return len(keys.widths) * int(keys.filters)

    def initialise(self, module: "nn.Module", rng: np.random.Generator) -> None:
        from wvexp.models.network import draw_network

        draw_network(module, rng)

    def shapes(self, d: int, classes: int, keys: Any) -> Shapes:
        shapes: Shapes = {}
        for i, width in enumerate(keys.widths):
            shapes[f"convolutions.{i}.weight"] = (keys.filters, width * d)
            shapes[f"convolutions.{i}.bias"] = (keys.filters,)
        last = len(keys.widths) * keys.filters
        return shapes | {"output.weight": (classes, last), "output.bias": (classes,)}

    def activations(self, d: int, longest: int, keys: Any) -> int:
        spans = max(longest, *keys.widths) + 1
        return spans * (d + int(keys.filters)) + self.dropped(d, keys)


CNN = MODELS.register(Cnn())
