"""Which condition of a results file is meant."""

from collections import defaultdict
from collections.abc import Sequence

from wvexp.errors import UserError
from wvexp.results.crossfit import Results
from wvexp.results.stored_run import StoredRun


def choose_condition(results: Results, wanted: str | None = None) -> str:
    """The only condition of a results file, or the one that begins with `wanted`.

    Raises
    ------
    UserError
        The file is empty, or it holds several conditions, or none such.
    """
    by_condition: dict[str, list[StoredRun]] = defaultdict(list)
    for run in results.runs():
        by_condition[run.condition].append(run)
    if not by_condition:
        raise UserError("the results file holds no run", "train some: train.py or decide.py")
    found = [name for name in by_condition if name.startswith(wanted or "")]
    if len(found) == 1:
        return found[0]
    listed = "; ".join(f"{name} ({describe(runs)})" for name, runs in sorted(by_condition.items()))
    problem = (
        f"condition={wanted} names {len(found)} of the {len(by_condition)} conditions"
        if wanted
        else f"the results file holds {len(by_condition)} conditions"
    )
    raise UserError(problem, f"give condition=NAME, one of: {listed}")


def describe(runs: Sequence[StoredRun]) -> str:
    """One condition in a few words."""
    run = runs[0]
    data, version = run.data_fingerprint, run.engine_version
    arms, count = len({run.arm for run in runs}), len(runs)
    return (
        f"{run.task} task, {run.model} model, {run.metric.name}, {run.engine}"
        f"{f' {version}' if version else ''}{f', data {data}' if data else ''}, "
        f"{count:,} run{'' if count == 1 else 's'} of {arms} arm{'' if arms == 1 else 's'}"
    )
