"""docs/backprop.md keeps its promises: steps name tests that exist, figures are those drawn now."""

import ast
import re
from pathlib import Path

import pytest

from wvexp.backprop.show import show_expression, show_window

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "backprop.md").read_text(encoding="utf-8")
STEPS = re.split(r"^\*\*Step (\d+)\. ", PAGE, flags=re.MULTILINE)[1:]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_steps_are_numbered_without_a_gap():
    numbers = [int(number) for number in STEPS[::2]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 10


@pytest.mark.parametrize(("number", "text"), list(zip(STEPS[::2], STEPS[1::2], strict=True)))
def test_every_step_names_tests_that_exist(number, text):
    named = NAMED.findall(text)
    assert named, f"step {number} names no test"
    for path, function in named:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert function in defined, f"step {number}: {path} has no {function}"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("example", lambda: show_expression("(x+y)*max(y,z)", {"x": 1.0, "y": 2.0, "z": 0.0})),
        ("reuse", lambda: show_expression("x*x+x", {"x": 3.0})),
        ("window", show_window),
    ],
)
def test_figures_are_what_is_drawn_now(name, shown):
    assert f"figures/{name}.svg" in PAGE
    committed = (ROOT / "docs" / "figures" / f"{name}.svg").read_text(encoding="utf-8")
    assert committed == shown().svg()
