"""One page from a results file: `python scripts/report.py store=runs/results.sqlite`."""

from pathlib import Path

from wvexp.cli import parse_key_values, run_command
from wvexp.printable import printable

KEYS = {
    "store": "results file [runs/results.sqlite]",
    "out": "page to write; .md, .json and images go beside it [report.html]",
    "condition": "which condition, where the file holds several; the beginning of its name will do",
    "movement": "movement.parquet of a fine-tuned run, for the neighbours before and after",
    "margin": "differences below it do not matter, as a fraction of the score [0.01]",
    "plugins": "modules or .py files that the runs were made with, such as [mine.py]",
}


def main(argv: list[str]) -> int:
    values = parse_key_values(argv, KEYS, about=__doc__ or "")
    from wvexp.config.plugins import load_plugins, named_plugins
    from wvexp.report.store_report import report_store

    load_plugins(named_plugins(argv))
    out = report_store(
        Path(values.get("store", "runs/results.sqlite")),
        Path(values.get("out", "report.html")),
        condition=values.get("condition"),
        movement=Path(values["movement"]) if "movement" in values else None,
        margin=values.get("margin", "0.01"),
    )
    print(printable(out))
    return 0


if __name__ == "__main__":
    run_command(main)
