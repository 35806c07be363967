"""What the models with a hidden layer and a softmax share, and their gradient by hand."""

from abc import abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wvexp.backprop.projection import PROJECTION
from wvexp.models.draw import head_shapes
from wvexp.models.spec import Arrays, ByHand, ModelSpec, Shapes
from wvexp.tasks import TaskKind

if TYPE_CHECKING:
    pass


# Names in the derivation of docs/backprop.md, and in torch.
_NAMES = {
    "W": "head.hidden.weight",
    "b": "head.hidden.bias",
    "U": "head.output.weight",
    "c": "head.output.bias",
    "M": PROJECTION,
}


@dataclass(frozen=True)
class HeadByHand(ByHand):
    """A classifier of `wvexp.backprop` whose parameters are those of a `Head`."""

    load: Callable[[], Any]

    def build(
        self, spec: ModelSpec, keys: Any, kind: TaskKind, parameters: Arrays, **settings: Any
    ) -> Any:
        own = {name: parameters[named] for name, named in self.names(parameters).items()}
        own["E"] = parameters["embedding.weight"]
        return self.load()(own, losses=kind.losses, **settings)

    def names(self, parameters: Iterable[str]) -> dict[str, str]:
        there = set(parameters)
        return {name: named for name, named in _NAMES.items() if named in there}

    def compiled(self, keys: Any) -> bool:
        return True


class HeadedModel(ModelSpec):
    """Some inputs made of word vectors, a tanh hidden layer if wanted, a softmax."""

    @abstractmethod
    def inputs(self, d: int, keys: Any) -> int:
        """How many numbers go into the head, with word vectors of `d` dimensions."""

    def dropped(self, d: int, keys: Any) -> int:
        return keys.hidden or self.inputs(d, keys)

    def shapes(self, d: int, classes: int, keys: Any) -> Shapes:
        return head_shapes(self.inputs(d, keys), keys.hidden, classes)

    def activations(self, d: int, longest: int, keys: Any) -> int:
        return self.inputs(d, keys) + 2 * keys.hidden + self.dropped(d, keys)
