"""Ways to train a `Problem`. Each makes ready, and returns what trains: a call that gives the mean
loss of the last epoch."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from wvexp.benchmarks.problem import BATCH, WINDOW, Problem
from wvexp.data.vocabulary import PAD
from wvexp.rules import RULES
from wvexp.seeds import stream
from wvexp.training.dropout import Dropout
from wvexp.training.engine import Engine
from wvexp.training.settings import Settings
from wvexp.vectors.table import EmbeddingTable

Train = Callable[[], float]


def dataloader_loop(problem: Problem) -> Train:
    """The usual loop: a DataLoader that collates example by example, dense gradients."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    data = TensorDataset(torch.from_numpy(problem.windows), torch.from_numpy(problem.labels))
    return _window_loop(problem, DataLoader(data, batch_size=BATCH), sparse=False)


def dense_loop(problem: Problem) -> Train:
    """Batches cut by hand, dense gradients of the whole table."""
    return _window_loop(problem, _Batches(problem), sparse=False)


def fused_loop(problem: Problem) -> Train:
    """`dense_loop` with torch's fused optimizer."""
    return _window_loop(problem, _Batches(problem), sparse=False, fused=True)


def sparse_loop(problem: Problem) -> Train:
    """Compact rows with sparse gradients; Adam becomes `SparseAdam`."""
    compact = problem.compact()
    return _window_loop(compact, _Batches(compact), sparse=True)


class _Batches:
    def __init__(self, problem: Problem) -> None:
        import torch

        self.windows = torch.from_numpy(problem.windows)
        self.labels = torch.from_numpy(problem.labels)

    def __iter__(self) -> Iterator[Any]:
        for start in range(0, len(self.labels), BATCH):
            yield self.windows[start : start + BATCH], self.labels[start : start + BATCH]


def _window_loop(problem: Problem, batches: Any, *, sparse: bool, fused: bool = False) -> Train:
    import torch

    def loss(model: Any, windows: Any, labels: Any) -> Any:
        return torch.nn.functional.cross_entropy(model(windows), labels.long())

    return torch_loop(problem, torch_model(problem), batches, loss, sparse=sparse, fused=fused)


def torch_loop(
    problem: Problem, model: Any, batches: Any, loss_of: Any, *, sparse: bool, fused: bool = False
) -> Train:
    """Train a torch model with an `embedding`; `loss_of(model, *batch)` is a batch's loss."""
    import torch

    embedding: Any = model.get_submodule("embedding")
    embedding.sparse = sparse
    embedding.padding_idx = PAD  # the whole table is trained; in an engine PAD is not trainable
    embedding.weight.requires_grad_(problem.tuned)
    network = [p for name, p in model.named_parameters() if name != "embedding.weight"]
    rule, lr = RULES[problem.rule], problem.lr
    optimizers = [rule.network(network, lr)]
    if problem.tuned:
        optimizers.append((rule.rows if sparse else rule.network)([embedding.weight], lr))
    for optimizer in optimizers:
        optimizer.param_groups[0]["fused"] = fused or None

    def train() -> float:
        total = torch.zeros(())
        for _ in range(problem.epochs):
            total = torch.zeros(())
            for batch in batches:
                for optimizer in optimizers:
                    optimizer.zero_grad(set_to_none=True)
                loss = loss_of(model, *batch)
                loss.backward()
                for optimizer in optimizers:
                    optimizer.step()
                total += loss.detach()
        return float(total) / (problem.steps / problem.epochs)

    return train


def one_torch_thread() -> None:
    import torch

    torch.set_num_threads(1)
    torch.sparse.check_sparse_tensor_invariants.disable()  # as by default, but without a warning


def torch_model(problem: Problem) -> Any:
    """The module of the problem's model, with its weights."""
    import torch

    one_torch_thread()
    drawn = stream(0, "init")  # what is drawn is replaced
    model = problem.spec.build(problem.table, problem.classes, problem.keys, drawn)
    weights = {"embedding.weight": problem.table, **problem.network}
    model.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    return model


def autograd_engine(problem: Problem) -> Train:
    """`AutogradEngine` on compact rows, as a run uses it."""
    from wvexp.training.autograd import AutogradEngine

    compact = problem.compact()
    engine = AutogradEngine(
        torch_model(compact), trainable(compact), compact.classes, settings(compact), "cpu"
    )
    return lambda: epochs(engine, compact)


def handwritten_engine(problem: Problem) -> Train:
    """`HandwrittenEngine` on compact rows, as a run uses it."""
    from wvexp.training.handwritten import HandwrittenEngine

    compact = problem.compact()
    engine = HandwrittenEngine(
        compact.network, table_of(compact), trainable(compact), WINDOW, settings(problem)
    )
    return lambda: epochs(engine, compact)


def one_process(problem: Problem) -> Train:
    """`autograd_engine` in a process of its own, which starts, imports and makes the problem."""
    program = (
        "from wvexp.benchmarks.problem import make_problem\n"
        "from wvexp.benchmarks.loops import autograd_engine\n"
        f"problem = make_problem({len(problem.order)}, {problem.rule!r}, {problem.lr}, "
        f"tuned={problem.tuned}, epochs={problem.epochs}, seed={problem.seed})\n"
        "print(autograd_engine(problem)())"
    )
    command = [sys.executable, "-c", program]
    return lambda: float(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def table_of(problem: Problem) -> EmbeddingTable:
    """The problem's word vectors as an engine takes them."""
    count = len(problem.table)
    return EmbeddingTable(
        rows=problem.table,
        origin=np.zeros(count, np.uint8),
        forms=[""] * count,
        trained=count,
        row_of=np.arange(count, dtype=np.int32),
    )


def settings(problem: Problem) -> Settings:
    """As an engine takes them, without dropout and penalties."""
    without = Dropout(0.0, lambda labels, texts: (0, 0))
    return Settings(problem.kind, RULES[problem.rule], problem.lr, problem.lr, without)


def trainable(problem: Problem) -> Any:
    """Mask [rows]: all rows but PAD, or none."""
    return (np.arange(len(problem.table)) > 0) & problem.tuned


def epochs(engine: Engine, problem: Problem) -> float:
    """Train all epochs; the mean loss of the last."""
    loss = float("nan")
    for _ in range(problem.epochs):
        loss = engine.train_epoch(
            problem.examples,
            problem.batch_size,
            problem.order,
            problem.examples.rows,
            stream(0, "dropout"),
            move_rows=True,
        )
    return loss
