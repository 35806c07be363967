"""Model folder: safetensors and JSON, enough to predict without the training data."""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wvexp.data.split import Split, Task
from wvexp.data.vocabulary import UNK
from wvexp.errors import UserError
from wvexp.models import spec_of
from wvexp.tasks import TASKS
from wvexp.training.examples import Examples
from wvexp.training.model_files import DESCRIPTION, FORMAT, WEIGHTS, read_model
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


@dataclass(frozen=True)
class SavedModel:
    """A trained model as its folder holds it.

    model    the `model` group of keys
    forms    the form of each row of `parameters["embedding.weight"]`
    origin   uint8 [rows], an `Origin`
    source   None for a random arm: its unseen words are UNK
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

    @cached_property
    def row_of(self) -> dict[str, int]:
        return {form: row for row, form in enumerate(self.forms) if row > UNK}

    def save(self, folder: Path) -> None:
        """Write `weights.safetensors` and `model.json` into a new folder."""
        from safetensors.numpy import save

        folder.mkdir()
        spec, keys = spec_of(self.model, TASKS[self.task])
        arrays: dict[str, NDArray[Any]] = {**self.parameters, "origin": self.origin}
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
        return cls(
            task=content["task"],
            model=content["model"],
            label_names=content["labels"],
            lowercase=content["lowercase"],
            tokenizer=content["tokenizer"],
            forms=content["words"],
            origin=arrays.pop("origin"),
            parameters=arrays,
            source=VectorSource(**content["source"]) if content["source"] else None,
        )

    def pretrained_vectors(self, words: set[str] | None = None) -> Any:
        """The vectors that training started from, as gensim `KeyedVectors`.

        None for a random arm, for the built-in world, and where the file has gone or changed.
        """
        if self.source is None or self.source.path is None:
            return None
        from wvexp.vectors.limits import ACCEPTED
        from wvexp.vectors.pretrained import fingerprint_vectors, load_vectors

        path, member = self.source.path, self.source.member
        width = self.parameters["embedding.weight"].shape[1]
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

        Sentences are tokenised, not yet lower-cased. A word that the model has no row for takes
        its pretrained vector where there is one, and UNK otherwise, as in evaluation.
        """
        if self.lowercase:
            sentences = [[word.lower() for word in sentence] for sentence in sentences]
        table = self._table({word for sentence in sentences for word in sentence})
        row_of = {form: row for row, form in enumerate(table.forms) if row > UNK}
        rows = [row_of.get(word, UNK) for sentence in sentences for word in sentence]
        lengths = [len(sentence) for sentence in sentences]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        kind = TASKS[self.task]
        examples = kind.examples(len(sentences), len(rows))
        split = Split(
            self.task, np.array(rows, np.int32), offsets, np.zeros(examples, dtype=np.int32)
        )
        spec, keys = spec_of(self.model, kind)
        view = spec.view(keys)
        scores = _score(self, table, Examples.from_split(split, table, view))
        return kind.cut(scores, offsets)

    def _table(self, words: set[str]) -> EmbeddingTable:
        """The saved rows, and behind them those of new words that the vectors know.

        A word is looked up as training does it: exactly, then lower-cased.
        """
        rows, forms = self.parameters["embedding.weight"], list(self.forms)
        extra: list[NDArray[np.float32]] = []
        new = sorted(words - self.row_of.keys())
        known = self.pretrained_vectors({*new, *(word.lower() for word in new)}) if new else None
        keyed: Any = {} if known is None else known
        for word in new:
            for form in (word, word.lower()):
                if form in keyed:
                    extra.append(keyed[form])
                    forms.append(word)
                    break
        rows = np.vstack([rows, *extra]) if extra else rows
        origin = np.append(self.origin, np.full(len(extra), Origin.PRETRAINED, np.uint8))
        identity = np.arange(len(forms), dtype=np.int32)
        return EmbeddingTable(rows, origin, forms, len(self.forms), identity)


def _score(saved: SavedModel, table: EmbeddingTable, examples: Examples) -> NDArray[np.float32]:
    from wvexp.training.prediction import log_probabilities

    return log_probabilities(_module(saved, table.rows), examples, "cpu")


def _module(saved: SavedModel, rows: NDArray[np.float32]) -> "nn.Module":
    """The saved network over the embedding `rows` [rows, d]."""
    import torch

    spec, keys = spec_of(saved.model, TASKS[saved.task])
    drawn = np.random.default_rng(0)  # what is drawn is replaced
    model = spec.build(rows, len(saved.label_names), keys, drawn)
    arrays = {**saved.parameters, "embedding.weight": rows}
    model.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    return model
