"""What a case of the battery is, and what is wrong with how it ended."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

MEGABYTES = 1024
SECONDS = 20
# What an error line ends with where nothing is to be typed: the values that are allowed.
_REMEDY = re.compile(
    r"; |is not one of |below its least value|must be |not a whole number|not a number|give |"
    r"is not a power|ended|neither true nor false|takes |no text|not a vector file"
)
# What one line to the user never holds: the names that Python gives its errors.
_INNER = re.compile(r"Traceback|Error\(|\b[A-Z]\w+(Error|Exception)\b|<class |object at 0x")
# Escape, the other controls, and the marks that turn the direction of text.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# What stays on purpose: results files and run folders; SQLite's own files go with the results.
_KEPT = re.compile(r"(^|/)(runs|out|cache|__pycache__)(/|$)|\.sqlite(-wal|-shm|-journal)?$")
_UNFINISHED = re.compile(r"(^|/)(\.wvexp-|\.unfinished~|\.[^/]*\.[a-z0-9_]{8}$)|rows-\.unfinished")


@dataclass(frozen=True)
class Step:
    """One command.

    script       of `scripts/`, without its ending
    words        its arguments
    signal       what is sent to it, and when: at a path's appearance or after seconds
    file_limit   bytes beyond which no file can grow, as on a full disk
    stdout       a file that takes the place of its output
    """

    script: str
    words: Sequence[str]
    signal: dict | None = None
    file_limit: int | None = None
    stdout: str | None = None


@dataclass(frozen=True)
class Case:
    """One awkward input.

    area, name  what it is called in reports
    steps       commands, one after another; the last is judged in full, the others must be clean
    make        fills the folder that the commands run in
    expect      "works" (status 0), "refused" (1 or 2, one line), or "either"
    says        any of these words must be in the error line; none: whatever it is
    right       for status 0: what is wrong with the outcome, None if nothing
    quick       in the subset that every run of the suite has
    """

    area: str
    name: str
    steps: Sequence[Step]
    make: Callable[[Path], None]
    expect: str = "either"
    says: Sequence[str] = ()
    right: Callable[[Path, dict], str | None] = lambda folder, ended: None
    quick: bool = False
    environment: dict[str, str] = field(default_factory=dict)


def files_of(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def faults_of(step: Step, ended: dict) -> list[str]:
    """What is wrong with how a command ended, whatever it was to do."""
    found = []
    lines = ended["stderr"].splitlines()
    errors = [line for line in lines if line.startswith("error:")]
    if ended["hung"]:
        found.append(f"hung for {SECONDS} s")
    if ended["megabytes"] > MEGABYTES:
        found.append(f"took {ended['megabytes']:,} MB")
    if any("Traceback" in line for line in lines):
        found.append(f"traceback: {lines[-1][:200]}")
    elif ended["status"] in (1, 2) and len(errors) != 1:
        found.append(f"{len(errors)} error lines: {ended['stderr'][-200:]!r}")
    elif ended["status"] not in (0, 1, 2) and step.signal is None and not ended["hung"]:
        found.append(f"status {ended['status']}: {ended['stderr'][-200:]!r}")
    elif ended["status"] == 0 and errors:
        found.append("an error line, and status 0")
    for line in errors:
        if len(line) > 1500:
            found.append(f"an error line of {len(line):,} characters")
        if inner := _INNER.search(line):
            found.append(f"the inside of the program shows ({inner[0]}): {line[:200]}")
        if not _REMEDY.search(line):
            found.append(f"no remedy: {line[:200]}")
    for stream in ("stdout", "stderr"):
        if control := _CONTROL.search(ended[stream]):
            found.append(f"{control[0]!r} on {stream}")
    return found


def faults(case: Case, folder: Path, before: set[str], ends: Sequence[dict]) -> list[str]:
    """Everything that is wrong with how a case ended."""
    found = [
        fault
        for step, ended in zip(case.steps, ends, strict=True)
        for fault in faults_of(step, ended)
    ]
    last = ends[-1]
    errors = [line for line in last["stderr"].splitlines() if line.startswith("error:")]
    status = last["status"]
    if case.expect == "works" and status != 0:
        found.append(f"refused: {last['stderr'][-300:]}")
    if case.expect == "refused" and status == 0:
        found.append("accepted without a word of it")
    if (
        status in (1, 2)
        and case.says
        and not any(word in errors[0] for word in case.says if errors)
    ):
        found.append(f"none of {list(case.says)} in {errors}")
    if status == 0 and case.expect != "refused" and (wrong := case.right(folder, last)):
        found.append(f"wrong: {wrong}")
    new = files_of(folder) - before
    if left := sorted(name for name in new if _UNFINISHED.search(name)):
        found.append(f"left behind: {left[:3]}")
    if status != 0 and (partial := sorted(name for name in new if not _KEPT.search(name))):
        found.append(f"half-written: {partial[:3]}")
    return list(dict.fromkeys(found))
