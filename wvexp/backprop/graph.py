"""ComputationalGraph: gates wired by name, one forward pass, one backward pass.

    graph = ComputationalGraph(output="f")
    graph.add("a", AddGate(), "x", "y")
    graph.add("b", MaxGate(), "y", "z")
    graph.add("f", MultiplyGate(), "a", "b")
    graph.forward({"x": 1, "y": 2, "z": 0})    # 6
    graph.backward()                           # {"x": 2, "y": 5, "z": 0}

Backward visits the nodes in reverse topological order, so that each node has heard from all its
successors, whose gradients add up, before it passes its own on. Every gate and every edge is
visited once in each direction: backward has the same big-O as forward.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from wvexp.backprop.activations import Array
from wvexp.backprop.gates import Gate
from wvexp.errors import UserError


class ComputationalGraph:
    """A graph of gates with one output.

    Attributes
    ----------
    gates
        node -> its gate; nodes that nothing computes are the graph's inputs
    predecessors
        node -> the nodes it reads, in the order of the gate's inputs
    values
        node -> its value, after `forward`
    gradients
        node -> d output / d node in the shape of the value, after `backward`; a node that does
        not reach the output is absent
    downstream
        node -> the gradients its gate passed back, one for each of its predecessors
    """

    def __init__(self, output: str) -> None:
        self.output = output
        self.gates: dict[str, Gate] = {}
        self.predecessors: dict[str, tuple[str, ...]] = {}
        self.values: dict[str, Array] = {}
        self.gradients: dict[str, Array] = {}
        self.downstream: dict[str, list[Array]] = {}
        self._order: list[str] | None = None
        self._gates_in_use: set[int] = set()

    def add(self, name: str, gate: Gate, *inputs: str) -> None:
        """Node `name` = gate(inputs). The inputs may be added later, or be the graph's own.

        Raises
        ------
        UserError
            Not a gate, a gate or a name that is taken, the wrong number of inputs.
        """
        if not isinstance(gate, Gate):
            raise UserError(f"node {name!r}: unknown gate {gate!r}", "give an instance of a Gate")
        if name in self.gates:
            raise UserError(f"node {name!r} is there already", "choose another name")
        if id(gate) in self._gates_in_use:
            # It remembers one forward pass only, that of the node it was first given to.
            raise UserError(f"node {name!r}: its gate belongs to another node", "make a new gate")
        if gate.arity is not None and len(inputs) != gate.arity:
            kind = type(gate).__name__
            raise UserError(f"node {name!r}: {kind} takes {gate.arity} inputs, got {len(inputs)}")
        self.gates[name] = gate
        self.predecessors[name] = inputs
        self._gates_in_use.add(id(gate))
        self._order = None

    def nodes_topologically_sorted(self) -> list[str]:
        """All nodes, each after everything it reads (Kahn 1962); UserError names a cycle."""
        if self._order is None:
            self._order = _topological_order(self.predecessors)
        return self._order

    def inputs(self) -> list[str]:
        """The nodes that nothing computes."""
        return [node for node in self.nodes_topologically_sorted() if node not in self.gates]

    def readers(self) -> Counter[str]:
        """node -> how many inputs of gates read it."""
        return Counter(source for sources in self.predecessors.values() for source in sources)

    def forward(self, inputs: Mapping[str, Any]) -> Array:
        """The value of the output.

        Parameters
        ----------
        inputs
            A number or an array for each of the graph's inputs; whole numbers become float64.

        Raises
        ------
        UserError
            A missing or superfluous input, an output that is no node, a cycle, shapes that do
            not fit, division by zero.
        """
        order = self.nodes_topologically_sorted()
        self.values, self.gradients, self.downstream = {}, {}, {}
        expected = dict.fromkeys(self.inputs())
        if self.output not in self.gates:
            raise UserError(f"no gate computes the output {self.output!r}", "add one")
        if missing := [name for name in expected if name not in inputs]:
            raise UserError(f"no value for {', '.join(missing)}", "give one to each input")
        if unknown := [name for name in inputs if name not in expected]:
            raise UserError(f"{', '.join(unknown)} is not an input", _known(list(expected)))
        values: dict[str, Array] = {}
        for node in order:
            gate = self.gates.get(node)
            if gate is None:
                values[node] = _floating(inputs[node])
                continue
            try:
                values[node] = gate.forward(*[values[p] for p in self.predecessors[node]])
            except UserError as error:
                raise UserError(f"node {node!r}: {error}") from None
        self.values = values
        return values[self.output]

    def backward(self) -> dict[str, Array]:
        """d output / d input for every input; `gradients` then holds those of all nodes.

        Starts anew on every call: calling it twice gives the same again.

        Raises
        ------
        UserError
            Before `forward`, or where the output is not a single number.
        """
        if not self.values:
            raise UserError("backward before forward", "call forward with the inputs first")
        if np.shape(self.values[self.output]) != ():
            shape = np.shape(self.values[self.output])
            raise UserError(f"the output has shape {shape}", "end the graph in one number")
        gradients = {self.output: np.ones_like(self.values[self.output])}
        for node in reversed(self.nodes_topologically_sorted()):
            if node not in self.gates or node not in gradients:
                continue
            downstream = self.gates[node].backward(gradients[node])
            self.downstream[node] = downstream
            for source, gradient in zip(self.predecessors[node], downstream, strict=True):
                before = gradients.get(source)
                gradients[source] = gradient if before is None else before + gradient
        self.gradients = gradients
        return {
            name: gradients[name] if name in gradients else np.zeros_like(self.values[name])
            for name in self.inputs()
        }


def _topological_order(predecessors: Mapping[str, tuple[str, ...]]) -> list[str]:
    successors: dict[str, list[str]] = {}
    waiting_for = {node: len(sources) for node, sources in predecessors.items()}
    for node, sources in predecessors.items():
        for source in sources:
            successors.setdefault(source, []).append(node)
    order = [source for source in successors if source not in predecessors]
    order += [node for node, count in waiting_for.items() if count == 0]
    for node in order:  # grows while it is walked
        for successor in successors.get(node, ()):
            waiting_for[successor] -= 1
            if waiting_for[successor] == 0:
                order.append(successor)
    stuck = {node for node, count in waiting_for.items() if count > 0}
    if stuck:
        raise UserError(f"the graph has a cycle: {_cycle(stuck, predecessors)}", "break it")
    return order


def _cycle(stuck: set[str], predecessors: Mapping[str, tuple[str, ...]]) -> str:
    """A cycle in words. Each stuck node reads another stuck one, so walking back closes a loop."""
    path = [min(stuck)]
    while path[-1] not in path[:-1]:
        path.append(next(source for source in predecessors[path[-1]] if source in stuck))
    loop = path[path.index(path[-1]) :]
    return " → ".join(reversed(loop))


def _floating(value: Any) -> Array:
    array = np.asarray(value)
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def _known(names: list[str]) -> str:
    return f"the inputs are {', '.join(names)}"
