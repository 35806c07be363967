"""How a sweep goes: one live view on a terminal, plain lines elsewhere."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from wvexp.arms import Recipe
from wvexp.printable import printable
from wvexp.results.stored_run import StoredRun
from wvexp.sweeps.run import FailedRun
from wvexp.training.identity import RunConfig
from wvexp.training.result import RunResult

# Validation scores by recipe, size, and learning rate.
Scores = dict[Recipe, dict[int, dict[float, list[float]]]]
# Failures listed at the end.
_LISTED = 20


class LiveSweep:
    """Follows one sweep: done, running, failed, left, runs per minute, time left, best arm so far.

    Parameters
    ----------
    console
        Where to; a live view where it is a terminal, a line every `seconds` otherwise.
    clock
        Seconds, ascending.
    """

    def __init__(
        self,
        console: Console,
        seconds: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.console, self.seconds, self.clock = console, seconds, clock
        self._live: Live | None = None

    def started(self, runs: int, stored: Sequence[StoredRun]) -> None:
        """So many runs are wanted, of which the rows of the results file `stored` are there."""
        self.reset()
        self.left = runs - len(stored)
        self.remember(stored)
        if stored:
            self.console.print(f"{len(stored):,} of {runs:,} runs are in the results file: skipped")
        if self.left:
            self.open()

    def reset(self) -> None:
        """Nothing done so far, and the clock begins."""
        self.left = self.running = self.finished = 0
        self.failures: list[FailedRun] = []
        self.scores: Scores = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
        self.began = self._said = self.clock()

    def open(self) -> None:
        """The live view, on a terminal."""
        if self.console.is_terminal and self._live is None:
            self._live = Live(
                get_renderable=self._view,
                console=self.console,
                transient=True,
                refresh_per_second=4,
            )
            self._live.start()

    def remember(self, stored: Iterable[StoredRun]) -> None:
        """Let rows of the results file take part in the best so far."""
        for run in stored:
            rates = self.scores[run.recipe][run.train_size]
            rates[run.lr].append(run.metric.validation)

    def begun(self, run: RunConfig) -> None:
        self.running += 1
        self.left -= 1
        self._say()

    def done(self, result: RunResult) -> None:
        self.finished += 1
        run = result.run
        rates = self.scores[run.recipe][run.train_size]
        rates[run.optim.lr].append(result.validation)
        self._one_less()

    def failed(self, failure: FailedRun) -> None:
        self.failures.append(failure)
        self._one_less()

    def ended(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
        left = self.left + self.running  # what was running when it was told to stop is lost
        if self.finished or self.failures or left:
            seconds = self.clock() - self.began
            self.console.print(
                f"{self.finished:,} runs trained and stored in {duration(seconds)}, "
                f"{len(self.failures):,} failed"
                + (f", {left:,} left" if left else "")
                + (": the same command goes on from here" if left and self.finished else ""),
                soft_wrap=True,
            )
        for failure in self.failures[:_LISTED]:
            run = failure.run
            self.console.print(
                f"  failed: {run.arm} size {run.train_size} seed {run.seed} "
                f"lr {run.optim.lr:g}: {printable(failure.error)}",
                soft_wrap=True,
                markup=False,
            )
        if len(self.failures) > _LISTED:
            self.console.print(f"  and {len(self.failures) - _LISTED:,} more, in the results file")

    def line(self) -> str:
        """The state in one line."""
        finished = self.finished + len(self.failures)
        seconds = self.clock() - self.began
        parts = [
            f"{self.finished:,} done",
            f"{self.running:,} running",
            f"{len(self.failures):,} failed",
            f"{self.left:,} left",
        ]
        if finished and seconds > 0:
            rate = finished / seconds
            parts.append(f"{60 * rate:,.0f} runs/min")
            # The longest runs come first: what is left takes at most this long.
            parts.append(f"at most {duration((self.left + self.running) / rate)} left")
        best = self.best_arm()
        if best:
            parts.append(f"best so far: {best}")
        return " · ".join(parts)

    def share(self) -> tuple[float, float, str]:
        """What is done, of what, and both in words."""
        finished = self.finished + len(self.failures)
        total = finished + self.running + self.left
        return finished, total, f"{finished}/{total}"

    def best_arm(self) -> str | None:
        """The arm of the best mean validation score at the largest size that all arms have.

        Each arm at its best learning rate there.
        """
        if len(self.scores) < 2:
            return None
        shared = set.intersection(*(set(sizes) for sizes in self.scores.values()))
        if not shared:
            return None
        size = max(shared)
        means = {
            recipe: max(fmean(scores) for scores in sizes[size].values())
            for recipe, sizes in self.scores.items()
        }
        best, score = max(means.items(), key=lambda item: item[1])
        several_models = len({recipe.model for recipe in means}) > 1
        name = best.name if several_models else best.arm.name
        return f"{name} (validation {score:.3f} at size {size:,})"

    def _one_less(self) -> None:
        self.running -= 1
        # A worker that has done a run begins the next at once: until then it seems idle.
        if not self.left:
            self._say()

    def _say(self) -> None:
        """A line, where there is no live view and the last is some time ago."""
        if self._live is None and self.clock() - self._said >= self.seconds:
            self._said = self.clock()
            self.console.print(self.line(), soft_wrap=True)

    def _view(self) -> Group:
        done, total, words = self.share()
        bar = Table.grid(padding=(0, 1))
        bar.add_row(ProgressBar(total=total, completed=done, width=40), words)
        return Group(bar, Text(self.line()))


def duration(seconds: float) -> str:
    """Such as 9.3 s, 2:05 min or 1:02:05."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s"
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02} min"
