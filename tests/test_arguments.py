"""The functions of the package say what they take, for whatever they get."""

from pathlib import Path

import pandas
import pytest

import wvexp
from wvexp.errors import UserError
from wvexp.vectors.pretrained import load_vectors


class DataFrame:
    """Stands for polars, which is no dependency."""

    __module__ = "polars.dataframe.frame"


FRAME = pandas.DataFrame({"text": ["a"], "label": ["b"]})
VALUES = [
    (FRAME, "a pandas DataFrame"),
    (DataFrame(), "a polars DataFrame"),
    ({"text": ["a"]}, "a dict"),
    ([("a", "b")], "a list"),
    (None, "None"),
    (3, "an int"),
]


@pytest.mark.parametrize(("value", "kind"), VALUES)
def test_decide_names_what_it_got_and_what_it_takes(value, kind):
    with pytest.raises(UserError) as refused:
        wvexp.decide(value)
    said = str(refused.value)
    assert said.startswith('wvexp.decide takes words such as "data.train=reviews.csv", not ')
    assert kind in said
    assert "write the data to a file" in said
    assert len(said) < 250


def test_decide_takes_words_one_by_one():
    with pytest.raises(UserError, match=r"not a list; give them one by one: wvexp\.decide\(\*"):
        wvexp.decide(["data=world", "budget=10s"])


@pytest.mark.parametrize("words", [(), ("budget=10s",), ("embed.path=vectors.txt",)])
def test_decide_without_data_says_so_and_decides_nothing(words):
    with pytest.raises(UserError, match='has not been told its data; give "data=files"'):
        wvexp.decide(*words)


@pytest.mark.parametrize(("value", "kind"), VALUES)
def test_load_vectors_names_what_it_got(value, kind):
    with pytest.raises(UserError, match=f"takes the path of a file, not {kind}; give the path"):
        load_vectors(value)


def test_load_vectors_takes_text_and_paths(tmp_path):
    for path in (str(tmp_path / "none.txt"), Path(tmp_path, "none.txt")):
        with pytest.raises(UserError, match="No such file"):
            load_vectors(path)
