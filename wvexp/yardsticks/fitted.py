"""One yardstick fitted on one part of a corpus: what determines it, and what came out."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from wvexp.config.schema import YardstickKeys
from wvexp.data.corpus import Corpus
from wvexp.data.folds import of_fold
from wvexp.errors import RunError
from wvexp.metrics import scorer_of
from wvexp.metrics.checked import check_values, checked_score
from wvexp.registry import foreign_code
from wvexp.training.engine import never
from wvexp.training.result import UnitCounts
from wvexp.yardsticks.yardstick import YARDSTICKS, Labels, Problem


@dataclass(frozen=True)
class YardstickFit:
    """What is to be fitted.

    yardstick    name of a `Yardstick`
    corpus       fingerprint of the corpus as typed (`Corpus.as_typed`)
    seed         draws the training subset and the folds; None where all is trained on, and no fold
    fold, folds  as in `RunConfig`
    version      of the yardstick
    keys         what else determines what it gives: of the `yardstick` group, and of a plug-in's
                 files the hash
    """

    yardstick: str
    corpus: str
    task: str
    metric: str
    train_size: int
    seed: int | None
    fold: int | None
    folds: int | None
    version: int
    keys: Mapping[str, Any]

    @cached_property
    def key(self) -> str:
        """Hash of all that determines the result."""
        canonical = json.dumps(asdict(self), sort_keys=True)
        return f"y{hashlib.sha256(canonical.encode()).hexdigest()[:15]}"


@dataclass(frozen=True)
class YardstickResult:
    """What came out: scores on validation and test, what validation chose, seconds, counts."""

    fit: YardstickFit
    validation: float
    test: float
    settings: Mapping[str, Any]
    seconds: float
    units: UnitCounts

    def to_json(self) -> dict[str, Any]:
        """As the results file has it, the counts apart."""
        content = {
            "key": self.fit.key,
            **asdict(self.fit),
            "validation": self.validation,
            "test": self.test,
            "settings": dict(self.settings),
            "seconds": self.seconds,
        }
        return {name: value for name, value in content.items() if value is not None}


def fit_of(
    name: str,
    corpus: Corpus,
    metric: str,
    train_size: int,
    seed: int,
    fold: int | None,
    keys: YardstickKeys,
) -> YardstickFit:
    """The fit of a yardstick for runs of that size and seed, on a corpus as typed."""
    yardstick = YARDSTICKS[name]
    own = foreign_code({"plugin": yardstick})
    whole = corpus.folds is None and train_size >= corpus.train.examples
    return YardstickFit(
        yardstick=name,
        corpus=corpus.fingerprint,
        task=corpus.task,
        metric=metric,
        train_size=train_size,
        seed=None if whole else seed,
        fold=fold,
        folds=corpus.folds,
        version=yardstick.version,
        keys={**yardstick.describe(keys), **own},
    )


def fit_yardstick(
    fit: YardstickFit,
    corpus: Corpus,
    keys: YardstickKeys,
    should_stop: Callable[[], bool] = never,
) -> YardstickResult:
    """Fit it on the same examples as the runs of the size, seed and fold, and count by unit.

    corpus: as typed

    Raises
    ------
    RunStopped
        `should_stop` said so.
    RunError
        It gives no label for an example, or one that is none.
    """
    began = time.perf_counter()
    seed = fit.seed or 0
    corpus = of_fold(corpus, seed, fit.fold)
    train = corpus.train if fit.seed is None else corpus.training_subset(fit.train_size, seed)
    scorer, test_scorer = (
        scorer_of(fit.metric, split, corpus.label_names, name, corpus.unseen_labels)
        for name, split in (("validation", corpus.validation), ("test", corpus.test))
    )

    def score(labels: Labels) -> float:
        return checked_score(fit.metric, scorer, labels)

    classes = len(corpus.label_names)
    found = YARDSTICKS[fit.yardstick].fit(
        Problem(
            lexicon=corpus.lexicon,
            train=train,
            validation=corpus.validation,
            test=corpus.test,
            classes=classes,
            score=score,
            keys=keys,
            should_stop=should_stop,
        )
    )
    labels = found.labels
    if labels.shape != corpus.test.labels.shape or not ((labels >= 0) & (labels < classes)).all():
        raise RunError(
            f"yardstick {fit.yardstick} gives labels of shape {labels.shape} from {labels.min()} "
            f"to {labels.max()}: expected {corpus.test.labels.shape} and 0 to {classes - 1}"
        )
    test = checked_score(fit.metric, test_scorer, labels)
    counts = test_scorer.by_unit(labels, corpus.units)
    check_values(fit.metric, counts, test)
    return YardstickResult(
        fit=fit,
        validation=found.validation,
        test=test,
        settings=found.settings,
        seconds=time.perf_counter() - began,
        units=UnitCounts(counts, corpus.units.ids, corpus.units.fingerprint),
    )
