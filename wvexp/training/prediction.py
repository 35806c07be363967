"""Scores and labels of a torch model for any number of examples."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wvexp.tasks import TaskKind
from wvexp.training.engine import finite
from wvexp.training.examples import Examples

# Large enough for full products, small enough for memory: the scores of a long text are streamed.
# The convolutions of a sentence take far more of it than a window.
_WINDOWS, _SENTENCES = 4096, 256


def log_probabilities(model: nn.Module, examples: Examples, device: str) -> NDArray[np.float32]:
    """Log-probabilities [labels, classes], without dropout; of a CRF, those of each token."""
    crf = getattr(model, "crf", None)
    return np.concatenate([_logs(crf, *some) for some in _scores(model, examples, device)])


def predicted_labels(
    model: nn.Module, examples: Examples, device: str, kind: TaskKind
) -> NDArray[np.int64]:
    """The label of each of them; of a CRF the best sequence of each text.

    RunError where a score is not a number.
    """
    crf = getattr(model, "crf", None)
    if crf is None:
        return kind.predict(finite(log_probabilities(model, examples, device)))
    found = []
    for scores, offsets in _scores(model, examples, device):
        finite(scores.cpu().numpy())
        found.append(crf.decode(scores, offsets).cpu().numpy())
    return np.concatenate(found)


def labels_and_log_probabilities(
    model: nn.Module, examples: Examples, device: str, kind: TaskKind
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """`predicted_labels`, whatever the scores are, and `log_probabilities`, of one pass."""
    crf = getattr(model, "crf", None)
    labels, logs = [], []
    for scores, offsets in _scores(model, examples, device):
        logs.append(_logs(crf, scores, offsets))
        labels.append(
            kind.predict(logs[-1]) if crf is None else crf.decode(scores, offsets).cpu().numpy()
        )
    return np.concatenate(labels), np.concatenate(logs)


def _logs(crf: Any, scores: Tensor, offsets: Tensor) -> NDArray[np.float32]:
    if crf is None:
        of_each: NDArray[np.float32] = torch.log_softmax(scores, 1).cpu().numpy()
        return of_each
    marginals = crf.marginals(scores, offsets).cpu().numpy()
    with np.errstate(divide="ignore"):  # what no permitted path has is impossible
        return np.log(marginals.clip(min=0))


def _scores(model: nn.Module, examples: Examples, device: str) -> Iterator[tuple[Tensor, Tensor]]:
    """Scores of a stretch of examples, and its offsets (of windows: the windows)."""
    model.eval()
    size = _WINDOWS if examples.view.window else _SENTENCES
    with torch.no_grad():
        for start in range(0, max(len(examples), 1), size):
            places = np.arange(start, min(start + size, len(examples)))
            inputs = [torch.from_numpy(array).to(device) for array in examples.inputs(places)]
            yield model(*inputs), inputs[-1]
