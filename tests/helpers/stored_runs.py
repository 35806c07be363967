"""A run as a results file gives it; what matters to a test, the test says."""

from wvexp.data.records import read_record
from wvexp.results.stored_run import StoredRun

_ROW = {
    "key": "k",
    "task": "token",
    "arm": "pretrained-tuned",
    "finetune": True,
    "model": "window",
    "train_size": 100,
    "seed": 0,
    "lr": 0.001,
    "condition": "c0ffee",
    "engine": "handwritten",
    "metric": {"name": "accuracy", "validation": 0.5, "test": 0.5},
    "groups": {},
    "movement": {"rows": 0, "moved": 0, "max": 0.0, "mean": 0.0},
    "seconds": 0.4,
}


def stored_run(**changes):
    """From the values that `result.json` has, those of `_ROW` where none is given."""
    return read_record(StoredRun, {**_ROW, **changes})
