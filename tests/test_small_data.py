"""Data too small for a test part: a decision cross-fits and says so; training says so."""

import logging

import numpy as np
import pytest

from wvexp.analysis.choice import choose
from wvexp.analysis.paired import paired_difference
from wvexp.analysis.rare import enough_units
from wvexp.analysis.reason import Why
from wvexp.config.compose import compose
from wvexp.data.folds import FOLDS
from wvexp.decision.procedure import decide
from wvexp.errors import UserError
from wvexp.experiment.inputs import prepare
from wvexp.experiment.run import warn_of_data
from wvexp.report.reasons import remedy_words
from wvexp.seeds import stream


def written(path, sentences, documents=None):
    """Sentences of three words, every other one positive; as CoNLL where documents are wanted."""
    if documents is None:
        lines = [f"w{i % 50} v{i % 7} u{i % 11},{'ab'[i % 2]}\n" for i in range(sentences)]
        path.write_text("text,label\n" + "".join(lines))
        return path
    each = -(-sentences // documents)
    blocks = ["-DOCSTART- O\n\n" * (i % each == 0) + f"w{i} A\nx B\n\n" for i in range(sentences)]
    path.write_text("".join(blocks))
    return path


def configured(path, *keys):
    vectors = path.with_name("vectors.txt")
    if not vectors.exists():
        rng = np.random.default_rng(0)
        names = [f"{c}{i}" for c, n in (("w", 50), ("v", 7), ("u", 11)) for i in range(n)]
        vectors.write_text(
            "".join(f"{w} {x:.3f} {y:.3f}\n" for w in names for x, y in [rng.normal(size=2)])
        )
    return compose(["data=files", f"data.train={path}", f"embed.path={vectors}", *keys], "decide")


def test_the_number_of_units_that_is_enough_is_that_of_the_narrowest_interval():
    """Arms that agree on every unit, the narrowest of all: within a point from this many on."""
    for margin in (0.01, 0.02, 0.05):
        enough = enough_units(margin)
        widths = []
        for units in (enough - 1, enough + 1):
            right = (np.arange(units) % 2 * np.ones((40, 1))).astype(float)
            d = paired_difference(right, right, margin)
            widths.append(d.high)
        assert widths[0] > margin > 0.97 * widths[1]
    assert enough_units(0.001) == enough_units(0.01) == 300


@pytest.mark.parametrize(
    ("sentences", "documents", "margin", "folds"),
    [
        (2_999, None, 0.01, FOLDS),
        (3_000, None, 0.01, None),
        (599, None, 0.05, FOLDS),
        (600, None, 0.05, None),
        (1_000, 400, 0.05, FOLDS),  # documents are the units
        (1_000, 1, 0.05, None),  # one document: its sentences are
        (30, None, 0.01, FOLDS),
    ],
)
def test_folds_are_taken_where_the_test_part_would_be_too_small(
    tmp_path, sentences, documents, margin, folds
):
    name = "text.csv" if documents is None else "text.conll"
    config = configured(written(tmp_path / name, sentences, documents), "embed.min_coverage=0")
    assert prepare(config, enough_units(margin)).corpus.folds == folds
    assert prepare(config).corpus.folds is None


def test_a_test_file_or_one_fold_or_other_folds_stand_as_they_were_given(tmp_path):
    path, test = written(tmp_path / "text.csv", 200), written(tmp_path / "test.csv", 20)
    for keys, folds in (
        ([f"data.test={test}"], None),
        (["data.folds=1"], None),
        (["data.folds=3"], 3),
    ):
        assert prepare(configured(path, *keys), 300).corpus.folds == folds
    typed = prepare(configured(path, "data.folds=5")).corpus
    assert prepare(configured(path), 300).corpus.fingerprint == typed.fingerprint
    apart = prepare(configured(path, "data.folds=1", "data.split_seed=3")).corpus
    assert apart.fingerprint == prepare(configured(path, "data.split_seed=3")).corpus.fingerprint


def test_a_decision_cross_fits_small_data_and_says_it_once(tmp_path, caplog):
    path = written(tmp_path / "text.csv", 120)
    keys = [f"data.train={path}", f"embed.path={path.with_name('vectors.txt')}"]
    configured(path)
    keys = [
        "data=files",
        *keys,
        "optim.epochs=1",
        "model.hidden=0",
        f"store={tmp_path / 'r.sqlite'}",
    ]
    decision = decide(*keys)
    notes = [r.getMessage() for r in caplog.records if "cross-fitted over" in r.getMessage()]
    assert notes == [
        "cross-fitted over 5 folds, so that each of 120 sentences is tested: a test part split off "
        "would have about 12, and with fewer than 300 no two arms can be told to be alike; "
        "data.folds=1 splits it off all the same, data.test=FILE names one"
    ]
    assert decision.findings.folds == 5
    assert {score.units for score in decision.findings.scores} <= {120}
    assert decision.config.data.folds == 5
    before = decision.store.keys()
    assert decide(*keys, "data.folds=5").store.keys() == before
    caplog.clear()
    apart = decide(*keys, "data.folds=1", "train_size=60")
    assert apart.findings.folds is None
    assert not [r for r in caplog.records if "cross-fitted over" in r.getMessage()]


def test_too_few_to_cross_fit_is_one_clear_line(tmp_path):
    config = configured(written(tmp_path / "text.csv", 3))
    with pytest.raises(UserError, match="the data have 3 sentences; give more data"):
        prepare(config, 300)


@pytest.mark.parametrize(("keys", "said"), [([], True), (["data.folds=1"], False)])
def test_training_says_that_a_test_part_is_too_small(tmp_path, caplog, keys, said):
    config = configured(written(tmp_path / "text.csv", 200), *keys)
    with caplog.at_level(logging.WARNING):
        warn_of_data(config, prepare(config).corpus)
    notes = [
        r.getMessage() for r in caplog.records if "the test part split off has" in r.getMessage()
    ]
    assert len(notes) == said
    if said:
        assert notes[0].startswith(
            "the test part split off has 20 sentences, and with fewer than 300"
        )
        assert "data.folds=5 tests every example" in notes[0]


@pytest.mark.parametrize(
    ("units", "inflation", "remedy"),
    [
        (3, 1.0, "data.folds=5, which tests every example"),
        (60, 1.0, "data.folds=5, which tests every example"),
        (60, 2.25, "more labelled examples"),
        (2_000, 1.0, "labels that can be learnt from these texts, or more training data"),
    ],
)
def test_few_test_units_are_a_reason_for_folds_and_not_to_doubt_the_labels(
    units, inflation, remedy
):
    rng = np.random.default_rng(1)
    values = {arm: (rng.random((5, units)) < 0.6).astype(float) for arm in ("first", "second")}
    score = max(table.mean() for table in values.values())
    choice = choose(
        values, ("first", "second"), stream(0, "choice"), 0.01, float(score) + 0.005, inflation
    )
    blocking = [b for b in choice.blockers if b.reason.kind is Why.NO_BETTER_THAN_BASELINE]
    assert list(map(remedy_words, blocking)) == [remedy]
