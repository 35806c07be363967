"""Look into vector files.

vectors.py inspect PATH                format, size, casing, norms, words, problems
vectors.py coverage PATH data=...      how much of a training text the file knows
vectors.py train TEXT OUT              vectors of own text: fastText .bin, word2vec .bin .txt .vec
vectors.py convert PATH OUT            as word2vec binary (.bin) or text (.txt, .vec)
vectors.py export MODEL OUT            a trained model's vectors, every row, moved or not
vectors.py neighbours PATH WORD        the nearest words
vectors.py compare BEFORE AFTER        the largest moves, and neighbours before and after

member=NAME after the words names the file to take out of a .zip. max_line_mb=N and max_file_gb=N
raise what a line and the unpacked file may take, as embed.max_line_mb and embed.max_file_gb do.
plugins=[FILE.py] names what a model (export) or a format of text (coverage, train) comes from.
train takes keys of train.py: embed.method, embed.dim, embed.own.*, embed.corpus_text, embed.path to
go on from a file, data.tokenizer and data.lowercase.
"""

from importlib import import_module
from typing import Any

from wvexp.cli import parse_key_values, run_command, whole_number
from wvexp.errors import UserError
from wvexp.printable import printable

# name -> where it is, and how many words it takes before any key=value
COMMANDS = {
    "inspect": ("wvexp.vectors.inspection", 1),
    "coverage": ("wvexp.commands.vectors", 1),
    "train": ("wvexp.commands.vectors", 2),
    "convert": ("wvexp.vectors.inspection", 2),
    "export": ("wvexp.commands.vectors", 2),
    "neighbours": ("wvexp.vectors.inspection", 2),
    "compare": ("wvexp.vectors.inspection", 2),
}
BOUNDS = {
    "max_line_mb": "most megabytes a line may take",
    "max_file_gb": "most gigabytes the unpacked file may take",
}
PLUGINS = {"plugins": "modules or .py files that the model or the format comes from"}


def main(arguments: list[str]) -> int:
    if not arguments or {"--help", "-h"} & set(arguments):
        print((__doc__ or "").strip())
        return 0
    name, *rest = arguments
    if name not in COMMANDS:
        raise UserError(f"unknown command {name!r}", f"known are {', '.join(COMMANDS)}")
    from wvexp.report.wording import counted
    from wvexp.vectors.limits import MAX_FILE_GB, MAX_LINE_MB, Limits

    module, places = COMMANDS[name]
    if len(rest) < places:
        raise UserError(
            f"{name} takes {counted(places, 'argument')}, got {len(rest)}", "see --help"
        )
    needs_plugins = module == "wvexp.commands.vectors"
    keys = {} if name in ("export", "train") else BOUNDS
    if name not in ("compare", "export", "train"):
        keys = {"member": "which file of a .zip", **BOUNDS}
    groups = {"coverage": "the data group", "train": "the embed and data groups"}
    others = f"keys of {groups[name]}" if name in groups else ""
    known = {**keys, **PLUGINS} if needs_plugins else keys
    given = parse_key_values(rest[places:], known, other_keys=others)
    if needs_plugins:
        from wvexp.config.plugins import load_plugins, named_plugins

        load_plugins(named_plugins(rest[places:]))
    options: dict[str, Any] = {"member": given["member"]} if "member" in given else {}
    if keys:
        options["limits"] = Limits.of(
            whole_number(given, "max_line_mb", MAX_LINE_MB, minimum=1),
            whole_number(given, "max_file_gb", MAX_FILE_GB, minimum=1),
        )
    if name in groups:
        typed = [f"{key}={value}" for key, value in given.items() if key not in known]
        options["overrides"] = typed
    command = getattr(import_module(module), name)
    for line in command(*rest[:places], **options):
        print(printable(line))
    return 0


if __name__ == "__main__":
    run_command(main)
