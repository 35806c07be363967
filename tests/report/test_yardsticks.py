"""Yardsticks beside the arms: aligned by test unit, called together, said, listed and drawn."""

from dataclasses import replace

import numpy as np
import pytest
from simulated_store import SimulatedStore
from stored_yardsticks import stored_yardstick

from wvexp.analysis.reason import Why
from wvexp.report.advice import advice, headline
from wvexp.report.findings import find
from wvexp.report.measurements import measure
from wvexp.report.page import html
from wvexp.report.reasons import in_words
from wvexp.report.score_figures import learning_curves
from wvexp.report.score_tables import score_tables
from wvexp.report.store_report import findings_of
from wvexp.report.yardsticks import measure_yardsticks, yardstick_scores

TOP = 6400


def stored(key, **changes):
    settings = {"C": 3.16, "capitalisation": True, "ending": 2}
    return stored_yardstick(key, **{"train_size": TOP, "settings": settings, **changes})


def recommended_right(store, seed=0):
    """Of each unit whether the recommended arm, pretrained-tuned, has it right."""
    return store._counts[f"c0ffee-pretrained-tuned-{TOP}-{seed}-0.001"][:, 0]


def with_yardstick(store, key, right):
    store._counts[key] = np.stack([right, np.ones_like(right)], axis=1)


def better_by(store, share, draw=0):
    """Right where the arm's first seed is, and on that share of all units more, or fewer."""
    rng = np.random.default_rng(draw)
    right = recommended_right(store).copy()
    places = rng.permutation(np.flatnonzero(right == (share < 0)))
    right[places[: round(abs(share) * len(right))]] = int(share > 0)
    return right


def found(shares, seeds=5):
    store = SimulatedStore(seeds=seeds)
    fits = []
    for name, share in shares.items():
        with_yardstick(store, name, better_by(store, share))
        fits.append(stored(name, yardstick=name))
    return store, findings_of(store, "c0ffee", 0.02, yardsticks=fits)


def test_standings_are_called_and_the_best_comes_first():
    store, f = found({"nbsvm": -0.2, "tfidf": 0.1, "most_frequent": -0.6})
    assert [one.name for one in f.yardsticks] == ["tfidf", "nbsvm", "most_frequent"]
    assert [one.standing for one in f.yardsticks] == ["better", "worse", "worse"]
    assert [one.ahead for one in f.yardsticks] == [True, False, False]
    best = f.yardsticks[0]
    assert best.arm == f.choice.recommended == "pretrained-tuned"
    right = better_by(store, 0.1)
    assert best.score == pytest.approx(right.mean())
    arm = np.mean([recommended_right(store, seed) for seed in range(5)])
    assert best.difference.estimate == pytest.approx(right.mean() - arm)
    assert best.low < best.score < best.high
    assert (best.seeds, best.units, best.size, best.seconds) == (5, 600, TOP, 2.0)


def test_the_first_line():
    _, f = found({"tfidf": 0.1, "nbsvm": -0.2})
    d = f.yardsticks[0].difference
    assert headline(f) == advice(f)[0] == (
        f"TF-IDF with logistic regression is {100 * d.estimate:.1f} points better "
        f"[{100 * d.low:.1f}, {100 * d.high:.1f}]; word vectors are not what is missing here. "
        "Of the arms take pretrained-tuned: start from pretrained vectors and fine-tune them."
    )  # fmt: skip
    assert headline(f) in html(f, ())
    undecided = replace(f, choice=replace(f.choice, decided=False))
    assert headline(undecided).endswith(
        " here. Of the arms none is decided; the best so far is pretrained-tuned: start from "
        "pretrained vectors and fine-tune them."
    )


def test_ahead_and_not_called_is_said():
    _, f = found({"tfidf": 0.1, "nbsvm": -0.2})
    best = replace(f.yardsticks[0], standing="undecided")
    f = replace(f, yardsticks=(best, *f.yardsticks[1:]))
    assert ", not called with all 2 yardsticks counted. Of the arms take" in headline(f)


@pytest.mark.parametrize("share", [0.0, -0.2])
def test_one_that_is_not_better_leaves_the_first_line_as_it_was(share):
    store, f = found({"tfidf": share})
    assert headline(f) == headline(find(measure(store, "c0ffee"), 0.02))
    assert headline(f).startswith("Take pretrained-tuned")
    one, [said] = f.yardsticks[0], [line for line in advice(f) if line.startswith("Its test")]
    d = one.difference
    assert said.endswith(
        f"; without word vectors: TF-IDF with logistic regression {100 * one.score:.1f} % "
        f"({100 * d.estimate:+.1f} [{100 * d.low:+.1f}, {100 * d.high:+.1f}])."
    )


def test_without_any_the_most_frequent_label_is_said_as_before():
    f = find(measure(SimulatedStore(seeds=3), "c0ffee"), 0.02)
    assert f.yardsticks == ()
    assert any("the most frequent label alone would score 50.0 %" in line for line in advice(f))
    assert "Yardsticks" not in [table.title for table in score_tables(f)]


def test_a_fit_of_each_seed_is_paired_with_the_runs_of_its_seed():
    store = SimulatedStore(seeds=4)
    fits = []
    for seed in (0, 2, 3, 9):  # no run has the last
        with_yardstick(store, f"y{seed}", recommended_right(store, min(seed, 3)))
        fits.append(stored(f"y{seed}", seed=seed))
    m = measure(store, "c0ffee")
    measured, problems = measure_yardsticks(store, m, fits)
    assert problems == []
    [one] = measured
    assert np.isnan(one.values).all(axis=1).tolist() == [False, True, False, False]
    for seed in (0, 2, 3):
        assert one.values[seed].tolist() == m.values["pretrained-tuned"][-1, seed].tolist()
    [score] = yardstick_scores(m, measured, "pretrained-tuned", 0.02)
    assert score.seeds == score.difference.seeds == 3
    # What was not fitted was not to be: no seed is called unpaired.
    assert [n for n in score.difference.notes if n.kind is Why.SEEDS_UNPAIRED] == []


def test_folds_are_joined_by_the_names_of_their_units():
    store = SimulatedStore(seeds=2)
    names = [f"u{i:03}" for i in np.random.default_rng(0).permutation(600)]
    m = measure(store, "c0ffee")
    m = replace(m, folds=2)
    halves = {"y0": slice(0, 300), "y1": slice(300, 600)}
    right = np.arange(600) % 3 == 0
    ids = {key: names[half] for key, half in halves.items()}
    with_yardstick(store, "y0", right[:300].astype(int))
    with_yardstick(store, "y1", right[300:].astype(int))
    store.unit_ids = lambda key: ids.get(key, sorted(names))
    fits = [stored(f"y{fold}", seed=0, fold=fold, folds=2) for fold in (1, 0)]
    [one], problems = measure_yardsticks(store, m, fits)
    assert problems == []
    expected = [float(right[names.index(name)]) for name in sorted(names)]
    assert one.values[0].tolist() == pytest.approx(expected)
    assert one.seconds == 4.0
    assert measure_yardsticks(store, m, fits[:1]) == ([], [])  # a fold is missing


def test_what_cannot_be_set_beside_the_arms_is_named():
    store = SimulatedStore(seeds=2)
    with_yardstick(store, "few", np.ones(10, dtype=int))
    fits = [
        stored("few"),
        stored("none", yardstick="nbsvm"),
        stored("other size", train_size=400),
        stored("folds", folds=2, fold=0),
    ]
    measured, problems = measure_yardsticks(store, measure(store, "c0ffee"), fits)
    assert measured == []
    assert [in_words(one) for one in problems] == [
        f"TF-IDF with logistic regression at size {TOP}, seed 0: other test units than the rest, "
        "left out",
        f"NB-SVM at size {TOP}, seed 0: no counts by test unit, left out",
    ]


def test_a_yardstick_of_a_plug_in_that_is_not_here_goes_by_its_name():
    store = SimulatedStore(seeds=2)
    with_yardstick(store, "y", better_by(store, 0.0))
    fits = [stored("y", yardstick="theirs")]
    [one], _ = measure_yardsticks(store, measure(store, "c0ffee"), fits)
    assert one.words == "theirs"


def test_the_table():
    _, f = found({"tfidf": 0.1, "nbsvm": -0.2})
    [table] = [table for table in score_tables(f) if table.title == "Yardsticks"]
    assert [row[0] for row in table.rows] == ["TF-IDF with logistic regression", "NB-SVM"]
    first = dict(zip(table.head, table.rows[0], strict=True))
    assert first["call"] == "better"
    assert first["settings"] == "C 3.16, capitalisation yes, ending 2"
    assert first["seconds"] == "2.00"
    assert first["difference"] == f"{100 * f.yardsticks[0].difference.estimate:+.1f}"


def test_lines_of_the_figure():
    """Far worse than every arm: no line. Two that lie on one another: their names together."""
    _, f = found({"tfidf": 0.1, "nbsvm": 0.1, "most_frequent": -0.75})
    figure = learning_curves(f)
    rows = [
        row
        for layer in figure.chart.to_dict()["layer"]
        for row in layer.get("data", {}).get("values", [])
        if "name" in row
    ]
    assert [row["name"] for row in rows] == ["TF-IDF with logistic regression; NB-SVM", ""]
    errors = [100 * (1 - one.score) for one in f.yardsticks[:2]]
    assert [row["error"] for row in rows] == pytest.approx(errors)
    assert "Grey lines: methods without these vectors" in figure.caption
    assert "NB-SVM" in figure.svg
    assert "Grey lines" not in learning_curves(replace(f, yardsticks=())).caption
