"""Measures what things cost on this machine; ratios are taken within one run.

bench.py                                  every case in turn
bench.py case=backprop json=backprop.json one case, its figures in a file
"""

import json

from wvexp.atomic import write_text
from wvexp.benchmarks.backprop import backprop_cost
from wvexp.benchmarks.training import training_speed
from wvexp.benchmarks.vectors import vectors_cost
from wvexp.cli import parse_key_values, run_command, whole_number
from wvexp.errors import UserError

# case -> what measures it, and how often it repeats each measurement
CASES = {
    "backprop": (backprop_cost, 7),
    "vectors": (vectors_cost, 1),
    "training": (training_speed, 3),
}
KEYS = {
    "case": f"what to measure: {', '.join(CASES)}; all when left out",
    "rounds": "repetitions of each measurement (by the case)",
    "json": "file for the figures; without it they are printed",
}


def main(arguments: list[str]) -> int:
    values = parse_key_values(arguments, KEYS, about=__doc__ or "")
    case = values.get("case")
    if case is not None and case not in CASES:
        raise UserError(f"case={case} is unknown", f"known are {', '.join(CASES)}")
    figures = {}
    for name in [case] if case else CASES:
        measure, usual = CASES[name]
        rounds = whole_number(values, "rounds", usual, minimum=1)
        figures[name] = {"rounds": rounds, **measure(rounds)}
    text = json.dumps(figures, indent=1) + "\n"
    if "json" in values:
        write_text(values["json"], text)
    else:
        print(text, end="")
    return 0


if __name__ == "__main__":
    run_command(main)
