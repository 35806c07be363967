"""What a model that has learnt nothing would score: `TaskKind.constant`, always.

Of the labels of training: no model gives one that it was never shown.
"""

from collections.abc import Iterable

from wvexp.data.contents import SplitContents
from wvexp.metrics import METRICS
from wvexp.results.stored_run import StoredRun


def _seen_and_tested(run: StoredRun) -> tuple[SplitContents | None, SplitContents | None]:
    if run.data is None:
        return None, None
    return run.data.train or run.data.pool, run.data.test or run.data.pool


def majority_baseline(runs: Iterable[StoredRun], metric: str) -> float | None:
    """The score on the test set, from the labels counted there; None where it cannot be known."""
    for run in runs:
        if run.kind.several or run.kind.numeric:
            train, test = _seen_and_tested(run)
            if train is None or test is None:
                continue
            return METRICS[metric].always(train, test)
        support = {
            label: scores.support
            for label, scores in (run.per_class or {}).items()
            if scores.support
        }
        unseen = (run.labels_unseen or {}).get("test")
        known = [n for label, n in support.items() if not unseen or label not in unseen.labels]
        if not known:
            continue
        return METRICS[metric].majority(max(known) / sum(support.values()), len(support))
    return None
