"""What a training step costs, one way of training beside another, on the same examples.

Each way trains the same run from the same start; the ways take turns, and the medians of the rounds
are compared. Seconds are CPU seconds of all threads and child processes, which other work on the
machine disturbs least; only two threads against one is a matter of seconds on the wall.
"""

import importlib.util
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

from wvexp.arms import FROZEN, TUNED
from wvexp.benchmarks.jaxloop import RUNS, jax_vmap
from wvexp.benchmarks.loops import (
    Train,
    autograd_engine,
    dataloader_loop,
    dense_loop,
    fused_loop,
    handwritten_engine,
    one_process,
    sparse_loop,
)
from wvexp.benchmarks.problem import Problem, make_problem
from wvexp.benchmarks.products import products_alone
from wvexp.benchmarks.sequences import TASKS, make_text_problem
from wvexp.benchmarks.text_loops import TEXT_WAYS
from wvexp.benchmarks.threads import two_threads
from wvexp.rules import ADAGRAD, ADAM

WAYS: Mapping[str, Callable[[Problem], Train]] = {
    "dataloader": dataloader_loop,
    "dense": dense_loop,
    "dense_fused": fused_loop,
    "sparse_compact": sparse_loop,
    "autograd": autograd_engine,
    "handwritten": handwritten_engine,
    "products_alone": products_alone,
    "process": one_process,
    "jax_vmap_scan": jax_vmap,
}
# Two ways that train the same run agree on its loss to this, relatively.
_AGREE = 1e-3
_CASES = ((ADAM, 1e-3, False), (ADAM, 1e-3, True), (ADAGRAD, 0.02, True))
_LAZY = ("sparse_compact", "autograd", "handwritten", "process")
Row = dict[str, Any]


def training_speed(
    rounds: int = 3,
    sizes: tuple[int, ...] = (300, 3_000, 30_000),
    texts: int = 1_000,
    seed: int = 0,
) -> dict[str, Any]:
    """All cases: windows, frozen by Adam, tuned by Adam and by Adagrad, at each number of them;
    models of whole texts, tuned by Adam."""
    cases, threads = {}, {}
    for windows in sizes:
        for rule, lr, tuned in _CASES:
            epochs = max(1, 3_000 // windows)
            problem = make_problem(windows, rule.name, lr, tuned=tuned, epochs=epochs, seed=seed)
            case = f"{(TUNED if tuned else FROZEN).name}, {rule.name}, {windows:,} windows"
            cases[case] = compare(problem, rounds)
            threads[case] = two_threads(problem, rounds)
    for name in TASKS:
        text_problem = make_text_problem(name, texts, epochs=2, seed=seed)
        cases[f"{name}, {texts:,} texts"] = compare(text_problem, rounds, TEXT_WAYS)
    return {"microseconds per step": cases, "two threads against one": threads}


def compare(problem: Problem, rounds: int, ways: Mapping[str, Any] = WAYS) -> list[Row]:
    """A row for each way: µs a step (minimum, median, maximum), and how many times as long as the
    hand-written engine it takes; `no_ratio` says why where that would compare different things."""
    found: dict[str, list[float]] = {}
    losses: dict[str, float] = {}
    available = {name: way for name, way in ways.items() if _installed(name)}
    for way in available.values():
        way(problem)()  # compiles, and warms caches
    for _ in range(rounds):
        for name, way in available.items():
            train = way(problem)
            began = cpu_seconds()
            losses[name] = train()
            runs = RUNS if name == "jax_vmap_scan" else 1
            found.setdefault(name, []).append((cpu_seconds() - began) / problem.steps / runs)
    rows = [
        {
            "way": name,
            "rule": update_rule(problem, name),
            "microseconds": _spread(seconds),
            "loss": None if name == "products_alone" else losses[name],
        }
        for name, seconds in found.items()
    ]
    add_ratios(rows)
    return rows


def update_rule(problem: Problem, way: str) -> str:
    """Lazy and dense Adam are different rules; Adagrad's and SGD's forms are the same."""
    lazy = way.startswith(_LAZY)
    return "lazy adam" if problem.tuned and problem.rule == ADAM.name and lazy else problem.rule


def add_ratios(rows: list[Row]) -> None:
    """Give each row its time relative to the hand-written engine's, or the reason for none.

    Within one update rule the losses have to agree: otherwise not the same work was done.
    """
    ours = next(row for row in rows if row["way"] == "handwritten")
    for row in rows:
        same_rule = row["rule"] == ours["rule"]
        if row["loss"] is not None and same_rule and not _same(row["loss"], ours["loss"]):
            losses = f"loss {row['loss']:.5f}, hand-written {ours['loss']:.5f}"
            row["no_ratio"] = f"one update rule, and yet {losses}"
        else:
            ratio = row["microseconds"]["median"] / ours["microseconds"]["median"]
            row["times_the_handwritten"] = ratio


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= _AGREE * abs(other)


def _spread(seconds: list[float]) -> dict[str, float]:
    micro = [1e6 * value for value in seconds]
    return {"minimum": min(micro), "median": statistics.median(micro), "maximum": max(micro)}


def cpu_seconds() -> float:
    """Of this process and of its children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _installed(way: str) -> bool:
    return way != "jax_vmap_scan" or importlib.util.find_spec("jax") is not None
