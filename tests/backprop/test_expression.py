"""Expressions: the right value, the right gradient, and one clear line for what is none."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wvexp.backprop.expression import parse_expression
from wvexp.backprop.gradcheck import gradient_error, numeric_gradient
from wvexp.errors import UserError

VALUES = {"x": 0.7, "y": -1.3, "z": 2.1}
MEANING = {
    "max": max,
    "tanh": math.tanh,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "relu": lambda x: max(x, 0.0),
    "hardtanh": lambda x: min(max(x, -1.0), 1.0),
}


def in_python(text: str, values: dict[str, float]) -> float:
    """The oracle: Python's own grammar and arithmetic."""
    return eval(text, {"__builtins__": {}}, MEANING | values)


@pytest.mark.parametrize(
    "text",
    [
        "x+y*z",
        "(x+y)*z",
        "x-y-z",
        "x/z/y",
        "x-(y-z)",
        "-x**2",
        "-2**2+x",
        "(-x)**2",
        "(-2)**2+x",
        "x**-1*2",
        "2*-x",
        "--x+ +y",
        "max(x,y,z)*max(y, x)",
        "tanh(x)*sigmoid(-y)+relu(z)-relu(y)",
        "hardtanh(x*y)/hardtanh(z)",
        "1.5e1*x+.5",
        "z**0.5",
        "x**0+x**1",
        " ( x ) + 1 ",
        "max ( x , ( y ) )+1",
        "(x+y)*(x+y)",
    ],
)
def test_value_and_gradient(text):
    expression = parse_expression(text)
    values = {name: VALUES[name] for name in expression.variables}
    assert expression.evaluate(values) == pytest.approx(in_python(text, values), rel=1e-14)
    gradients = expression.gradients()
    for name in values:
        differences = numeric_gradient(
            lambda x, name=name, values=values: in_python(text, {**values, name: float(x)}),
            np.array(values[name]),
        )
        assert gradient_error(np.array(gradients[name]), differences) < 1e-8


def random_text(rng: random.Random, depth: int) -> str:
    if depth == 0:
        return rng.choice(["x", "y", "z", "2", "0.25"])
    left, right = random_text(rng, depth - 1), random_text(rng, rng.randrange(depth))
    form = rng.choice(["{}+{}", "{}-{}", "{}*{}", "({}-{})", "max({},{})", "tanh({})*{}", "-{}*{}"])
    return form.format(left, right)


@given(st.integers(0, 2**32), st.integers(1, 5))
def test_grammar_is_that_of_python(seed, depth):
    text = random_text(random.Random(seed), depth)
    expression = parse_expression(text)
    values = {name: VALUES[name] for name in expression.variables}
    assert expression.evaluate(values) == pytest.approx(in_python(text, values), rel=1e-12)


def test_length_and_depth_are_no_limit():
    n = 10_000
    for text, value, gradient in [
        ("+".join(["x"] * n), n, n),
        ("(" * n + "x+x" + ")" * n, 2, 2),
        ("-(" * n + "x+x" + ")" * n, 2, 2),
        ("max(" * n + "x" + ",0)" * n, 1, 1),
    ]:
        expression = parse_expression(text)
        assert expression.evaluate({"x": 1}) == value
        assert expression.gradients() == {"x": gradient}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x+", "ends where a number or a name should follow"),
        ("", "ends where a number or a name should follow"),
        ("x y", "'y' is not expected at place 3"),
        ("2x", "'x' is not expected at place 2"),
        ("x + $", r"'\$' is not expected at place 5"),
        ("x)", r"'\)' is not expected at place 2"),
        ("(x,y)", "',' is not expected at place 3"),
        ("x*/y", "'/' is not expected at place 3"),
        ("max()", r"'\)' is not expected at place 5"),
        ("(x", "a bracket is not closed; add "),
        ("softmax(x)", "unknown function 'softmax'; known are max, tanh"),
        ("__import__('os')", "unknown function '__import__'"),
        ("max(x)", r"max\(\) got 1; it takes two or more arguments"),
        ("tanh(x,y)", r"tanh\(\) got 2; it takes one argument"),
        ("x**y", "the exponent y is not a number"),
        ("x**2**3", r"the exponent 2\*\*3 is not a number"),  # groups to the right, as in Python
        ("x", "has no operation"),
    ],
)
def test_what_is_no_expression_is_refused(text, message):
    with pytest.raises(UserError, match=message):
        parse_expression(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x+", "expr='x+' ends where a number or a name should follow"),
        ("(x", "expr='(x': a bracket is not closed; add )"),
        ("x", "expr='x' has no operation; try (x+y)*max(y,z)"),
        ("1e999+x", "1e999 is inf, too large a number; write a smaller one"),
        (
            "f(x)",
            "unknown function 'f'; known are max, tanh, sigmoid, relu, hardtanh",
        ),
        ("max(x)", "max() got 1; it takes two or more arguments"),
        ("relu(x,y,z)", "relu() got 3; it takes one argument"),
        ("2+x**y", "the exponent y is not a number; write one, as in x**2"),
        ("x**(1+y)*2", "the exponent (1+y) is not a number; write one, as in x**2"),
        ("x**max(1,y)", "the exponent max(1,y) is not a number; write one, as in x**2"),
        ("x**-y", "the exponent -y is not a number; write one, as in x**2"),
    ],
)
def test_refusals_of_text_in_full(text, message):
    with pytest.raises(UserError) as caught:
        parse_expression(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        ("x+y+z", {"x": 1}, "no value for y, z; add y=NUMBER"),
        (
            "x+y",
            {"x": 1, "y": 1, "a": 1, "b": 2},
            "a, b does not occur in x+y; its variables are x, y",
        ),
        ("1+2", {"a": 1}, "a does not occur in 1+2; its variables are none"),
        ("x*1e200", {"x": 1e200}, "x*1e200 is inf; choose other values"),
    ],
)
def test_refusals_of_values_in_full(text, values, message):
    with pytest.raises(UserError) as caught:
        parse_expression(text).evaluate(values)
    assert str(caught.value) == message


def test_nodes_are_named_after_their_piece_of_the_text_where_it_is_short():
    forty = "x" * 19 + " +  " + "y" * 17
    assert len(forty) == 40
    assert parse_expression(forty).graph.output == " ".join(forty.split())
    assert parse_expression(forty + "y").graph.output == "+ #1"
    # What counts is the piece's own length, not where it stands.
    far = parse_expression("a+" * 30 + "tanh( b )")
    assert "tanh( b )" in far.graph.gates
    assert far.graph.output == "+ #31"
    assert list(parse_expression("tanh(x)*tanh(x)").graph.gates) == [
        "tanh(x)",
        "tanh(x) #2",
        "tanh(x)*tanh(x)",
    ]


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        ("x+y", {"x": 1}, "no value for y; add y=NUMBER"),
        ("x+1", {"x": 1, "w": 2}, r"w does not occur in x\+1; its variables are x"),
        ("x/(y-2)", {"x": 1, "y": 2}, r"node 'x/\(y-2\)': division by zero"),
        ("x**-2", {"x": 0}, r"division by zero: 0 \*\* -2"),
        ("x**0.5", {"x": -1}, r"a negative number \*\* 0.5"),
        ("x*1e200", {"x": 1e200}, r"x\*1e200 is inf; choose other values"),
        ("1e999*x", {"x": 1}, "1e999 is inf"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(text, values, message):
    with pytest.raises(UserError, match=message):
        parse_expression(text).evaluate(values)


def test_an_infinite_gradient_is_refused():
    expression = parse_expression("x**0.5")
    assert expression.evaluate({"x": 0}) == 0
    with pytest.raises(UserError) as caught:
        expression.gradients()
    assert str(caught.value) == "the gradient of x is inf; choose other values"
