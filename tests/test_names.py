"""Names of what can be registered are compared nowhere but in the folder of its kind."""

import ast
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

ROOT = Path(wvexp.__file__).parents[1]
FOLDERS = {
    "models": MODELS,
    "metrics": METRICS,
    "rules": RULES,
    "tasks": TASKS,
    "vectors": STARTS,
    "arms": TREATMENTS,
    "data/features": FEATURES,
}
# Words that mean something else there: a statistic of the ledger, a gate's symbol, a way to pool,
# what is drawn.
OTHER_MEANINGS = {
    ("wvexp/analysis/movement.py", "mean"),
    ("wvexp/training/tuning.py", "mean"),
    ("wvexp/report/terminal.py", "mean"),
    ("wvexp/results/stored_run.py", "mean"),
    ("wvexp/report/tables.py", "mean"),
    ("wvexp/backprop/gates.py", "mean"),
    ("wvexp/backprop/mean_encoder.py", "mean"),
    ("wvexp/backprop/over_time.py", "mean"),
    ("scripts/graph.py", "window"),
    ("scripts/bench.py", "case"),
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
        f"{place}:{line}: {text!r}"
        for path in sorted([*(ROOT / "wvexp").rglob("*.py"), *(ROOT / "scripts").glob("*.py")])
        if not path.is_relative_to(ROOT / "wvexp" / folder)
        for place in [path.relative_to(ROOT).as_posix()]
        for text, line in literals(path.read_text(encoding="utf-8"))
        if text in names and (place, text) not in OTHER_MEANINGS
    ]
    assert not found


def test_no_text_but_a_docstring_names_an_arm():
    found = [
        f"{path.name}:{line}: {text!r}"
        for path in sorted([*(ROOT / "wvexp").rglob("*.py"), *(ROOT / "scripts").glob("*.py")])
        for text, line in literals(path.read_text(encoding="utf-8"))
        if any(name in text for name in FOUR_NAMES)
    ]
    assert not found


def test_a_comparison_with_a_name_would_be_found():
    program = 'def f(task):\n    """token"""\n    return task == "token"\n'
    assert literals(program) == [("token", 3)]
