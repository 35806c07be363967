"""docs/backprop*.md keep their promises: steps name tests that exist, figures are drawn now."""

import ast
import re
from pathlib import Path

import pytest

from wvexp.backprop.show import show_expression, show_window

ROOT = Path(__file__).parents[2]
PAGES = {
    page.stem: page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("backprop*.md")
}
STEPS = {
    name: re.split(r"^\*\*Step (\d+)\. ", page, flags=re.MULTILINE)[1:]
    for name, page in sorted(PAGES.items())
}
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


@pytest.mark.parametrize("page", STEPS)
def test_steps_are_numbered_without_a_gap(page):
    numbers = [int(number) for number in STEPS[page][::2]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers


def test_the_first_page_leads_to_each_of_the_others_and_each_back():
    links = {name: set(re.findall(r"\]\((backprop[\w-]*)\.md\)", PAGES[name])) for name in PAGES}
    assert links.pop("backprop") == links.keys()
    assert links
    for name, targets in links.items():
        assert "backprop" in targets, f"{name} does not link to the first page"
        assert targets <= PAGES.keys()


@pytest.mark.parametrize(
    ("page", "number", "text"),
    [
        (page, *step)
        for page, steps in STEPS.items()
        for step in zip(steps[::2], steps[1::2], strict=True)
    ],
)
def test_every_step_names_tests_that_exist(page, number, text):
    named = NAMED.findall(text)
    assert named, f"{page}: step {number} names no test"
    for path, function in named:
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert function in defined, f"{page}: step {number}: {path} has no {function}"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("example", lambda: show_expression("(x+y)*max(y,z)", {"x": 1.0, "y": 2.0, "z": 0.0})),
        ("reuse", lambda: show_expression("x*x+x", {"x": 3.0})),
        ("window", show_window),
    ],
)
def test_figures_are_what_is_drawn_now(name, shown):
    assert f"figures/{name}.svg" in PAGES["backprop"]
    committed = (ROOT / "docs" / "figures" / f"{name}.svg").read_text(encoding="utf-8")
    assert committed == shown().svg()
