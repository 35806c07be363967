"""Every figure is in a table, and a terminal of 80 columns can hold it."""

import importlib.util
import io

import pytest
from rich.console import Console

from wvexp.benchmarks.fasttext import against_fasttext
from wvexp.benchmarks.tables import tables
from wvexp.benchmarks.world import world_speed

FIGURES = {
    "rounds": 3,
    "training": [
        {"way": "dense", "microseconds": {"minimum": 1.25, "median": 1234.5}, "loss": None},
        {"way": "by hand", "microseconds": {"minimum": 0.5, "median": 2.0}, "no_ratio": "why"},
    ],
    "coverage": {"5": {"difference": 0.954, "a": 1, "b": 2}, "10": {"difference": 0.95}},
    "power": {"rows": [{"units": 150, "holm": 0.5}], "planned": 0.93},
}


def printed(figures):
    console = Console(file=io.StringIO(), width=80)
    for table in tables("case", figures):
        console.print(table)
    return console.file.getvalue().splitlines()


def test_every_figure_has_its_place():
    lines = printed(FIGURES)
    words = [line.split() for line in lines]
    assert ["rounds", "3"] in words
    assert ["way", "minimum", "median", "loss", "no", "ratio"] in words
    assert ["dense", "1.25", "1,234"] in words or ["dense", "1.25", "1,235"] in words
    assert ["by", "hand", "0.5", "2", "why"] in words
    assert ["difference", "0.954", "0.95"] in words  # turned: few columns, many lines
    assert ["a", "1"] in words
    assert ["150", "0.5"] in words
    assert ["planned", "0.93"] in words
    assert max(map(len, lines)) <= 80


def test_a_way_without_its_library_is_left_out_aloud(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert against_fasttext(1) == {"left_out": "fastText is not installed"}


def test_the_world_is_measured_by_what_it_wrote():
    [row] = world_speed(1, (3_000,))["world"]
    assert row["tokens"] == pytest.approx(3_000, abs=100)
    assert row["tokens_a_cpu_second"] > 0
