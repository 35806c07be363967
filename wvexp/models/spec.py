"""ModelSpec: all that the rest of the package asks about a model."""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from wvexp.errors import UserError
from wvexp.models.draw import Parameters, draw_weights
from wvexp.models.keys import NoKeys
from wvexp.models.view import TEXTS, View
from wvexp.registry import Registry
from wvexp.tasks import TASKS, TaskKind

if TYPE_CHECKING:
    from torch import nn

Shapes = dict[str, tuple[int, ...]]
Arrays = Mapping[str, NDArray[Any]]


class HandModel(Protocol):
    """A model with its gradient by hand.

    `forward(*inputs, labels, mask)` gives the loss of a batch, its inputs as the torch module takes
    them; `backward()` the gradient of that loss in every trained parameter, by its own name, that
    of the word vectors (`E`) and of other tables as a `RowGradient`. `mean_loss` is the last loss
    without penalties. `scores(*inputs, E=E)` [labels, K] are those with other word vectors; of a
    model with a CRF, its `crf` decodes them.
    """

    mean_loss: float

    def scores(self, *inputs: Any, E: Any) -> NDArray[Any]: ...

    def forward(self, *batch: Any) -> float: ...

    def backward(self) -> Any: ...


class ByHand(ABC):
    """A model's gradient by hand: it checks autograd, and is the engine of the sweeps.

    compiled  whether `wvexp.backprop.kernels` has whole training steps of the model
    """

    @abstractmethod
    def build(
        self, spec: "ModelSpec", keys: Any, kind: TaskKind, parameters: Arrays, **settings: Any
    ) -> Any:
        """The `HandModel` over the `parameters`, by their names in torch, which it does not copy.

        settings: l2, trainable, anchor, initial and, if not 0, fixed, as
        `wvexp.backprop.rows.WordRows` takes them
        """

    @abstractmethod
    def names(self, parameters: Iterable[str]) -> dict[str, str]:
        """Of these parameters in torch, but for the word vectors, each one's own name -> theirs."""

    def compiled(self, keys: Any) -> bool:
        return False


class ModelSpec(ABC):
    """A model by its name: what it is for, which keys it has, how it is built, what it costs.

    One's own model is a subclass of a few lines around a torch module: `docs/extending.md`.

    name     as `model` names it
    tasks    the kinds of task that it serves, those derived from them among it
    keys     dataclass of its own keys, its fields made by `wvexp.config.key.key`; a key of the same
             name as another model's must be the same
    usual    whether it is the one for its tasks where nobody names a model
    by_hand  its gradient by hand; None where torch alone has one
    ways     keys that decide which layers it has -> values that each make it another, for the
             table of gradients
    seconds  per example of a pass over the training data, roughly, to put runs in order
    scored   windows or texts that are scored at a time
    """

    name: str
    tasks: ClassVar[tuple[type[TaskKind], ...]]
    keys: ClassVar[type] = NoKeys
    usual: ClassVar[bool] = False
    by_hand: ClassVar[ByHand | None] = None
    ways: ClassVar[Mapping[str, list[Any]]] = {}
    seconds: ClassVar[float] = 5e-4
    scored: ClassVar[int] = 256

    @abstractmethod
    def module(self, embedding: "nn.Embedding", classes: int, keys: Any) -> "nn.Module":
        """The torch module over the `embedding`, which it keeps under that name.

        Its `forward` gives logits [labels, classes]. It takes windows [batch, window] of rows where
        the view has a window, else `rows` [tokens] of all texts of the batch, one after another,
        and `offsets` [batch + 1]: text i has rows[offsets[i]:offsets[i + 1]]. With a key `dropout`
        it takes `mask` too: as `mask_shape` says, or None.
        """

    def variant(self, kind: TaskKind, keys: Any) -> "ModelSpec":
        """What computes it for a kind of task, with these keys; everything else is asked of that.

        Most models are one thing whatever the keys.
        """
        return self

    def check(self, keys: Any) -> None:  # noqa: B027  (most go together)
        """UserError for keys of this model that cannot be together."""

    def view(self, keys: Any) -> View:
        """How it reads text; by default whole texts."""
        return TEXTS

    def dropped(self, d: int, keys: Any) -> int:
        """How many values `dropout` acts upon, with word vectors of `d` dimensions."""
        raise UserError(
            f"model={self.name} has model.dropout and does not say how many values it acts upon",
            f"define dropped(self, d, keys) in {type(self).__name__}",
        )

    def mask_shape(self, labels: int, texts: int, d: int, keys: Any) -> tuple[int, int]:
        """Shape of a batch's dropout mask: by default a row per label, of `dropped` columns."""
        return labels, self.dropped(d, keys)

    def crf(self, keys: Any) -> bool:
        """Whether the labels of a text are scored together, by the module's `crf`."""
        return False

    def tables(self, keys: Any) -> tuple[str, ...]:
        """Parameters beside the word vectors of which a step moves the rows of its batch alone."""
        return ()

    def most(self, keys: Any) -> dict[str, float] | None:
        """Parameter -> largest norm that its rows may have; None for any."""
        return None

    def moves(
        self, keys: Any, label_names: list[str], labels: NDArray[Any], offsets: NDArray[Any]
    ) -> Any:
        """Which labels may follow each other, by the training data; None without a CRF."""
        return None

    def draw(self, shapes: Shapes, rng: np.random.Generator) -> Parameters:
        """The starting weights of a model with a gradient by hand, for both engines."""
        return draw_weights(shapes, rng)

    def initialise(self, module: "nn.Module", rng: np.random.Generator) -> None:
        """Give the module its starting weights.

        Those that `draw` draws, where both engines train it; else it keeps what it drew itself.
        """
        if self.by_hand is not None:
            from wvexp.models.network import draw_network

            draw_network(self, module, rng)

    def shapes(self, d: int, classes: int, keys: Any) -> Shapes:
        """Every parameter but the word vectors, by name, in the order of the torch module."""
        return {name: tuple(v.shape) for name, v in self._state(d, classes, keys).items()}

    def types(self, d: int, classes: int, keys: Any) -> dict[str, str]:
        """The type of each of `shapes`, such as float32; that of a buffer may be another."""
        if self.by_hand is not None:
            return dict.fromkeys(self.shapes(d, classes, keys), "float32")
        state = self._state(d, classes, keys)
        return {name: str(v.dtype).removeprefix("torch.") for name, v in state.items()}

    def _state(self, d: int, classes: int, keys: Any) -> dict[str, Any]:
        import torch
        from torch import nn

        with torch.device("meta"):
            module = self.module(nn.Embedding(2, d), classes, keys)
        return {name: v for name, v in module.state_dict().items() if name != "embedding.weight"}

    def activations(self, d: int, longest: int, keys: Any) -> int:
        """Numbers that an example passes on, forward, in a text of `longest` words at most."""
        return longest * d

    def serves(self, kind: TaskKind) -> bool:
        return isinstance(kind, self.tasks)

    def keys_in(self, group: Any) -> Any:
        """This model's keys, out of the `model` group of a configuration."""
        return self.keys(**{name: getattr(group, name) for name in self.key_names})

    @property
    def key_names(self) -> tuple[str, ...]:
        return tuple(entry.name for entry in dataclasses.fields(self.keys))

    def build(
        self,
        rows: NDArray[np.float32],
        classes: int,
        keys: Any,
        rng: np.random.Generator,
        *,
        mapped: bool = False,
    ) -> "nn.Module":
        """The module over a copy of the embedding `rows` [rows, d], its network drawn from `rng`.

        mapped: whether it reads the rows through a learned map, `embedding.projection`.
        UserError where the module does not hold the embedding.
        """
        from wvexp.models.network import build_module

        return build_module(self, rows, classes, keys, rng, mapped)


# Leaves the choice of the model to the task.
AUTO = "auto"


def _check(spec: ModelSpec) -> None:
    """UserError for a name that means something else, and for keys that are none."""
    if spec.name == AUTO:
        raise UserError(f"model={AUTO} takes the usual model of the task", "give another name")
    if not (isinstance(spec.keys, type) and dataclasses.is_dataclass(spec.keys)):
        raise UserError(f"model={spec.name}: its keys are no dataclass", "decorate the class")
    for entry in dataclasses.fields(spec.keys):
        if "meaning" not in entry.metadata:
            raise UserError(
                f"model={spec.name}: its key {entry.name} has no meaning",
                f"write {entry.name}: {getattr(entry.type, '__name__', entry.type)} = "
                'key(DEFAULT, "what it means")',
            )
        if entry.name == "name":
            raise UserError(
                f"model={spec.name}: its key is called name, which is the model's own",
                "give it another name",
            )


MODELS: Registry[ModelSpec] = Registry("model", ModelSpec, _check)


def spec_of(model: Any, kind: TaskKind) -> tuple[ModelSpec, Any]:
    """What computes the model that a `model` group of keys names, and its keys."""
    spec = MODELS[model.name]
    keys = spec.keys_in(model)
    return spec.variant(kind, keys), keys


def default_model(kind: TaskKind) -> ModelSpec:
    """The model of a kind of task where nobody names one."""
    for spec in MODELS:
        if spec.usual and spec.serves(kind):
            return spec
    raise UserError(f"data.task={kind.name} has no usual model", "give model=NAME")


def check_model_for_task(model: str, task: str) -> None:
    """UserError where the model `model`, if it is named, does not serve tasks of that kind."""
    kind = TASKS[task]
    fitting = [spec.name for spec in MODELS if spec.serves(kind)]
    if model != AUTO and not MODELS[model].serves(kind):
        raise UserError(
            f"model={model} does not fit {task} labels", f"take model={' or model='.join(fitting)}"
        )
