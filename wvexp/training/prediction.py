"""Scores of a torch model for any number of examples."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from wvexp.training.examples import Examples

# Large enough for full products, small enough for memory: the scores of a long text are streamed.
# The convolutions of a sentence take far more of it than a window.
_WINDOWS, _SENTENCES = 4096, 256


def log_probabilities(model: nn.Module, examples: Examples, device: str) -> NDArray[np.float32]:
    """Log-probabilities [examples, classes], without dropout."""
    model.eval()
    batch_size = _SENTENCES if examples.window is None else _WINDOWS
    out: list[NDArray[np.float32]] = []
    with torch.no_grad():
        for start in range(0, max(len(examples), 1), batch_size):
            inputs = examples.inputs(np.arange(start, min(start + batch_size, len(examples))))
            logits = model(*(torch.from_numpy(array).to(device) for array in inputs))
            out.append(torch.log_softmax(logits, 1).cpu().numpy())
    return np.concatenate(out)
