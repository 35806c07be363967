"""What a run prints at its end: every value as it is, nothing wrapped, nothing read as markup."""

import io
from pathlib import Path

from rich.console import Console
from stored_runs import stored_run

from wvexp.report.terminal import summary

RESULT = {
    "arm": "pretrained-frozen",
    "model": "mean",
    "task": "sentence",
    "train_size": 4,
    "train_tokens": 12,
    "train_types": 9,
    "labels_missing": ["[/z]", "[bold]"],
    "metric": {"name": "accuracy", "validation": 0.5, "test": 0.25},
    "groups": {"seen": {"n": 2, "score": 0.5}, "neither": {"n": 0}},
    "movement": {"rows": 0, "moved": 0, "max": 0.0, "mean": 0.0},
    "epochs": 3,
    "best_epoch": 2,
    "seconds": 1.25,
}


def test_markup_and_long_paths_come_out_as_they_are():
    folder = Path("runs") / ("very-long-" * 20) / "x[/b] [red]"
    out = io.StringIO()
    console = Console(file=out, width=80)
    for line in summary(stored_run(**RESULT), folder):
        console.print(line, soft_wrap=True)
    lines = out.getvalue().splitlines()
    assert lines[-1].endswith(str(folder / "model"))
    assert "labels missing       [/z], [bold]" in lines
    assert not any(line != line.rstrip() for line in lines)
    assert not any("neither" in line or "coverage" in line for line in lines)  # absent, not zero
