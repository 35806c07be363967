"""Scores against scikit-learn and seqeval, and how errors are split by group."""

import warnings

import numpy as np
import pytest
import seqeval.metrics
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities

from wvexp.data.split import Split
from wvexp.errors import UserError
from wvexp.metrics import MACRO_F1, default_metric, scorer_of
from wvexp.metrics.entities import TagScheme, is_bio
from wvexp.metrics.groups import Group

BIO = ["O", "B-LOC", "B-PER", "I-LOC", "I-PER"]
BIOES = ["O", *(f"{prefix}-{kind}" for prefix in "BIES" for kind in ("X", "Y-Z"))]


def split_of(task, lengths, labels):
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    words = np.zeros(offsets[-1], dtype=np.int32)
    return Split(task, words, offsets, np.array(labels, dtype=np.int32))


def cut(tags, split):
    return [list(tags[a:b]) for a, b in zip(split.offsets, split.offsets[1:], strict=False)]


@st.composite
def tagged_text(draw, names):
    """Any gold and predicted tags, invalid sequences among them."""
    lengths = draw(st.lists(st.integers(0, 6), min_size=1, max_size=5))
    size = sum(lengths)
    tags = st.lists(st.integers(0, len(names) - 1), min_size=size, max_size=size)
    return split_of("token", lengths, draw(tags)), np.array(draw(tags), dtype=np.int64)


@pytest.mark.parametrize("names", [BIO, BIOES], ids=["BIO", "BIOES"])
def test_spans_are_those_of_seqeval(names):
    scheme = TagScheme.from_labels(names)

    @settings(max_examples=300, deadline=None)
    @given(tagged_text(names))
    def check(text):
        split, _ = text
        found = {
            (scheme.types[kind], start, end - 1)
            for start, end, kind in scheme.spans(split.labels, split.offsets).tolist()
        }
        expected = set()
        start = 0
        for sentence in cut([names[i] for i in split.labels], split):
            expected |= {(k, a + start, b + start) for k, a, b in get_entities(sentence)}
            start += len(sentence)
        assert found == expected

    check()


@pytest.mark.parametrize("names", [BIO, BIOES], ids=["BIO", "BIOES"])
def test_entity_f1_is_that_of_seqeval(names):
    @settings(max_examples=150, deadline=None)
    @given(tagged_text(names))
    def check(text):
        split, predicted = text
        if not len(TagScheme.from_labels(names).spans(split.labels, split.offsets)):
            with pytest.raises(UserError, match="the test split has no entity"):
                scorer_of("entity_f1", split, names, "test")
            return
        scorer = scorer_of("entity_f1", split, names, "test")
        gold = cut([names[i] for i in split.labels], split)
        guess = cut([names[i] for i in predicted], split)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # undefined scores, which we leave out
            score = seqeval.metrics.f1_score(gold, guess)
            report = seqeval.metrics.classification_report(gold, guess, output_dict=True)
        assert scorer.score(predicted) == pytest.approx(score)
        for name, scores in scorer.by_class(predicted).items():
            if name not in report:  # neither in gold nor predicted
                assert scores == {"support": 0}
                continue
            assert scores["support"] == report[name]["support"]
            for ours, theirs in (("precision",) * 2, ("recall",) * 2, ("f1", "f1-score")):
                assert scores.get(ours, 0) == pytest.approx(report[name][theirs])

    check()


labels = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1)


@settings(deadline=None)
@given(labels)
def test_accuracy_and_macro_f1_are_those_of_scikit_learn(pairs):
    gold, predicted = np.array(pairs).T
    split = split_of("sentence", [1] * len(gold), gold)
    names = list("abcde")
    accuracy = scorer_of("accuracy", split, names, "test").score(predicted)
    assert accuracy == pytest.approx(sklearn.metrics.accuracy_score(gold, predicted))
    expected = sklearn.metrics.f1_score(
        gold, predicted, average="macro", labels=np.unique(gold), zero_division=0
    )
    assert MACRO_F1.score(gold, predicted) == pytest.approx(expected)
    assert scorer_of("macro_f1", split, names, "test").score(predicted) == pytest.approx(expected)


def test_what_is_undefined_is_absent_not_zero():
    split = split_of("sentence", [1] * 4, [0, 0, 1, 1])
    scores = scorer_of("accuracy", split, ["a", "b", "c", "d"], "test").by_class(
        np.array([0, 0, 2, 2])
    )
    assert scores["a"] == {
        "support": 2,
        "predicted": 2,
        "precision": 1,
        "recall": 1,
        "f1": 1,
    }
    assert scores["b"] == {"support": 2, "recall": 0, "f1": 0}
    assert scores["c"] == {"support": 0, "predicted": 2, "precision": 0, "f1": 0}
    assert scores["d"] == {"support": 0}


SEEN, PRETRAINED, NEITHER = Group.SEEN, Group.PRETRAINED_ONLY, Group.NEITHER


def test_tokens_are_scored_in_their_own_group():
    split = split_of("token", [3, 2], [0, 1, 0, 1, 1])
    groups = np.array([SEEN, SEEN, NEITHER, NEITHER, SEEN])
    by_group = scorer_of("accuracy", split, ["a", "b"], "test").by_group(
        np.array([0, 0, 0, 1, 1]), groups
    )
    assert by_group == {SEEN: (3, 2 / 3), PRETRAINED: (0, None), NEITHER: (2, 1.0)}


def test_a_sentence_stands_in_the_group_of_its_worst_token():
    split = split_of("sentence", [2, 2, 3, 0], [0, 1, 0, 1])
    groups = np.array([SEEN, SEEN, SEEN, PRETRAINED, PRETRAINED, NEITHER, SEEN])
    by_group = scorer_of("accuracy", split, ["a", "b"], "test").by_group(
        np.array([0, 0, 0, 0]), groups
    )
    assert by_group == {SEEN: (2, 0.5), PRETRAINED: (1, 0.0), NEITHER: (1, 1.0)}


def test_an_entity_by_its_worst_token_and_a_false_one_by_what_it_claims():
    tags = {name: i for i, name in enumerate(BIO)}
    gold = [tags[t] for t in ("B-LOC", "I-LOC", "O", "B-PER", "O", "O")]
    predicted = np.array([tags[t] for t in ("B-LOC", "I-LOC", "O", "B-LOC", "B-PER", "I-PER")])
    groups = np.array([SEEN, PRETRAINED, SEEN, SEEN, SEEN, NEITHER])
    scorer = scorer_of("entity_f1", split_of("token", [6], gold), BIO, "test")
    by_group = scorer.by_group(predicted, groups)
    # seen: one missed (PER) and one false (LOC on the same token); neither: one false, none there
    assert by_group == {SEEN: (1, 0.0), PRETRAINED: (1, 1.0), NEITHER: (0, 0.0)}


@settings(max_examples=60, deadline=None)
@given(tagged_text(BIO), st.randoms(use_true_random=False))
def test_groups_add_up_to_the_whole(text, random):
    split, predicted = text
    groups = np.array([random.choice(list(Group)) for _ in split.word_ids], dtype=np.int64)
    for metric in ("accuracy", "entity_f1"):
        try:
            scorer = scorer_of(metric, split, BIO, "test")
        except UserError:
            continue
        by_group = scorer.by_group(predicted, groups)
        whole = scorer.by_group(predicted, np.zeros_like(groups))[SEEN][0]
        assert sum(n for n, _ in by_group.values()) == whole


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (BIO, True),
        (BIOES, True),
        (["O", "I-LOC"], True),
        (["NOUN", "VERB"], False),
        (["O"], False),
        (["B-LOC", "I-LOC"], False),
        (["O", "B-LOC", "X"], False),
    ],
)
def test_bio_tags_are_recognised(names, expected):
    assert is_bio(names) == expected
    metric = default_metric(split_of("token", [1], [0]), names)
    assert metric == ("entity_f1" if expected else "accuracy")


def test_entity_f1_of_plain_labels_is_refused():
    with pytest.raises(UserError, match="the labels are NOUN, VERB"):
        scorer_of("entity_f1", split_of("token", [1], [0]), ["NOUN", "VERB"], "test")
