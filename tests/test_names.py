"""Names of what can be registered are compared nowhere but in the folder of its kind."""

import ast
from collections import Counter
from pathlib import Path

import pytest

import wvexp
from wvexp.arms import FOUR_NAMES, TREATMENTS
from wvexp.data.features import FEATURES
from wvexp.metrics import METRICS
from wvexp.models import MODELS
from wvexp.rules import RULES
from wvexp.tasks import TASKS
from wvexp.vectors.initial import STARTS
from wvexp.yardsticks import YARDSTICKS

ROOT = Path(wvexp.__file__).parents[1]
PLACES = ("wvexp", "scripts", "hydra_plugins")
PROGRAMS = sorted(path for place in PLACES for path in (ROOT / place).rglob("*.py"))
FOLDERS = {
    "models": MODELS,
    "metrics": METRICS,
    "rules": RULES,
    "tasks": TASKS,
    "vectors": STARTS,
    "arms": TREATMENTS,
    "data/features": FEATURES,
    "yardsticks": YARDSTICKS,
}
# Words that mean something else there: a statistic of the ledger, a gate's symbol, a way to pool,
# what is drawn, a column, an experiment; and how often.
OTHER_MEANINGS = {
    ("wvexp/analysis/movement.py", "mean"): 1,
    ("wvexp/training/tuning.py", "mean"): 1,
    ("wvexp/report/terminal.py", "mean"): 1,
    ("wvexp/results/stored_run.py", "mean"): 1,
    ("wvexp/report/tables.py", "mean"): 1,
    ("wvexp/backprop/gates.py", "mean"): 1,
    ("wvexp/backprop/mean_encoder.py", "mean"): 1,
    ("wvexp/backprop/over_time.py", "mean"): 1,
    ("wvexp/backprop/mean_encoder.py", "both"): 1,
    ("wvexp/models/keys.py", "both"): 1,
    ("wvexp/models/mean.py", "both"): 3,
    ("scripts/graph.py", "window"): 2,
    ("scripts/bench.py", "case"): 2,
    ("wvexp/data/reading/columns.py", "sentence"): 1,
    ("wvexp/data/reading/assumptions.py", "sentence"): 1,
    ("wvexp/commands/predict.py", "sentence"): 1,
    ("wvexp/commands/predict.py", "token"): 1,
    ("wvexp/config/decision_checks.py", "sentence"): 1,
}


def literals(text):
    """Every text in a program but for docstrings, with its line."""
    tree = ast.parse(text)
    said = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    return [
        (node.value, node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said
    ]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_name_stands_in_its_own_folder_alone(folder):
    names = set(FOLDERS[folder].names)
    found = [
        ((path.relative_to(ROOT).as_posix(), text), line)
        for path in PROGRAMS
        if not path.is_relative_to(ROOT / "wvexp" / folder)
        for text, line in literals(path.read_text(encoding="utf-8"))
        if text in names
    ]
    times = Counter(place for place, _ in found)
    assert [one for one in found if times[one[0]] != OTHER_MEANINGS.get(one[0])] == []


def test_no_text_but_a_docstring_names_an_arm():
    found = [
        f"{path.name}:{line}: {text!r}"
        for path in PROGRAMS
        for text, line in literals(path.read_text(encoding="utf-8"))
        if any(name in text for name in FOUR_NAMES)
    ]
    assert not found


def test_a_comparison_with_a_name_would_be_found():
    program = 'def f(task):\n    """token"""\n    return task == "token"\n'
    assert literals(program) == [("token", 3)]
