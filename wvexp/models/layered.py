"""Models made of layers: features of the tokens, an encoder, an output layer, perhaps a CRF."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from wvexp.data.features import FEATURES
from wvexp.models.draw import Parameters, draw_weights
from wvexp.models.spec import Arrays, ByHand, ModelSpec, Shapes
from wvexp.models.view import View
from wvexp.tasks import TaskKind, TokenTask

if TYPE_CHECKING:
    from torch import nn

    from wvexp.backprop.sequence import Encoder


class LayeredByHand(ByHand):
    """`wvexp.backprop.sequence.SequenceClassifier` over the encoder of the model."""

    def build(
        self, spec: ModelSpec, keys: Any, kind: TaskKind, parameters: Arrays, **settings: Any
    ) -> Any:
        from wvexp.backprop.crf import Crf
        from wvexp.backprop.features import FeatureTables
        from wvexp.backprop.sequence import SequenceClassifier, part

        assert isinstance(spec, LayeredModel)
        view, slots = spec.view(keys), spec.slots(keys)
        moves = settings.pop("moves", None)
        return SequenceClassifier(
            parameters,
            spec.encoder(part(parameters, spec.prefix), keys),
            prefix=spec.prefix,
            features=FeatureTables(part(parameters, "features."), slots) if slots else None,
            apart=spec.apart,
            weighted=view.weights is not None,
            crf=Crf(part(parameters, "crf."), allowed=moves) if spec.crf(keys) else None,
            losses=kind.losses,
            **settings,
        )

    def names(self, parameters: Iterable[str]) -> dict[str, str]:
        return {name: name for name in parameters}


class LayeredModel(ModelSpec):
    """What an encoder makes of the words, and a linear layer above it.

    prefix  before the names of the encoder's parameters
    apart   whether the features enter the encoder by themselves, not beside the word vectors
    """

    by_hand = LayeredByHand()
    prefix = "encoder."
    apart = False

    @abstractmethod
    def encoder(self, parameters: Arrays, keys: Any) -> "Encoder":
        """The encoder by hand."""

    @abstractmethod
    def torch_encoder(self, n: int, keys: Any) -> "nn.Module":
        """The same in torch, over vectors of `n` numbers."""

    @abstractmethod
    def outputs(self, n: int, keys: Any) -> int:
        """How many numbers it makes of a token or text."""

    def features(self, keys: Any) -> tuple[str, ...]:
        """Names of the features of tokens that it reads."""
        return tuple(getattr(keys, "features", None) or ())

    def crf(self, keys: Any) -> bool:
        return bool(getattr(keys, "crf", False))

    @property
    def tagged(self) -> bool:
        return all(issubclass(kind, TokenTask) for kind in self.tasks)

    def view(self, keys: Any) -> View:
        return View(tagged=self.tagged, features=self.features(keys))

    def slots(self, keys: Any) -> dict[str, int]:
        """Columns of each feature."""
        return {name: FEATURES[name].slots for name in self.features(keys)}

    def inputs(self, d: int, keys: Any) -> int:
        """Numbers in the vector of a token: its word's and, unless they stand apart, its features'.

        With word vectors of `d` dimensions.
        """
        if self.apart:
            return d
        found = (FEATURES[name] for name in self.features(keys))
        return d + sum(one.slots * (one.dim or d) for one in found)

    def module(self, embedding: "nn.Embedding", classes: int, keys: Any) -> "nn.Module":
        from wvexp.models.modules.features import FeatureTables
        from wvexp.models.modules.sequence import SequenceModel

        n, slots = self.inputs(embedding.embedding_dim, keys), self.slots(keys)
        shapes = self._tables(embedding.embedding_dim, keys)
        return SequenceModel(
            embedding,
            self.torch_encoder(n, keys),
            self.outputs(n, keys),
            classes,
            features=FeatureTables(shapes, slots) if slots else None,
            apart=self.apart,
            weighted=self.view(keys).weights is not None,
            crf=self.crf(keys),
        )

    def dropped(self, d: int, keys: Any) -> int:
        return self.outputs(self.inputs(d, keys), keys)

    def tables(self, keys: Any) -> tuple[str, ...]:
        return tuple(f"features.{name}.weight" for name in self.features(keys))

    def moves(self, keys: Any, label_names: Any, labels: Any, offsets: Any) -> Any:
        if not self.crf(keys):
            return None
        from wvexp.backprop.moves import count_moves
        from wvexp.metrics.tag_moves import allowed_moves

        return allowed_moves(label_names, count_moves(labels, offsets, len(label_names)))

    def draw(self, shapes: Shapes, rng: np.random.Generator) -> Parameters:
        """A row of a table by its own length; a CRF from 0, where it is a softmax of each token."""
        drawn = {}
        for name, shape in shapes.items():
            if name.startswith("features."):
                limit = 1 / shape[1] if self.apart else (3 / shape[1]) ** 0.5
                drawn[name] = rng.uniform(-limit, limit, shape).astype(np.float32)
            elif name.startswith("crf."):
                drawn[name] = np.zeros(shape, np.float32)
            else:
                drawn |= draw_weights({name: shape}, rng)
        return drawn

    def activations(self, d: int, longest: int, keys: Any) -> int:
        n = self.inputs(d, keys)
        per_token = 2 * n + 4 * self.outputs(n, keys)
        return per_token if self.tagged else longest * per_token

    def _tables(self, d: int, keys: Any) -> dict[str, tuple[int, int]]:
        found = {name: FEATURES[name] for name in self.features(keys)}
        return {name: (one.rows, one.dim or d) for name, one in found.items()}

    def shapes(self, d: int, classes: int, keys: Any) -> Shapes:
        n = self.inputs(d, keys)
        shapes: Shapes = {
            f"features.{name}.weight": shape for name, shape in self._tables(d, keys).items()
        }
        shapes |= {f"{self.prefix}{name}": s for name, s in self.encoder_shapes(n, keys).items()}
        shapes |= {"output.weight": (classes, self.outputs(n, keys)), "output.bias": (classes,)}
        if self.crf(keys):
            shapes |= {
                "crf.transitions": (classes, classes),
                "crf.start": (classes,),
                "crf.end": (classes,),
            }
        return shapes

    @abstractmethod
    def encoder_shapes(self, n: int, keys: Any) -> Shapes:
        """The encoder's parameters by name, over vectors of `n` numbers, in torch's order."""
