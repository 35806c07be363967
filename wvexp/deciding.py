"""How a decision is made: read, train within the budget, judge, keep the recommended model."""

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from wvexp.allocation import Allocation
from wvexp.atomic import write_text
from wvexp.budget import Budget, stop_after
from wvexp.compose import compose
from wvexp.config import Axes, Config
from wvexp.config_checks import parse_duration
from wvexp.decision import Decision
from wvexp.errors import RunError, UserError
from wvexp.experiment import describe_run
from wvexp.inputs import prepare
from wvexp.reporting import findings_of
from wvexp.results.folder import run_folder
from wvexp.results.store import Store
from wvexp.sweeps.pool import default_workers
from wvexp.sweeps.progress import LiveSweep
from wvexp.sweeps.run import Progress, SweepOutcome, run_sweep
from wvexp.training.identity import RunConfig

# Of a budget, what the start of the program, the final model and the report are given: a share, and
# at least so many seconds.
_RESERVED_SHARE, _RESERVED_SECONDS = 0.15, 20.0


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
    return decide_config(compose(overrides, "decide"), progress)


def decide_config(config: Config, progress: Progress | None = None) -> Decision:
    """The same from a configuration."""
    began = time.perf_counter()
    check_decision(config)
    inputs = prepare(config)
    if inputs.reference is None:
        raise UserError("no pretrained vectors to compare", "give embed.path=FILE")
    base = describe_run(config, inputs, sweeping=True)
    store = Store(Path(config.store).expanduser())
    limit = None if config.budget is None else parse_duration(config.budget)
    workers = config.workers or default_workers()
    reserve = 0.0 if limit is None else max(_RESERVED_SHARE * limit, _RESERVED_SECONDS)
    before = time.perf_counter() - began
    budget = Budget(limit, workers, reserve, before)
    stop = threading.Event()
    timer = stop_after(None if limit is None else limit - reserve - before, stop)

    def train_batch(runs: Sequence[RunConfig]) -> SweepOutcome:
        return run_sweep(runs, inputs, store, workers=workers, progress=progress, stop=stop)

    allocation = Allocation(base, store, train_batch, budget, config.margin)
    try:
        allocation.spend()
    finally:
        if timer is not None:
            timer.cancel()
    if not store.runs(condition=base.condition):
        if limit is None:
            raise RunError("every run failed; the report of the results file says why")
        raise UserError(f"budget={config.budget} ended before one run", "give more time")
    findings = findings_of(store, base.condition, config.margin, base.train_size)
    return Decision(
        config,
        inputs,
        store,
        base,
        findings,
        allocation.complete,
        time.perf_counter() - began,
    )


def run_decision(config: Config) -> None:
    """What `decide.py` does: decide, train the recommended model, write the folder, say it."""
    began = time.perf_counter()
    console = Console(highlight=False)
    with run_folder(config.out, "decision") as (scratch, final):
        decision = decide_config(config, LiveSweep(Console(highlight=False, stderr=True)))
        decision = decision.with_movement(scratch)
        decision.report(scratch / "report.html")
        whole = replace(decision, seconds=time.perf_counter() - began)
        text = json.dumps(whole.to_json(), indent=2, allow_nan=False) + "\n"
        write_text(scratch / "decision.json", text)
    for line in decision.advice:
        console.print(line, markup=False, soft_wrap=True)
    console.print(f"{final}: report.html, decision.json, model/", markup=False, soft_wrap=True)


def check_decision(config: Config) -> None:
    """UserError for keys that a decision sets itself."""
    if config.embed.kind != "pretrained":
        raise UserError(
            f"embed={config.embed.kind}: a decision compares pretrained with random vectors",
            "leave it out, and give embed.path=FILE",
        )
    if config.finetune:
        raise UserError("finetune=true: a decision tries both", "leave it out")
    if config.grid != Axes():
        raise UserError("grid.*: a decision chooses its own sizes and seeds", "leave it out")
    if config.device not in ("auto", "cpu"):
        raise UserError(f"device={config.device}: decisions run on the CPU", "take device=cpu")
