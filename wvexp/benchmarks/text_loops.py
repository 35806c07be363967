"""Ways to train a `TextProblem`: a loop in torch as one would write it by hand, and our engines."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from wvexp.benchmarks.loops import (
    Train,
    autograd_engine,
    epochs,
    one_torch_thread,
    settings,
    table_of,
    torch_loop,
    trainable,
)
from wvexp.benchmarks.products import text_products_alone
from wvexp.benchmarks.sequences import TextProblem
from wvexp.models.modules.crf import Crf
from wvexp.tasks import TOKEN

_NO_LABEL = -100


def dense_loop(problem: TextProblem) -> Train:
    """Padded batches, compact rows with dense gradients."""
    return _loop(problem, sparse=False)


def sparse_loop(problem: TextProblem) -> Train:
    """Padded batches, compact rows with sparse gradients and `SparseAdam`."""
    return _loop(problem, sparse=True)


def _loop(problem: TextProblem, *, sparse: bool) -> Train:
    one_torch_thread()
    compact = problem.compact()
    model = (_Lstm if compact.kind is TOKEN else _Convolution)(compact)
    return torch_loop(compact, model, _Padded(compact), _loss, sparse=sparse)


def _loss(model: nn.Module, rows: Tensor, lengths: Tensor, labels: Tensor) -> Tensor:
    loss: Tensor = model(rows, lengths, labels)
    return loss


class _Padded:
    """Rows [batch, longest] of each batch, the lengths and the labels, cut from padded tensors."""

    def __init__(self, problem: TextProblem) -> None:
        examples = problem.examples
        lengths = np.diff(examples.offsets)
        inside = np.arange(lengths.max()) < lengths[:, None]
        rows = np.zeros(inside.shape, np.int64)
        rows[inside] = examples.rows
        labels = examples.labels.astype(np.int64)
        if problem.kind is TOKEN:
            labels = np.full(inside.shape, _NO_LABEL)
            labels[inside] = examples.labels
        self.rows, self.lengths = torch.from_numpy(rows), torch.from_numpy(lengths)
        self.labels = torch.from_numpy(labels)
        self.batches = [torch.from_numpy(texts) for texts in problem.texts()]

    def __iter__(self) -> Iterator[Any]:
        for texts in self.batches:
            lengths = self.lengths[texts]
            longest = int(lengths.max())
            labels = self.labels[texts]
            yield (
                self.rows[texts, :longest],
                lengths,
                labels if labels.ndim == 1 else labels[:, :longest],
            )


class _Convolution(nn.Module):
    """Kim (2014); as in ours no span reaches beyond its text, unless that is too short for one."""

    def __init__(self, problem: TextProblem) -> None:
        super().__init__()
        weights = {name: torch.from_numpy(array) for name, array in problem.network.items()}
        self.embedding, self.widths = _embedding(problem), list(problem.keys.widths)
        self.convolutions = nn.ModuleList()
        for i, width in enumerate(self.widths):
            layer = nn.Conv1d(problem.table.shape[1], problem.keys.filters, width)
            of_width = weights[f"convolutions.{i}.weight"].unflatten(1, (width, -1))
            layer.weight.data = of_width.transpose(1, 2).contiguous()
            layer.bias.data = weights[f"convolutions.{i}.bias"].clone()  # type: ignore[union-attr]
            self.convolutions.append(layer)
        self.output = _linear(weights)

    def forward(self, rows: Tensor, lengths: Tensor, labels: Tensor) -> Tensor:
        """The loss."""
        rows = nn.functional.pad(rows, (0, max(0, max(self.widths) - rows.shape[1])))
        x = self.embedding(rows).transpose(1, 2).contiguous()
        pooled = []
        for width, layer in zip(self.widths, self.convolutions, strict=True):
            scores = layer(x)  # [B, filters, places]
            places = torch.arange(scores.shape[2])
            beyond = places > (lengths - width).clamp(min=0)[:, None]
            # Adding takes less time than `masked_fill`, the ReLU after the maximum less than
            # before it, and `max` less than `max_pool1d`.
            scores = scores + torch.where(beyond, -torch.inf, 0.0)[:, None]
            pooled.append(scores.max(2).values.relu())
        return cross_entropy(self.output(torch.cat(pooled, 1)), labels)


class _Lstm(nn.Module):
    """`nn.LSTM` on packed sequences; a softmax of each token, or a CRF in log space over time."""

    def __init__(self, problem: TextProblem) -> None:
        super().__init__()
        weights = {name: torch.from_numpy(array) for name, array in problem.network.items()}
        self.embedding = _embedding(problem)
        self.lstm = nn.LSTM(
            problem.table.shape[1], problem.keys.hidden, bidirectional=True, batch_first=True
        )
        self.lstm.load_state_dict(_part(weights, "encoder.lstm."))
        self.output = _linear(weights)
        self.crf = Crf(problem.classes) if problem.keys.crf else None

    def forward(self, rows: Tensor, lengths: Tensor, labels: Tensor) -> Tensor:
        """The loss."""
        packed = pack_padded_sequence(
            self.embedding(rows), lengths, batch_first=True, enforce_sorted=False
        )
        scores = self.output(pad_packed_sequence(self.lstm(packed)[0], batch_first=True)[0])
        if self.crf is None:
            return cross_entropy(scores.flatten(0, 1), labels.flatten(), ignore_index=_NO_LABEL)
        inside = labels != _NO_LABEL
        offsets = nn.functional.pad(lengths.cumsum(0), (1, 0))
        return self.crf.loss(scores[inside], offsets, labels[inside])


def _embedding(problem: TextProblem) -> nn.Embedding:
    return nn.Embedding.from_pretrained(torch.from_numpy(problem.table.copy()), freeze=False)


def _linear(weights: Mapping[str, Tensor]) -> nn.Linear:
    classes, inputs = weights["output.weight"].shape
    layer = nn.Linear(inputs, classes)
    layer.load_state_dict(_part(weights, "output."))
    return layer


def _part(weights: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    found = {name: array for name, array in weights.items() if name.startswith(prefix)}
    return {name.removeprefix(prefix): array for name, array in found.items()}


def layered_engine(problem: TextProblem) -> Train:
    """`LayeredEngine` on compact rows, as a run uses it."""
    from wvexp.training.layered import LayeredEngine

    compact = problem.compact()
    spec, keys = compact.spec, compact.keys
    assert spec.by_hand is not None
    engine = LayeredEngine(
        partial(spec.by_hand.build, spec, keys, compact.kind),
        spec.by_hand.names(compact.network),
        compact.network,
        spec.tables(keys),
        table_of(compact),
        trainable(compact),
        len(compact.network["output.bias"]),
        settings(compact),
    )
    return lambda: epochs(engine, compact)


TEXT_WAYS: Mapping[str, Callable[[Any], Train]] = {
    "dense": dense_loop,
    "sparse_compact": sparse_loop,
    "autograd": autograd_engine,
    "handwritten": layered_engine,
    "products_alone": text_products_alone,
}
