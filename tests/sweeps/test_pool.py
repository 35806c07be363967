"""The pool: every item once, in order, its outcome told to the caller, and a clean end."""

import threading
import time

import pytest

from wvexp.errors import RunStopped, UserError
from wvexp.sweeps.pool import run_pool


def outcomes_of(work, items, workers, stop=None):
    told = []
    run_pool(
        work,
        items,
        lambda item, outcome: told.append((item, outcome)),
        workers=workers,
        stop=stop or threading.Event(),
    )
    return told


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_every_item_is_done_once(workers):
    told = outcomes_of(lambda item: item**2, range(100), workers)
    assert sorted(told) == [(i, i**2) for i in range(100)]


def test_one_thread_keeps_the_order():
    assert [item for item, _ in outcomes_of(str, [3, 1, 2], 1)] == [3, 1, 2]


def test_items_are_in_work_at_once_as_many_as_there_are_threads():
    gate = threading.Barrier(3, timeout=20)  # breaks unless three wait together
    told = outcomes_of(lambda item: gate.wait(), range(3), 3)
    assert not any(isinstance(outcome, Exception) for _, outcome in told)


def test_a_failure_is_an_outcome_and_the_others_go_on():
    told = dict(outcomes_of(lambda item: 1 // item, [2, 0, 1], 1))
    assert told[2] == 0
    assert told[1] == 1
    assert isinstance(told[0], ZeroDivisionError)


def test_outcomes_are_told_in_the_callers_thread():
    threads = set()
    run_pool(
        lambda item: None,
        range(9),
        lambda item, outcome: threads.add(threading.current_thread()),
        workers=3,
        stop=threading.Event(),
    )
    assert threads == {threading.current_thread()}


def test_no_more_items_are_begun_and_not_told_than_there_are_threads():
    under_way = most = 0

    def begin(item):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)

    def report(item, outcome):
        nonlocal under_way
        time.sleep(0.001)  # as a write to the results file takes
        under_way -= 1

    run_pool(str, range(60), report, workers=2, stop=threading.Event(), begin=begin)
    assert under_way == 0
    assert 1 <= most <= 2


@pytest.mark.parametrize("workers", [0, -3])
def test_no_threads_are_refused(workers):
    with pytest.raises(UserError, match=f"workers={workers}"):
        outcomes_of(str, range(3), workers)


def test_after_stop_nothing_is_begun_and_what_was_finished_is_told():
    stop, begun = threading.Event(), []

    def work(item):
        begun.append(item)
        if item == 2:
            stop.set()
        return item

    assert [item for item, _ in outcomes_of(work, range(9), 1, stop)] == begun == [0, 1, 2]


def test_a_run_that_was_told_to_stop_has_no_outcome():
    stop = threading.Event()

    def work(item):
        stop.set()
        raise RunStopped

    assert outcomes_of(work, range(9), 2, stop) == []


def test_a_caller_that_fails_ends_the_threads():
    before = threading.active_count()

    def report(item, outcome):
        raise KeyError(item)

    with pytest.raises(KeyError):
        run_pool(lambda item: item, range(50), report, workers=2, stop=threading.Event())
    assert threading.active_count() == before
