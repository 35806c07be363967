"""Some of the runs of a results file, read as if there were no others."""

from collections.abc import Set
from typing import Any

from wvexp.results.crossfit import Counts, Results
from wvexp.results.stored_run import StoredRun


class Subset:
    """The runs with the given keys."""

    def __init__(self, results: Results, keys: Set[str]) -> None:
        self.results, self.keys = results, keys

    def runs(self, **equal: Any) -> list[StoredRun]:
        return [run for run in self.results.runs(**equal) if run.key in self.keys]

    def unit_counts(self, key: str) -> Counts:
        return self.results.unit_counts(key)

    def unit_ids(self, key: str) -> list[str]:
        return self.results.unit_ids(key)
