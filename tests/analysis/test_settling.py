import numpy as np
import pytest
from drawn_arms import ARMS, answers, tables
from scipy import stats

from wvexp.analysis.choice import Settling, choose
from wvexp.analysis.components import two_way
from wvexp.analysis.paired import paired_difference
from wvexp.seeds import stream

COUNTS = np.arange(1, 20_000)


def fewest_of_all(values, best, margin, inflation):
    """Seeds and units by trying every number: the first at which the doubts add up to 5 %."""
    rivals = {
        arm: paired_difference(table, values[best], inflation=inflation)
        for arm, table in values.items()
        if arm != best
    }
    reach = {arm: (margin - d.estimate) / d.standard_error for arm, d in rivals.items()}
    closest = min(reach, key=reach.get)
    d = rivals[closest]

    def first(seeds, units):
        then = d.seed_variance / seeds + d.unit_variance / units
        then = then + d.residual_variance / (seeds * units)
        now = then[(seeds == d.seeds) & (units == d.units)]
        doubt = sum(
            stats.t.sf(reach[arm] * np.sqrt(now / then), e.df * (seeds - 1) / (d.seeds - 1))
            for arm, e in rivals.items()
        )
        enough = (doubt <= 0.05) & ((seeds > d.seeds) | (units > d.units))
        return int(COUNTS[enough][0]) if enough.any() else None

    same = np.ones_like(COUNTS)
    return Settling(closest, first(COUNTS, d.units * same), first(d.seeds * same, COUNTS))


@pytest.mark.parametrize("inflation", [1.0, 2.25])
@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize(("spread", "units"), [(0.02, 4000), (0.003, 400)])
def test_it_is_the_smallest_number_that_would_do(inflation, seeds, spread, units):
    undecided = 0
    for seed in range(4):
        values = tables((0.8, 0.79, 0.785), seeds, units, spread, seed)
        choice = choose(values, ARMS, stream(0, "choice"), inflation=inflation)
        if choice.settling is not None:
            undecided += 1
            assert choice.settling == fewest_of_all(values, choice.recommended, 0.01, inflation)
    assert undecided > 0


def test_settling_with_seeds_would_indeed_settle():
    values = tables((0.80, 0.797, 0.6), seeds=4, units=20_000, spread=0.02, seed=3)
    choice = choose(values, ARMS, stream(0, "choice"))
    assert not choice.decided
    needed = choice.settling.seeds
    assert needed > 4
    # As many seeds with the same spread, the difference kept: the choice is then made.
    rng = np.random.default_rng(1)
    rows = np.arange(needed) % 4
    more = {arm: v[rows] + rng.normal(0, 1e-6, (needed, 1)) for arm, v in values.items()}
    assert choose(more, ARMS, stream(0, "choice")).confidence > 0.93


def test_settling_with_units_would_settle_against_all_rivals_at_once():
    means, shape = (0.80, 0.797, 0.796), {"seeds": 20, "spread": 0.001}

    def drawn(units, seed):
        """Values of other units of the same kind, the means of the arms kept."""
        values = tables(means, units=units, seed=seed, **shape)
        return {
            arm: table + mean - table.mean()
            for (arm, table), mean in zip(values.items(), means, strict=True)
        }

    choices = [choose(drawn(60, seed), ARMS, stream(seed, "choice")) for seed in range(15)]
    assert not any(choice.decided for choice in choices)
    needed = int(np.median([choice.settling.units for choice in choices]))
    later = [choose(drawn(needed, seed), ARMS, stream(seed, "choice")) for seed in range(15)]
    assert 0.94 < np.median([choice.confidence for choice in later]) < 0.97


def test_settling_rare_disagreement_takes_units_and_no_seeds():
    first = answers(100)
    second = first.copy()
    second[:, 7] = 1 - second[:, 7]
    choice = choose({"first": first, "second": second}, ("first", "second"), stream(0, "choice"))
    assert not choice.decided
    assert choice.settling.seeds is None
    # As many units, with as few that tell the arms apart (so that the lead, in points, is less).
    units = choice.settling.units
    first, second = answers(units), answers(units)
    second[:, 7] = 1 - second[:, 7]
    settled = choose({"first": first, "second": second}, ("first", "second"), stream(0, "choice"))
    assert choice.confidence < 0.91
    assert settled.confidence > 0.92


def test_nothing_would_settle_what_is_sure_or_what_no_unit_tells_apart():
    refused = choose(tables((0.62, 0.5, 0.5)), ARMS, stream(0, "choice"), baseline=0.9)
    assert (refused.decided, refused.settling) == (False, None)
    same = choose(dict.fromkeys(ARMS, answers(40)), ARMS, stream(0, "choice"))
    assert same.confidence < 0.95
    assert same.settling is None


@pytest.mark.parametrize("telling", [1, 2])
@pytest.mark.parametrize("inflation", [1.0, 2.25])
def test_few_telling_units_count_by_the_rule_of_three(telling, inflation):
    """Of 100 units one or two tell: not by more seeds, and the error counts 3 / 1.96 units."""
    first = answers(100)
    second = first.copy()
    second[:4, np.flatnonzero(first[0])[:telling]] = 0  # the fifth seed sees no difference
    values, margin = {"first": first, "second": second}, 0.008
    choice = choose(values, ARMS[:2], stream(0, "choice"), margin=margin, inflation=inflation)
    assert choice.confidence < 0.95
    own = two_way(second - first).standard_error
    units = np.arange(101, 10_000)
    error = np.maximum(3 / stats.norm.isf(0.025) / units, own * np.sqrt(100 / units))
    reach = (margin + 0.008 * telling) / (error * np.sqrt(inflation))
    needed = units[stats.t.sf(reach, 99) <= 0.05][0]
    assert choice.settling == Settling("second", None, needed)


def test_by_the_rule_of_three_more_seeds_bring_no_degrees_of_freedom():
    """At 20 units t is 1.73 and the reach 1.68, which a normal distribution would do with."""
    first = answers(20)
    second = first.copy()
    second[:4, np.flatnonzero(first[0])[0]] = 0
    values, margin = {"first": first, "second": second}, 1.68 * 1.5306 / 20 - 0.04
    choice = choose(values, ARMS[:2], stream(0, "choice"), margin=margin)
    assert choice.settling == Settling("second", None, 21)


def test_more_is_asked_for_than_there_is_where_the_draws_alone_leave_a_doubt():
    values = tables((0.8, 0.79), units=500)
    best, other = sorted(values, key=lambda arm: -values[arm].mean())
    ahead = two_way(values[best] - values[other])
    margin = stats.t.isf(0.0499, ahead.df) * ahead.standard_error - ahead.mean
    choices = [
        choose(values, ARMS[:2], stream(k, "choice"), margin=margin).settling for k in range(9)
    ]
    unsettled = [settling for settling in choices if settling is not None]
    assert unsettled
    assert set(unsettled) == {Settling(other, 7, 501)}


def test_the_closest_rival_is_the_hardest_to_tell_not_the_best_on_average():
    values = tables((0.80, 0.796, 0.790), units=2000, spread=0.0)
    rng = np.random.default_rng(1)
    for arm, mean in zip(ARMS, (0.80, 0.796, 0.790), strict=True):
        values[arm] += mean - values[arm].mean()
    values["third"] += rng.normal(0, 2.0, (1, 2000))
    values["third"] += 0.790 - values["third"].mean()
    choice = choose(values, ARMS, stream(0, "choice"))
    assert choice.recommended == "first"
    assert choice.settling == Settling("third", None, choice.settling.units)
    assert choice.settling.units > 2000


def test_nothing_is_promised_against_a_rival_ahead_in_the_seeds_they_share():
    """The recommended arm owes its mean to a seed that the other did not run."""
    values = tables((0.80, 0.83, 0.5), seeds=6, units=4000, spread=0.0)
    values["first"][5] += 0.3
    values["second"][5] = np.nan
    choice = choose(values, ARMS, stream(0, "choice"))
    assert choice.recommended == "first"
    assert choice.confidence < 0.05
    assert choice.settling == Settling("second", None, None)
