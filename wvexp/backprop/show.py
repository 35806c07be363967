"""Graphs to look at: an expression with numbers, or the window score with shapes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from wvexp.backprop.draw import number_or_shape, svg
from wvexp.backprop.expression import parse_expression
from wvexp.backprop.graph import ComputationalGraph
from wvexp.backprop.margin import score_graph
from wvexp.backprop.tree import text_tree
from wvexp.errors import UserError
from wvexp.seeds import stream

STEP = 0.1


@dataclass(frozen=True)
class Shown:
    """A graph that has been through `forward` and `backward` with `inputs`.

    `variables` are the inputs worth a step: all but the numbers in an expression. Each reaches the
    output, and an array among them with a gradient other than 0.
    """

    title: str
    output_name: str
    graph: ComputationalGraph
    inputs: dict[str, Any]
    variables: list[str]

    def svg(self) -> str:
        return svg(self.graph, self.title, self.output_name)

    def text(self) -> str:
        """The title, the tree and the steps, at most 80 columns wide where names are short."""
        value = number_or_shape(self.graph.values[self.graph.output])
        heading = f"{self.title}   →   {self.output_name} = {value}"
        return "\n".join([heading, "", text_tree(self.graph), "", *self.steps()])

    def steps(self) -> list[str]:
        """For each variable what its gradient promises for a step, and what really happens.

        A number moves by 0.1, an array by 0.1 along its gradient.
        """
        before = float(self.graph.values[self.graph.output])
        gradients = {name: self.graph.gradients[name] for name in self.variables}
        lines = []
        for name, gradient in gradients.items():
            if np.ndim(gradient):
                slope, along = float(np.linalg.norm(gradient)), " along its gradient"
                step: Any = STEP * gradient / slope
            else:
                slope, along, step = float(gradient), "", STEP
            moved = {**self.inputs, name: self.inputs[name] + step}
            promise = f"{name}: +{STEP}{along} → {self.output_name} {_signed(STEP * slope)}"
            lines.append((promise, self._really(moved, before)))
        self.graph.forward(self.inputs)
        self.graph.backward()
        width = max((len(promise) for promise, _ in lines), default=0)
        return [f"{promise:<{width}}   really {really}" for promise, really in lines]

    def _really(self, inputs: dict[str, Any], before: float) -> str:
        try:
            with np.errstate(all="ignore"):
                return _signed(float(self.graph.forward(inputs)) - before)
        except UserError as error:
            return f"impossible: {error}"


def show_expression(text: str, values: Mapping[str, float]) -> Shown:
    """Forward and backward through an expression; UserError as in `Expression`."""
    expression = parse_expression(text)
    expression.evaluate(values)
    expression.gradients()
    inputs = {**expression.constants, **values}
    return Shown(text, "f", expression.graph, inputs, expression.variables)


def show_window(seed: int = 0) -> Shown:
    """The window score on random numbers: 5 words, vectors of 4, 8 hidden units, 10 word forms."""
    rng = stream(seed, "window drawing")
    words, d, hidden = rng.integers(1, 10, size=5), 4, 8
    inputs = {
        "E": rng.normal(size=(10, d)),
        "W": rng.normal(size=(hidden, len(words) * d)) / 4,
        "b": rng.normal(size=hidden) / 4,
        "u": rng.normal(size=hidden),
    }
    graph = score_graph(words)
    graph.forward(inputs)
    graph.backward()
    return Shown("s = uᵀ f(Wx + b), f = tanh", "s", graph, inputs, list(inputs))


def _signed(number: float) -> str:
    shown = number_or_shape(number)
    return shown if shown.startswith("−") else f"+{shown}"
