"""A torch module over given word vectors, its other parameters drawn."""

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from wvexp.errors import UserError
from wvexp.models.modules.projection import ProjectedEmbedding

if TYPE_CHECKING:
    from wvexp.models.spec import ModelSpec

# torch draws from one generator per process, and runs are built in several threads.
_DRAWING = threading.Lock()


def build_module(
    spec: "ModelSpec",
    rows: NDArray[np.float32],
    classes: int,
    keys: Any,
    rng: np.random.Generator,
    mapped: bool,
) -> nn.Module:
    """As `ModelSpec.build`."""
    count, d = rows.shape
    # A copy: the table of starting values must stay as it is.
    weight = torch.from_numpy(rows.copy())
    embedding = (
        ProjectedEmbedding(weight)
        if mapped
        else nn.Embedding(count, d, sparse=True, _weight=weight)
    )
    with _DRAWING, torch.random.fork_rng(devices=[]):
        # What a module draws for itself is the run's own, whatever was drawn before.
        torch.manual_seed(int(rng.spawn(1)[0].integers(2**63)))
        module = spec.module(embedding, classes, keys)
    if getattr(module, "embedding", None) is not embedding:
        raise UserError(
            f"model={spec.name}: its module does not hold the word vectors",
            "assign self.embedding = embedding, as given",
        )
    also = [
        name
        for name, parameter in module.named_parameters(remove_duplicate=False)
        if parameter is embedding.weight and name != "embedding.weight"
    ]
    if also:
        raise UserError(
            f"model={spec.name}: its module holds the word vectors as {also[0]} too",
            "keep them as self.embedding alone, and call that in forward",
        )
    spec.initialise(module, rng)
    return module


def draw_network(spec: "ModelSpec", model: nn.Module, rng: np.random.Generator) -> None:
    """Give `model` the starting weights that its `spec` draws for it."""
    parameters = [item for item in model.named_parameters() if not item[0].startswith("embedding.")]
    drawn = spec.draw({name: tuple(p.shape) for name, p in parameters}, rng)
    with torch.no_grad():
        for name, parameter in parameters:
            parameter.copy_(torch.from_numpy(drawn[name]))


def network_parameters(model: nn.Module) -> list[tuple[str, nn.Parameter]]:
    """Every parameter with a dense gradient, with its name: all but word vectors and tables."""
    tables = {"embedding.weight", *(name for name, _ in table_parameters(model))}
    return [item for item in model.named_parameters() if item[0] not in tables]


def table_parameters(model: nn.Module) -> list[tuple[str, nn.Parameter]]:
    """The rows of every further `nn.Embedding(sparse=True)`: a step moves those of its batch."""
    return [
        (f"{name}.weight", module.get_parameter("weight"))
        for name, module in model.named_modules()
        if isinstance(module, nn.Embedding) and module.sparse and name != "embedding"
    ]
