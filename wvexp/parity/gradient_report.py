"""The gradient table for people (Rich), for machines (JSON), and as a list of what is wrong."""

import json
import math
from dataclasses import asdict
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table as RichTable

from wvexp.parity.gradient_table import TOLERANCES, Errors, Table, kind_of

HEADINGS = {
    "autograd64": "autograd\nfloat64",
    "differences": "central\ndiff.",
    "autograd32": "autograd\nfloat32",
}


def broken(table: Table) -> list[str]:
    """One phrase for each gradient beyond a tolerance: whose it is, and by how much."""
    return [
        f"{owner} {name} ({', '.join(errors.broken())})"
        for (owner, name), errors in table.items()
        if errors.broken()
    ]


def as_rich(table: Table) -> RichTable:
    """Relative errors, those beyond their tolerance in red and with an exclamation mark.

    A model made of layers has one row per parameter, for the worst of its ways of being made.
    """
    rich = RichTable(
        box=SIMPLE_HEAD,
        caption="Largest relative errors. kinks: entries that differences only bound.",
    )
    rich.add_column("gate or model, gradient of", no_wrap=True)
    for against, tolerance in TOLERANCES.items():
        rich.add_column(f"{HEADINGS[against]}\n≤ {tolerance:.0e}", justify="right", no_wrap=True)
    rich.add_column("kinks", justify="right")
    worst: Table = {}
    for (owner, name), errors in table.items():
        key = kind_of(owner), name.removeprefix("encoder.")
        worst[key] = worst.get(key, Errors()).worst(errors)
    # The same parameter of all ways of making a model stands where the first has it.
    for (kind, name), errors in worst.items():
        cells = [_cell(errors, against) for against in TOLERANCES]
        rich.add_row(escape(f"{kind} {name}"), *cells, str(errors.kinks or ""))
    return rich


def _cell(errors: Errors, against: str) -> str:
    error = getattr(errors, against)
    return f"{error:.1e}" if error <= TOLERANCES[against] else f"[bold red]{error:.1e} ![/]"


def as_json(table: Table, seed: int, trials: int) -> str:
    """{"seed", "trials", "tolerances", "rows": [...], "broken": [...]}; null: not finite."""
    rows: list[dict[str, Any]] = [
        {"gate": owner, "gradient": name, **{k: _finite(v) for k, v in asdict(errors).items()}}
        for (owner, name), errors in table.items()
    ]
    content = {"seed": seed, "trials": trials, "tolerances": TOLERANCES, "rows": rows}
    return json.dumps({**content, "broken": broken(table)}, indent=1, allow_nan=False) + "\n"


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
