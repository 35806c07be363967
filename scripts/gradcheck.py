"""Every hand-written gradient beside autograd's and beside central differences.

Exit status 1, with the gradient's name, when a tolerance is broken.
"""

from wvexp.cli import parse_key_values, run_command, whole_number
from wvexp.errors import RunError
from wvexp.files import write_text

KEYS = {
    "only": "gates and models to check, by class or model, with commas between (all)",
    "trials": "random shapes of each (5)",
    "seed": "seed of shapes and numbers (0)",
    "json": "file for the table in JSON",
}


def main(arguments: list[str]) -> int:
    values = parse_key_values(arguments, KEYS, about=__doc__)
    seed, trials = whole_number(values, "seed", 0), whole_number(values, "trials", 5, minimum=1)
    only = values["only"].split(",") if "only" in values else []

    # These load torch, which takes a second: not for --help, not for a mistyped key.
    from rich.console import Console

    from wvexp.parity.gradient_report import as_json, as_rich, broken
    from wvexp.parity.gradient_table import gradient_table

    table = gradient_table(seed, trials, only)
    Console().print(as_rich(table))
    if "json" in values:
        write_text(values["json"], as_json(table, seed, trials))
    if wrong := broken(table):
        raise RunError(f"{len(wrong)} of {len(table)} gradients are wrong: {'; '.join(wrong)}")
    print(f"{len(table)} gradients agree with autograd and with differences.")
    return 0


if __name__ == "__main__":
    run_command(main)
