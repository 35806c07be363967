"""Colours, dashes and dots are an arm's own, by what its vectors know."""

import pytest

from wvexp.arms import FOUR_NAMES
from wvexp.report.style import COLOURS, colours, dashes, shapes
from wvexp.vectors.initial import STARTS, Initialisation


class Own(Initialisation):
    name, looks_up = "own", True

    def start(self, reference, seed):
        raise NotImplementedError


ARMS = ("random-frozen", "pretrained-tuned", "own-tuned", "shuffled-tuned")


@pytest.fixture(autouse=True)
def own(monkeypatch):
    monkeypatch.setitem(STARTS._things, "own", Own())


def test_the_four_keep_their_colours_and_others_have_their_own():
    assert colours(FOUR_NAMES) == list(COLOURS[:4])
    assert colours(ARMS) == [COLOURS[2], COLOURS[1], COLOURS[4], COLOURS[5]]
    many = [f"own-tuned(anchor={i}.5)" for i in range(5)]
    assert colours(many) == [*COLOURS[4:], COLOURS[4]]


def test_arms_that_know_the_words_of_training_alone_are_dashed_and_have_diamonds():
    whole, dashed = [1, 0], [6, 3]
    assert dashes(ARMS).to_dict()["scale"]["range"] == [dashed, whole, whole, dashed]
    dots = ["diamond", "circle", "circle", "diamond"]
    assert shapes(ARMS).to_dict()["scale"]["range"] == dots
