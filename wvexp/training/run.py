"""One run: a `RunConfig`, a corpus and reference vectors in; a trained model and a result out."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wvexp.data.corpus import Corpus
from wvexp.data.folds import of_fold
from wvexp.data.split import Split
from wvexp.errors import RunStopped
from wvexp.metrics import scorer_of
from wvexp.metrics.checked import check_values, checked_score
from wvexp.metrics.groups import Group
from wvexp.seeds import stream
from wvexp.tasks import TaskKind
from wvexp.training.engine import Engine, never
from wvexp.training.engines import make_engine
from wvexp.training.identity import RunConfig
from wvexp.training.result import RunResult, make_result
from wvexp.training.setup import set_up
from wvexp.training.tuning import measure_movement
from wvexp.vectors.reference import ReferenceVectors
from wvexp.vectors.table import EmbeddingTable


@dataclass(frozen=True)
class Epoch:
    """What one pass over the training data came to; a line of `metrics.jsonl`."""

    epoch: int
    loss: float
    validation: float
    best: bool
    parity: dict[str, Any] | None
    seconds: float


@dataclass(frozen=True)
class TrainedRun:
    """The best epoch's parameters, what they started from, and the result.

    counts, trainable  [rows] of the table: occurrences in training, and whether the row may move
    row_weights        [rows] weights of the words in a mean, where the model takes them; or None
    moves              which labels may follow each other, where it has a CRF; or None
    kind               the kind of task as it was trained, of `TaskKind.fitted`
    """

    result: RunResult
    table: EmbeddingTable
    counts: NDArray[np.int64]
    trainable: NDArray[np.bool_]
    parameters: dict[str, NDArray[np.float32]]
    row_weights: NDArray[np.float32] | None
    moves: Any
    kind: TaskKind


class Monitor(Protocol):
    """Looks at a run's gradients while it trains: `wvexp.parity.monitor`."""

    checks: list[Any]

    def inspect(self, step_of_epoch: int, step: Any, loss: Any) -> None:
        """Called with every step whose gradients are there; RunError where they are wrong."""
        ...

    def summary(self, since: int = 0) -> dict[str, Any]:
        """The parity block of `result.json`, over the checks from number `since` on."""
        ...


Watch = Callable[[RunConfig, Engine], Monitor | None]


def nobody(run: RunConfig, engine: Engine) -> None:
    """`watch` of a run that nobody looks at."""


def train(
    run: RunConfig,
    corpus: Corpus,
    reference: ReferenceVectors | None,
    *,
    device: str,
    watch: Watch = nobody,
    on_epoch: Callable[[Epoch], None],
    should_stop: Callable[[], bool] = never,
    time_is_up: Callable[[], bool] = never,
) -> TrainedRun:
    """Train with early stopping, restore the best epoch, and score it on the test split.

    `watch` names who looks at every step of the run, if anybody.
    Both questions are asked several times per epoch, of a long epoch several times per second.
    `should_stop` gives the run up; `time_is_up` ends training after the epochs that were finished.

    Raises
    ------
    RunStopped
        `should_stop` said so, or time was up before the end of the first epoch.
    RunError
        Training diverged, autograd and backprop by hand disagree, or a frozen row changed.
    UserError
        A plug-in's module, start or metric does not give what is asked of it.
    """
    began = time.perf_counter()
    corpus = of_fold(corpus, run.seed, run.fold)
    setup = set_up(run, corpus, reference)
    table, trainable, train_set = setup.table, setup.trainable, setup.train_set
    validation_set, test_set = map(setup.examples, (corpus.validation, corpus.test))
    scorer, test_scorer = (
        scorer_of(run.metric, split, corpus.label_names, name, corpus.unseen_labels)
        for name, split in (("validation", corpus.validation), ("test", corpus.test))
    )
    engine = make_engine(run, table, trainable, corpus.outputs, device, setup.moves, setup.kind)
    monitor = watch(run, engine)
    train_epoch: Any = engine.train_epoch
    if monitor is not None:
        train_epoch = partial(train_epoch, inspect=monitor.inspect)

    best_score, best_epoch, best = -np.inf, 0, engine.snapshot()
    epoch = 0
    for epoch in range(1, run.optim.epochs + 1):
        epoch_began = time.perf_counter()
        checks = len(monitor.checks) if monitor else 0
        try:
            loss = train_epoch(
                train_set,
                run.optim.batch_size,
                stream(run.seed, "order", epoch).permutation(len(train_set)),
                setup.rows(run, epoch),
                stream(run.seed, "dropout", epoch),
                move_rows=epoch >= run.tuning.start_epoch,
                should_stop=lambda: should_stop() or time_is_up(),
            )
        except RunStopped:
            if should_stop() or not best_epoch:
                raise
            epoch -= 1
            break
        score = checked_score(run.metric, scorer, engine.predict(validation_set))
        improved = score > best_score
        if improved:
            best_score, best_epoch, best = score, epoch, engine.snapshot()
        seconds = time.perf_counter() - epoch_began
        checked = monitor.summary(since=checks) if monitor else None
        on_epoch(Epoch(epoch, loss, score, improved, checked, seconds))
        # Patience begins once everything that is to move moves.
        if epoch - max(best_epoch, run.tuning.start_epoch - 1) >= run.optim.patience:
            break

    engine.restore(best)
    parameters = engine.parameters()
    predicted = engine.predict(test_set)
    test = checked_score(run.metric, test_scorer, predicted)
    unit_counts = test_scorer.by_unit(predicted, corpus.units)
    check_values(run.metric, unit_counts, test)
    result = make_result(
        run,
        corpus,
        setup.subset,
        reference,
        validation=best_score,
        test=test,
        groups=test_scorer.by_group(
            predicted,
            word_groups(corpus.test, setup.vocabulary.word_ids, len(corpus.lexicon), reference),
        ),
        per_class=test_scorer.by_class(predicted),
        measures=test_scorer.measures(predicted),
        unit_counts=unit_counts,
        movement=asdict(
            measure_movement(
                table.rows,
                parameters["embedding.weight"],
                trainable,
                run.tuning.fixed(table.rows.shape[1]),
            )
        ),
        parity=monitor.summary() if monitor else None,
        epochs=epoch,
        best_epoch=best_epoch,
        seconds=time.perf_counter() - began,
    )
    counts = np.zeros(len(table.rows), dtype=np.int64)
    counts[: table.trained] = setup.vocabulary.counts
    return TrainedRun(
        result,
        table,
        counts,
        trainable,
        parameters,
        setup.row_weights,
        setup.moves,
        setup.kind,
    )


def word_groups(
    split: Split,
    seen: NDArray[np.integer],
    lexicon_size: int,
    reference: ReferenceVectors | None,
) -> NDArray[np.int8]:
    """The `Group` of every token [tokens], by the same reference vectors for all arms.

    seen [words]: word ids of the training text.
    """
    group = np.full(lexicon_size, Group.NEITHER, dtype=np.int8)
    if reference is not None:
        group[reference.index >= 0] = Group.PRETRAINED_ONLY
    group[seen] = Group.SEEN
    return group[split.word_ids]
