"""Model folder: safetensors and JSON, enough to predict without the training data."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wvexp.arms import Tuning
from wvexp.backprop.moves import Moves
from wvexp.backprop.projection import PROJECTION, project
from wvexp.data.features import TokenFeatures
from wvexp.data.split import Task
from wvexp.data.unlabelled import read_unlabelled
from wvexp.data.vocabulary import UNK
from wvexp.errors import UserError
from wvexp.models import MODELS, spec_of
from wvexp.registry import foreign_code
from wvexp.tasks import TASKS, TaskKind
from wvexp.training.examples import Examples
from wvexp.training.model_files import (
    DESCRIPTION,
    FORMAT,
    MOVES,
    ORIGIN,
    ROW_WEIGHTS,
    WEIGHTS,
    read_model,
)
from wvexp.vectors.table import EmbeddingTable, Origin

if TYPE_CHECKING:
    from torch import nn

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class VectorSource:
    """Where the pretrained vectors came from, so that new words can be looked up there."""

    path: str | None
    member: str | None
    fingerprint: str


class Labelled(NamedTuple):
    """What a model says of a sentence: of each of its tokens, or of the sentence as its only one.

    labels             int64 [n], places in `SavedModel.label_names`; of a CRF the best sequence.
                       Where there may be several bool [n, labels]; of numbers float64 [n]
    log_probabilities  float32 [n, labels]; of a CRF those of each token for itself; of numbers 0
    """

    labels: NDArray[Any]
    log_probabilities: NDArray[np.float32]


@dataclass(frozen=True)
class SavedModel:
    """A trained model as its folder holds it.

    model        the `model` group of keys
    forms        the form of each row of `parameters["embedding.weight"]`
    origin       uint8 [rows], an `Origin`
    source       None for a random arm: its unseen words are UNK
    row_weights  float32 [rows], what each word weighs, where the model takes that; or None
    moves        which labels may follow each other, where the model has a CRF; or None
    how          what training changed of the word vectors, as the key `tuning.how` has it
    target       what the kind of task took from the labels of training, `TaskKind.state`
    separator    what parts the labels of a text that may have several; None for a JSON list
    """

    task: Task
    model: Any
    label_names: list[str]
    lowercase: bool
    tokenizer: str
    forms: list[str]
    origin: NDArray[np.uint8]
    parameters: dict[str, NDArray[np.float32]]
    source: VectorSource | None
    row_weights: NDArray[np.float32] | None = None
    moves: Moves | None = None
    how: str = Tuning().how
    target: Mapping[str, float] = field(default_factory=dict)
    separator: str | None = None

    @property
    def width(self) -> int:
        """Dimension of the vectors that training started from."""
        width = self.parameters["embedding.weight"].shape[1]
        return width - Tuning(how=self.how).fixed(width)

    @cached_property
    def kind(self) -> TaskKind:
        return TASKS[self.task].restored(self.target)

    @cached_property
    def row_of(self) -> dict[str, int]:
        return {form: row for row, form in enumerate(self.forms) if row > UNK}

    def save(self, folder: Path) -> None:
        """Write `weights.safetensors` and `model.json` into a new folder."""
        from safetensors.numpy import save

        folder.mkdir()
        spec, keys = spec_of(self.model, TASKS[self.task])
        arrays: dict[str, NDArray[Any]] = {**self.parameters, ORIGIN: self.origin}
        if self.row_weights is not None:
            arrays[ROW_WEIGHTS] = self.row_weights
        if self.moves is not None:
            arrays |= {MOVES[name]: a.astype(np.uint8) for name, a in self.moves._asdict().items()}
        (folder / WEIGHTS).write_bytes(save(arrays))
        content = {
            "format": FORMAT,
            "task": self.task,
            "model": {"name": spec.name, **asdict(keys)},
            "labels": self.label_names,
            "lowercase": self.lowercase,
            "tokenizer": self.tokenizer,
            "source": None if self.source is None else asdict(self.source),
            "words": self.forms,
        }
        if self.how != Tuning().how:
            content["how"] = self.how
        if self.target:
            content["target"] = dict(self.target)
        if self.separator is not None:
            content["separator"] = self.separator
        if code := foreign_code({MODELS.key: MODELS[spec.name], TASKS.key: TASKS[self.task]}):
            content["plugins"] = code
        (folder / DESCRIPTION).write_text(json.dumps(content), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "SavedModel":
        """Read a model folder.

        Raises
        ------
        UserError
            The folder is missing, holds no model, or its files are damaged.
        """
        try:
            content, arrays = read_model(folder)
        except FileNotFoundError as error:
            raise UserError(
                f"{folder}: no model there ({Path(error.filename).name} is missing)",
                "give the folder model/ of a run",
            ) from error
        except (OSError, ValueError) as error:
            raise UserError(
                f"{folder}: the saved model is damaged ({error})", "train it again, or copy it anew"
            ) from error
        moves = {name: arrays.pop(key) != 0 for name, key in MOVES.items() if key in arrays}
        return cls(
            task=content["task"],
            model=content["model"],
            label_names=content["labels"],
            lowercase=content["lowercase"],
            tokenizer=content["tokenizer"],
            forms=content["words"],
            origin=arrays.pop(ORIGIN),
            row_weights=arrays.pop(ROW_WEIGHTS, None),
            moves=Moves(**moves) if moves else None,
            parameters=arrays,
            how=content.get("how", Tuning().how),
            source=VectorSource(**content["source"]) if content["source"] else None,
            target=content.get("target", {}),
            separator=content.get("separator"),
        )

    def pretrained_vectors(self, words: set[str] | None = None) -> Any:
        """The vectors that training started from, as gensim `KeyedVectors`.

        None for a random arm, for the built-in world, and where the file has gone or changed.
        """
        if self.source is None or self.source.path is None:
            return None
        from wvexp.vectors.limits import ACCEPTED
        from wvexp.vectors.pretrained import fingerprint_vectors, load_vectors

        path, member, width = self.source.path, self.source.member, self.width
        try:
            if Path(path).exists() and fingerprint_vectors(path, member) == self.source.fingerprint:
                vectors = load_vectors(path, words, member, limits=ACCEPTED)
                if vectors.vector_size == width:
                    return vectors
                why = f"{path} has {vectors.vector_size} dimensions, the model {width}"
            else:
                why = f"{path} is gone or has changed"
        except (UserError, OSError, ValueError) as error:
            # Gone, a folder, a pickle, a row with NaN: the model itself is sound.
            why = str(error)
        log.warning("%s: words without a row are unknown", why)
        return None

    def predict(self, sentences: Sequence[Sequence[str]]) -> list[NDArray[np.float32]]:
        """Log-probabilities, one array per sentence: [tokens, labels], or [1, labels].

        Sentences as `label` takes them.
        """
        return [one.log_probabilities for one in self.label(sentences)]

    def label(self, sentences: Sequence[Sequence[str]]) -> list[Labelled]:
        """Labels and log-probabilities of each sentence.

        Sentences are tokenised, not yet lower-cased. A word that the model has no row for takes
        its pretrained vector where there is one, and UNK otherwise, as in evaluation.
        """
        from wvexp.training.prediction import labels_and_log_probabilities

        text = read_unlabelled(self.task, sentences, lowercase=self.lowercase)
        kind = self.kind
        spec, keys = spec_of(self.model, kind)
        view, table = spec.view(keys), self._table(text.lexicon)
        features = TokenFeatures(view.features, text.lexicon, text.typed) if view.features else None
        examples = Examples.from_split(
            text.split, table, view, features, self._weights(len(table.rows))
        )
        module = _module(self, table.rows)
        found = labels_and_log_probabilities(module, examples, "cpu", kind)
        cut = (kind.cut(array, text.split.offsets) for array in found)
        return [Labelled(*one) for one in zip(*cut, strict=True)]

    def _table(self, lexicon: list[str]) -> EmbeddingTable:
        """The saved rows, and behind them those of new words that the vectors know.

        A word is looked up as training does it: exactly, then lower-cased.
        """
        rows, forms = self.parameters["embedding.weight"], list(self.forms)
        row_of = dict(self.row_of)
        extra: list[NDArray[np.float32]] = []
        new = sorted(set(lexicon) - row_of.keys())
        known = self.pretrained_vectors({*new, *(word.lower() for word in new)}) if new else None
        keyed: Any = {} if known is None else known
        for word in new:
            for form in (word, word.lower()):
                if form in keyed:
                    extra.append(keyed[form])
                    row_of[word] = len(forms)
                    forms.append(word)
                    break
        rows = np.vstack([rows, self.as_started(np.array(extra))]) if extra else rows
        origin = np.append(self.origin, np.full(len(extra), Origin.PRETRAINED, np.uint8))
        places = np.array([row_of.get(word, UNK) for word in lexicon], np.int32)
        return EmbeddingTable(rows, origin, forms, len(self.forms), places)

    def as_started(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows [n, width of a row] of pretrained `vectors` [n, d], as training starts from them."""
        return np.hstack([vectors, vectors]) if Tuning(how=self.how).doubled else vectors

    def as_read(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """The rows as the network reads them: through the map, where training learned one."""
        M = self.parameters.get(PROJECTION)
        return rows if M is None else project(rows, M)

    def _weights(self, rows: int) -> NDArray[np.float32] | None:
        """The weight [rows] of each row of a `_table`; training never saw UNK, nor new words."""
        if self.row_weights is None:
            return None
        new = np.full(rows - len(self.row_weights), self.row_weights[UNK])
        return np.append(self.row_weights, new)


def _module(saved: SavedModel, rows: NDArray[np.float32]) -> "nn.Module":
    """The saved network over the embedding `rows` [rows, d]."""
    import torch

    spec, keys = spec_of(saved.model, TASKS[saved.task])
    drawn = np.random.default_rng(0)  # what is drawn is replaced
    classes, mapped = saved.kind.outputs(len(saved.label_names)), PROJECTION in saved.parameters
    model = spec.build(rows, classes, keys, drawn, mapped=mapped)
    arrays = {**saved.parameters, "embedding.weight": rows}
    model.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    if saved.moves is not None:
        model.get_submodule("crf").allow(saved.moves)  # type: ignore[operator]
    return model
