"""Every `python scripts/...` line of the README works, on files of the names that it uses."""

import importlib.util
import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest

from wvexp.seeds import stream
from wvexp.vectors.writing import save_vectors

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^(?:\$ )?python scripts/(\w+)\.py(.*)$", README, re.MULTILINE)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with the files that the README's commands name."""
    rng = stream(0, "readme")
    words = ["good", "bad", "film", "plot", "dull", "a", "the", "gripping"]
    lines = [" ".join(rng.choice(words, 6)) for _ in range(300)]
    labels = ["yes" if "good" in line else "no" for line in lines]
    rows = [f"{line},{label}" for line, label in zip(lines, labels, strict=True)]
    for name, part in {
        "reviews": rows,
        "train": rows[:200],
        "validation": rows[200:250],
        "test": rows[250:],
    }.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(["text,label", *part]) + "\n")
    (tmp_path / "new.csv").write_text("\n".join(["text", *lines[:5]]) + "\n")
    vectors = rng.normal(0, 0.4, (8, 100)).astype(np.float32)
    save_vectors(tmp_path / "vectors.bin", words, vectors)
    save_vectors(tmp_path / "v.txt", words, vectors)
    body = (tmp_path / "v.txt").read_text().splitlines()[1:]  # GloVe has no header
    (tmp_path / "glove.6B.100d.txt").write_text("\n".join(body) + "\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WVEXP_CACHE", str(tmp_path / "cache"))
    return tmp_path


def run(name, arguments, monkeypatch):
    path = ROOT / "scripts" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"readme_{name}", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    monkeypatch.setattr(sys, "argv", [str(path)])
    return script.main(arguments)


def test_the_commands_of_the_readme(place, monkeypatch, capsys):
    assert {name for name, _ in COMMANDS} >= {"train", "predict", "vectors", "gradcheck", "graph"}
    for name, words in COMMANDS:
        arguments = shlex.split(words.split("  #")[0])
        if name == "train":
            # One model for the commands that use one; the built-in world made small.
            world = [] if "data=files" in arguments else ["data.world_vocabulary=2000"]
            arguments += ["out=runs/readme", "optim.epochs=1", "train_size=200", *world]
            model = place / "runs" / "readme" / "model"
        arguments = [word.replace("runs/…/model", str(model)) for word in arguments]
        assert run(name, arguments, monkeypatch) == 0, (name, words)
        assert capsys.readouterr().out.strip(), (name, words)
    assert (place / "labels.csv").read_text().count("\n") == 6
    assert (place / "graph.svg").exists()
    assert (place / "tuned.bin").exists()
