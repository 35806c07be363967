"""A race of recipes as words, table, figure and page."""

import json
from dataclasses import replace

import numpy as np
import pytest
from simulated_store import SimulatedStore

from wvexp.analysis.paired import paired_difference
from wvexp.analysis.reason import Reason, Why
from wvexp.report.advice import advice, headline
from wvexp.report.figures import draw
from wvexp.report.findings import find, plain
from wvexp.report.markdown import markdown
from wvexp.report.measurements import measure
from wvexp.report.page import html
from wvexp.report.race_figure import race_chart
from wvexp.report.race_words import race_headline, race_table
from wvexp.report.standings import RaceFindings, Standing
from wvexp.report.yardsticks import YardstickScore


def standing(recipe, score, given_up=False, **changes):
    model, arm = recipe.split()
    values = {
        "vectors": "",
        "lr": 0.003,
        "seeds": 2 if given_up else 10,
        "validation": score + 0.01,
        "low": None,
        "high": None,
        "behind": 0.85 - score,
        "behind_low": 0.84 - score,
        "behind_high": 0.86 - score,
        "near_best": None if given_up else 0.6,
    }
    return Standing(
        recipe=recipe, model=model, arm=arm, score=score, given_up=given_up, **{**values, **changes}
    )


CHOSEN = standing(
    "cnn pretrained-slow",
    0.85,
    seeds=15,
    low=0.83,
    high=0.87,
    behind=None,
    behind_low=None,
    behind_high=None,
    near_best=0.981,
)
RACE = RaceFindings(
    size=6400,
    wanted=6400,
    decided=True,
    confidence=0.981,
    fresh=5,
    runs=120,
    cut_short=False,
    left_out=(),
    standings=(
        CHOSEN,
        standing("cnn pretrained-tuned", 0.844),
        standing("mean pretrained-both", 0.82, near_best=0.1),
        standing("mean random-frozen", 0.64, given_up=True),
        standing("mean pretrained-frozen", 0.77, given_up=True),
    ),
)


@pytest.fixture(scope="module")
def found():
    return replace(find(measure(SimulatedStore(), "c0ffee"), wanted_size=6400), race=RACE)


def with_race(found, **changes):
    return replace(found, race=replace(RACE, **changes))


def test_the_first_line_names_the_recipe_and_what_to_do(found):
    assert headline(found) == (
        "Take cnn pretrained-slow: model=cnn, start from pretrained vectors and "
        "fine-tune them at a tenth of the network's learning rate."
    )
    undecided = headline(with_race(found, decided=False))
    assert undecided.startswith("Undecided; best so far: cnn pretrained-slow: model=cnn, start")
    of_file = replace(CHOSEN, recipe="cnn pretrained-slow (glove)", vectors="glove")
    said = headline(with_race(found, standings=(of_file, *RACE.standings[1:])))
    assert said.startswith("Take cnn pretrained-slow (glove): model=cnn, vectors of glove, start")


def test_the_lines_that_follow(found):
    assert advice(found)[1:6] == [
        "How sure: 98.1 % that it is within 1 point of the best of 5 recipes, at 6,400 sentences.",
        "Its test accuracy: 85.0 % [83.0, 87.0], by 5 seeds that had no part in the choice; "
        "the most frequent label alone would score 50.0 %.",
        "Closest: cnn pretrained-tuned, +0.6 points [-0.4, +1.6] behind; "
        "2 recipes surely behind and given up.",
        "Of each model the best: cnn pretrained-slow 85.0 %; mean pretrained-both 82.0 %.",
        "The four arms of the guidance, with model=cnn:",
    ]


def test_a_terminal_shows_thirteen_lines_at_most(found):
    """With everything that there is to say."""
    for changes in (
        {},
        {"left_out": ("bilstm",), "size": 3000, "cut_short": True, "confidence": None},
        {"fresh": 0, "notes": (Reason(Why.RUNS_DID_NOT_LEARN, count=3, runs=80),)},
    ):
        lines = advice(with_race(found, **changes))
        assert 6 <= len(lines) <= 13
        assert all(line and "None" not in line and "nan" not in line for line in lines)


def test_without_fresh_seeds_it_is_said_that_the_score_may_be_too_high(found):
    line = advice(with_race(found, fresh=0))[2]
    assert "by the seeds that chose it, so that it may be too high" in line
    assert "by 1 seed that had" in advice(with_race(found, fresh=1))[2]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, None),
        (
            {"left_out": ("cnn", "bilstm"), "cut_short": True},
            "Left out by the budget: model=cnn and bilstm not tried.",
        ),
        (
            {"size": 3000, "cut_short": True},
            "Left out by the budget: raced at 3,000 of 6,400 sentences.",
        ),
        ({"cut_short": True}, "Left out by the budget: the race ended early."),
    ],
)
def test_what_the_budget_left_out(found, changes, said):
    lines = [line for line in advice(with_race(found, **changes)) if line.startswith("Left out")]
    assert lines == ([] if said is None else [said])


def test_what_is_unknown_is_not_made_up(found):
    lines = advice(with_race(found, confidence=None, decided=False, standings=(CHOSEN,)))
    assert lines[1] == "How sure: unknown, of 1 recipe at 6,400 sentences."
    assert not [line for line in lines if line.startswith(("Closest", "Of each model"))]
    alone = replace(CHOSEN, low=None, high=None)
    lines = advice(with_race(found, standings=(alone, *RACE.standings[1:])))
    assert lines[2].startswith("Its test accuracy: 85.0 %, by 5 seeds")
    rival = replace(RACE.standings[1], behind=None, behind_low=None, behind_high=None)
    lines = advice(with_race(found, standings=(CHOSEN, rival)))
    assert lines[3] == "Closest: cnn pretrained-tuned, not compared."


def yardstick(score, standing="better"):
    ends = {"estimate": score - 0.85, "low": score - 0.86, "high": score - 0.84}
    difference = replace(paired_difference(*np.random.default_rng(0).random((2, 3, 9))), **ends)
    return YardstickScore(
        name="tfidf",
        words="TF-IDF with logistic regression",
        arm="cnn pretrained-slow",
        size=6400,
        score=score,
        low=score - 0.02,
        high=score + 0.02,
        seeds=1,
        units=600,
        seconds=2.0,
        settings={},
        difference=difference,
        standing=standing,
    )


def test_a_better_yardstick_comes_first_and_is_not_told_twice(found):
    f = replace(found, yardsticks=(yardstick(0.90),))
    assert race_headline(f, RACE).startswith(
        "TF-IDF with logistic regression is 5.0 points better [4.0, 6.0]; word vectors are not "
        "what is missing here. Of the recipes take cnn pretrained-slow: model=cnn"
    )
    score = advice(f)[2]
    assert "TF-IDF with logistic regression 90.0 % (+5.0 [+4.0, +6.0])" in score
    # The most frequent label is one of the yardsticks: its score is not said in two ways.
    assert "would score" not in score


def test_the_table_has_every_recipe_the_chosen_first(found):
    table = race_table(found, RACE)
    assert [row[0] for row in table.rows] == [one.recipe for one in RACE.standings]
    assert table.rows[0] == (
        "cnn pretrained-slow",
        "85.0 [83.0, 87.0]",
        "",
        "86.0",
        "98.1 %",
        "15",
        "0.003",
    )
    assert table.rows[1][2] == "+0.6 [-0.4, +1.6]"
    assert [row[4] for row in table.rows[3:]] == ["given up", "given up"]
    assert all(len(row) == len(table.head) for row in table.rows)


def drawn(figure, name):
    """The rows of the figure's data that have a value of that name, each once."""
    spec = figure.chart.to_dict()
    given = [part["data"]["values"] for part in (spec, *spec["layer"]) if "data" in part]
    rows = [row for values in given for row in values if name in row]
    return [row for place, row in enumerate(rows) if row not in rows[:place]]


def test_the_figure_ranks_the_recipes_and_greys_those_given_up(found):
    rows = drawn(race_chart(found, RACE), "recipe")
    assert [row["recipe"] for row in rows] == [
        "cnn pretrained-slow",
        "cnn pretrained-tuned",
        "mean pretrained-both",
        "mean pretrained-frozen",
        "mean random-frozen",
    ]
    assert [row["state"] for row in rows] == [
        "recommended",
        *["in the race"] * 2,
        *["given up"] * 2,
    ]
    assert (rows[0]["low"], rows[0]["high"]) == pytest.approx((83.0, 87.0))
    # A rival's bar is of its distance from the recommended.
    assert (rows[1]["low"], rows[1]["high"]) == pytest.approx((83.4, 85.4))
    assert rows[1]["low"] < rows[1]["score"] < rows[1]["high"]


def test_yardsticks_are_lines_of_the_figure_unless_far_below(found):
    def marks(score):
        f = replace(found, yardsticks=(yardstick(score, "worse"),))
        figure = race_chart(f, RACE)
        return drawn(figure, "at"), figure.caption

    [mark], caption = marks(0.70)
    assert mark == {"name": "TF-IDF with logistic regression", "at": pytest.approx(70.0)}
    assert "Dashed: methods without word vectors." in caption
    none, caption = marks(0.20)
    assert none == []
    assert "Dashed" not in caption


def test_the_page_shows_chart_and_table_and_so_does_markdown(found):
    page = html(found, draw(found))
    assert "Recipes, ranked" in page
    assert "cnn pretrained-slow" in page
    assert "given up" in page
    assert page.index("Take cnn pretrained-slow") < page.index("Recipes, ranked")
    said = markdown(found, [], "images")
    assert "| cnn pretrained-tuned | 84.4 |" in said


def test_the_findings_hold_it_as_json(found):
    content = json.loads(json.dumps(plain(found.race.standings[1]), allow_nan=False))
    assert content["recipe"] == "cnn pretrained-tuned"
    assert content["given_up"] is False


def test_without_a_race_nothing_is_said_of_recipes(found):
    f = replace(found, race=None)
    assert "recipe" not in " ".join(advice(f))
    assert "Recipes, ranked" not in html(f, draw(f))
