"""What a decision says while it goes: upper limits that hold, one view, one line at the end."""

import io
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from rich.console import Console
from run_configs import stored_row
from simulated_trainer import BASE, RATES, Trainer

from wvexp.decision.ahead import Ahead, ahead
from wvexp.decision.allocation import Allocation
from wvexp.decision.budget import Budget
from wvexp.decision.progress import LiveDecision
from wvexp.sweeps.run import FailedRun


def followed(limit=None, **trainer_keys):
    """What was said to be ahead before each batch, and what then came: (ahead, runs, seconds)."""
    trainer, said = Trainer(**trainer_keys), []

    def train(runs, seconds):
        said.append((ahead(allocation), len(trainer.order), trainer.now))
        return trainer.train(runs, seconds)

    budget = Budget(limit, 2, clock=trainer.clock)
    allocation = Allocation(BASE, trainer, train, budget, margin=0.01)
    allocation.spend()
    return [(a, len(trainer.order) - runs, trainer.now - now) for a, runs, now in said]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"best": 1e-5, "seed_sd": 0.001},  # every grid grows
        {"levels": dict.fromkeys(Trainer().levels, 0.8)},  # too close to call
        {"limit": 60.0},
        {"limit": 10_000.0},
    ],
)
def test_what_is_ahead_is_an_upper_limit_that_comes_down(given):
    said = followed(**given)
    for a, runs, seconds in said:
        assert (a.runs is None) == ("limit" in given)
        assert a.runs is None or a.runs >= runs
        assert a.seconds is None or a.seconds >= seconds - 1e-9
    told = [a.seconds for a, _, _ in said if a.seconds is not None]
    assert len(told) > len(said) / 2
    assert told[-1] < max(told) / 2
    if "limit" in given:
        assert max(told) <= given["limit"]
    else:
        assert said[-1][0].runs < said[0][0].runs / 2


def test_a_budget_is_the_most_that_is_left_even_where_nothing_is_known():
    first = followed(limit=60.0)[0][0]
    assert first.seconds == 60.0
    assert followed()[0][0].seconds is None


def through(terminal, failing=False):
    """Two batches of two runs each, two seconds a run; the lines and the view."""
    clock, out = SimpleNamespace(now=0.0), io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=200, highlight=False)
    with LiveDecision(console, seconds=3.0, clock=lambda: clock.now) as live:
        for batch, more in ((0, 12), (1, 7)):  # of the second, five remain
            live.expect(Ahead(more, 10.0 * more))
            live.started(3, [stored_row(BASE, 0.6)])
            for rate in RATES[:2]:
                run = replace(BASE, seed=batch, optim=replace(BASE.optim, lr=rate))
                live.begun(run)
                clock.now += 2
                if failing and rate == RATES[1]:
                    live.failed(FailedRun(run, "diverged"))
                else:
                    live.done(SimpleNamespace(run=run, validation=0.7))
            if terminal:
                live._live.refresh()
            live.ended()
        said = live.line()
    return out.getvalue(), said, live


def test_piped_a_line_now_and_then_and_one_at_the_end_of_all_batches():
    text, said, _ = through(terminal=False)
    lines = text.splitlines()
    assert lines[-1] == "4 runs trained and stored in 8.0 s, 0 failed"
    assert sum("trained and stored" in line for line in lines) == 1
    assert lines[:-1] == [
        "2 done · 0 running · at most 10 more · at most 1:56 min left",
        "4 done · 0 running · at most 5 more · at most 1:06 min left",
    ]
    assert said == "4 done · 0 running · at most 5 more · at most 1:06 min left"


def test_runs_of_all_batches_that_failed_are_named_at_the_end():
    text, _, _ = through(terminal=False, failing=True)
    lines = text.splitlines()
    assert lines[-3] == "2 runs trained and stored in 8.0 s, 2 failed"
    assert all("failed: " in line and "diverged" in line for line in lines[-2:])
    assert any("2 failed" not in line and "1 failed" in line for line in lines[:-3])


def test_a_terminal_has_one_view_over_all_batches():
    text, _, live = through(terminal=True)
    assert live._live is None
    assert "2/12" in text
    assert "4/9" in text
    assert text.count("\x1b[?25l") == 1  # the cursor is hidden once
    assert "4 runs trained" in text


def test_with_a_budget_the_bar_is_of_time():
    clock = SimpleNamespace(now=0.0)
    with LiveDecision(Console(file=io.StringIO()), clock=lambda: clock.now) as live:
        live.expect(Ahead(None, 30.0))
        live.started(4, [])
        live.begun(BASE)
        clock.now = 10.0
        live.done(SimpleNamespace(run=BASE, validation=0.7))
        assert live.share() == (10.0, 30.0, "")
        assert live.line() == "1 done · 0 running · at most 20.0 s left"


def test_nothing_trained_says_nothing():
    out = io.StringIO()
    with LiveDecision(Console(file=out), clock=time.monotonic) as live:
        live.started(1, [stored_row(BASE, 0.6)])
        live.ended()
    assert out.getvalue() == ""
    with LiveDecision(Console(file=out)):
        pass
    assert out.getvalue() == ""
