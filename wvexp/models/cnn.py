"""The convolutional classifier of sentence tasks (Kim 2014)."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from wvexp.config.key import key
from wvexp.errors import UserError
from wvexp.models.keys import dropout_key
from wvexp.models.layered import LayeredModel
from wvexp.models.spec import MODELS, Arrays, Shapes
from wvexp.tasks import SentenceTask

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class CnnKeys:
    widths: list[int] = key([3, 4, 5], "words each filter spans")  # noqa: RUF009
    filters: int = key(100, "filters of each width", minimum=1)
    dropout: float = dropout_key()
    max_norm: float | None = key(
        None, "largest norm of a class's weights, 3 in Kim (2014)", above=0, added=True
    )


class Cnn(LayeredModel):
    """Each sentence by what its filters find (`wvexp.models.modules.cnn`)."""

    name = "cnn"
    tasks = (SentenceTask,)
    keys = CnnKeys
    prefix = ""  # its parameters are named as in models saved before there were encoders
    seconds = 2e-4
    ways = MappingProxyType({"widths": [[2, 4], [1]], "filters": [3]})

    def check(self, keys: Any) -> None:
        if not keys.widths or min(keys.widths) < 1:
            raise UserError(f"model.widths={keys.widths}: give at least one width of 1 or more")

    def module(self, embedding: "nn.Embedding", classes: int, keys: Any) -> "nn.Module":
        from wvexp.models.modules.cnn import CnnModel

        return CnnModel(embedding, list(keys.widths), keys.filters, classes)

    def encoder(self, parameters: Arrays, keys: Any) -> Any:
        from wvexp.backprop.conv import ConvEncoder

        return ConvEncoder(parameters, widths=keys.widths)

    def torch_encoder(self, n: int, keys: Any) -> "nn.Module":
        from wvexp.models.modules.conv import ConvEncoder

        return ConvEncoder(n, keys.widths, keys.filters)

    def outputs(self, n: int, keys: Any) -> int:
        return len(keys.widths) * int(keys.filters)

    def most(self, keys: Any) -> dict[str, float] | None:
        return None if keys.max_norm is None else {"output.weight": keys.max_norm}

    def encoder_shapes(self, n: int, keys: Any) -> Shapes:
        shapes: Shapes = {}
        for i, width in enumerate(keys.widths):
            shapes[f"convolutions.{i}.weight"] = (keys.filters, width * n)
            shapes[f"convolutions.{i}.bias"] = (keys.filters,)
        return shapes

    def activations(self, d: int, longest: int, keys: Any) -> int:
        spans = max(longest, *keys.widths) + 1
        return spans * (d + int(keys.filters)) + self.outputs(d, keys)


CNN = MODELS.register(Cnn())
