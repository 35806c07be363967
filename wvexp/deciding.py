"""How a decision is made: read, train within the budget, judge, keep the recommended model."""

import json
import math
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from wvexp.allocation import MOST_SEEDS, WHAT, Allocation, first_rates
from wvexp.analysis.wording import listed
from wvexp.arguments import check_words, names_data
from wvexp.atomic import write_text
from wvexp.budget import Budget, Pace
from wvexp.compose import compose
from wvexp.config import Axes, Config
from wvexp.config_checks import parse_duration
from wvexp.decision import Decision
from wvexp.errors import RunError, UserError
from wvexp.experiment import describe_run, tell_of_data, warn_of_data
from wvexp.inputs import Inputs, prepare
from wvexp.reporting import findings_of
from wvexp.results.folder import run_folder
from wvexp.results.store import Store
from wvexp.results.terminal import say
from wvexp.sweep_checks import refuse_unused
from wvexp.sweeps.pool import thread_count
from wvexp.sweeps.progress import LiveSweep
from wvexp.sweeps.run import Progress, SweepOutcome, run_sweep
from wvexp.training.identity import RunConfig

# Where a budget ended before any run, what the first ones are taken to need.
_LEAST_TRAINING = 5.0
# Keys of other ways to train: a decision trains here, and writes its own report.
_UNUSED = (
    *("dispatch", "report", "parity.every", "large.tokens"),
    *("search.trials", "search.batch", "search.study"),
)


def decide(*overrides: str, progress: Progress | None = None) -> Decision:
    """Decide for the data and vectors that the overrides name, as on the command line.

        wvexp.decide("data=files", "data.train=reviews.csv", "embed.path=glove.txt", "budget=5m")

    Raises
    ------
    UserError
        Data or vectors cannot be used, or a key is given that a decision sets itself.
    RunError
        No run succeeded.
    """
    check_words("wvexp.decide", overrides)
    if not any(names_data(word) for word in overrides):
        raise UserError(
            "wvexp.decide has not been told its data",
            'give "data=files", "data.train=FILE", "embed.path=FILE"; '
            '"data=world" takes the built-in world',
        )
    return decide_config(compose(overrides, "decide"), progress)


def decide_config(
    config: Config,
    progress: Progress | None = None,
    began: float | None = None,
    tell: Callable[[Inputs], None] | None = None,
) -> Decision:
    """The same from a configuration; `began` is what `time.perf_counter` showed at the start.

    tell: is given what was read before anything is trained; its notes alone are logged when None.
    """
    began = time.perf_counter() if began is None else began
    check_decision(config)
    if config.dry_run:
        raise UserError("dry_run=true makes no decision", "leave it out")
    limit = None if config.budget is None else parse_duration(config.budget)
    workers = thread_count(config.workers)
    pace = Pace()
    inputs, base = _read(config)
    store = Store(Path(config.store).expanduser())
    if tell is not None:
        tell(inputs)
    else:
        warn_of_data(inputs.corpus)
    budget = Budget(limit, workers, began, pace=pace())
    before = budget.elapsed()

    compared: set[str] = set()

    def train_batch(runs: Sequence[RunConfig], seconds: float) -> SweepOutcome:
        with stopping_after(seconds) as stop:
            return run_sweep(
                runs,
                inputs,
                store,
                workers=workers,
                progress=progress,
                stop=stop,
                compared=compared,
            )

    allocation = Allocation(base, store, train_batch, budget, config.margin)
    allocation.spend()
    if allocation.empty:
        if allocation.complete:
            raise RunError("every run failed; the report of the results file says why")
        needed = budget.least(2 * max(budget.elapsed(), before + _LEAST_TRAINING))
        raise UserError(
            f"budget={config.budget} leaves no time for a run: reading took {before:.0f} s, and "
            f"model and report have their share",
            f"give budget={needed}s or more",
        )
    trained = budget.elapsed()
    findings = findings_of(
        allocation.results,
        base.condition,
        config.margin,
        base.train_size,
        failures=store.failures(base.condition),
        notes=left_out_words(config.budget or "", allocation.left_out, allocation.sizes_measured),
        cut_short=not allocation.complete,
    )
    # Rows of an earlier sweep may name other files of the same content, or none.
    findings = replace(findings, read=inputs.reading)
    return Decision(
        config,
        inputs,
        store,
        base,
        findings,
        allocation.complete,
        budget.elapsed(),
        replace(budget, judged=budget.elapsed() - trained),
    )


def _read(config: Config) -> tuple[Inputs, RunConfig]:
    """Data and vectors, and the run from which the arms' differ."""
    inputs = prepare(config)
    if inputs.reference is None:
        raise UserError("no pretrained vectors to compare", "give embed.path=FILE")
    base = describe_run(config, inputs, sweeping=True)
    seeds = range(base.seed, base.seed + MOST_SEEDS)
    inputs.corpus.check_training_size(base.train_size, seeds)  # in every fold of each
    return inputs, base


def run_decision(config: Config, began: float | None = None) -> None:
    """What `decide.py` does: decide, train the recommended model, write the folder, say it.

    `began` is what `time.perf_counter` showed when the program did.
    """
    began = time.perf_counter() if began is None else began
    console = Console(highlight=False)
    tell = partial(tell_of_data, console=console)
    if config.dry_run:
        check_decision(config)
        tell(_read(config)[0])
        return
    with run_folder(config.out, "decision") as (scratch, final):
        decision = decide_config(
            config, _Batches(Console(highlight=False, stderr=True)), began, tell
        )
        decision = decision.with_model(scratch)
        decision.report(scratch / "report.html")
        whole = replace(decision, seconds=time.perf_counter() - began)
        text = json.dumps(whole.to_json(), indent=2, allow_nan=False) + "\n"
        write_text(scratch / "decision.json", text)
    files = f"{final}: report.html, decision.json, {decision.model_words}"
    say(console, [*decision.advice, files])


@contextmanager
def stopping_after(seconds: float) -> Iterator[threading.Event]:
    """An event that is set after so many seconds, whatever was expected of the block."""
    stop = threading.Event()
    timer = None
    if math.isfinite(seconds):
        timer = threading.Timer(max(seconds, 0.0), stop.set)
        timer.daemon = True
        timer.start()
    try:
        yield stop
    finally:
        if timer is not None:
            timer.cancel()


def left_out_words(
    budget: str, left_out: Collection[tuple[str, int]], measured: Collection[int] = ()
) -> tuple[str, ...]:
    """What the budget left out, in one line, or none.

    `measured` are the sizes of the runs that the decision rests on: where arms were not tuned
    alike at one of them, runs were left out there, not all.
    """
    untuned = {size for what, size in left_out if what == WHAT[0]}
    named = {"all arms": untuned - set(measured), "some runs": untuned & set(measured)}
    for what in WHAT[1:]:
        named[what] = {size for w, size in left_out if w == what} - untuned
    parts = [
        f"{what} at {listed([f'{size:,}' for size in sorted(sizes)])}"
        for what, sizes in named.items()
        if sizes
    ]
    return (f"budget={budget} left out {', '.join(parts)}",) if parts else ()


class _Batches(LiveSweep):
    """A decision trains batch upon batch, of runs that are mostly there: only the new are told."""

    def started(self, runs: int, stored: Sequence[Mapping[str, Any]]) -> None:
        super().started(runs - len(stored), ())
        self.remember(stored)


def check_decision(config: Config) -> None:
    """UserError for keys that a decision sets itself."""
    if config.embed.kind != "pretrained":
        raise UserError(
            f"embed={config.embed.kind}: a decision compares pretrained with random vectors",
            "leave it out, and give embed.path=FILE",
        )
    if config.finetune:
        raise UserError("finetune=true: a decision tries both", "leave it out")
    if config.optim.lr != first_rates(config.optim.name)[0]:
        raise UserError(
            f"optim.lr={config.optim.lr:g}: a decision tries learning rates of its own",
            "leave it out",
        )
    refuse_unused(config, _UNUSED, "a decision")
    if config.grid != Axes():
        raise UserError("grid.*: a decision chooses its own sizes and seeds", "leave it out")
    if config.device not in ("auto", "cpu"):
        raise UserError(f"device={config.device}: decisions run on the CPU", "take device=cpu")
