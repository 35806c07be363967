"""Tasks of whole texts, for models that read them whole: what every way of training gets alike.

Lengths are those of real sentences: movie reviews (MR; Pang and Lee 2005) where a text has a label,
tweets (WNUT17; Derczynski et al. 2017) where every token has one. They have 21.0 and 18.5 words on
average, with standard deviations of 9.4 and 7.5.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.benchmarks.problem import HIDDEN, Problem, draw_vectors, draw_words
from wvexp.models.bilstm import BILSTM, BiLstmKeys
from wvexp.models.cnn import CNN, CnnKeys
from wvexp.models.spec import ModelSpec
from wvexp.rules import ADAM
from wvexp.seeds import stream
from wvexp.tasks import SENTENCE, TOKEN, TaskKind
from wvexp.training.batching import batches_of
from wvexp.training.examples import Examples

# Training sentences with 1, 2, ... words.
_MR = (
    3, 11, 41, 100, 112, 152, 151, 211, 237, 221, 235, 269, 264, 306, 331, 338, 345, 358, 375,
    319, 355, 332, 345, 319, 284, 303, 280, 245, 201, 191, 215, 180, 127, 137, 136, 107, 79,
    83, 62, 53, 49, 47, 26, 24, 27, 18, 18, 10, 11, 3, 7, 3, 1, 2, 1, 1, 0, 0, 1,
)  # fmt: skip
_WNUT = (
    2, 7, 20, 34, 50, 64, 76, 106, 109, 113, 122, 125, 137, 144, 129, 143, 165, 156, 142, 148,
    145, 137, 158, 128, 142, 138, 117, 109, 101, 62, 62, 47, 23, 10, 13, 3, 2, 2, 2, 0, 1,
)  # fmt: skip
_TEXTS_PER_BATCH = 32
_WNUT_CLASSES = 13


@dataclass(frozen=True)
class TextTask:
    """A model, and the texts that it is for.

    lengths  how many texts there are of 1, 2, ... words
    """

    spec: ModelSpec
    keys: Any
    kind: TaskKind
    classes: int
    lengths: tuple[int, ...]


def _bilstm(*, crf: bool) -> TextTask:
    keys = BiLstmKeys(hidden=HIDDEN, crf=crf)
    return TextTask(BILSTM.variant(TOKEN, keys), keys, TOKEN, _WNUT_CLASSES, _WNUT)


TASKS = {
    CNN.name: TextTask(CNN, CnnKeys(), SENTENCE, 2, _MR),
    BILSTM.name: _bilstm(crf=False),
    f"{BILSTM.name}+crf": _bilstm(crf=True),
}


@dataclass(frozen=True)
class TextProblem(Problem):
    """Texts in the order of training."""

    task: TextTask

    @property
    def kind(self) -> TaskKind:
        return self.task.kind

    @property
    def spec(self) -> ModelSpec:
        return self.task.spec

    @property
    def keys(self) -> Any:
        return self.task.keys

    @property
    def classes(self) -> int:
        return self.task.classes

    @property
    def batch_size(self) -> int:
        """Labels: of about 32 texts."""
        labels_per_text = len(self.examples.labels) / len(self.examples)
        return round(_TEXTS_PER_BATCH * labels_per_text)

    @property
    def steps(self) -> int:
        return self.epochs * len(self.texts())

    def texts(self) -> list[NDArray[np.integer]]:
        """Those of each batch, for every way of training."""
        lengths = np.diff(self.examples.offsets)
        return batches_of(self.order, lengths, self.examples.view, self.batch_size)


def make_text_problem(name: str, texts: int, *, epochs: int, seed: int) -> TextProblem:
    """A task by its name, all rows tuned by Adam.

    A text has the label that its first word has.
    """
    task, rng = TASKS[name], stream(seed, "benchmark training")
    share = np.array(task.lengths) / sum(task.lengths)
    lengths = rng.choice(np.arange(1, len(share) + 1), size=texts, p=share)
    offsets = np.append(0, np.cumsum(lengths))
    rows, labels = draw_words(int(offsets[-1]), task.classes, rng)
    table, view = draw_vectors(rng), task.spec.view(task.keys)
    shapes = task.spec.shapes(table.shape[1], task.classes, task.keys)
    return TextProblem(
        table=table,
        examples=Examples(rows, offsets, labels if view.tagged else labels[offsets[:-1]], view),
        order=rng.permutation(texts),
        network=task.spec.draw(shapes, rng),
        rule=ADAM.name,
        lr=1e-3,
        tuned=True,
        epochs=epochs,
        seed=seed,
        task=task,
    )
