"""Random parameters and batches for the models made of layers, in every way they can be made.

Both sides are built from the model's spec: by hand, and in torch the module that training uses.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from wvexp.arms import BOTH, REPROJECTED, TUNED, Treatment
from wvexp.backprop.activations import Array
from wvexp.backprop.moves import Moves, count_moves
from wvexp.backprop.projection import PROJECTION
from wvexp.backprop.rows import PAD, RowGradient
from wvexp.config.schema import BALANCED
from wvexp.data.features import FEATURES
from wvexp.data.word_weights import WORD_WEIGHTS
from wvexp.errors import UserError
from wvexp.models.layered import LayeredModel
from wvexp.models.modules.projection import ProjectedEmbedding
from wvexp.models.spec import MODELS, ModelSpec
from wvexp.parity.monitor import Twin
from wvexp.tasks import TASKS, TaskKind
from wvexp.training.objective import Objective, Step

_E = "embedding.weight"
_WEIGHTED = f" optim.class_weight={BALANCED}"


@dataclass(frozen=True)
class LayeredCase:
    """One model with parameters and a batch.

    name        the model's, and the keys that decide its layers, as a configuration has them
    twin        the model by hand
    parameters  name in torch -> float64 array; with a map of the word vectors none of them moves
    step        inputs, labels and dropout mask
    read        parameter -> the rows of it that the batch reads, for tables
    trainable   bool [V]
    settings    l2, anchor, the word vectors' `initial` [V, d], and how many numbers of them are
                `fixed`
    """

    name: str
    twin: Twin
    kind: TaskKind
    parameters: dict[str, Array]
    step: Step
    read: dict[str, NDArray[np.int32]]
    trainable: NDArray[np.bool_]
    settings: dict[str, Any]

    @property
    def tuned(self) -> bool:
        """Whether rows of the word vectors are trained."""
        return PROJECTION not in self.parameters

    @property
    def moving(self) -> NDArray[np.bool_]:
        """[V, d], the numbers of the word vectors that are trained, if any are."""
        columns = np.arange(self.parameters[_E].shape[1]) >= self.settings["fixed"]
        return np.logical_and.outer(self.trainable, columns)

    def trained(self) -> dict[str, Array]:
        """Every parameter, the word vectors as `E`; of feature tables the rows that are read."""
        return {
            "E" if name == _E else name: array[self.read[name]] if name in self.read else array
            for name, array in self.parameters.items()
            if name != _E or self.tuned
        }

    def build(self, dtype: Any = np.float64) -> tuple[Any, dict[str, Array], float]:
        """The model by hand after `forward`, the parameters that it reads, and the loss."""
        arrays = {name: array.astype(dtype) for name, array in self.parameters.items()}
        initial = self.settings["initial"].astype(dtype)
        trainable = self.trainable if self.tuned else None
        settings = {**self.settings, "initial": initial, "trainable": trainable}
        model = self.twin.build(self.kind, arrays, **settings)
        return model, arrays, model.forward(*self._batch(dtype))

    def hand_gradients(self, dtype: Any = np.float64) -> dict[str, Array]:
        """Parameter -> gradient in the shape of `trained()`; NaN where a row moves unread."""
        model, _, _ = self.build(dtype)
        gradients = {}
        for name, gradient in model.backward().items():
            if isinstance(gradient, RowGradient):
                read = self.read.get(name)
                unread = read is not None and not np.isin(gradient.rows, read).all()
                gradient = gradient.dense(len(self.parameters[_E if name == "E" else name]))
                gradient = gradient if read is None else gradient[read]
                if unread:
                    gradient[:] = np.nan
            gradients[name] = gradient
        # One that is forgotten counts as zero.
        return {name: gradients.get(name, np.zeros_like(p)) for name, p in self.trained().items()}

    def loss_with(self, name: str, value: Array) -> float:
        """The loss with one trained parameter replaced; of E the trainable rows."""
        model, arrays, _ = self._double
        array = arrays[_E if name == "E" else name]
        at = self.moving if name == "E" else self.read.get(name, ...)
        before = array[at].copy()
        array[at] = value[at] if name == "E" else value
        loss: float = model.forward(*self._batch(np.float64))
        array[at] = before
        return loss

    def autograd_gradients(self, dtype: torch.dtype = torch.float64) -> dict[str, Array]:
        """The same from torch: zero in rows that are not trainable."""
        d, classes = self.parameters[_E].shape[1], len(self.parameters["output.bias"])
        rows = len(self.parameters[_E])
        embedding = (
            torch.nn.Embedding(rows, d, sparse=True)
            if self.tuned
            else ProjectedEmbedding(torch.zeros(rows, d, dtype=dtype))
        )
        embedding.weight.requires_grad_(self.tuned)
        module = self.twin.spec.module(embedding, classes, self.twin.keys).to(dtype)
        state = {name: torch.from_numpy(array) for name, array in self.parameters.items()}
        module.load_state_dict(state)
        if self.twin.moves is not None:
            module.get_submodule("crf").allow(self.twin.moves)  # type: ignore[operator]
        initial = torch.tensor(self.settings["initial"], dtype=dtype)
        objective = Objective(
            module,
            classes,
            self.kind,
            torch.from_numpy(self.trainable),
            initial,
            self.settings["l2"],
            self.settings["anchor"],
            self.settings["fixed"],
        )
        *inputs, labels, mask = self._batch(initial.numpy().dtype)
        step = Step(tuple(inputs), labels, mask)
        (objective.loss(step) + objective.penalty(step)).backward()
        found = {}
        for name, parameter in module.named_parameters():
            if name == _E and not self.tuned:
                continue
            gradient = parameter.grad
            assert gradient is not None
            array = (gradient.to_dense() if gradient.is_sparse else gradient).numpy()
            if name == _E:
                found["E"] = np.where(self.moving, array, 0)
            else:
                found[name] = array[self.read[name]] if name in self.read else array
        return found

    @cached_property
    def _double(self) -> tuple[Any, dict[str, Array], float]:
        return self.build()

    def _batch(self, dtype: Any) -> list[Array]:
        """Inputs, labels and mask, floating-point numbers in `dtype`."""
        assert self.step.mask is not None
        batch = [*self.step.inputs, self.step.labels, self.step.mask]
        return [a.astype(dtype) if a.dtype.kind == "f" else a for a in batch]


def layered_cases(rng: np.random.Generator) -> Iterator[LayeredCase]:
    """Each model with each combination of its layers that may be, random in size and values.

    With a loss that is not plain cross-entropy, which is the same whatever lies below, in one way;
    then that of most layers with the treatments that change what is read of the word vectors.
    """
    plain = [kind for kind in TASKS if kind.usual_loss]
    others = [kind for kind in TASKS if not kind.usual_loss]
    losses = [
        *((kind, "") for kind in plain),
        *((kind, f" data.task={kind.name}") for kind in others),
        *((kind, _WEIGHTED) for kind in plain),
    ]
    fullest: dict[tuple[str, str], tuple[str, LayeredModel, Any, TaskKind]] = {}
    for known, (kind, said) in product(MODELS, losses):
        if not known.serves(kind):
            continue
        ways = known.variant(kind, known.keys()).ways
        for values in product(*ways.values()):
            chosen = dict(zip(ways, values, strict=True))
            keys = _small(known, chosen, rng)
            spec = known.variant(kind, keys)
            try:
                spec.check(keys)
            except UserError:  # not together
                continue
            if isinstance(spec, LayeredModel):  # the others: `wvexp.parity.gradient_cases`
                told = {n: v for n, v in chosen.items() if len(ways[n]) > 1}
                name = " ".join([spec.name, *(f"{n}={_as_typed(v)}" for n, v in told.items())])
                if not said:
                    fullest.setdefault((known.name, kind.name), (name, spec, keys, kind))
                yield random_layered(rng, f"{name}{said}", spec, keys, kind, said == _WEIGHTED)
                if said:
                    break
    for (name, spec, keys, kind), treatment in product(fullest.values(), (BOTH, REPROJECTED)):
        treated = f"{name} treatment={treatment.name}"
        yield random_layered(rng, treated, spec, keys, kind, treatment=treatment)


def _small(spec: ModelSpec, chosen: dict[str, Any], rng: np.random.Generator) -> Any:
    """Keys of the model with those chosen, and a small hidden layer, or none where that may be."""
    hidden = rng.permutation(4).tolist() if "hidden" in spec.key_names else []
    for units in hidden:
        keys = spec.keys(hidden=units, **chosen)
        try:
            spec.check(keys)
        except UserError:  # a model that needs hidden units, or keys that do not go together
            continue
        return keys
    return spec.keys(**({"hidden": 1} if hidden else {}), **chosen)


def random_layered(
    rng: np.random.Generator,
    name: str,
    spec: LayeredModel,
    keys: Any,
    kind: TaskKind,
    balanced: bool = False,
    treatment: Treatment = TUNED,
) -> LayeredCase:
    """Random parameters and a random batch, in which words repeat and a sentence may be empty."""
    tuning = treatment.tuning
    V, d, K = 9, int(rng.integers(1, 4)), kind.outputs(int(rng.integers(2, 5)))
    d *= 2 if tuning.doubled else 1
    lengths = np.append(rng.integers(0, 5, size=3), rng.integers(1, 7))
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    T, B = int(offsets[-1]), len(lengths)
    words = rng.integers(1, V, size=T).astype(np.int32)
    labels: Array = rng.integers(K, size=T if spec.tagged else B).astype(np.int32)
    if kind.several:
        labels = rng.random((B, K)) < 0.5
    elif kind.numeric:
        labels = rng.normal(20, 3, size=B)
    kind = kind.fitted(labels, K, balanced=balanced)
    ids, read = [], {}
    for feature, slots in spec.slots(keys).items():
        some = rng.integers(FEATURES[feature].rows, size=5)
        ids.append(some[rng.integers(5, size=(T, slots))].astype(np.int32))
        read[f"features.{feature}.weight"] = np.unique(ids[-1])
    parameters = {_E: rng.normal(size=(V, d))}
    parameters[_E][PAD] = 0
    for n, shape in spec.shapes(d, K, keys).items():
        if n in read:
            parameters[n] = np.zeros(shape)
            parameters[n][read[n]] = rng.normal(size=(len(read[n]), shape[1]))
        else:  # what a layer adds up is of size 1: float32 says little of a saturated tanh
            parameters[n] = rng.normal(size=shape) / np.sqrt(shape[-1] if len(shape) > 1 else 1)
    if tuning.mapped:
        parameters[PROJECTION] = rng.normal(size=(d, d)) / np.sqrt(d)
    inputs: list[Array] = [words, *([np.hstack(ids)] if ids else [])]
    weights = spec.view(keys).weights
    if weights is not None:
        inputs.append(WORD_WEIGHTS[weights](words, offsets, V)[words])
    moves = None
    if spec.crf(keys):
        seen = count_moves(labels, offsets, K)
        moves = Moves(*((count > 0) | (rng.random(count.shape) < 0.8) for count in seen))
    trainable = rng.random(V) < 0.8
    trainable[PAD] = False
    initial = parameters[_E] + rng.normal(size=(V, d))
    keep = 0.7
    kept = rng.random(spec.mask_shape(len(labels), B, d, keys)) < keep
    mask = kept.astype(np.float32) / np.float32(keep)
    step = Step((*inputs, offsets), labels, mask)
    settings: dict[str, Any] = {
        "l2": 0.03,
        "anchor": 0.2,
        "initial": initial,
        "fixed": tuning.fixed(d),
    }
    return LayeredCase(
        name, Twin(spec, keys, moves), kind, parameters, step, read, trainable, settings
    )


def _as_typed(value: Any) -> str:
    """A key's value as a command line has it."""
    return f"[{','.join(map(str, value))}]" if isinstance(value, list) else str(value).lower()
