"""From text such as "(x+y)*max(y,z)" to a ComputationalGraph.

Dijkstra's shunting-yard method with two explicit stacks: nothing is evaluated as Python, and a
sum of 10,000 terms or 10,000 brackets is no deeper than a short one.

    expression = sum of products with + - * / ** and brackets
    operand    = number | variable | max(a, b, ...) | tanh(a) | sigmoid(a) | relu(a) | hardtanh(a)

An exponent is a number.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import numpy as np

from wvexp.backprop.gates import (
    AddGate,
    DivideGate,
    Gate,
    HardTanhGate,
    MaxGate,
    MultiplyGate,
    NegateGate,
    PowerGate,
    ReLUGate,
    SigmoidGate,
    SubtractGate,
    TanhGate,
)
from wvexp.backprop.graph import ComputationalGraph
from wvexp.errors import UserError

FUNCTIONS: dict[str, type[Gate]] = {
    "max": MaxGate,
    "tanh": TanhGate,
    "sigmoid": SigmoidGate,
    "relu": ReLUGate,
    "hardtanh": HardTanhGate,
}
BINARY: dict[str, type[Gate]] = {
    "+": AddGate,
    "-": SubtractGate,
    "*": MultiplyGate,
    "/": DivideGate,
}
STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2, "negate": 3, "**": 4}
TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[^\W\d]\w*)|(?P<symbol>\*\*|[-+*/(),]))"
)


@dataclass(frozen=True)
class Expression:
    """The graph of `text`; `constants` are those of its inputs that are numbers in the text."""

    text: str
    graph: ComputationalGraph
    constants: dict[str, float]

    @property
    def variables(self) -> list[str]:
        return [name for name in self.graph.inputs() if name not in self.constants]

    def evaluate(self, values: Mapping[str, float]) -> float:
        """The forward pass. UserError: a variable too few or too many, 1/0, overflow."""
        variables = self.variables
        if missing := [name for name in variables if name not in values]:
            raise UserError(f"no value for {', '.join(missing)}", f"add {missing[0]}=NUMBER")
        if unknown := [name for name in values if name not in variables]:
            raise UserError(
                f"{', '.join(unknown)} does not occur in {self.text}",
                f"its variables are {', '.join(variables) or 'none'}",
            )
        with np.errstate(all="ignore"):  # what overflows is refused, with its name
            result = float(self.graph.forward({**self.constants, **values}))
        _refuse_infinite("", self.graph.values)
        return result

    def gradients(self) -> dict[str, float]:
        """The backward pass of the last `evaluate`: variable -> d f / d variable."""
        with np.errstate(all="ignore"):
            found = self.graph.backward()
        _refuse_infinite("the gradient of ", self.graph.gradients)
        return {name: float(found[name]) for name in self.variables}


def _refuse_infinite(what: str, numbers: Mapping[str, Any]) -> None:
    for node, number in numbers.items():
        if not np.isfinite(number):
            raise UserError(f"{what}{node} is {number}", "choose other values")


@dataclass(frozen=True)
class _Operand:
    node: str
    start: int  # where it stands in the text
    end: int


@dataclass
class _Pending:
    """An operator or an opening bracket that waits for its operands."""

    symbol: str  # an operator, "(", or a function's name
    start: int
    arguments: int = field(default=1)  # of a function, so far

    @property
    def is_bracket(self) -> bool:
        return self.symbol not in STRENGTH


def parse_expression(text: str) -> Expression:
    """The graph of an expression.

    Raises
    ------
    UserError
        Anything outside the grammar, with its position; an unknown function; no operation at all.
    """
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.gates: dict[str, tuple[Gate, tuple[str, ...]]] = {}
        self.constants: dict[str, float] = {}
        self.operands: list[_Operand] = []
        self.pending: list[_Pending] = []

    def parse(self) -> Expression:
        want_operand, at = True, 0
        end = len(self.text.rstrip())
        while at < end:
            match = TOKEN.match(self.text, at)
            if match is None:
                raise self.unexpected(at)
            kind = match.lastgroup or ""
            token, start, at = match[kind], match.start(kind), match.end()
            if want_operand:
                want_operand, at = self.operand(kind, token, start, at)
            else:
                want_operand = self.operator(token, start, at)
        if want_operand:
            raise UserError(f"expr={self.text!r} ends where a number or a name should follow")
        while self.pending:
            if self.pending[-1].is_bracket:
                raise UserError(f"expr={self.text!r}: a bracket is not closed", "add )")
            self.reduce()
        output = self.operands[0].node
        if output not in self.gates:
            raise UserError(f"expr={self.text!r} has no operation", "try (x+y)*max(y,z)")
        graph = ComputationalGraph(output)
        for name, (gate, inputs) in self.gates.items():
            graph.add(name, gate, *inputs)
        used = set(graph.inputs())
        constants = {name: value for name, value in self.constants.items() if name in used}
        return Expression(self.text, graph, constants)

    def operand(self, kind: str, token: str, start: int, end: int) -> tuple[bool, int]:
        """Take a token where an operand should begin: is one still wanted, and where to go on."""
        if kind == "number":
            if not isfinite(float(token)):
                raise UserError(f"{token} is inf, too large a number", "write a smaller one")
            self.constants[token] = float(token)
            self.operands.append(_Operand(token, start, end))
            return False, end
        if kind == "name":
            bracket = re.compile(r"\s*\(").match(self.text, end)
            if bracket is None:
                self.operands.append(_Operand(token, start, end))
                return False, end
            if token not in FUNCTIONS:
                raise UserError(f"unknown function {token!r}", f"known are {', '.join(FUNCTIONS)}")
            self.pending.append(_Pending(token, start))
            return True, bracket.end()
        if token in ("-", "("):
            self.pending.append(_Pending("negate" if token == "-" else token, start))
        elif token != "+":
            raise self.unexpected(start)
        return True, end

    def operator(self, token: str, start: int, end: int) -> bool:
        """Take a token where an operator should come: is an operand wanted after it."""
        if token in STRENGTH:
            # Equal strength groups to the left, except for powers.
            while self.pending and not self.pending[-1].is_bracket:
                before = self.pending[-1].symbol
                if STRENGTH[before] < STRENGTH[token] or before == token == "**":
                    break
                self.reduce()
            self.pending.append(_Pending(token, start))
            return True
        if token not in (")", ","):
            raise self.unexpected(start)
        while self.pending and not self.pending[-1].is_bracket:
            self.reduce()
        if not self.pending or (token == "," and self.pending[-1].symbol == "("):
            raise self.unexpected(start)
        if token == ",":
            self.pending[-1].arguments += 1
            return True
        self.close(self.pending.pop(), end)
        return False

    def close(self, bracket: _Pending, end: int) -> None:
        """A bracket that ends at `end`: around one operand, or around a function's arguments."""
        if bracket.symbol == "(":
            self.operands.append(_Operand(self.operands.pop().node, bracket.start, end))
            return
        gate, count = FUNCTIONS[bracket.symbol], bracket.arguments
        if count < 2 if gate.arity == 2 else count != 1:
            wanted = "one argument" if gate.arity == 1 else "two or more arguments"
            raise UserError(f"{bracket.symbol}() got {count}", f"it takes {wanted}")
        first, *rest = [operand.node for operand in self.operands[-count:]]
        del self.operands[-count:]
        if not rest:
            first = self.add(gate(), bracket.start, end, first)
        for other in rest:  # max(a, b, c) = max(max(a, b), c)
            first = self.add(gate(), bracket.start, end, first, other)
        self.operands.append(_Operand(first, bracket.start, end))

    def reduce(self) -> None:
        """Apply the operator that waits last."""
        operator = self.pending.pop()
        right = self.operands.pop()
        if operator.symbol == "negate":
            if right.node in self.constants:
                node = f"-{right.node}"
                self.constants[node] = -self.constants[right.node]
            else:
                node = self.add(NegateGate(), operator.start, right.end, right.node)
            self.operands.append(_Operand(node, operator.start, right.end))
            return
        left = self.operands.pop()
        span = left.start, right.end
        if operator.symbol == "**":
            if right.node not in self.constants:
                exponent = self.text[right.start : right.end]
                raise UserError(f"the exponent {exponent} is not a number", "write one, as in x**2")
            node = self.add(PowerGate(self.constants[right.node]), *span, left.node)
        else:
            node = self.add(BINARY[operator.symbol](), *span, left.node, right.node)
        self.operands.append(_Operand(node, *span))

    def add(self, gate: Gate, start: int, end: int, *inputs: str) -> str:
        """A node, named after its piece of the text where that is short."""
        piece = " ".join(self.text[start:end].split()) if end - start <= 40 else gate.symbol
        name = piece
        if end - start > 40 or name in self.gates:
            name = f"{piece} #{len(self.gates) + 1}"
        self.gates[name] = gate, inputs
        return name

    def unexpected(self, at: int) -> UserError:
        rest = self.text[at:].lstrip()
        place = len(self.text) - len(rest) + 1
        return UserError(f"expr={self.text!r}: {rest[0]!r} is not expected at place {place}")
