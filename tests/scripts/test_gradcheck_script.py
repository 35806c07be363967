"""The checker as a command: it passes, and it names every fault that is planted."""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import pytest

from wvexp.backprop import gates
from wvexp.backprop.rows import RowGradient
from wvexp.errors import RunError, UserError
from wvexp.parity.gradient_cases import model_cases
from wvexp.parity.gradient_table import check_gate, check_model, gate_cases, kind_of
from wvexp.parity.layered_cases import layered_cases
from wvexp.seeds import stream

SCRIPT = Path(__file__).parents[2] / "scripts" / "gradcheck.py"
spec = importlib.util.spec_from_file_location("gradcheck_script", SCRIPT)
gradcheck = importlib.util.module_from_spec(spec)
spec.loader.exec_module(gradcheck)

GATES = {case.name: case for case in gate_cases(stream(0, "names"))}
GATE_GRADIENTS = [(name, k) for name, case in GATES.items() for k in range(len(case.inputs))]
MODELS = {case.model: case for case in model_cases(stream(0, "names")) if "b" in case.parameters}
MODEL_GRADIENTS = [(model, name) for model, case in MODELS.items() for name in case.trained()]
LAYERED = [
    (case.name, name) for case in layered_cases(stream(0, "names")) for name in case.trained()
]
FAULTS = {"sign": -1.0, "0.05 %": 1.0005}


def plant_in_gate(monkeypatch, name, k, fault):
    kind = getattr(gates, name)
    right = kind.backward

    def wrong(self, upstream):
        gradients = right(self, upstream)
        gradients[k] = fault * gradients[k]
        return gradients

    monkeypatch.setattr(kind, "backward", wrong)


def plant_in_model(monkeypatch, model, name, fault):
    right = model.backward

    def wrong(self):
        gradients = right(self)
        if name in gradients:
            gradient = gradients[name]
            if isinstance(gradient, RowGradient):
                gradients[name] = replace(gradient, values=fault * gradient.values)
            else:
                gradients[name] = fault * gradient
        return gradients

    monkeypatch.setattr(model, "backward", wrong)


def test_all_gradients_agree_and_the_table_is_written(tmp_path, capsys):
    path = tmp_path / "table.json"
    assert gradcheck.main(["trials=1", "seed=3", f"json={path}"]) == 0
    shown = capsys.readouterr().out
    table = json.loads(path.read_text())
    assert table["broken"] == []
    rows = [(row["gate"], row["gradient"]) for row in table["rows"]]
    layered = [row for row in rows if row[0] not in GATES.keys() | {m.__name__ for m in MODELS}]
    assert len(rows) - len(layered) == len(GATE_GRADIENTS) + len(MODEL_GRADIENTS)
    # Whether there is a hidden layer is drawn.
    assert {row for row in LAYERED if ".hidden." not in row[1]} <= set(layered)
    for gate, gradient in rows:
        assert f" {kind_of(gate)} {gradient.removeprefix('encoder.')} " in shown


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize(("name", "k"), GATE_GRADIENTS)
def test_a_fault_in_one_gate_is_named(monkeypatch, name, k, fault):
    plant_in_gate(monkeypatch, name, k, fault)
    with pytest.raises(RunError, match=f"1 of .* gradients are wrong: {name} "):
        gradcheck.main([f"only={name}", "trials=3"])


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize(("model", "name"), MODEL_GRADIENTS)
def test_a_fault_in_one_parameter_is_named(monkeypatch, model, name, fault):
    plant_in_model(monkeypatch, model, name, fault)
    with pytest.raises(
        RunError, match=rf"[1-3] of \d+ gradients are wrong: {model.__name__} {name} "
    ):
        gradcheck.main([f"only={model.__name__}", "trials=1"])


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_the_fault_is_named_among_all_and_the_table_still_written(
    monkeypatch, tmp_path, capsys, fault
):
    plant_in_gate(monkeypatch, "TanhGate", 0, fault)
    path = tmp_path / "table.json"
    with pytest.raises(RunError, match=r"1 of \d+ gradients are wrong: TanhGate z \(auto"):
        gradcheck.main(["trials=1", f"json={path}"])
    assert [row.split()[0] for row in json.loads(path.read_text())["broken"]] == ["TanhGate"]
    assert "!" in capsys.readouterr().out


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_each_comparison_catches_a_fault_without_the_others(monkeypatch, fault):
    plant_in_gate(monkeypatch, "MatVecGate", 0, fault)
    plant_in_model(monkeypatch, *MODEL_GRADIENTS[0], fault)
    rng = stream(0, "each")
    of_gate = check_gate(GATES["MatVecGate"], rng)["W"]
    model, name = MODEL_GRADIENTS[0]
    of_model = check_model(MODELS[model], rng)[name]
    for errors in (of_gate, of_model):
        assert [phrase.split()[0] for phrase in errors.broken()] == [
            "autograd64",
            "differences",
            "autograd32",
        ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["only=SoftmaxGate"], "unknown gate SoftmaxGate; known are AddGate"),
        (["trials=0"], "trials=0 is too small"),
        (["seeds=1"], "unknown key 'seeds'; did you mean seed="),
    ],
)
def test_bad_input_is_one_clear_line(arguments, message):
    with pytest.raises(UserError, match=message):
        gradcheck.main(arguments)
