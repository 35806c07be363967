"""The yardsticks of a decision: fitted where the choice is made, within a share of the budget.

With a budget each is first fitted on few examples, which says what it takes on all; that much is
kept while the runs are trained, up to a share. What is stored is not fitted again.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from wvexp.analysis.reason import Reason, Why
from wvexp.config.schema import YardstickKeys
from wvexp.decision.budget import Budget
from wvexp.errors import RunStopped, UserError
from wvexp.experiment.inputs import Inputs
from wvexp.results.store import Store
from wvexp.results.stored_yardstick import StoredYardstick
from wvexp.sweeps.grid import size_ladder
from wvexp.tasks import TASKS
from wvexp.training.identity import RunConfig
from wvexp.yardsticks import YARDSTICKS, Yardstick
from wvexp.yardsticks.fitted import YardstickFit, YardstickResult, fit_of, fit_yardstick

# Of what a budget leaves for runs, the most that is kept for yardsticks.
_SHARE = 0.2
# Seconds of the first fits: scikit-learn is read, and each is fitted on few examples.
_FIRST = 2.0
# Of the share, what fits on more examples may take that only make an estimate better.
_LOOK = 0.25
# Estimates are exceeded by as much before anything goes wrong.
_CAUTION = 1.25
# Training sizes from the smallest to all: fits are looked at on the first and the middle one.
_SIZES = 5
# Seeds on which each is fitted, where the training set depends on them; an interval needs two.
MOST_SEEDS, LEAST_SEEDS = 5, 2


def check_yardsticks(keys: YardstickKeys) -> None:
    """UserError where a yardstick that the keys ask for cannot be fitted here."""
    for yardstick in YARDSTICKS:
        if yardstick.wanted(keys):
            yardstick.check(keys)


class Yardsticks:
    """Those of one decision.

    Parameters
    ----------
    base
        The run from which the arms' differ; its training size is the full one.

    Raises
    ------
    UserError
        A key asks for a yardstick that does not serve the task.
    """

    def __init__(self, inputs: Inputs, base: RunConfig, store: Store, keys: YardstickKeys) -> None:
        self.corpus = inputs.corpus.as_typed()
        self.base, self.store, self.keys = base, store, keys
        labels, kind = self.corpus.train.labels, TASKS[base.task]
        single = labels.ndim == 1 and np.issubdtype(labels.dtype, np.integer)
        served = [one for one in YARDSTICKS if single and one.serves(kind)]
        self.wanted = [one for one in served if one.wanted(keys)]
        for one in YARDSTICKS:
            if one not in served and one.wanted(keys) and (asked := one.describe(keys)):
                name = next(iter(asked))
                raise UserError(
                    f"yardstick.{name}={getattr(keys, name)} does not serve {base.task} labels",
                    "leave it out",
                )
        # What runs call this corpus: as models with and without features read it.
        read = {base.data, inputs.corpus.fingerprint, inputs.corpus.typed_fingerprint}
        store.name_corpus(sorted(read), self.corpus.fingerprint)
        self._stored: dict[str, StoredYardstick] | None = None

    def stored(self) -> dict[str, StoredYardstick]:
        """Those of these yardsticks that are fitted on the corpus, by key."""
        if self._stored is None:
            made = {one.name: (one.version, self._of(one, 1, 0, None).keys) for one in self.wanted}
            fits = self.store.yardsticks(self.corpus.fingerprint, self.base.metric)
            self._stored = {
                fit.key: fit for fit in fits if made.get(fit.yardstick) == (fit.version, fit.keys)
            }
        return self._stored

    def reserve(self, budget: Budget) -> Budget:
        """The budget with as much kept as fits on all examples can be expected to take.

        What is not known is looked at first, where the share allows it.
        """
        if budget.limit is None:
            return budget
        share, full = _SHARE * budget.for_runs(0.0), self.base.train_size
        ends = budget.elapsed() + share
        if not self._look_at_unknown(share, budget, ends):
            return budget
        sizes = size_ladder(full, _SIZES)
        middle = sizes[len(sizes) // 2]
        for one in self.wanted:
            far = self.expected(one, full) > _LOOK * share
            if far and self.expected(one, middle) <= _LOOK * share:
                self._look(one, middle, budget, ends)
        left, kept = max(0.0, ends - budget.elapsed()), 0.0
        seeds = range(self.base.seed, self.base.seed + LEAST_SEEDS)
        for one in sorted(self.wanted, key=lambda one: self.expected(one, full)):
            missing = sum(f.key not in self.stored() for f in self._fits(one, full, seeds))
            wanted = _CAUTION * missing * self.expected(one, full) if missing else 0.0
            if kept + wanted <= left:  # for one that will not fit nothing is kept
                kept += wanted
        return replace(budget, reserved=kept)

    def expected(self, one: Yardstick, size: int) -> float:
        """Seconds of a fit: a line in the training size; infinite where none was made.

        From fits of one size it grows as the size does, which is more than it will be.
        """
        of_size: dict[int, list[float]] = {}
        for fit in self.stored().values():
            if fit.yardstick == one.name:
                of_size.setdefault(fit.train_size, []).append(fit.seconds)
        seconds = {n: float(np.median(times)) for n, times in of_size.items()}
        if size in seconds:
            return seconds[size]
        if not seconds:
            return math.inf
        *smaller, largest = sorted(seconds)
        if not smaller:
            return seconds[largest] * max(1.0, size / largest)
        slope = (seconds[largest] - seconds[smaller[-1]]) / (largest - smaller[-1])
        return max(0.0, seconds[largest] + max(0.0, slope) * (size - largest))

    def fit(
        self, size: int, seeds: Sequence[int], budget: Budget, model: float, named: str = ""
    ) -> list[Reason]:
        """Fit all on this many examples of each seed, in what is left beside the model.

        Returns what was left out and what failed; `named`: the budget in words.
        """
        limited, left = budget.limit is not None, budget.for_runs(model)
        ends = budget.elapsed() + left
        if limited:
            self._look_at_unknown(left, budget, ends)
        left_out, failed = [], []
        for one in sorted(self.wanted, key=lambda one: self.expected(one, size) if limited else 0):
            fits = list(self._fits(one, size, seeds[:MOST_SEEDS]))
            needed = len({fit.key for fit in self._fits(one, size, seeds[:LEAST_SEEDS])})
            for place, fit in enumerate(fits):
                if fit.key in self.stored():
                    continue
                each = self.expected(one, size) if limited else 0.0
                if _CAUTION * each * max(1, needed - place) > ends - budget.elapsed():
                    left_out += [one.words] * (place < needed)
                    break
                try:
                    result = self._fitted(fit, budget, ends)
                except RunStopped:
                    left_out += [one.words] * (place < needed)
                    break
                except Exception as error:
                    failed.append(_failed(one, error))
                    break
                self._keep(result)
        notes = [Reason(Why.YARDSTICKS_LEFT_OUT, budget=named, yardsticks=tuple(left_out))]
        return notes * bool(left_out) + failed

    def _look_at_unknown(self, seconds: float, budget: Budget, ends: float) -> bool:
        """Fit those of which nothing is known on few examples; false where that takes too long."""
        full = self.base.train_size
        unknown = [one for one in self.wanted if not math.isfinite(self.expected(one, full))]
        if unknown and seconds < budget.pace() * _FIRST:
            return False
        for one in unknown:
            for _ in range(2):  # the first also reads what it needs
                self._look(one, size_ladder(full, _SIZES)[0], budget, ends)
        return True

    def _look(self, one: Yardstick, size: int, budget: Budget, ends: float) -> None:
        """Fit it once, to know what it takes; what goes wrong does so again where it is said."""
        try:
            result = self._fitted(next(self._fits(one, size, [self.base.seed])), budget, ends)
        except (RunStopped, Exception):
            return
        self._keep(result)

    def _fitted(self, fit: YardstickFit, budget: Budget, ends: float) -> YardstickResult:
        return fit_yardstick(fit, self.corpus, self.keys, lambda: budget.elapsed() >= ends)

    def _keep(self, result: YardstickResult) -> None:
        self.store.save_yardstick(result)
        self._stored = None

    def _fits(self, one: Yardstick, size: int, seeds: Sequence[int]) -> Iterator[YardstickFit]:
        """What is to be fitted for the seeds, each once, fold by fold."""
        folds = [None] if self.corpus.folds is None else range(self.corpus.folds)
        made = (self._of(one, size, seed, fold) for seed in seeds for fold in folds)
        yield from {fit.key: fit for fit in made}.values()

    def _of(self, one: Yardstick, size: int, seed: int, fold: int | None) -> YardstickFit:
        return fit_of(one.name, self.corpus, self.base.metric, size, seed, fold, self.keys)


def _failed(one: Yardstick, error: Exception) -> Reason:
    said = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
    return Reason(Why.YARDSTICK_FAILED, yardstick=one.words, error=said)
