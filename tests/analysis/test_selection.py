import json
from dataclasses import asdict

import numpy as np
import pytest

from wvexp.analysis.selection import at_chosen, at_edge, missing_cells, select
from wvexp.report.reasons import all_in_words

ARMS, RATES = ("frozen", "tuned"), (1e-4, 1e-3, 1e-2)


def validation():
    """[2 arms, 2 sizes, 3 rates, 4 seeds]; best in turn the rates 1, 0 / 2, 1."""
    scores = np.full((2, 2, 3, 4), 0.5)
    for (arm, size), rate in {(0, 0): 1, (0, 1): 0, (1, 0): 2, (1, 1): 1}.items():
        scores[arm, size, rate] = 0.6
    return scores + 0.001 * np.arange(4)


def choose(scores):
    return select(scores, ARMS, (100, 1000), RATES)


def test_the_best_mean_on_validation_is_chosen_per_arm_and_size():
    selection = choose(validation())
    assert selection.chosen == ((1, 0), (2, 1))
    assert selection.lr_seeds == ((4, 4), (4, 4))
    assert selection.problems == ()


def test_the_edge_of_the_grid_is_that_of_the_arm_at_the_size():
    scores = validation()
    edges = at_edge(scores, choose(scores))
    assert edges.tolist() == [[0, -1], [1, 0]]
    assert np.issubdtype(edges.dtype, np.integer)
    scores[1, 1, 0] = np.nan  # two rates are no grid with edges
    assert at_edge(scores, choose(scores))[1, 1] == 0
    wider = np.insert(scores, 3, np.nan, axis=2)  # a rate that another size of the arm tried
    wider[0, :, 3] = 0.1
    selection = select(wider, ARMS, (100, 1000), (*RATES, 3e-2))
    assert at_edge(wider, selection).tolist() == [[0, -1], [1, 0]]


def test_test_scores_at_other_rates_are_never_looked_at():
    rng = np.random.default_rng(0)
    selection = choose(validation())
    test = rng.random((2, 2, 3, 4, 7))
    picked = at_chosen(test, selection)
    assert picked.shape == (2, 2, 4, 7)
    assert (picked[1, 0] == test[1, 0, 2]).all()
    poisoned = np.full_like(test, np.nan)
    for a, row in enumerate(selection.chosen):
        for k, rate in enumerate(row):
            poisoned[a, k, rate] = test[a, k, rate]
    assert (at_chosen(poisoned, selection) == picked).all()


def test_further_seeds_at_the_chosen_rate_do_not_sway_the_choice():
    scores = validation()
    scores[0, 0, [0, 2], 2:] = np.nan  # tuned on two seeds, then run on two more
    scores[0, 0, 1, 2:] = 0.0  # both of them bad: the choice stands
    selection = choose(scores)
    assert selection.chosen[0][0] == 1
    assert selection.lr_seeds[0][0] == 2
    assert selection.problems == ()


def test_an_unequal_budget_is_named():
    scores = validation()
    scores[1, 1, 0] = np.nan
    assert all_in_words(choose(scores).problems) == [
        "tuned at size 1,000: learning rate 0.0001 not tried"
    ]
    scores[1, 1, 2] = np.nan
    assert all_in_words(choose(scores).problems) == [
        "tuned at size 1,000: learning rate 0.0001, 0.01 not tried"
    ]


def test_the_budget_of_a_size_is_what_was_tried_there():
    scores = validation()
    scores[:, 1, 0] = np.nan  # by no arm
    assert choose(scores).problems == ()


def test_nothing_common_and_nothing_at_all_are_named_and_stay_missing():
    scores = validation()
    scores[0, 0, 0, :2] = scores[0, 0, 1, 2:] = np.nan
    scores[1, 0] = np.nan
    selection = choose(scores)
    assert selection.chosen == ((None, 0), (None, 1))
    assert selection.lr_seeds == ((0, 4), (0, 4))
    assert all_in_words(selection.problems) == [
        "frozen at size 100: no seed tried all its learning rates, so none is chosen",
        "tuned at size 100: no run",
    ]
    assert np.isnan(at_chosen(np.ones((2, 2, 3, 4)), selection)[:, 0]).all()


def test_missing_cells_are_named():
    chosen = np.ones((2, 2, 3, 5))
    chosen[1, 0, [0, 2]] = np.nan
    chosen[:, 1] = np.nan
    assert all_in_words(missing_cells(chosen, ARMS, (100, 1000), (7, 8, 9))) == [
        "tuned at size 100: no result in seed 7, 9",
        "size 1,000: no result in any arm",
    ]
    assert missing_cells(np.ones((2, 2, 3)), ARMS, (100, 1000), (7, 8, 9)) == ()


def test_a_seed_that_no_arm_ran_is_not_missing():
    counts = np.ones((2, 2, 3, 5, 4))  # of units and classes
    counts[:, 0, 1] = np.nan
    assert missing_cells(counts, ARMS, (100, 1000), (0, 1, 2)) == ()
    counts[1, 1, 2, 0, 3] = np.nan
    assert all_in_words(missing_cells(counts, ARMS, (100, 1000), (0, 1, 2))) == [
        "tuned at size 1,000: no result in seed 2"
    ]


def test_the_result_is_plain():
    assert json.loads(json.dumps(asdict(choose(validation()))))["chosen"] == [[1, 0], [2, 1]]


def test_shapes_are_checked():
    with pytest.raises(ValueError, match=r"\(2, 2, 4, 4\): expected \(2, 2, 3\)"):
        choose(np.zeros((2, 2, 4, 4)))
    with pytest.raises(ValueError, match=r"results \(2, 2, 3\)"):
        at_chosen(np.zeros((2, 2, 3)), choose(validation()))
