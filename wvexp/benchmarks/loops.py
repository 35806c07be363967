"""Ways to train a `Problem`. Each makes ready, and returns what trains: a call that gives the mean
loss of the last epoch."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from wvexp.benchmarks.problem import BATCH, CLASSES, HIDDEN, WINDOW, Problem
from wvexp.data.vocabulary import PAD
from wvexp.models.window import WINDOW as WINDOW_MODEL
from wvexp.models.window import WindowKeys
from wvexp.rules import RULES
from wvexp.seeds import stream
from wvexp.tasks import TOKEN
from wvexp.training.engine import Engine
from wvexp.vectors.table import EmbeddingTable

Train = Callable[[], float]


def dataloader_loop(problem: Problem) -> Train:
    """The usual loop: a DataLoader that collates example by example, dense gradients."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    data = TensorDataset(torch.from_numpy(problem.windows), torch.from_numpy(problem.labels))
    return _torch_loop(problem, DataLoader(data, batch_size=BATCH), sparse=False)


def dense_loop(problem: Problem) -> Train:
    """Batches cut by hand, dense gradients of the whole table."""
    return _torch_loop(problem, _Batches(problem), sparse=False)


def fused_loop(problem: Problem) -> Train:
    """`dense_loop` with torch's fused optimizer."""
    return _torch_loop(problem, _Batches(problem), sparse=False, fused=True)


def sparse_loop(problem: Problem) -> Train:
    """Compact rows with sparse gradients; Adam becomes `SparseAdam`."""
    compact = problem.compact()
    return _torch_loop(compact, _Batches(compact), sparse=True)


class _Batches:
    def __init__(self, problem: Problem) -> None:
        import torch

        self.windows = torch.from_numpy(problem.windows)
        self.labels = torch.from_numpy(problem.labels)

    def __iter__(self) -> Iterator[Any]:
        for start in range(0, len(self.labels), BATCH):
            yield self.windows[start : start + BATCH], self.labels[start : start + BATCH]


def _torch_loop(problem: Problem, batches: Any, *, sparse: bool, fused: bool = False) -> Train:
    import torch

    model = _torch_model(problem)
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
        loss = total = torch.zeros(())
        for _ in range(problem.epochs):
            total = torch.zeros(())
            for windows, labels in batches:
                for optimizer in optimizers:
                    optimizer.zero_grad(set_to_none=True)
                loss = torch.nn.functional.cross_entropy(model(windows), labels.long())
                loss.backward()
                for optimizer in optimizers:
                    optimizer.step()
                total += loss.detach()
        return float(total) / (problem.steps / problem.epochs)

    return train


def _torch_model(problem: Problem) -> Any:
    import torch

    torch.set_num_threads(1)
    torch.sparse.check_sparse_tensor_invariants.disable()  # as by default, but without a warning
    drawn = stream(0, "init")  # what is drawn is replaced
    model = WINDOW_MODEL.build(problem.table, CLASSES, WindowKeys(WINDOW, HIDDEN), drawn)
    weights = {"embedding.weight": problem.table, **problem.network}
    model.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    return model


def autograd_engine(problem: Problem) -> Train:
    """`AutogradEngine` on compact rows, as a run uses it."""
    from wvexp.training.autograd import AutogradEngine

    compact = problem.compact()
    engine = AutogradEngine(
        _torch_model(compact),
        _trainable(compact),
        classes=CLASSES,
        dropped=0,
        device="cpu",
        **_settings(problem),
    )
    return lambda: _epochs(engine, compact)


def handwritten_engine(problem: Problem) -> Train:
    """`HandwrittenEngine` on compact rows, as a run uses it."""
    from wvexp.training.handwritten import HandwrittenEngine

    compact = problem.compact()
    count = len(compact.table)
    table = EmbeddingTable(
        rows=compact.table,
        origin=np.zeros(count, np.uint8),
        forms=[""] * count,
        trained=count,
        row_of=np.arange(count, dtype=np.int32),
    )
    engine = HandwrittenEngine(
        compact.network, table, _trainable(compact), WINDOW, **_settings(problem)
    )
    return lambda: _epochs(engine, compact)


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


def _settings(problem: Problem) -> dict[str, Any]:
    return {
        "rule": RULES[problem.rule],
        "lr": problem.lr,
        "row_lr": problem.lr,
        "dropout": 0.0,
        "l2": 0.0,
        "anchor": 0.0,
        "predict": TOKEN.predict,
    }


def _trainable(problem: Problem) -> Any:
    return (np.arange(len(problem.table)) > 0) & problem.tuned


def _epochs(engine: Engine, problem: Problem) -> float:
    loss = float("nan")
    for _ in range(problem.epochs):
        loss = engine.train_epoch(
            problem.examples,
            BATCH,
            problem.order,
            problem.examples.rows,
            stream(0, "dropout"),
            move_rows=True,
        )
    return loss


def products_alone(problem: Problem) -> Train:
    """The matrix products of the hand-written steps and nothing else; no loss."""
    from wvexp.backprop.kernels import compiled
    from wvexp.training.handwritten import one_blas_thread_in_kernels

    one_blas_thread_in_kernels()
    features = problem.table.shape[1] * WINDOW

    def array(*shape: int) -> Any:
        return np.ones(shape, np.float32)

    x, z, logits = array(BATCH, features), array(BATCH, HIDDEN), array(BATCH, CLASSES)
    W, U = array(HIDDEN, features), array(CLASSES, HIDDEN)
    d_x, d_z, d_W, d_U = (np.empty_like(a) for a in (x, z, W, U))

    def multiply(
        x: Any, z: Any, logits: Any, W: Any, U: Any, d_x: Any, d_z: Any, d_W: Any, d_U: Any,
        tuned: bool, steps: int,
    ) -> None:  # fmt: skip
        for _ in range(steps):
            np.dot(x, W.T, z)
            np.dot(z, U.T, logits)
            np.dot(logits.T, z, d_U)
            np.dot(logits, U, d_z)
            np.dot(d_z.T, x, d_W)
            if tuned:
                np.dot(d_z, W, d_x)
            # Values that neither vanish nor overflow: denormal numbers would cost.
            z[:], d_z[:] = 1, 1

    run = _once_compiled(compiled, multiply)

    def train() -> float:
        run(x, z, logits, W, U, d_x, d_z, d_W, d_U, problem.tuned, problem.steps)
        return float("nan")

    return train


_COMPILED: dict[str, Any] = {}


def _once_compiled(compiled: Any, function: Any) -> Any:
    return _COMPILED.setdefault(function.__name__, compiled(function))
