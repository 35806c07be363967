"""A disk that is full: under the run folder, the results file, the cache, and standard output."""

import ctypes
import os
import subprocess
from functools import partial

from judging import Case, Step
from model_cases import sound, write_model
from small_inputs import PRETRAINED, RANDOM, fill
from store_cases import swept

_SWEEP = ["grid.seed=[0,1,2]", "grid.finetune=[false,true]"]
# What is done, and what it leaves alone where it cannot be written.
_COMMANDS = {
    "train": Step("train", [*PRETRAINED, "finetune=true", "out=out"]),
    "sweep": Step("train", [*RANDOM, *_SWEEP, "report=report.html"]),
    "jobs": Step("train", ["-m", *RANDOM, "seed=0,1"]),
    "predict": Step("predict", ["model=model", "file=train.csv", "out=labels.csv"]),
    "convert": Step("vectors", ["convert", "vectors.txt", "copy.bin"]),
    "export": Step("vectors", ["export", "model", "rows.txt"]),
    "report": Step("report", ["store=swept.sqlite", "out=report.html"]),
    "packed vectors": Step("train", [*RANDOM[:-2], "embed.path=vectors.txt.gz", "out=out"]),
}


def _fill(folder):
    fill(folder)
    write_model(folder, *sound("mean"))
    (folder / "swept.sqlite").write_bytes(swept())
    subprocess.run(["gzip", "-k", "vectors.txt"], cwd=folder, check=True)


def _mountable():
    """Whether a small file system can be mounted here."""
    return os.geteuid() == 0 and os.environ.get("WVEXP_BATTERY") == "all"


def _small(place, left, folder):
    """A file system at `place` with this many kilobytes left, for as long as the process lives."""
    target = folder / place
    target.mkdir(exist_ok=True)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", os.fsencode(target), b"tmpfs", 0, f"size={left}k".encode()):
        raise OSError(ctypes.get_errno(), "cannot mount")


def unmount(folder):
    """Take away what `_small` mounted."""
    for place in ("small", "cache"):
        if os.path.ismount(folder / place):
            subprocess.run(["umount", "--lazy", folder / place], check=True)


def cases():
    for name, step in _COMMANDS.items():
        for limit in (0, 100, 1000, 3000, 20_000):
            limited = Step(step.script, step.words, file_limit=limit)
            yield Case(
                "disk",
                f"{name} files of {limit} bytes",
                [limited],
                _fill,
                quick=limit in (100, 1000) and name in ("train", "predict", "sweep"),
            )
    full = {
        "predict": ["model=model", "file=train.csv"],
        "vectors": ["inspect", "vectors.txt"],
        "report": ["store=swept.sqlite", "out=out/report.html"],  # which is whole
        "train": [*RANDOM, "out=out"],
        "graph": ["expr=x*x", "x=2"],
    }
    for script, words in full.items():
        step = Step(script, words, stdout="/dev/full")
        yield Case(
            "disk",
            f"{script} onto a full output",
            [step],
            _fill,
            "refused",
            quick=script == "predict",
        )
    if not _mountable():
        return
    for left in (0, 8, 40, 120):
        for place, words in {
            "out": ["out=small/out"],
            "store": ["store=small/store.sqlite", "out=out"],
        }.items():
            step = Step(
                "train",
                [
                    *[w for w in PRETRAINED if place != "store" or "store" not in w],
                    "finetune=true",
                    *words,
                ],
            )
            yield Case(
                "disk", f"{place} with {left} kB", [step], partial(_filled_and_small, "small", left)
            )
        sweep = [w for w in RANDOM if "store" not in w]
        yield Case(
            "disk",
            f"sweep with {left} kB",
            [Step("train", [*sweep, *_SWEEP, "store=small/store.sqlite"])],
            partial(_filled_and_small, "small", left),
        )
        for file in ("vectors.txt", "vectors.txt.gz"):
            step = Step("train", [*RUN_WITHOUT, f"embed.path={file}", "out=out"])
            yield Case(
                "disk",
                f"cache with {left} kB, {file}",
                [step],
                partial(_filled_and_small, "cache", left),
                "works" if left and file == "vectors.txt" else "either",
                environment={"WVEXP_CACHE": "cache"},
            )


RUN_WITHOUT = [word for word in RANDOM if not word.startswith("embed")]


def _filled_and_small(place, left, folder):
    _fill(folder)
    _small(place, max(left, 4), folder)
    if not left:
        (folder / place / "filler").write_bytes(bytes(4096))
