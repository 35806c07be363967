"""An expression as a graph: value above, gradient below each edge, and what a step does.

graph.py expr="(x+y)*max(y,z)" x=1 y=2 z=0 out=graph.svg
graph.py expr=window out=window.svg
"""

import math

from wvexp.backprop.show import show_expression, show_window
from wvexp.cli import parse_key_values, run_command
from wvexp.errors import UserError
from wvexp.files import write_text

KEYS = {
    "expr": "+ - * / ** max tanh sigmoid relu hardtanh; or window for s = uᵀ f(Wx + b)",
    "out": "file for the drawing (SVG); without it the terminal alone",
}


def main(arguments: list[str]) -> int:
    values = parse_key_values(arguments, KEYS, about=__doc__, other_keys="value of variable KEY")
    text, out = values.pop("expr", None), values.pop("out", None)
    if text is None:
        raise UserError("expr= is missing", 'try expr="(x+y)*max(y,z)" x=1 y=2 z=0')
    if text == "window" and values:
        raise UserError(f"expr=window takes no {', '.join(values)}", "leave it out")
    variables = {name: number(name, value) for name, value in values.items()}
    shown = show_window() if text == "window" else show_expression(text, variables)
    if out is not None:
        write_text(out, shown.svg())
    print(shown.text())
    return 0


def number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise UserError(f"{name}={text} is not a number") from None
    if not math.isfinite(value):
        raise UserError(f"{name}={text} is not finite")
    return value


if __name__ == "__main__":
    run_command(main)
