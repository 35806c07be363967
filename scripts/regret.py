"""What following the recommendation costs: `python scripts/regret.py store=runs/results.sqlite`."""

import json
import sys
from pathlib import Path

from wvexp.cli import parse_key_values, run_command
from wvexp.files import write_text
from wvexp.printable import printable

KEYS = {
    "store": "results files, with commas between them [runs/results.sqlite]",
    "condition": "the one condition to take; the beginning of its name will do [all]",
    "json": "file for every setting; the summary is printed",
    "plugins": "modules or .py files that the runs were made with, such as [mine.py]",
}


def main(argv: list[str]) -> int:
    values = parse_key_values(argv, KEYS, about=__doc__ or "")
    from wvexp.benchmarks.race_regret import race_regret
    from wvexp.benchmarks.regret import regret_benchmark
    from wvexp.config.plugins import load_plugins, named_plugins
    from wvexp.results.store import Store

    load_plugins(named_plugins(argv))
    paths = [Path(name) for name in values.get("store", "runs/results.sqlite").split(",")]
    stores = [Store.to_read(path) for path in paths]
    found = regret_benchmark(stores, condition=values.get("condition", ""))
    found["races"] = race_regret(stores)
    if "json" in values:
        write_text(values["json"], json.dumps(found, indent=1, allow_nan=False) + "\n")
    summary = {"left_out": len(found["left_out"]), **found["summary"]}
    if found["races"]["settings"]:
        summary["races"] = found["races"]["summary"]
    print(json.dumps(summary, indent=1))
    for one in found["left_out"]:
        line = f"left out: {one['condition']} at size {one['size']:,}: {one['why']}"
        print(printable(line), file=sys.stderr)
    return 0


if __name__ == "__main__":
    run_command(main)
