"""The most frequent tag of a form, and of the ending of one that training lacks, by hand."""

import numpy as np
import pytest
from texts import corpus_of
from yardstick_problems import problem_of

from wvexp.yardsticks import FORMS
from wvexp.yardsticks.forms import by_ending, most_frequent

N, V, A = 0, 1, 2


def test_the_most_frequent_label_by_hand():
    things = np.array([7, 7, 7, 3, 3, 9])
    labels = np.array([V, A, V, A, N, N])
    distinct, best = most_frequent(things, labels)
    assert distinct.tolist() == [3, 7, 9]
    assert best.tolist() == [N, V, N]  # of two equally frequent, the first


FORMS_SEEN = ["walking", "talking", "king", "London", "Paris", "USA", "red"]
TAGS = np.array([V, V, N, N, N, N, A])


@pytest.mark.parametrize(
    ("unknown", "longest", "cased", "tag"),
    [
        ("running", 3, False, V),  # -ing: two verbs, a noun
        ("viking", 4, False, V),  # -king: walking, talking and king
        ("ing", 5, False, V),
        ("bored", 3, False, A),  # -red
        ("bored", 0, False, N),  # all forms: four nouns
        ("Berlin", 5, False, N),  # no ending known but the empty one
        ("Fred", 3, False, A),
        ("Fred", 3, True, N),  # capitalised forms alone: none in -red, so all of them
        ("1999", 3, True, N),  # no number seen: all forms
    ],
)
def test_the_tag_of_an_ending_by_hand(unknown, longest, cased, tag):
    assert by_ending(FORMS_SEEN, TAGS, [unknown], longest, cased).tolist() == [tag]


def test_an_ending_of_nothing_unknown_is_nothing():
    assert by_ending(FORMS_SEEN, TAGS, [], 3, True).tolist() == []


def test_the_tagger_by_hand():
    """Validation has -s words of one kind and capitals of another: both are to be told."""
    train = [
        (["the", "cats", "sleep"], ["D", "N", "V"]),
        (["dogs", "run", "Rome"], ["N", "V", "P"]),
        (["run", "the", "Oslo"], ["N", "D", "P"]),
        (["run", "sit"], ["V", "V"]),
    ]
    validation = [(["birds", "Bonn", "run"], ["N", "P", "V"])]
    test = [(["cats", "Kiel", "trees", "the"], ["N", "P", "N", "D"])]
    corpus = corpus_of([train, validation, test], "token")
    found = FORMS.fit(problem_of(corpus))
    names = corpus.label_names
    assert [names[i] for i in found.labels] == ["N", "P", "N", "D"]
    assert found.validation == 1.0
    assert found.settings == {"ending": 1, "capitalisation": True}
