"""Scores of a torch model for any number of examples."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from wvexp.training.examples import Examples

# Large enough for full products, small enough for memory: the scores of a long text are streamed.
_BATCH = 4096


def log_probabilities(model: nn.Module, examples: Examples, device: str) -> NDArray[np.float32]:
    """Log-probabilities [examples, classes], without dropout."""
    model.eval()
    out: list[NDArray[np.float32]] = []
    with torch.no_grad():
        order = np.arange(len(examples))
        for inputs, _ in examples.batches(_BATCH, order):
            logits = model(*(torch.from_numpy(array).to(device) for array in inputs))
            out.append(torch.log_softmax(logits, 1).cpu().numpy())
    return np.concatenate(out)
