"""Which features are read by default: those of written words, where the vectors hide capitals."""

import logging

import numpy as np
import pytest

from wvexp.config.compose import compose
from wvexp.experiment.describe import describe_run
from wvexp.experiment.inputs import prepare

BOTH = ["case", "affix"]
LOWER = ["data.lowercase=true"]


@pytest.fixture
def given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tags = [f"{'Ann' if i % 3 else 'bob'} B-E\nsees O\ndog{i} O\n" for i in range(60)]
    (tmp_path / "cased.conll").write_text("\n".join(tags))
    (tmp_path / "lower.conll").write_text("\n".join(tags).lower().replace(" b-e", " B-E"))
    rows = [f"{'Good' if i % 2 else 'Bad'} film {i},{i % 2}" for i in range(60)]
    (tmp_path / "texts.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    words = ["ann", "bob", "sees", "film", "good", "bad", *(f"dog{i}" for i in range(60))]
    drawn = np.random.default_rng(0).normal(size=(len(words), 3))
    lines = [f"{w} " + " ".join(f"{x:.4f}" for x in v) for w, v in zip(words, drawn, strict=True)]
    (tmp_path / "lower.txt").write_text("\n".join(lines))


def resolved(name, *keys):
    config = compose(["data=files", f"data.train={name}", *keys])
    inputs = prepare(config)
    return describe_run(config, inputs, sweeping=True), inputs


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize("model", ["auto", "window", "bilstm"])
def test_capitals_that_the_vectors_hide_are_read_as_features(model, caplog):
    keys = ["embed.path=lower.txt", f"model={model}"]
    run, inputs = resolved("cased.conll", *keys)
    assert run.model.features == BOTH
    assert run.data == inputs.corpus.typed_fingerprint != inputs.corpus.fingerprint
    notes = [r.getMessage() for r in caplog.records if "model.features=[]" in r.getMessage()]
    assert len(notes) == 1
    assert notes[0] in inputs.reading.notes
    named, _ = resolved("cased.conll", *keys, "model.features=[case,affix]")
    assert named.key == run.key
    caplog.clear()
    without, inputs = resolved("cased.conll", *keys, "model.features=[]")
    assert without.model.features == []
    assert without.data == inputs.corpus.fingerprint
    assert "model.features" not in caplog.text
    assert "features" not in without.describe()["model"]


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("cased.conll", ["embed=random"]),  # nothing is lower-cased
        ("cased.conll", ["embed.path=lower.txt", "data.lowercase=false"]),
        ("lower.conll", ["embed=random", *LOWER]),  # nothing to lose
        ("texts.csv", ["embed=random", *LOWER]),
        ("texts.csv", ["embed=random", "model=bilstm", *LOWER]),
    ],
)
def test_nothing_is_read_where_no_capital_is_lost(name, keys, caplog):
    caplog.set_level(logging.INFO)
    run, _ = resolved(name, *keys)
    assert run.model.features == []
    assert "model.features" not in caplog.text


@pytest.mark.usefixtures("given")
def test_capitals_of_the_test_text_alone_teach_nothing():
    with open("test.conll", "w") as file:
        file.write("ANN B-E\nSees O\n\nBob B-E\nsees O\n")
    run, inputs = resolved("lower.conll", "embed=random", *LOWER, "data.test=test.conll")
    assert inputs.corpus.typed is not None
    assert run.model.features == []


def test_the_stream_of_the_built_in_world_takes_none_said_or_not():
    keys = ["experiment=large", "large.tokens=[1000]"]
    assert compose([*keys, "model.features=[]"]).model.features == []
    assert compose(keys).model.features is None
