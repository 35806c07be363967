"""The benchmark command: where its figures go, and what it refuses."""

import importlib.util
import json
from pathlib import Path

import pytest

from wvexp.errors import UserError

SCRIPT = Path(__file__).parents[2] / "scripts" / "bench.py"
spec = importlib.util.spec_from_file_location("bench_script", SCRIPT)
bench = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bench)


@pytest.fixture(autouse=True)
def quick_case(monkeypatch):
    cases = {
        "quick": (lambda rounds: {"doubled": 2 * rounds}, 3),
        "other": (lambda rounds: {"tripled": 3 * rounds}, 1),
    }
    monkeypatch.setattr(bench, "CASES", cases)


def test_figures_are_printed_or_written(tmp_path, capsys):
    assert bench.main(["case=quick", "rounds=6"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == {"quick": {"rounds": 6, "doubled": 12}}
    path = tmp_path / "figures.json"
    assert bench.main(["case=quick", "rounds=6", f"json={path}"]) == 0
    assert json.loads(path.read_text()) == printed
    assert capsys.readouterr().out == ""


def test_without_a_case_all_are_measured_with_their_own_rounds(capsys):
    assert bench.main([]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == {"quick": {"rounds": 3, "doubled": 6}, "other": {"rounds": 1, "tripled": 3}}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["case=speed"], "case=speed is unknown; known are quick, other"),
        (["case=quick", "rounds=0"], "rounds=0 is too small; give 1 or more"),
    ],
)
def test_bad_input_is_one_clear_line(arguments, message):
    with pytest.raises(UserError, match=message):
        bench.main(arguments)
