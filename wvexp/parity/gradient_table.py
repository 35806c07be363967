"""Hand-written gradients beside autograd's and beside central differences, in one table.

Every gate and every model of `wvexp.backprop` is run on random shapes. The torch side of gates and
classifiers is written in the plainest way there is: it is the oracle. That of models made of layers
is their module in training.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from wvexp.backprop import gates
from wvexp.backprop.activations import Array
from wvexp.backprop.gates import Gate
from wvexp.backprop.gradcheck import (
    directional_error,
    gradient_error,
    numeric_gradient,
    relative_error,
)
from wvexp.errors import UserError
from wvexp.parity.gradient_cases import ModelCase, model_cases
from wvexp.parity.layered_cases import LayeredCase, layered_cases
from wvexp.seeds import stream

# Against differences, parameters with more entries than this are checked along directions.
LARGE = 40
# All inputs here are of size 1; a gradient smaller than this is one whose terms cancel.
FLOOR = 1e-2


@dataclass(frozen=True)
class Errors:
    """Relative errors of one gradient (`wvexp.backprop.gradcheck.relative_error`).

    autograd64, autograd32 against autograd in that precision; differences in float64. `kinks`
    counts entries that sit on a kink, where differences bound the gradient but do not give it.
    """

    autograd64: float = 0.0
    differences: float = 0.0
    autograd32: float = 0.0
    kinks: int = 0

    def worst(self, other: "Errors") -> "Errors":
        """The larger of each, NaN if either is; kinks add up."""
        return Errors(
            float(np.maximum(self.autograd64, other.autograd64)),
            float(np.maximum(self.differences, other.differences)),
            float(np.maximum(self.autograd32, other.autograd32)),
            self.kinks + other.kinks,
        )

    def broken(self) -> list[str]:
        """The comparisons that exceed their tolerance (or are no number)."""
        return [
            f"{against} {getattr(self, against):.1e} > {tolerance:.0e}"
            for against, tolerance in TOLERANCES.items()
            if not getattr(self, against) <= tolerance
        ]


TOLERANCES = {"autograd64": 1e-10, "differences": 1e-6, "autograd32": 1e-4}
# (gate or model, input or parameter) -> errors; a model made of layers with the keys behind it
Table = dict[tuple[str, str], Errors]


def gradient_table(seed: int, trials: int, only: Sequence[str] = ()) -> Table:
    """The worst errors over `trials` random shapes of each gate and model.

    `only` names the gates and models wanted, by class or, if made of layers, as `model` names
    them; all when empty.

    Raises
    ------
    UserError
        A name in `only` that is no gate or model.
    """
    table: Table = {}
    known: dict[str, None] = {}
    for trial in range(trials):
        cases: list[GateCase | ModelCase | LayeredCase] = [
            *gate_cases(stream(seed, "gate cases", trial)),
            *model_cases(stream(seed, "model cases", trial)),
            *layered_cases(stream(seed, "layered cases", trial)),
        ]
        for number, case in enumerate(cases):
            kind = kind_of(case.name)
            known[kind] = None
            if only and kind not in only:
                continue
            # Its own stream: a gate is checked on the same numbers with and without `only`.
            rng = stream(seed, "checks", trial, number)
            check = check_gate(case, rng) if isinstance(case, GateCase) else check_model(case, rng)
            for gradient, errors in check.items():
                key = (case.name, gradient)
                table[key] = table.get(key, Errors()).worst(errors)
    if unknown := [name for name in only if name not in known]:
        raise UserError(f"unknown gate {', '.join(unknown)}", f"known are {', '.join(known)}")
    return table


def kind_of(owner: str) -> str:
    """The gate or model that an owner of gradients is, without its keys."""
    return owner.partition(" ")[0]


# ---- gates ----


@dataclass(frozen=True)
class GateCase:
    """A gate, inputs for it, and the same operation in torch."""

    make: Callable[[], Gate]
    inputs: list[Array]
    in_torch: Callable[..., torch.Tensor]

    @property
    def name(self) -> str:
        return type(self.make()).__name__


def gate_cases(rng: np.random.Generator) -> Iterator[GateCase]:
    """Every gate once, with random shapes and values."""
    m, n, p = (int(size) for size in rng.integers(1, 6, size=3))
    label, rows = int(rng.integers(n)), rng.integers(m, size=n)

    def real(*shape: int) -> Array:
        return rng.normal(size=shape)

    def grid(*shape: int) -> Array:  # exact multiples of 1/4, so kinks and ties are met exactly
        return rng.integers(-8, 9, size=shape) / 4

    def away_from_zero(*shape: int) -> Array:
        return rng.choice([-1, 1], size=shape) * rng.uniform(0.5, 2, size=shape)

    relu = torch.nn.functional.relu
    yield GateCase(gates.AddGate, [real(m, n), real(m, n)], torch.add)
    yield GateCase(gates.SubtractGate, [real(n), real(n)], torch.sub)
    yield GateCase(gates.NegateGate, [real(n)], torch.neg)
    yield GateCase(gates.MultiplyGate, [real(m, n), real(m, n)], torch.mul)
    yield GateCase(gates.DivideGate, [real(n), away_from_zero(n)], torch.div)
    yield GateCase(gates.MaxGate, [grid(m, n), grid(m, n)], torch.maximum)
    yield GateCase(lambda: gates.PowerGate(3), [real(n)], lambda x: x**3)
    yield GateCase(lambda: gates.PowerGate(-0.5), [np.abs(away_from_zero(n))], torch.rsqrt)
    yield GateCase(gates.TanhGate, [real(m, n)], torch.tanh)
    yield GateCase(gates.SigmoidGate, [real(m, n)], torch.sigmoid)
    yield GateCase(gates.ReLUGate, [grid(m, n)], relu)
    yield GateCase(gates.HardTanhGate, [grid(m, n)], torch.nn.functional.hardtanh)
    yield GateCase(gates.MatVecGate, [real(m, n), real(n)], torch.mv)
    yield GateCase(gates.MatMulGate, [real(m, n), real(n, p)], torch.mm)
    yield GateCase(gates.DotGate, [real(n), real(n)], torch.dot)
    yield GateCase(
        gates.ConcatGate, [real(m, n), real(p)], lambda *xs: torch.cat([x.flatten() for x in xs])
    )
    yield GateCase(
        lambda: gates.LookupGate(rows), [real(m, p)], lambda E: E[torch.from_numpy(rows)]
    )
    yield GateCase(gates.SumGate, [real(m, n)], torch.sum)
    yield GateCase(gates.MeanGate, [real(m, n)], torch.mean)
    yield GateCase(
        lambda: gates.SoftmaxCrossEntropyGate(label),
        [3 * real(n)],
        lambda logits: torch.nn.functional.cross_entropy(logits, torch.tensor(label)),
    )
    yield GateCase(gates.MaxMarginGate, [grid(n), grid(n)], lambda s, t: relu(1 - s + t))


def check_gate(case: GateCase, rng: np.random.Generator) -> dict[str, Errors]:
    """Input name -> errors, for a random upstream gradient."""
    upstream = rng.normal(size=np.shape(case.make().forward(*case.inputs)))

    def by_hand(dtype: Any) -> list[Array]:
        gate = case.make()
        gate.forward(*[x.astype(dtype) for x in case.inputs])
        return gate.backward(upstream.astype(dtype))

    def by_autograd(dtype: Any) -> list[Array]:
        inputs = [torch.tensor(x.astype(dtype), requires_grad=True) for x in case.inputs]
        output = case.in_torch(*inputs)
        found = torch.autograd.grad(output, inputs, torch.tensor(upstream.astype(dtype)))
        return [gradient.numpy() for gradient in found]

    hand64, auto64 = by_hand(np.float64), by_autograd(np.float64)
    hand32, auto32 = by_hand(np.float32), by_autograd(np.float32)
    errors = {}
    for k, name in enumerate(_input_names(case.make(), len(case.inputs))):

        def weighted(x: Array, k: int = k) -> float:
            inputs = [x if i == k else other for i, other in enumerate(case.inputs)]
            return float(np.sum(upstream * case.make().forward(*inputs)))

        differences = numeric_gradient(weighted, case.inputs[k])
        errors[name] = Errors(
            relative_error(hand64[k], auto64[k], FLOOR),
            gradient_error(hand64[k], differences, floor=FLOOR),
            relative_error(hand32[k], auto32[k], FLOOR),
            int(differences.kinked.sum()),
        )
    return errors


def _input_names(gate: Gate, count: int) -> list[str]:
    names = list(inspect.signature(gate.forward).parameters)
    return names if len(names) == count else [f"{names[0]}[{i}]" for i in range(count)]


# ---- models ----


def check_model(case: ModelCase | LayeredCase, rng: np.random.Generator) -> dict[str, Errors]:
    """Parameter -> errors. All of E is compared: rows that are not trainable have no gradient."""
    hand64, auto64 = case.hand_gradients(np.float64), case.autograd_gradients(torch.float64)
    hand32, auto32 = case.hand_gradients(np.float32), case.autograd_gradients(torch.float32)
    errors = {}
    for name, start in case.trained().items():

        def loss(value: Array, name: str = name) -> float:
            return case.loss_with(name, value)

        kinks = 0
        if start.size > LARGE:
            difference_error = directional_error(loss, start, hand64[name], rng, floor=FLOOR)
        else:
            differences = numeric_gradient(loss, start)
            difference_error = gradient_error(hand64[name], differences, floor=FLOOR)
            kinks = int(differences.kinked.sum())
        errors[name] = Errors(
            relative_error(hand64[name], auto64[name], FLOOR),
            difference_error,
            relative_error(hand32[name], auto32[name], FLOOR),
            kinks,
        )
    return errors
