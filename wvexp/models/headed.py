"""What the models with a hidden layer and a softmax share, and their gradient by hand."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wvexp.models.draw import head_shapes
from wvexp.models.spec import ByHand, ModelSpec, Shapes

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class HeadByHand(ByHand):
    """A classifier of `wvexp.backprop` whose parameters are those of a `Head`."""

    load: Callable[[], Any]

    def oracle(self) -> Any:
        return self.load()

    @property
    def torch_names(self) -> dict[str, str]:
        return {
            "W": "head.hidden.weight",
            "b": "head.hidden.bias",
            "U": "head.output.weight",
            "c": "head.output.bias",
        }


class HeadedModel(ModelSpec):
    """Some inputs made of word vectors, a tanh hidden layer if wanted, a softmax."""

    @abstractmethod
    def inputs(self, d: int, keys: Any) -> int:
        """How many numbers go into the head, with word vectors of `d` dimensions."""

    def dropped(self, d: int, keys: Any) -> int:
        return keys.hidden or self.inputs(d, keys)

    def initialise(self, module: "nn.Module", rng: np.random.Generator) -> None:
        from wvexp.models.network import draw_network

        draw_network(module, rng)

    def shapes(self, d: int, classes: int, keys: Any) -> Shapes:
        return head_shapes(self.inputs(d, keys), keys.hidden, classes)

    def activations(self, d: int, longest: int, keys: Any) -> int:
        return self.inputs(d, keys) + 2 * keys.hidden + self.dropped(d, keys)
