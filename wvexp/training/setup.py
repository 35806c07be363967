"""What a run starts from: its part of the training data, its words, and the rows of those."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wvexp.config.schema import BALANCED
from wvexp.data.corpus import Corpus
from wvexp.data.features import TokenFeatures, token_features
from wvexp.data.folds import of_fold
from wvexp.data.split import Split
from wvexp.data.vocabulary import Vocabulary
from wvexp.data.word_weights import WORD_WEIGHTS
from wvexp.errors import UserError
from wvexp.models.view import View
from wvexp.seeds import stream
from wvexp.tasks import TASKS, TaskKind
from wvexp.training.examples import Examples
from wvexp.training.identity import RunConfig
from wvexp.training.tuning import trainable_rows
from wvexp.vectors.initial import STARTS, Start
from wvexp.vectors.reference import ReferenceVectors
from wvexp.vectors.table import EmbeddingTable, build_table


@dataclass(frozen=True)
class Setup:
    """What a run starts from: its subset of the training data, its words and their rows.

    view, features, row_weights  how its model reads a split: see `Examples.from_split`
    moves                        which labels follow each other in the subset, for a CRF
    kind                         the kind of task, with what its loss takes from the subset's labels
    """

    subset: Split
    vocabulary: Vocabulary
    table: EmbeddingTable
    trainable: NDArray[np.bool_]
    view: View
    features: TokenFeatures | None
    row_weights: NDArray[np.float32] | None
    moves: Any
    kind: TaskKind

    def examples(self, split: Split) -> Examples:
        """A split as the model reads it."""
        return Examples.from_split(split, self.table, self.view, self.features, self.row_weights)

    @cached_property
    def train_set(self) -> Examples:
        return self.examples(self.subset)

    def rows(self, run: RunConfig, epoch: int) -> NDArray[np.int32]:
        """Row of every training token in an epoch.

        UNK learns in every arm whose rows move, by the same draws.
        """
        if not run.moves_rows:
            return self.train_set.rows
        draws = stream(run.seed, "unknown", epoch)
        return self.train_set.with_unknown(self.vocabulary.counts, draws)


def set_up(run: RunConfig, corpus: Corpus, reference: ReferenceVectors | None) -> Setup:
    """Draw the training subset and give each of its words a row."""
    corpus = of_fold(corpus, run.seed, run.fold)
    subset = corpus.training_subset(run.train_size, run.seed)
    vocabulary = Vocabulary.from_subset(subset, len(corpus.lexicon))
    table = build_table(corpus.lexicon, vocabulary, start_of(run, corpus, reference))
    if run.tuning.doubled:
        table = table.doubled()
    trainable = trainable_rows(
        table,
        vocabulary,
        reference,
        finetune=run.moves_rows,
        oov_only=run.tuning.oov_only,
        min_count=run.tuning.min_count,
    )
    view, row_weights = run.spec.view(run.model_keys), None
    if view.weights is not None:
        rows = table.row_of[subset.word_ids]
        row_weights = WORD_WEIGHTS[view.weights](rows, subset.offsets, len(table.rows))
    return Setup(
        subset,
        vocabulary,
        table,
        trainable,
        view,
        token_features(view.features, corpus),
        row_weights,
        run.spec.moves(run.model_keys, corpus.label_names, subset.labels, subset.offsets),
        TASKS[run.task].fitted(
            subset.labels,
            len(corpus.label_names),
            balanced=run.optim.class_weight == BALANCED,
        ),
    )


def start_of(run: RunConfig, corpus: Corpus, reference: ReferenceVectors | None) -> Start:
    """What the arm's word vectors start from; UserError where it does not fit the words."""
    how, words = STARTS[run.embed], len(corpus.lexicon)
    if reference is None:
        dim, start = run.dim, how.without_vectors(words, run.dim, run.seed)
    else:
        dim, start = len(reference.mean), how.start(reference, run.seed)
    found = (start.matrix.shape[1:], start.mean.shape, start.spread.shape, start.index.shape)
    if found != ((dim,), (dim,), (dim,), (words,)):
        raise UserError(
            f"embed={run.embed} starts from vectors of {start.matrix.shape[-1]} dimensions, mean "
            f"and spread of {start.mean.size} and {start.spread.size}, and an index of "
            f"{start.index.size:,} words",
            f"give {dim} dimensions and {words:,} words",
        )
    return start
