"""A sweep to be killed: `python killed_sweep.py STORE SEEDS`; says each run that is stored."""

import sys
from pathlib import Path

from tiny_sweeps import make_grid, make_inputs

from wvexp.results.store import Store
from wvexp.sweeps.run import Silent, run_sweep


class Saying(Silent):
    def started(self, runs, stored):
        print(f"skipped {len(stored)}", flush=True)

    def done(self, result):
        print(result.run.key, flush=True)


if __name__ == "__main__":
    path, seeds = Path(sys.argv[1]), int(sys.argv[2])
    inputs = make_inputs()
    runs = make_grid(inputs, seeds=seeds, sizes=(20, 60)).runs()
    try:
        run_sweep(runs, inputs, Store(path), progress=Saying())
    except KeyboardInterrupt:
        sys.exit(130)
