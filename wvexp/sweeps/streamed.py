"""One arm that reads a stream: trained piece by piece, evaluated where it stands."""

import time
from collections.abc import Callable
from copy import copy, deepcopy
from dataclasses import asdict, replace

import numpy as np

from wvexp.data.contents import contents
from wvexp.data.corpus import Corpus
from wvexp.data.split import Split
from wvexp.data.vocabulary import UNK, Vocabulary
from wvexp.metrics import scorer_of
from wvexp.seeds import stream
from wvexp.training.engine import never
from wvexp.training.engines import make_engine
from wvexp.training.examples import Examples
from wvexp.training.identity import RunConfig
from wvexp.training.result import RunResult, UnitCounts, group_scores, today
from wvexp.training.run import word_groups
from wvexp.training.setup import start_of
from wvexp.training.tuning import measure_movement, trainable_rows
from wvexp.vectors.reference import ReferenceVectors
from wvexp.vectors.table import build_table

# Probability that a word's first occurrence stands in as UNK; see `Examples.with_unknown`.
_UNK_PROBABILITY = 0.5


class StreamedRun:
    """A window model in training on a stream of text.

    What differs from a run with its data in hand: the order is drawn piece by piece, and UNK learns
    from first occurrences, as nobody knows which words will occur once.

    Parameters
    ----------
    vocabulary
        All words that the stream may hold. A row that no token has reached yet counts as unseen:
        evaluation reads it where it is pretrained, and UNK in its place otherwise.
    """

    def __init__(
        self,
        run: RunConfig,
        corpus: Corpus,
        reference: ReferenceVectors | None,
        vocabulary: Vocabulary,
    ) -> None:
        self.run, self.corpus, self.reference = run, corpus, reference
        start = start_of(run, corpus, reference)
        self.table = build_table(corpus.lexicon, vocabulary, start)
        self.pretrained = start.index >= 0
        self.trainable = trainable_rows(
            self.table,
            vocabulary,
            reference,
            finetune=run.finetune,
            oov_only=run.tuning.oov_only,
            min_count=1,
        )
        self.engine = make_engine(run, self.table, self.trainable, len(corpus.label_names), "cpu")
        self.counts = np.zeros(len(corpus.lexicon), dtype=np.int64)
        self.labels_seen = np.zeros(len(corpus.label_names), dtype=bool)
        self.seconds = 0.0

    def branch(self) -> "StreamedRun":
        """A copy that can be trained on while this one stays as it is."""
        branch = copy(self)
        branch.engine = deepcopy(self.engine, {id(self.table): self.table})  # which never changes
        branch.counts, branch.labels_seen = self.counts.copy(), self.labels_seen.copy()
        return branch

    def train_on(self, piece: Split, number: int, should_stop: Callable[[], bool] = never) -> None:
        """One pass over the piece, the stream's `number`-th; for any one thread.

        RunStopped where `should_stop` says so, which is asked several times.
        """
        began = time.thread_time()
        run = self.run
        examples = Examples.from_split(piece, self.table, run.spec.view(run.model_keys))
        self.engine.train_epoch(
            examples,
            run.optim.batch_size,
            stream(run.seed, "order", number).permutation(len(examples)),
            self._rows(piece, examples, number),
            stream(run.seed, "dropout", number),
            move_rows=True,
            should_stop=should_stop,
        )
        self.counts += np.bincount(piece.word_ids, minlength=len(self.counts))
        self.labels_seen[piece.labels] = True
        self.seconds += time.thread_time() - began

    def _rows(self, piece: Split, examples: Examples, number: int) -> np.ndarray:
        if not self.run.finetune:
            return examples.rows
        word_ids, first = np.unique(piece.word_ids, return_index=True)
        fresh = first[self.counts[word_ids] == 0]
        draws = stream(self.run.seed, "unknown", number).random(len(fresh))
        rows = examples.rows.copy()
        rows[fresh[draws < _UNK_PROBABILITY]] = UNK
        return rows

    def evaluate(self, run: RunConfig) -> RunResult:
        """The result of what has been read so far, as that of `run`."""
        corpus, seen = self.corpus, self.counts > 0
        known = replace(self.table, row_of=np.where(seen | self.pretrained, self.table.row_of, UNK))
        validation, test = (
            self.engine.predict(Examples.from_split(split, known, run.spec.view(run.model_keys)))
            for split in (corpus.validation, corpus.test)
        )
        scorer = scorer_of(run.metric, corpus.test, corpus.label_names, "test")
        groups = word_groups(corpus.test, np.flatnonzero(seen), len(seen), self.reference)
        covered = None
        if self.reference is not None:
            found, tokens = self.reference.index >= 0, self.counts.sum()
            covered = {
                "types": float(found[seen].mean()),
                "tokens": float(self.counts[found].sum() / tokens),
            }
        after = self.engine.parameters()["embedding.weight"]
        return RunResult(
            run=run,
            train_tokens=int(self.counts.sum()),
            train_types=int(seen.sum()),
            labels_missing=[corpus.label_names[i] for i in np.flatnonzero(~self.labels_seen)],
            validation=scorer_of(
                run.metric, corpus.validation, corpus.label_names, "validation"
            ).score(validation),
            test=scorer.score(test),
            groups=group_scores(scorer.by_group(test, groups)),
            per_class=scorer.by_class(test),
            coverage=covered,
            parity=None,
            movement=asdict(measure_movement(self.table.rows, after, self.trainable)),
            epochs=1,
            best_epoch=1,
            seconds=self.seconds,
            data=contents(corpus, ("validation", "test")),
            date=today(),
            units=UnitCounts(
                scorer.by_unit(test, corpus.units), corpus.units.ids, corpus.units.fingerprint
            ),
        )
