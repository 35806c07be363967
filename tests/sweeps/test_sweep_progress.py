"""What a sweep says: plain lines when piped, a live view on a terminal."""

import io
from dataclasses import replace
from types import SimpleNamespace

from rich.console import Console
from run_configs import stored_row

from wvexp.sweeps.progress import LiveSweep
from wvexp.sweeps.run import FailedRun


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def result_of(run, validation):
    return SimpleNamespace(run=run, validation=validation)


def follow(tiny, inputs, terminal):
    clock, out = Clock(), io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=200, highlight=False)
    live = LiveSweep(console, seconds=5.0, clock=clock)
    runs = tiny.make_grid(inputs, seeds=1, sizes=(20,)).runs()
    live.started(6, [stored_row(runs[2], 0.65), stored_row(runs[1], 0.7)])
    for run, score in zip(runs[:3], (0.5, 0.7, 0.6), strict=True):
        live.begun(run)
        clock.now += 2
        live.done(result_of(run, score))
    live.begun(runs[3])
    return live, clock, out, runs


def test_the_line_counts_what_there_is(tiny, inputs):
    live, _, _, _ = follow(tiny, inputs, terminal=False)
    assert live.line() == (
        "3 done · 1 running · 0 failed · 0 left · 30 runs/min · at most 2.0 s left · "
        "best so far: pretrained-tuned (validation 0.700 at size 20)"
    )


def test_piped_a_line_comes_now_and_then_and_failures_at_the_end(tiny, inputs):
    live, clock, out, runs = follow(tiny, inputs, terminal=False)
    clock.now += 1
    live.failed(FailedRun(runs[3], "training diverged [1e9]"))
    live.ended()
    lines = out.getvalue().splitlines()
    assert lines[0] == "2 of 6 runs are in the results file: skipped"
    assert [line for line in lines if line.startswith("3 done")] == lines[1:2]
    assert " · 1 running · " in lines[1]  # the worker that was done took the next run
    assert lines[-2] == "3 runs trained and stored in 7.0 s, 1 failed"
    assert lines[-1] == ("  failed: random-tuned size 20 seed 0 lr 0.01: training diverged [1e9]")
    assert "\x1b" not in out.getvalue()


def test_a_sweep_cut_off_before_its_first_run_says_so(tiny, inputs):
    out = io.StringIO()
    live = LiveSweep(Console(file=out, width=80, highlight=False), clock=Clock())
    live.started(6, [])
    live.begun(tiny.base_run(inputs))
    live.ended()
    said = "0 runs trained and stored in 0.0 s, 0 failed, 6 left"
    assert out.getvalue().splitlines() == [said]


def test_a_terminal_gets_one_live_view_that_goes_at_the_end(tiny, inputs):
    live, _, out, _ = follow(tiny, inputs, terminal=True)
    live._live.refresh()
    assert "3/4" in out.getvalue()
    assert "best so far" in out.getvalue()
    live.ended()
    assert "3 runs trained" in out.getvalue()


def test_the_best_arm_is_named_only_where_arms_share_a_size(tiny, inputs):
    live = LiveSweep(Console(file=io.StringIO()))
    live.started(2, [])
    one, other = tiny.make_grid(inputs, seeds=1, sizes=(20,)).runs()[:2]
    live.begun(one)
    live.done(result_of(one, 0.9))
    assert live.best_arm() is None
    live.begun(other)
    live.done(result_of(other, 0.95))
    assert live.best_arm() == "pretrained-tuned (validation 0.950 at size 20)"


def test_the_best_arm_counts_what_was_stored_and_each_arm_at_its_best_rate(tiny, inputs):
    live = LiveSweep(Console(file=io.StringIO()))
    frozen, tuned = tiny.make_grid(inputs, seeds=1, sizes=(20,)).runs()[:2]
    live.started(4, [stored_row(frozen, 0.8), stored_row(frozen, 0.9)])
    bad = replace(tuned, optim=replace(tuned.optim, lr=1.0))
    for run, score in ((tuned, 0.87), (bad, 0.1)):
        live.begun(run)
        live.done(result_of(run, score))
    assert live.best_arm() == "pretrained-tuned (validation 0.870 at size 20)"
    live.started(4, [stored_row(frozen, 0.88), stored_row(frozen, 0.9), stored_row(tuned, 0.87)])
    assert live.best_arm() == "pretrained-frozen (validation 0.890 at size 20)"
