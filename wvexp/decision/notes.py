"""What a decision notes of its own course: what the budget left out, which runs failed."""

from collections.abc import Collection, Sequence
from typing import Any

from wvexp.analysis.reason import Reason, Why
from wvexp.decision.allocation import WHAT
from wvexp.decision.race import Race
from wvexp.decision.tracks import Track
from wvexp.report.standings import RaceFindings
from wvexp.results.store import Store


def failures_of(store: Store, tracks: Sequence[Track]) -> list[dict[str, Any]]:
    """The failed runs of all tracks; where these are of several models, each with its model."""
    several = len({track.base.model.name for track in tracks}) > 1
    return [
        {
            **failure,
            "arm": f"{track.base.model.name} {failure['arm']}" if several else failure["arm"],
        }
        for track in tracks
        for failure in store.failures(track.base.condition)
    ]


def race_left_out(
    budget: str | None, model: str, race: Race | None, raced: RaceFindings | None
) -> tuple[Reason, ...]:
    """That there was no time for a race, so that the answer is one of the four arms."""
    if race is None or raced is not None or budget is None:
        return ()
    return (Reason(Why.RACE_LEFT_OUT, budget=budget, model=model),)


def runs_failed(failed: int) -> tuple[Reason, ...]:
    return (Reason(Why.RUNS_FAILED, count=failed),) if failed else ()


def left_out(
    budget: str, what_where: Collection[tuple[str, int]], measured: Collection[int] = ()
) -> tuple[Reason, ...]:
    """What the budget left out, as one reason, or none.

    `measured` are the sizes of the runs that the decision rests on: where the learning-rate trials
    are not complete at one of them, runs were left out there, not all.
    """
    without = {size for what, size in what_where if what == WHAT[0]}
    named = {"all arms": without - set(measured), "some runs": without & set(measured)}
    for what in WHAT[1:]:
        named[what] = {size for w, size in what_where if w == what} - without
    parts = tuple((what, tuple(sorted(sizes))) for what, sizes in named.items() if sizes)
    return (Reason(Why.LEFT_OUT_BY_BUDGET, budget=budget, parts=parts),) if parts else ()
