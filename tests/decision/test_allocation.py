import threading
import time
from dataclasses import replace

import pytest
from simulated_trainer import BASE, LEVELS, RATES, Trainer

from wvexp.decision.allocation import (
    CLOSE_SEEDS,
    EXTENSIONS,
    LADDER,
    LR_SEEDS,
    SEEDS,
    Allocation,
    in_the_running,
)
from wvexp.decision.budget import Budget, Pace, expected_seconds
from wvexp.report.measurements import measure
from wvexp.report.reasons import all_in_words
from wvexp.sweeps.run import SweepOutcome


def spend(trainer, limit=None, workers=2, train=None, base=BASE):
    budget = Budget(limit, workers, clock=trainer.clock)
    allocation = Allocation(base, trainer, train or trainer.train, budget, margin=0.01)
    allocation.spend()
    return allocation


def seeds_of(trainer, arm, size):
    return len({r.seed for r in trainer.runs(arm=arm, train_size=size)})


def test_every_arm_gets_the_same_lr_trials_at_every_size():
    trainer = Trainer()
    allocation = spend(trainer)
    assert allocation.complete
    for size in allocation.sizes:
        for arm in LEVELS:
            tried = {(r.lr, r.seed) for r in trainer.runs(arm=arm, train_size=size)}
            assert {(lr, seed) for lr in RATES for seed in range(LR_SEEDS)} <= tried
    assert not [p for p in all_in_words(allocation.measured().problems) if "not tried" in p]


def test_a_hopeless_arm_gets_no_more_seeds_and_a_close_one_gets_most():
    close = []
    for chance in range(4):
        trainer = Trainer(chance=chance)
        spend(trainer)
        assert seeds_of(trainer, "random-frozen", 8000) < SEEDS
        assert seeds_of(trainer, "pretrained-tuned", 8000) >= SEEDS
        close.append(seeds_of(trainer, "random-tuned", 8000))
    # One of two arms half a point apart, on 400 units: seldom decided with the usual seeds.
    assert min(close) >= SEEDS
    assert close.count(CLOSE_SEEDS) >= 2


@pytest.mark.parametrize("runs", [10_000, 7])
def test_what_was_left_out_on_purpose_is_no_missing_result(runs):
    """Seeds of an arm surely behind; runs that a budget cut off."""
    trainer = Trainer()

    def train(batch, seconds):
        some = batch[: max(0, runs - len(trainer.order))]
        return trainer.train(some, seconds)

    allocation = spend(trainer, None if runs > 7 else 600.0, train=train)
    named = all_in_words(allocation.measured().problems)
    assert any("no result in seed" in problem for problem in named)
    said = all_in_words(measure(allocation.results, BASE.condition, gaps=False).problems)
    assert set(said) < set(named)
    assert not [p for p in said if "no result" in p or "not tried" in p or "no run" in p]


def test_an_interrupted_allocation_goes_through_the_same_runs():
    undisturbed = Trainer()
    spend(undisturbed)
    trainer = Trainer()

    def train(runs, seconds):
        for run in runs:
            if run.key not in trainer.stored:
                trainer.add(run)
                if len(trainer.order) % 37 == 0:
                    raise KeyboardInterrupt
        return SweepOutcome(0, len(runs), ())

    attempts = 0
    while attempts < 100:
        attempts += 1
        try:
            spend(trainer, train=train)
            break
        except KeyboardInterrupt:
            continue
    assert attempts > 3
    assert trainer.stored == undisturbed.stored


@pytest.mark.parametrize("limit", [20.0, 60.0, 150.0, 400.0])
def test_a_budget_is_an_upper_limit(limit):
    trainer = Trainer()
    allocation = spend(trainer, limit)
    sizes = allocation.measured().sizes
    assert (sizes[-1] == 8000) == (limit >= 400)
    assert limit > 400 or not allocation.complete
    # What comes after has its time too: a model of the largest size measured, and the report.
    model = min(trainer.took(replace(BASE, train_size=sizes[-1], finetune=True)), 0.25 * limit)
    assert trainer.now <= limit - model - allocation.budget.closing


@pytest.mark.parametrize("limit", [60.0, 90.0, 180.0, 600.0])
def test_a_small_budget_on_large_data_goes_to_the_largest_size_that_it_can_tune(limit):
    """Half a second for a run of 100 tokens of 200,000, as scoring a large test set takes."""
    trainer = Trainer()
    trainer.took = lambda run: (0.5 + 4e-4 * run.train_size) * (1.5 if run.finetune else 1)
    large = replace(BASE, train_size=200_000)
    allocation = spend(trainer, limit, base=large)
    top = allocation.measured().sizes[-1]
    for arm in LEVELS:
        tried = {(r.lr, r.seed) for r in trainer.runs(arm=arm, train_size=top)}
        assert {(lr, seed) for lr in RATES for seed in range(LR_SEEDS)} <= tried
    assert trainer.now <= limit - allocation.budget.closing
    # 24 runs on two threads at three times the size would take all that is left for runs.
    took = (0.5 + 4e-4 * 3 * top) * 1.25 * 12
    assert top == 200_000 or took > 0.8 * (limit - allocation.budget.closing) / 1.25
    assert top >= {60.0: 1_000, 90.0: 2_000, 180.0: 8_000, 600.0: 25_000}[limit]
    assert {size for what, size in allocation.left_out if what == "all arms"} == {
        size for size in allocation.sizes if size not in allocation.lr_sizes
    }


def test_runs_that_take_longer_than_expected_are_cut_off_and_leave_the_size_out():
    """Each run of the full size takes ten times what the smaller ones let expect."""
    trainer = Trainer()
    usual = trainer.took
    trainer.took = lambda run: usual(run) * (10 if run.train_size == 8000 else 1)
    allocation = spend(trainer, limit=600.0)
    assert trainer.now <= 600.0 - allocation.budget.closing
    assert trainer.runs(train_size=8000)  # some were trained, but not in every arm alike
    assert allocation.measured().sizes[-1] < 8000
    assert ("all arms", 8000) in allocation.left_out


def test_other_runs_in_the_results_file_have_no_part_in_the_decision():
    """Other rates, other seeds, larger sizes: of earlier grids and decisions."""
    clean = Trainer()
    spend(clean)
    trainer = Trainer()
    for changes in ({"seed": 77}, {"train_size": 16_000}, {"train_size": 123}):
        for rate in (0.02, *RATES):
            run = replace(BASE, finetune=True, **changes)
            run = replace(run, optim=replace(run.optim, lr=rate))
            trainer.best = lambda run: run.optim.lr if run.optim.lr in LADDER else RATES[0]
            trainer.steps_off = lambda run: 0
            trainer.add(run)
    del trainer.steps_off
    trainer.best = clean.best
    allocation, undisturbed = spend(trainer), spend(clean)
    assert {run.key for run in allocation.measured().runs} == set(clean.stored)
    assert allocation.measured().seeds == undisturbed.measured().seeds
    assert allocation.measured().problems == undisturbed.measured().problems
    assert 0 in allocation.measured().seeds
    assert 77 not in allocation.measured().seeds


def test_a_best_rate_at_the_edge_widens_the_grid_for_every_arm_of_that_size():
    def best(run):
        high = run.train_size == 100 and run.arm == "random-tuned"
        low = run.train_size == 8000 and run.arm == "pretrained-tuned"
        return 3e-2 if high else 1e-4 if low else RATES[1]

    trainer = Trainer(best=best, seed_sd=0.002, units=10_000)
    allocation = spend(trainer)
    assert allocation.complete
    tried = {
        size: {
            arm: {(r.lr, r.seed) for r in trainer.runs(arm=arm, train_size=size)} for arm in LEVELS
        }
        for size in allocation.sizes
    }
    wanted = dict.fromkeys(allocation.sizes, RATES)
    wanted[100] = (*RATES, 3e-2, 1e-1)  # one beyond the best shows that it is the best
    wanted[8000] = (1e-4, 3e-4, *RATES)  # two steps, and no more
    for size, rates in wanted.items():
        for arm in LEVELS:
            assert {lr for lr, _ in tried[size][arm]} == set(rates)
            assert {(lr, seed) for lr in rates for seed in range(LR_SEEDS)} <= tried[size][arm]
    problems = all_in_words(allocation.measured().problems)
    problems = [p for p in problems if "lowest or highest" in p]
    assert problems == [
        "the best learning rate is the lowest or highest tried in 1 of 20 cells: "
        "pretrained-tuned at 8,000 (lowest)"
    ]


def test_a_grid_grows_twice_at_most():
    trainer = Trainer(best=1e-5, seed_sd=0.001)
    allocation = spend(trainer)
    assert len(allocation.measured().rates) == len(RATES) + EXTENSIONS
    assert allocation.complete


def test_small_budgets_one_after_the_other_arrive_where_a_large_one_does():
    trainer = Trainer(units=60)
    reached = [0]
    while reached[-1] < 8000 and len(reached) < 20:
        trainer.now = 0.0
        allocation = spend(trainer, limit=60.0)
        assert trainer.now <= 60.0 - allocation.budget.closing
        reached.append(allocation.measured().sizes[-1])
    assert 0 < reached[1] < 8000
    assert reached == sorted(reached)
    assert reached[-1] == 8000


def test_a_rich_budget_gives_close_arms_more_seeds():
    poor, rich = Trainer(), Trainer()
    spend(poor)
    spend(rich, limit=10_000.0)
    assert seeds_of(rich, "pretrained-tuned", 8000) >= seeds_of(poor, "pretrained-tuned", 8000)
    assert len(rich.stored) > len(poor.stored)


def test_expected_seconds_follow_the_size():
    trainer = Trainer(seconds=0.002)
    for size in (100, 300):
        trainer.add(replace(BASE, train_size=size))
    stored = list(trainer.stored.values())
    assert expected_seconds(replace(BASE, train_size=300, seed=4), stored) == pytest.approx(0.6)
    assert expected_seconds(replace(BASE, train_size=8000), stored) == pytest.approx(16.0)
    assert expected_seconds(replace(BASE, finetune=True), stored) == 0.0


def test_arms_that_are_compared_get_the_usual_seeds_whatever_their_score():
    trainer = Trainer(levels={**LEVELS, "pretrained-frozen": 0.5})
    allocation = spend(trainer)
    assert "pretrained-frozen" not in in_the_running(allocation.measured(), 8000, 0.01)
    for size in allocation.sizes:
        assert seeds_of(trainer, "pretrained-frozen", size) == SEEDS


def test_the_clock_stops_training_and_leaves_it_incomplete():
    stop = threading.Event()
    trainer = Trainer()

    def train(runs, seconds):
        if len(trainer.order) > 60:
            stop.set()
        return SweepOutcome(0, 0, ()) if stop.is_set() else trainer.train(runs, seconds)

    allocation = spend(trainer, limit=1e6, train=train)
    assert not allocation.complete
    assert allocation.measured().sizes[-1] == 8000


def test_a_busy_machine_needs_more_time_for_the_report():
    assert Budget(60.0, 2, pace=lambda: 2.0).closing == 2 * Budget(60.0, 2).closing


@pytest.mark.parametrize(("slowness", "said"), [(0.8, 1.0), (1.5, 1.5), (9.0, 4.0)])
def test_the_pace_is_what_a_second_of_work_takes(slowness, said):
    """Work goes on in steps of a millisecond; what was waited for before it has no part."""
    now = [100.0]

    def worked():
        now[0] += 0.001 * slowness
        return now[0] / slowness

    pace = Pace(lambda: now[0], worked)
    assert pace() == pytest.approx(said, rel=0.1)
    before = now[0]
    assert pace() == pytest.approx(said, rel=0.1)
    assert now[0] == before  # believed for a while
    now[0] += 10.0
    slowness = 1.0
    pace()
    assert pace() == pytest.approx((said + 1.0) / 2, rel=0.1)


def test_the_pace_of_this_machine_is_found_in_no_time():
    began = time.thread_time()
    assert 1.0 <= Pace()() <= 4.0
    assert time.thread_time() - began < 0.5


@pytest.mark.parametrize("reading", [1.0, 20.0, 100.0])
@pytest.mark.parametrize("pace", [1.0, 2.0])
def test_the_least_budget_that_is_named_would_do(reading, pace):
    """The first runs take four seconds on a quiet machine; half the limit named would not do."""
    budget = Budget(1.0, 2, pace=lambda: pace)
    least = budget.least(reading)
    assert least == budget.least(reading)
    assert least % 5 == 0
    trainer = Trainer()
    trainer.took = lambda run: pace
    trainer.now = reading
    allocation = Allocation(
        BASE,
        trainer,
        trainer.train,
        replace(budget, limit=float(least), clock=trainer.clock),
        margin=0.01,
    )
    allocation.spend()
    assert not allocation.empty
    assert allocation.budget.left() >= 1.0
    worked = reading + pace * 4.0
    assert least <= 1.5 * (worked + pace * 5.0) + 5.0


def test_first_runs_that_did_not_end_where_they_should_have_ask_for_half_as_much_again():
    budget = Budget(40.0, 2)
    assert replace(budget, limit=10.0).least(5.0) < 40
    assert budget.least(5.0) == 60


@pytest.mark.parametrize(("limit", "least"), [(30.0, 8_000), (60.0, 100_000), (90.0, 200_000)])
def test_scoring_that_takes_as_long_at_every_size_keeps_no_budget_at_the_smallest(limit, least):
    """A run of 100 examples takes 0.4 s and one of 200,000 takes two."""
    trainer = Trainer()
    trainer.took = lambda run: 0.4 + 8e-6 * run.train_size
    trainer.now = 8.0  # to read, and for torch
    allocation = spend(trainer, limit, base=replace(BASE, train_size=200_000))
    assert allocation.measured().sizes[-1] >= least
    assert trainer.now <= limit - allocation.budget.closing
    # No more than a fifth is left unused, what is kept for model and report aside.
    kept = allocation.budget.closing + allocation.model_seconds() * 1.25 + 1.5
    assert trainer.now >= 0.8 * limit - kept


def test_judging_the_scores_leaves_the_time_that_is_kept_for_the_model(monkeypatch):
    """Runs of no length, scores that take four seconds to judge: further seeds must end."""
    trainer = Trainer(seconds=1e-6)
    measured = Allocation.measured

    def slowly(self):
        trainer.now += 4.0
        return measured(self)

    monkeypatch.setattr(Allocation, "measured", slowly)
    allocation = spend(trainer, limit=200.0)
    assert allocation.complete
    assert trainer.now > 100.0
    assert allocation.budget.left() >= 1.0


def test_findings_that_are_there_need_no_time_kept():
    budget = Budget(60.0, 2)
    assert replace(budget, judged=1.0).closing == budget.closing - 1.0
    assert replace(budget, judged=1e3).closing == 0.65 * budget.closing
