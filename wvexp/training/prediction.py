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


def predicted_labels(
    model: nn.Module, examples: Examples, device: str, kind: TaskKind
) -> NDArray[Any]:
    """What the kind predicts of each, without dropout; of a CRF the best sequence of each text.

    RunError where a score is not a number.
    """
    crf = getattr(model, "crf", None)
    found = []
    for scores, offsets in _scores(model, examples, device):
        finite(scores.cpu().numpy())
        found.append(_labels(crf, kind, scores, offsets))
    return np.concatenate(found)


def labels_and_log_probabilities(
    model: nn.Module, examples: Examples, device: str, kind: TaskKind
) -> tuple[NDArray[Any], NDArray[np.float32]]:
    """`predicted_labels`, whatever the scores are, and log-probabilities [labels, classes].

    Of a CRF, those of each token for itself.
    """
    crf = getattr(model, "crf", None)
    labels, logs = [], []
    for scores, offsets in _scores(model, examples, device):
        logs.append(_logs(crf, kind, scores, offsets))
        labels.append(_labels(crf, kind, scores, offsets))
    return np.concatenate(labels), np.concatenate(logs)


def _labels(crf: Any, kind: TaskKind, scores: Tensor, offsets: Tensor) -> NDArray[Any]:
    if crf is None:
        return kind.predict(scores.cpu().numpy())
    of_path: NDArray[np.int64] = crf.decode(scores, offsets).cpu().numpy()
    return of_path


def _logs(crf: Any, kind: TaskKind, scores: Tensor, offsets: Tensor) -> NDArray[np.float32]:
    if crf is None:
        of_each: NDArray[np.float32] = kind.log_probabilities(scores).cpu().numpy()
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
