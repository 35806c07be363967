"""The drawing command as a program."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "graph.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True)


def test_worked_example_is_drawn_and_printed(tmp_path):
    out = tmp_path / "graph.svg"
    done = run("expr=(x+y)*max(y,z)", "x=1", "y=2", "z=0", f"out={out}")
    assert (done.returncode, done.stderr) == (0, "")
    assert "x: +0.1 → f +0.2   really +0.2" in done.stdout
    assert ET.parse(out).getroot().tag.endswith("svg")


def test_window_is_drawn_and_printed(tmp_path):
    out = tmp_path / "window.svg"
    done = run("expr=window", f"out={out}")
    assert (done.returncode, done.stderr) == (0, "")
    assert "[8, 20]" in done.stdout
    assert "[8, 20]" in out.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expr= is missing"),
        (["expr=x+y", "x=1"], "no value for y; add y=NUMBER"),
        (["expr=x/y", "x=1", "y=0"], "division by zero"),
        (["expr=gelu(x)", "x=1"], "unknown function 'gelu'"),
        (["expr=x+y", "x=1", "y=two"], "y=two is not a number"),
        (["expr=x+y", "x=1", "y=nan"], "y=nan is not finite"),
        (["expr=x+y", "x=1", "y=1", "z=1"], "z does not occur in x+y"),
        (["expr=window", "x=1"], "expr=window takes no x"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(tmp_path, arguments, message):
    out = tmp_path / "graph.svg"
    done = run(*arguments, f"out={out}")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not out.exists()
