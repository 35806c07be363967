"""The words of a world: each category's list, its loans, and the law of their frequencies."""

import numpy as np
import pytest

from wvexp.data.world.grammar import build_grammar
from wvexp.data.world.lexicon import CATEGORIES, build_lexicon, zipf


@pytest.fixture(scope="module")
def lexicon():
    return build_lexicon(0, 20_000, build_grammar().fixed)


def test_a_category_lists_each_word_once(lexicon):
    for category in CATEGORIES:
        assert len(set(category.facts)) == len(category.facts), category.name
        members = lexicon.members[category.name]
        assert len(np.unique(members)) == len(members), category.name


def test_every_word_has_a_category_or_is_fixed(lexicon):
    members = np.concatenate(list(lexicon.members.values()))
    fixed = len(build_grammar().fixed)
    assert set(range(fixed, 20_000)) <= set(members.tolist())


@pytest.mark.parametrize("category", [c for c in CATEGORIES if c.borrows], ids=lambda c: c.name)
def test_loans_take_their_share_of_the_slots(lexicon, category):
    members = lexicon.members[category.name]
    names = {lexicon.forms[i] for i in members}
    lent = np.concatenate([lexicon.invented[name] for name in category.borrows])
    assert set(category.facts) <= names
    share = zipf(len(members), 0.7)[np.isin(members, lent)].sum()
    assert 0.3 * category.borrowed < share < 2 * category.borrowed


def test_invented_words_have_their_ending(lexicon):
    for category in CATEGORIES:
        for i in lexicon.invented[category.name]:
            assert lexicon.forms[i].endswith(category.ending)


def test_zipf_is_a_distribution_that_falls_by_the_law():
    probability = zipf(1000, 1.0)
    assert probability.sum() == pytest.approx(1)
    # p(rank) proportional to 1 / (rank + 2.7)
    assert probability[0] / probability[99] == pytest.approx(102.7 / 3.7)
