"""How a decision is made: read, train within the budget, judge, keep the recommended model."""

import json
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.console import Console

from wvexp.config.arguments import check_words, names_data
from wvexp.config.checks import parse_duration
from wvexp.config.compose import compose
from wvexp.config.schema import Config
from wvexp.decision.ahead import Ahead, ahead
from wvexp.decision.allocation import Allocation
from wvexp.decision.budget import Budget, Pace
from wvexp.decision.decision import Decision
from wvexp.decision.notes import failures_of, left_out, race_left_out, runs_failed
from wvexp.decision.outcome import beside_yardsticks, fresh_seeds, outcome_of
from wvexp.decision.progress import LiveDecision
from wvexp.decision.race import Race
from wvexp.decision.reading import read_tracks
from wvexp.decision.tracks import Track, is_race
from wvexp.decision.yardsticks import Yardsticks
from wvexp.errors import RunError, UserError
from wvexp.experiment.inputs import Inputs
from wvexp.experiment.run import tell_of_data, warn_of_data
from wvexp.files import write_text
from wvexp.report.choice import choice_of
from wvexp.report.store_report import findings_of
from wvexp.report.terminal import say
from wvexp.results.folder import run_folder
from wvexp.results.store import Store
from wvexp.sweeps.pool import thread_count
from wvexp.sweeps.run import Progress, SweepOutcome, run_sweep
from wvexp.training.identity import RunConfig


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
    tell: Callable[[Sequence[Track]], None] | None = None,
) -> Decision:
    """The same from a configuration; `began` is what `time.perf_counter` showed at the start.

    tell: is given what was read before anything is trained; its notes alone are logged when None.
    """
    began = time.perf_counter() if began is None else began
    if config.dry_run:
        raise UserError("dry_run=true makes no decision", "leave it out")
    limit = None if config.budget is None else parse_duration(config.budget)
    workers = thread_count(config.workers)
    tracks = read_tracks(config)
    config, inputs, base = tracks[0].config, tracks[0].inputs, tracks[0].base
    store = Store(Path(config.store).expanduser())
    if tell is not None:
        tell(tracks)
    else:
        warn_of_data(config, inputs.corpus)
    budget = Budget(limit, workers, began, pace=Pace())
    before = budget.elapsed()
    if budget.for_runs(0.0) < budget.first_runs and not store.runs(condition=base.condition):
        raise _too_small(config, budget, before)

    yardsticks = None
    if config.yardsticks:
        yardsticks = Yardsticks(inputs, base, store, config.yardstick)
        store.name_corpus({track.base.data for track in tracks}, yardsticks.corpus.fingerprint)
        budget = yardsticks.reserve(budget)
    compared: set[str] = set()

    def train_batch(over: Inputs, runs: Sequence[RunConfig], seconds: float) -> SweepOutcome:
        if isinstance(progress, LiveDecision):
            progress.expect(ahead(allocation) if allocation else Ahead(None, None))
        with stopping_after(seconds) as stop:
            return run_sweep(
                runs,
                over,
                store,
                workers=workers,
                progress=progress,
                stop=stop,
                compared=compared,
            )

    allocation: Allocation | None = None
    race = None
    if is_race(tracks):
        race = Race(tracks, store, train_batch, budget, config.margin)
        race.run()
        track = race.tracks[0] if race.leader is None else race.track(race.leader)
        config, inputs, base = track.config, track.inputs, track.base
    allocation = Allocation(base, store, partial(train_batch, inputs), budget, config.margin)
    allocation.spend()
    if allocation.empty:
        if allocation.complete:
            raise RunError("every run failed; the report of the results file says why")
        raise _too_small(config, budget, before)
    budget, notes = replace(budget, reserved=0.0), []
    raced = None if race is None else outcome_of(race)
    if yardsticks is not None:
        size, seeds = _seeds_of_best(allocation)
        if race is not None and raced is not None:
            size, seeds = race.size, fresh_seeds(race)
        model = allocation.model_seconds()
        notes = yardsticks.fit(size, seeds, budget, model, config.budget or "")
    failed = allocation.failed | (race.failed if race else set())
    trained = budget.elapsed()
    findings = findings_of(
        allocation.results,
        base.condition,
        config.margin,
        base.train_size,
        failures=failures_of(store, tracks),
        notes=(
            *race_left_out(config.budget, base.model.name, race, raced),
            *left_out(config.budget or "", allocation.left_out, allocation.sizes_measured),
            *runs_failed(len(failed - store.keys())),
            *notes,
        ),
        cut_short=not allocation.complete,
        gaps=False,
        yardsticks=() if yardsticks is None else tuple(yardsticks.stored().values()),
    )
    # Rows of an earlier sweep may name other files of the same content, or none.
    findings = replace(findings, read=inputs.reading)
    if race is not None and raced is not None:
        fits = () if yardsticks is None else tuple(yardsticks.stored().values())
        scores, unread = beside_yardsticks(race, fits)
        problems = (*findings.problems, *unread)
        findings = replace(findings, race=raced, yardsticks=scores, problems=problems)
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


def _seeds_of_best(allocation: Allocation) -> tuple[int, list[int]]:
    """The size at which the choice is made, and the seeds of the arm of the highest mean there."""
    m = allocation.measured()
    size, best = m.sizes[-1], choice_of(m, allocation.margin).recommended
    return size, [run.seed for run in m.runs_of(best or m.arms[0], size)]


def _tell(tracks: Sequence[Track], console: Console) -> None:
    """Say what was read: the data, and every file of vectors."""
    first, *others = {id(track.inputs): track for track in tracks}.values()
    tell_of_data(first.config, first.inputs, console)
    also = [track.inputs.reading.vectors for track in others]
    say(console, [f"also {vectors.words}" for vectors in also if vectors is not None])


def run_decision(config: Config, began: float | None = None) -> None:
    """What `decide.py` does: decide, train the recommended model, write the folder, say it.

    `began` is what `time.perf_counter` showed when the program did.
    """
    began = time.perf_counter() if began is None else began
    console = Console(highlight=False)
    tell = partial(_tell, console=console)
    if config.dry_run:
        tell(read_tracks(config))
        return
    with run_folder(config.out, "decision") as (scratch, final):
        with LiveDecision(Console(highlight=False, stderr=True)) as progress:
            decision = decide_config(config, progress, began, tell)
        decision = decision.with_model(scratch)
        decision.report(scratch / "report.html")
        whole = replace(decision, seconds=time.perf_counter() - began)
        text = json.dumps(whole.to_json(), indent=2, allow_nan=False) + "\n"
        write_text(scratch / "decision.json", text)
    files = f"{final}: report.html, decision.json, {decision.model_words}"
    say(console, [*decision.advice, files])


@contextmanager
def stopping_after(seconds: float) -> Iterator[threading.Event]:
    """An event that is set after `seconds`, whatever was expected of the block."""
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


def _too_small(config: Config, budget: Budget, reading: float) -> UserError:
    return UserError(
        f"budget={config.budget} leaves no time for a run: reading took {reading:.0f} s, and "
        f"model and report have their share",
        f"give budget={budget.least(reading)}s or more",
    )
