"""Measures what things cost on this machine; ratios are taken within one run.

bench.py case=backprop json=backprop.json
"""

import json

from wvexp.atomic import write_text
from wvexp.benchmarks.backprop import backprop_cost
from wvexp.cli import parse_key_values, run_command, whole_number
from wvexp.errors import UserError

CASES = {"backprop": backprop_cost}
KEYS = {
    "case": f"what to measure: {', '.join(CASES)}",
    "rounds": "repetitions, of which the median is taken (7)",
    "json": "file for the figures; without it they are printed",
}


def main(arguments: list[str]) -> int:
    values = parse_key_values(arguments, KEYS, about=__doc__)
    case = values.get("case", "")
    if case not in CASES:
        raise UserError(f"case={case} is unknown", f"known are {', '.join(CASES)}")
    rounds = whole_number(values, "rounds", 7, minimum=5)
    figures = json.dumps({"case": case, "rounds": rounds, **CASES[case](rounds)}, indent=1) + "\n"
    if "json" in values:
        write_text(values["json"], figures)
    else:
        print(figures, end="")
    return 0


if __name__ == "__main__":
    run_command(main)
