"""Measures what things cost on this machine; ratios are taken within one run.

bench.py                                  every case in turn
bench.py case=backprop json=backprop.json one case, its figures in a file too
"""

import json
from pathlib import Path

from rich.console import Console

from wvexp.benchmarks.cases import CASES
from wvexp.benchmarks.tables import tables
from wvexp.cli import parse_key_values, run_command, whole_number
from wvexp.errors import UserError
from wvexp.files import check_place, write_text

KEYS = {
    "case": f"what to measure: {', '.join(CASES)}; all when left out",
    "rounds": "repetitions of each measurement (by the case)",
    "json": "file for the figures beside the printed tables",
}


def main(arguments: list[str]) -> int:
    values = parse_key_values(arguments, KEYS, about=__doc__ or "")
    case = values.get("case")
    if case is not None and case not in CASES:
        raise UserError(f"case={case} is unknown", f"known are {', '.join(CASES)}")
    if "json" in values:
        check_place(f"json={values['json']}", Path(values["json"]))
        Path(values["json"]).parent.mkdir(parents=True, exist_ok=True)
    console = Console(highlight=False)
    figures = {}
    for name in [case] if case else CASES:
        rounds = whole_number(values, "rounds", CASES[name].rounds, minimum=1)
        figures[name] = {"rounds": rounds, **CASES[name].measure(rounds)}
        for table in tables(name, figures[name]):
            console.print(table, "")
        if "json" in values:
            write_text(values["json"], json.dumps(figures, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    run_command(main)
