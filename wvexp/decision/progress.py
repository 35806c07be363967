"""How a decision goes: one view and one last line over all of its batches of runs."""

from collections.abc import Sequence
from types import TracebackType

from wvexp.decision.ahead import Ahead
from wvexp.results.stored_run import StoredRun
from wvexp.sweeps.progress import LiveSweep, duration


class LiveDecision(LiveSweep):
    """Follows a decision, which trains batch upon batch of runs.

    Used as a context: the view opens with the first batch, and closes at the end with one line.
    """

    _batches = 0
    _ahead = Ahead(None, None)
    _asked = 0.0

    def __enter__(self) -> "LiveDecision":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def expect(self, ahead: Ahead) -> None:
        """Before a batch: what is to come, the batch included."""
        self._ahead, self._asked = ahead, self.clock()

    def started(self, runs: int, stored: Sequence[StoredRun]) -> None:
        """The next batch; of what is stored already nothing is said."""
        new = runs - len(stored)
        if not self._batches:
            self.reset()
        self._batches += 1
        self.left, self.running = new, 0
        self._done_before = self._done()
        self.remember(stored)
        if new:
            self.open()

    def ended(self) -> None:
        """The end of a batch, after which there may be others."""

    def close(self) -> None:
        """The end of all: one line, and the runs that failed."""
        if self._batches:
            self.left = self.running = 0
            super().ended()
            self._batches = 0

    def line(self) -> str:
        parts = [f"{self.finished:,} done", f"{self.running:,} running"]
        if self.failures:
            parts.append(f"{len(self.failures):,} failed")
        if (more := self._more()) is not None:
            parts.append(f"at most {more:,} more")
        if left := self._seconds_left():
            parts.append(f"at most {duration(left)} left")
        if best := self.best_arm():
            parts.append(f"best so far: {best}")
        return " · ".join(parts)

    def share(self) -> tuple[float, float, str]:
        """By runs; with a budget by time."""
        done, more = self._done(), self._more()
        if more is None:
            passed = self.clock() - self.began
            return passed, passed + self._seconds_left(), ""
        total = done + self.running + more
        return done, total, f"{done}/{total}"

    def _done(self) -> int:
        return self.finished + len(self.failures)

    def _more(self) -> int | None:
        """Runs that are not begun yet, at most."""
        if self._ahead.runs is None:
            return None
        begun = self._done() - self._done_before + self.running
        return max(self._ahead.runs - begun, self.left)

    def _seconds_left(self) -> float:
        passed = self.clock() - self._asked
        return max(0.0, (self._ahead.seconds or 0.0) - passed)
