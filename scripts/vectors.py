"""Look into vector files.

vectors.py inspect PATH                format, size, casing, norms, words, problems
vectors.py coverage PATH data=...      how much of a training text the file knows
vectors.py convert PATH OUT            as word2vec binary (.bin) or text (.txt, .vec)
vectors.py export MODEL OUT            a trained model's vectors, every row, moved or not
vectors.py neighbours PATH WORD        the nearest words
vectors.py compare BEFORE AFTER        the largest moves, and neighbours before and after

member=NAME after the words names the file to take out of a .zip.
"""

from collections.abc import Callable
from typing import Any

from wvexp import vector_tools
from wvexp.cli import parse_key_values, run_command
from wvexp.errors import UserError
from wvexp.vectors import inspection

# name -> what it does, and how many words it takes before any key=value
COMMANDS: dict[str, tuple[Callable[..., list[str]], int]] = {
    "inspect": (inspection.inspect, 1),
    "coverage": (vector_tools.coverage, 1),
    "convert": (inspection.convert, 2),
    "export": (vector_tools.export, 2),
    "neighbours": (inspection.neighbours, 2),
    "compare": (inspection.compare, 2),
}


def main(arguments: list[str]) -> int:
    if not arguments or {"--help", "-h"} & set(arguments):
        print((__doc__ or "").strip())
        return 0
    name, *rest = arguments
    if name not in COMMANDS:
        raise UserError(f"unknown command {name!r}", f"known are {', '.join(COMMANDS)}")
    command, places = COMMANDS[name]
    if len(rest) < places:
        raise UserError(f"{name} takes {places} words, got {len(rest)}", "see --help")
    keys = {} if name in ("compare", "export") else {"member": "which file of a .zip"}
    others = "keys of the data group" if name == "coverage" else ""
    given = parse_key_values(rest[places:], keys, other_keys=others)
    options: dict[str, Any] = {key: value for key, value in given.items() if key in keys}
    if name == "coverage":
        data = [f"{key}={value}" for key, value in given.items() if key not in keys]
        options["overrides"] = data
    print("\n".join(command(*rest[:places], **options)))
    return 0


if __name__ == "__main__":
    run_command(main)
