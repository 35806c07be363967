"""Which runs have their gradients checked while they train."""

from typing import Any

from wvexp.training.identity import RunConfig
from wvexp.training.run import Monitor, Watch


def watcher(every: int | None) -> Watch:
    """Who checks autograd as it trains.

    The CNN has no gradient by hand; the hand-written engine is checked before a sweep begins.
    """

    def watch(run: RunConfig, engine: Any) -> Monitor | None:
        if run.model.name == "cnn" or run.engine == "handwritten":
            return None
        from wvexp.parity.monitor import ParityMonitor  # it loads torch

        return ParityMonitor(engine.objective, run.model.name, every)

    return watch
