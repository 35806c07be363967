"""Label text with a trained model: `python scripts/predict.py model=RUN/model text="..."`."""

from typing import Any

from wvexp.cli import parse_key_values, run_command

KEYS = {
    "model": "folder model/ of a run",
    "text": "one sentence to label",
    "file": "sentences to label: .txt (one per line), a table, .conll or .conllu",
    "column": "column of the text in a table; guessed when one choice is obvious",
    "max_line_mb": "most million characters of a line, row or sentence; 10 without it",
    "max_file_gb": "most gigabytes of a file, unpacked; 16 without it",
    "out": "where to write: .jsonl .csv .tsv .conll; standard output without it",
    "plugins": "modules or .py files that the runs were made with, such as [mine.py]",
}


def main(argv: list[str]) -> int:
    values = parse_key_values(argv, KEYS, required=("model",), about=__doc__ or "")
    from wvexp.commands.predict import run_prediction
    from wvexp.config.plugins import load_plugins, named_plugins
    from wvexp.config.values import positive
    from wvexp.data.reading.limits import TextLimits

    load_plugins(named_plugins(argv))
    limits: dict[str, Any] = {
        key.removeprefix("max_"): positive(key, values[key])
        for key in ("max_line_mb", "max_file_gb")
        if key in values
    }
    run_prediction(
        values["model"],
        values.get("text"),
        values.get("file"),
        values.get("column"),
        values.get("out"),
        TextLimits(prefix="", **limits),
    )
    return 0


if __name__ == "__main__":
    run_command(main)
