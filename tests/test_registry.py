"""What a plug-in may not register: refused in one line that names its file, nothing added."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wvexp.config.compose import compose
from wvexp.config.plugins import load_plugins
from wvexp.data.reading.reader import READERS
from wvexp.errors import UserError
from wvexp.metrics import METRICS
from wvexp.models import MODELS
from wvexp.rules import RULES
from wvexp.tasks import TASKS
from wvexp.vectors.initial import STARTS

ROOT = Path(__file__).parents[1]
MODEL = """
from dataclasses import dataclass
from wvexp.config.key import key
from wvexp.models import MODELS, ModelSpec
from wvexp.rules import RULES, UpdateRule
from wvexp.tasks import SentenceTask

@dataclass(frozen=True)
class Keys:
    width: int = key(50, "units", minimum=1)

class Own(ModelSpec):
    name, tasks, keys = "own", (SentenceTask,), Keys

    def module(self, embedding, classes, keys):
        return None

MODELS.register(Own())
"""
RULE = """
from wvexp.models import MODELS
from wvexp.rules import RULES, UpdateRule

class Own(UpdateRule):
    name, first_rate = "own", 0.1

    def network(self, parameters, lr):
        return None

RULES.register(Own())
"""
TASK = """
from wvexp.tasks import TASKS, SentenceTask

class Own(SentenceTask):
    name, noun = "own", "text"

    def torch_loss(self, scores, labels):
        return scores.sum()

TASKS.register(Own())
"""
READER = """
from wvexp.data.reading.reader import READERS, TableReader

class Own(TableReader):
    name, suffixes = "own", (".own",)

    def table(self, path, limits):
        return None

READERS.register(Own())
"""
KEY = 'key(50, "units", minimum=1)'
TABLES = [MODELS, METRICS, RULES, TASKS, STARTS, READERS]


@pytest.mark.parametrize(
    ("written", "instead", "message"),
    [
        (MODEL, {"(ModelSpec)": ""}, "is no ModelSpec; subclass wvexp.models.spec.ModelSpec"),
        (MODEL, {"MODELS.register(Own())": "MODELS.register(Own)"}, "register Own()"),
        (MODEL, {"MODELS.register": "RULES.register"}, "Own is registered as one for optim="),
        (MODEL, {'"own"': '"auto"'}, "model=auto takes the usual model of the task"),
        (MODEL, {'"own"': '"my own"'}, "the name 'my own'; give it one of letters"),
        (MODEL, {'"own"': '"my,own"'}, "the name 'my,own'"),
        (MODEL, {'"own"': "7"}, "the name 7"),
        (MODEL, {'name, tasks, keys = "own", (': "tasks, keys = (", ",), K": ",), K"}, "no name"),
        (MODEL, {KEY: "50"}, "its key width has no meaning; write width: int = key(DEFAULT"),
        (MODEL, {"width": "name"}, "its key is called name"),
        (MODEL, {"@dataclass(frozen=True)": ""}, "its keys are no dataclass"),
        (RULE, {"name, first_rate = ": "name, rate = "}, "Own has no first_rate"),
        (RULE, {"RULES.register": "MODELS.register"}, "is no ModelSpec"),
        (RULE, {"0.1": "0.1\n    kernel = 7"}, "kernel=7, which the compiled engine has not"),
        (TASK, {}, "takes losses of TaskKind and torch_loss of Own; define both"),
        (READER, {'".own"': '".csv"'}, "the suffix .csv of format=csv"),
        (READER, {'".own"': '"own"'}, "the suffix 'own'; give one such as .own"),
        (READER, {'".own"': '".Own"'}, "the suffix '.Own'"),
        (READER, {'".own"': '".gz"'}, "the suffix '.gz'"),
        (READER, {"READERS.register": "raise SystemExit(0)\n"}, "fails: SystemExit: 0"),
    ],
)
def test_what_is_wrong_is_refused_with_the_file(tmp_path, written, instead, message):
    for before, after in instead.items():
        assert before in written
        written = written.replace(before, after)
    path = tmp_path / "wrong.py"
    path.write_text(written)
    known = [table.names for table in TABLES]
    with pytest.raises(UserError) as refused:
        load_plugins([str(path)])
    assert str(refused.value).startswith(f"plugins=[{path}]")
    assert message in str(refused.value)
    assert [table.names for table in TABLES] == known
    assert "wvexp_plugin_wrong" not in sys.modules


def test_one_file_under_two_names_is_named_once(tmp_path, monkeypatch):
    path = tmp_path / "twofold.py"
    path.write_text(RULE.replace('"own"', '"twofold"'))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(RULES, "_things", dict(RULES._things))
    with pytest.raises(UserError, match="under two names; name the plug-in once"):
        load_plugins(["twofold.py", "twofold"])


@pytest.mark.parametrize("name", ["we[ird].py", "a=b.py", "é.py", "two words.py", "it's.py"])
def test_any_name_of_a_file_is_taken(tmp_path, name):
    path = tmp_path / name
    path.write_text("taken = True\n")
    for given in (f"plugins=[{path}]", f"plugins={path}"):
        assert compose([given]).plugins == [str(path)]


def test_vectors_that_need_a_plug_in_take_it(tmp_path):
    for words in (["export", "model", "out.bin"], ["coverage", "vectors.txt", "data=files"]):
        done = subprocess.run(
            [sys.executable, str(ROOT / "scripts" / "vectors.py"), *words, "plugins=[gone.py]"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        assert done.stderr == "error: plugins=[gone.py]: no such file; check the path\n"


def test_all_that_the_package_brings_would_be_taken():
    for table in TABLES:
        for thing in table:
            assert table.register(thing) is thing
