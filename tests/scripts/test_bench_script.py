"""The benchmark command: where its figures go, and what it refuses."""

import importlib.util
import json
from dataclasses import dataclass
from importlib import import_module
from inspect import signature
from pathlib import Path

import pytest

from wvexp.benchmarks import cases
from wvexp.errors import UserError

SCRIPT = Path(__file__).parents[2] / "scripts" / "bench.py"
spec = importlib.util.spec_from_file_location("bench_script", SCRIPT)
bench = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bench)


@dataclass
class Quick:
    factor: int
    rounds: int

    def measure(self, rounds):
        return {"product": self.factor * rounds, "rows": [{"way": "dense", "seconds": rounds}]}


@pytest.fixture(autouse=True)
def quick_case(monkeypatch):
    monkeypatch.setattr(bench, "CASES", {"quick": Quick(2, 3), "other": Quick(3, 1)})


def test_figures_are_printed_as_tables_and_written(tmp_path, capsys):
    path = tmp_path / "figures.json"
    assert bench.main(["case=quick", "rounds=6", f"json={path}"]) == 0
    rows = [{"way": "dense", "seconds": 6}]
    assert json.loads(path.read_text()) == {"quick": {"rounds": 6, "product": 12, "rows": rows}}
    printed = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["product", "12"] in printed
    assert ["way", "seconds"] in printed
    assert ["dense", "6"] in printed


def test_without_a_case_all_are_measured_with_their_own_rounds(tmp_path):
    path = tmp_path / "figures.json"
    assert bench.main([f"json={path}"]) == 0
    written = json.loads(path.read_text())
    assert {name: (f["rounds"], f["product"]) for name, f in written.items()} == {
        "quick": (3, 6),
        "other": (1, 3),
    }


@pytest.mark.parametrize("case", cases.CASES.values(), ids=cases.CASES)
def test_every_case_names_a_function_of_the_rounds(case):
    function = getattr(import_module(f"wvexp.benchmarks.{case.module}"), case.function)
    first, *others = signature(function).parameters.values()
    assert first.annotation is int
    assert all(other.default is not other.empty for other in others)


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
