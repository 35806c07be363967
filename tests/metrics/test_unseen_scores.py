"""Gold labels that training lacks: scored as scikit-learn, seqeval and slow counting do."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
import seqeval.metrics
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st
from run_configs import make_run
from seqeval.metrics.sequence_labeling import get_entities

from wvexp.config.schema import Model, Optim
from wvexp.data.split import Split
from wvexp.data.units import make_units
from wvexp.data.world import world_corpus
from wvexp.errors import UserError
from wvexp.metrics import METRICS, scorer_of
from wvexp.training.run import train

# Of training, and of the test set alone: a tag of a known type, a new type, another scheme.
KNOWN, UNSEEN = ["B-LST", "B-NP", "I-NP", "O"], ["B-VP", "I-LST", "S-NP"]
NAMES = [*KNOWN, *UNSEEN]


@st.composite
def cases(draw, task):
    """A split with any labels, predictions of known ones, groups of its tokens, test units."""
    lengths = draw(st.lists(st.integers(1, 6), min_size=2, max_size=6))
    offsets = np.cumsum([0, *lengths]).astype(np.int64)
    tokens = int(offsets[-1])
    examples = tokens if task == "token" else len(lengths)

    def ids(most, size):
        return np.array(draw(st.lists(st.integers(0, most), min_size=size, max_size=size)))

    gold = ids(len(NAMES) - 1, examples).astype(np.int32)
    gold[-1] = draw(st.integers(len(KNOWN), len(NAMES) - 1))
    predicted = ids(len(KNOWN) - 1, examples)
    documents = np.sort(ids(2, len(lengths))).astype(np.int32)
    split = Split(task, np.arange(tokens, dtype=np.int32), offsets, gold, documents)
    groups = ids(2, tokens)
    return split, predicted, groups, make_units(split, [f"w{i}" for i in range(tokens)])


def f1_of(right, wrong, missed):
    return 2 * right / (2 * right + wrong + missed)


def unit_score(metric, counts):
    """The score that the analysis makes of the units' counts."""
    table = counts.reshape(1, len(counts), -1).astype(float)
    if len(counts) > 1:
        return METRICS[metric].values(table).mean()
    return METRICS[metric].values(np.repeat(table, 2, axis=1)).mean()


@pytest.mark.parametrize("task", ["token", "sentence"])
@settings(deadline=None)
@given(data=st.data())
def test_accuracy_and_macro_f1(task, data):
    split, predicted, groups, units = data.draw(cases(task))
    gold = split.labels
    worst = groups
    if task == "sentence":
        pairs = zip(split.offsets, split.offsets[1:], strict=False)
        worst = np.array([groups[a:b].max() for a, b in pairs])
    of_example = units.of_examples(split)

    def accuracy(chosen):
        return np.mean([gold[i] == predicted[i] for i in chosen])

    def macro(chosen):
        g, p = gold[chosen], predicted[chosen]
        labels = np.unique(g)
        return sklearn.metrics.f1_score(g, p, average="macro", labels=labels, zero_division=0)

    for metric, oracle in (("accuracy", accuracy), ("macro_f1", macro)):
        scorer = scorer_of(metric, split, KNOWN, "test", UNSEEN)
        everything = np.arange(len(gold))
        assert scorer.score(predicted) == pytest.approx(oracle(everything))
        for group, (n, score) in scorer.by_group(predicted, groups).items():
            chosen = np.flatnonzero(worst == group)
            assert n == len(chosen)
            assert score == (pytest.approx(oracle(chosen)) if n else None)
        counts = scorer.by_unit(predicted, units)
        assert unit_score(metric, counts) == pytest.approx(scorer.score(predicted))
        for unit in range(len(units.ids)):
            g, p = gold[of_example == unit], predicted[of_example == unit]
            if metric == "accuracy":
                assert counts[unit].tolist() == [sum(g == p), len(g)]
            else:
                assert counts[unit].tolist() == [
                    [sum((g == c) & (p == c)), sum((g != c) & (p == c)), sum((g == c) & (p != c))]
                    for c in range(len(NAMES))
                ]


@settings(deadline=None)
@given(cases("token"))
def test_the_table_of_classes(case):
    split, predicted, _, _ = case
    found = scorer_of("accuracy", split, KNOWN, "test", UNSEEN).by_class(predicted)
    assert list(found) == NAMES
    report = sklearn.metrics.precision_recall_fscore_support(
        split.labels, predicted, labels=range(len(NAMES)), zero_division=0
    )
    for name, precision, recall, f1, support in zip(NAMES, *report, strict=True):
        assert found[name]["support"] == support
        assert found[name].get("precision", 0) == pytest.approx(precision)
        assert found[name].get("recall", 0) == pytest.approx(recall)
        assert found[name].get("f1", 0) == pytest.approx(f1)
        if name in UNSEEN and support:
            assert found[name] == {"support": support, "recall": 0, "f1": 0}


@settings(deadline=None)
@given(cases("token"))
def test_entity_f1(case):
    split, predicted, groups, units = case
    scorer = scorer_of("entity_f1", split, KNOWN, "test", UNSEEN)  # its last token is in an entity
    cuts = list(zip(split.offsets.tolist(), split.offsets[1:].tolist(), strict=False))
    gold, guess = (
        [[NAMES[i] for i in ids[a:b]] for a, b in cuts] for ids in (split.labels, predicted)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # undefined scores, which we leave out
        expected = seqeval.metrics.f1_score(gold, guess)
        report = seqeval.metrics.classification_report(gold, guess, output_dict=True)
    assert scorer.score(predicted) == pytest.approx(expected)
    for name, scores in scorer.by_class(predicted).items():
        theirs = report.get(name, {"support": 0})
        assert scores["support"] == theirs["support"]
        assert scores.get("f1", 0) == pytest.approx(theirs.get("f1-score", 0))
    spans = [
        {(kind, a + start, b + start + 1) for (start, _), tags in zip(cuts, side, strict=True)
         for kind, a, b in get_entities(tags)}
        for side in (gold, guess)
    ]  # fmt: skip
    for group, (n, score) in scorer.by_group(predicted, groups).items():
        here, claimed = ({s for s in side if groups[s[1] : s[2]].max() == group} for side in spans)
        counts = len(here & claimed), len(claimed - here), len(here - claimed)
        assert n == len(here)
        assert score == (pytest.approx(f1_of(*counts)) if any(counts) else None)
    of_token = units.of_examples(split)
    counts = scorer.by_unit(predicted, units)
    for unit in range(len(units.ids)):
        here, claimed = ({s for s in side if of_token[s[1]] == unit} for side in spans)
        expected = [len(here & claimed), len(claimed - here), len(here - claimed)]
        assert counts[unit].tolist() == expected


def test_a_label_that_is_no_tag_is_an_entity_that_nobody_finds():
    unseen = ["b-NP", "NP"]
    gold = np.array([1, 2, 4, 4, 3, 5], dtype=np.int32)  # B-NP I-NP b-NP b-NP O NP
    split = Split("token", np.arange(6, dtype=np.int32), np.array([0, 6]), gold)
    scorer = scorer_of("entity_f1", split, KNOWN, "test", unseen)
    predicted = np.array([1, 2, 1, 2, 3, 1])
    assert scorer.score(predicted) == pytest.approx(f1_of(1, 2, 2))
    assert {name: row["support"] for name, row in scorer.by_class(predicted).items()} == {
        "LST": 0,
        "NP": 1,
        "NP (no tag)": 1,
        "b-NP (no tag)": 1,
    }
    with pytest.raises(UserError, match="the labels are X"):  # those of training decide
        scorer_of("entity_f1", split, ["X", "O", "Y", "Z"], "test", unseen)


@pytest.fixture(scope="module")
def corpora():
    """Worlds some of whose test and validation labels no training example has."""
    made = {}
    for task in ("token", "sentence"):
        corpus = world_corpus(task, 0, 800, 300, 300, 2000)
        classes = len(corpus.label_names)
        marked = {}
        for name, first in (("validation", 0), ("test", 1)):
            labels = getattr(corpus, name).labels.copy()
            labels[first::7] = classes + first
            marked[name] = replace(getattr(corpus, name), labels=labels)
        made[task] = replace(corpus, unseen_labels=("new", "newer"), **marked)
    return made


def run_of(corpus, engine, metric, **changes):
    run = make_run(
        task=corpus.task,
        embed="random",
        dim=8,
        model=Model(name="window" if corpus.task == "token" else "mean", hidden=8),
        optim=Optim(lr=0.01, epochs=3),
        train_size=corpus.train.examples,
        metric=metric,
        engine=engine,
        data=corpus.fingerprint,
        vectors=None,
    )
    run = replace(run, **changes)
    epochs = []
    return train(run, corpus, None, device="cpu", on_epoch=epochs.append), epochs


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
@pytest.mark.parametrize("task", ["token", "sentence"])
def test_both_engines_give_the_same_scores(corpora, task, metric):
    corpus = corpora[task]
    hand, torch = (
        run_of(corpus, engine, metric)[0].result for engine in ("handwritten", "autograd")
    )
    assert hand.test == pytest.approx(torch.test, abs=1e-12)
    assert hand.validation == pytest.approx(torch.validation, abs=1e-12)
    assert hand.groups == torch.groups
    assert hand.per_class == torch.per_class
    assert (hand.units.counts == torch.units.counts).all()
    assert hand.per_class["newer"]["recall"] == 0
    assert hand.per_class["new"] == {"support": 0}
    marked = int((corpus.test.labels == len(corpus.label_names) + 1).sum())
    assert hand.to_json()["labels_unseen"]["test"] == {
        "examples": corpus.test.examples,
        "labels": {"newer": marked},
    }
    if metric == "accuracy":
        assert hand.test <= 1 - marked / corpus.test.examples


@pytest.mark.parametrize("engine", ["handwritten", "autograd"])
def test_the_parameters_do_not_depend_on_the_test_labels(corpora, engine):
    """Nor does a class more come of them: the output layer has one row a label of training."""
    corpus = corpora["token"]
    classes = len(corpus.label_names)
    plain = replace(corpus.test, labels=corpus.test.labels % classes)
    ours, epochs = run_of(corpus, engine, "accuracy")
    other, as_well = run_of(replace(corpus, test=plain), engine, "accuracy")
    assert [(e.loss, e.validation) for e in epochs] == [(e.loss, e.validation) for e in as_well]
    assert ours.parameters["head.output.bias"].shape == (classes,)
    for name, array in ours.parameters.items():
        assert array.tobytes() == other.parameters[name].tobytes()


def test_a_result_without_such_labels_is_as_it_was():
    corpus = world_corpus("sentence", 0, 200, 60, 60, 2000)
    trained, _ = run_of(corpus, "handwritten", "accuracy")
    assert "labels_unseen" not in trained.result.to_json()
