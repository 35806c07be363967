"""Folds read as one run: nothing counted twice, nothing half there."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_store import SimulatedStore

from wvexp.data.contents import Contents, SplitContents
from wvexp.data.split import Split
from wvexp.metrics import scorer_of
from wvexp.report.measurements import measure
from wvexp.report.reasons import all_in_words
from wvexp.results.crossfit import CrossFitted, joined_per_class
from wvexp.results.stored_run import ClassScores, GroupScore


class Folded:
    """A simulated store whose runs are given out in folds: unit u is tested in fold (u + seed) % k.

    The oracle is the store itself, where every run has all units.
    """

    def __init__(self, whole, folds):
        self.whole, self.folds = whole, folds
        self.missing = set()

    def runs(self, **equal):
        found = []
        for run in self.whole.runs(**equal):
            for fold in range(self.folds):
                key = f"{run.key}:{fold}"
                counts = self.unit_counts(key)
                score = float(counts[:, 0].sum() / counts[:, 1].sum())
                if key not in self.missing:
                    found.append(
                        replace(
                            run,
                            key=key,
                            fold=fold,
                            folds=self.folds,
                            config={**run.config, "of": run.key, "fold": fold},
                            metric=replace(run.metric, test=score),
                            groups={
                                "seen": GroupScore(fold + 1, 0.1 * fold),
                                "neither": GroupScore(0),
                            },
                        )
                    )
        # In no order that would help.
        return sorted(found, key=lambda run: hash_of(run.key))

    def _places(self, key):
        whole, _, fold = key.rpartition(":")
        [run] = [run for run in self.whole.runs() if run.key == whole]
        units = len(self.whole.unit_ids(whole))
        return whole, np.flatnonzero((np.arange(units) + run.seed) % self.folds == int(fold))

    def unit_counts(self, key):
        whole, places = self._places(key)
        return self.whole.unit_counts(whole)[places]

    def unit_ids(self, key):
        whole, places = self._places(key)
        ids = self.whole.unit_ids(whole)
        return [ids[place] for place in places]


def hash_of(text):
    return sum(ord(letter) * 31**i for i, letter in enumerate(text)) % 1009


@pytest.fixture
def whole():
    levels = {"pretrained-frozen": (0.7, 0.8), "pretrained-tuned": (0.6, 0.9)}
    return SimulatedStore(levels, sizes=(100, 400), rates=(0.001,), seeds=2, units=23)


def test_joined_folds_are_the_run_on_all_units(whole):
    joined = CrossFitted(Folded(whole, 3))
    runs = {run.config["of"]: run for run in joined.runs()}
    assert len(runs) == len(whole.runs())
    for key, run in runs.items():
        order = np.argsort(np.array(whole.unit_ids(key)), kind="stable")
        assert joined.unit_ids(run.key) == [whole.unit_ids(key)[i] for i in order]
        np.testing.assert_array_equal(joined.unit_counts(run.key), whole.unit_counts(key)[order])
        assert run.seconds == pytest.approx(3 * 0.4)
        # (0 * 1 + 0.1 * 2 + 0.2 * 3) / 6
        assert run.groups == {
            "seen": GroupScore(6, pytest.approx(0.8 / 6)),
            "neither": GroupScore(0),
        }
        # Every fold of this store has the whole test set's labels.
        [alone] = [r for r in whole.runs() if r.key == key]
        for label, scores in alone.per_class.items():
            tripled = replace(scores, support=3 * scores.support, predicted=3 * scores.predicted)
            assert asdict(run.per_class[label]) == pytest.approx(asdict(tripled))
        labels = {"positive": 3803, "negative": 3797}
        assert run.data == Contents("reviews", pool=SplitContents(7600, 152_000, labels))
        assert len(run.fold_keys) == run.folds == 3
        assert run.fold is run.parity is run.labels_missing is run.movement.most_moved is None


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=3))
def test_scores_of_labels_over_folds_are_those_of_all_tests_together(pairs):
    """Label d is in no training data: it is never predicted."""

    def by_class(pairs):
        gold, predicted = np.array(pairs, dtype=np.int32).T
        words, ends = np.zeros(len(gold), dtype=np.int32), np.arange(len(gold) + 1)
        split = Split("sentence", words, ends, gold)
        scores = scorer_of("accuracy", split, ["a", "b", "c"], "test", ["d"]).by_class(predicted)
        return {label: ClassScores(**of_label) for label, of_label in scores.items()}

    parts = [by_class(pairs[start::3]) for start in range(3)]
    joined, whole = joined_per_class(parts), by_class(pairs)
    assert joined.keys() == whole.keys()
    assert all(asdict(joined[label]) == pytest.approx(asdict(whole[label])) for label in whole)
    # Rows of earlier versions.
    older = [{name: replace(s, predicted=None) for name, s in of.items()} for of in parts]
    supports = {label: ClassScores(scores.support) for label, scores in whole.items()}
    assert joined_per_class(older) == supports


def test_measurements_of_folds_are_those_of_the_whole(whole):
    with_folds, without = measure(Folded(whole, 3), "c0ffee"), measure(whole, "c0ffee")
    assert with_folds.folds == 3
    assert without.folds is None
    for arm in without.arms:
        ours, theirs = with_folds.values[arm], without.values[arm]
        np.testing.assert_allclose(ours.mean(axis=2), theirs.mean(axis=2), atol=1e-9)
        np.testing.assert_allclose(np.sort(ours, axis=2), np.sort(theirs, axis=2), atol=1e-9)


def test_a_run_of_which_a_fold_is_missing_is_left_out_and_named(whole):
    folded = Folded(whole, 3)
    [run] = whole.runs(arm="pretrained-tuned", train_size=400, seed=1, lr=0.001)
    folded.missing.add(f"{run.key}:2")
    m = measure(folded, "c0ffee")
    said = "pretrained-tuned at size 400, seed 1, learning rate 0.001: 2 of 3 folds, left out"
    assert said in all_in_words(m.problems)
    assert np.isnan(m.values["pretrained-tuned"][1, 1]).all()
    assert np.isfinite(m.values["pretrained-tuned"][1, 0]).all()


def test_runs_without_folds_are_given_as_they_are(whole):
    joined = CrossFitted(whole)
    assert joined.runs() == whole.runs()
    key = whole.runs()[0].key
    assert joined.unit_ids(key) == whole.unit_ids(key)
    np.testing.assert_array_equal(joined.unit_counts(key), whole.unit_counts(key))
