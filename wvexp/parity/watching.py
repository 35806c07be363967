"""Which runs have their gradients checked while they train."""

from typing import Any

from wvexp.training.identity import RunConfig
from wvexp.training.run import Monitor, Watch


def watcher(every: int | None) -> Watch:
    """Who checks autograd as it trains.

    A model without a gradient by hand has nothing to be checked against; the hand-written engine is
    checked before a sweep begins.
    """

    def watch(run: RunConfig, engine: Any) -> Monitor | None:
        if run.spec.by_hand is None or run.engine == "handwritten":
            return None
        from wvexp.parity.monitor import ParityMonitor, Twin  # it loads torch

        return ParityMonitor(
            engine.objective, Twin(run.spec, run.model_keys, engine.settings.moves), every
        )

    return watch
