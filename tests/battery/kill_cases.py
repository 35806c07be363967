"""Commands ended at odd moments, and begun again."""

import signal

from disk_cases import _fill as fill
from judging import Case, Step
from small_inputs import PRETRAINED, RANDOM

SIGNALS = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM)
_MOMENTS = (
    *({"seconds": s} for s in (0.0, 0.1, 0.4)),
    {"path": "**/.wvexp-*"},
    {"path": "**/.wvexp-*", "later": 0.05},
    {"path": "**/store.sqlite", "later": 0.02},
    {"path": "**/store.sqlite", "later": 0.2},
)
_COMMANDS = {
    "train": ("train", [*PRETRAINED, "finetune=true", "out=out"]),
    "sweep": ("train", [*RANDOM, "grid.seed=[0,1,2,3,4]", "grid.finetune=[false,true]"]),
    "jobs": ("train", ["-m", *RANDOM, "seed=0,1,2"]),
    "predict": ("predict", ["model=model", "file=train.csv", "out=labels.csv"]),
    "convert": ("vectors", ["convert", "vectors.txt.gz", "copy.bin"]),
    "report": ("report", ["store=swept.sqlite", "out=report.html"]),
}


def cases():
    for name, (script, words) in _COMMANDS.items():
        for number in SIGNALS:
            for place, moment in enumerate(_MOMENTS):
                if "path" in moment and name in ("predict", "convert", "report"):
                    continue
                blow = {"number": int(number), **moment}
                steps = [Step(script, words, signal=blow), Step(script, words)]
                yield Case(
                    "kills",
                    f"{name} {number.name} {place}",
                    steps,
                    fill,
                    "works",
                    quick=(name, place) in {("train", 4)} and number != signal.SIGINT,
                )
