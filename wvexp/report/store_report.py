"""From a results file on disk to its report."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from wvexp.analysis.reason import Reason
from wvexp.errors import UserError
from wvexp.metrics import METRICS
from wvexp.report.conditions import choose_condition
from wvexp.report.findings import Findings, Score, find, scores_of
from wvexp.report.measurements import measure
from wvexp.report.writing import write_report
from wvexp.report.yardsticks import measure_yardsticks
from wvexp.results.crossfit import Results
from wvexp.results.store import Store
from wvexp.results.stored_yardstick import StoredYardstick


def report_store(
    path: Path, out: Path, *, condition: str | None, movement: Path | None, margin: str
) -> Path:
    """Write the report of one condition of the results file; its place is returned.

    Raises
    ------
    UserError
        There is no such file, it holds several conditions and none is named, or `out` cannot be
        written.
    """
    if movement is not None and not movement.is_file():
        raise UserError(f"movement={movement}: no such file", "give movement.parquet of a run")
    return write_store_report(path, out, condition, parse_margin(margin), movement)


def write_store_report(
    path: Path, out: Path, condition: str | None, margin: float, movement: Path | None = None
) -> Path:
    """The same from checked values."""
    store = Store.to_read(path)
    chosen = choose_condition(store, condition)
    findings = findings_of(
        store,
        chosen,
        margin,
        failures=store.failures(chosen),
        yardsticks=yardsticks_of(store, chosen),
    )
    write_report(findings, out, movement)
    return out


def yardsticks_of(store: Store, condition: str) -> list[StoredYardstick]:
    """Those that the results file has for the corpus of a condition, as typed."""
    first = next(iter(store.runs(condition=condition)), None)
    corpus = None if first is None else store.typed_corpus(first.data_fingerprint or "")
    return [] if first is None or corpus is None else store.yardsticks(corpus, first.metric.name)


def findings_of(
    results: Results,
    condition: str,
    margin: float,
    wanted_size: int | None = None,
    *,
    failures: Sequence[Mapping[str, Any]] = (),
    notes: tuple[Reason, ...] = (),
    cut_short: bool = False,
    gaps: bool = True,
    yardsticks: Sequence[StoredYardstick] = (),
) -> Findings:
    """What the runs of one condition show, and fits of yardsticks on the same corpus.

    `wanted_size`, `notes`, `cut_short` as in `find`, `gaps` as in `measure`.
    """
    failed = tuple(_failure(failure) for failure in failures)
    m = measure(results, condition, gaps)
    measured, unread = measure_yardsticks(results, m, yardsticks)
    notes = (*notes, *unread)
    return find(m, margin, failed, wanted_size, notes, cut_short, measured)


def _failure(failure: Mapping[str, Any]) -> str:
    return (
        f"{failure['when']}: {failure['arm']} at size {failure['size']:,}, seed {failure['seed']}, "
        f"run {failure['key']}: {failure['error']}"
    )


def print_scores(console: Console, store: Store, condition: str) -> None:
    """Test scores by size and arm, at the learning rates that validation chose."""
    m = measure(store, condition)
    tested = f"cross-fitted over {m.folds} folds" if m.folds else "on the test split"
    seeds = "1 seed" if len(m.seeds) == 1 else f"{len(m.seeds)} seeds"
    console.print(f"{METRICS[m.metric].words} in % {tested}, {seeds} [95 % interval]")
    table = Table(box=None, pad_edge=False)
    table.add_column(m.runs[0].kind.nouns, justify="right")
    for arm in m.arms:
        table.add_column(arm, justify="right")
    scores = {(score.arm, score.size): score for score in scores_of(m)}
    for size in m.sizes:
        cells = (_in_points(scores.get((arm, size))) for arm in m.arms)
        table.add_row(f"{size:,}", *cells)
    console.print(table)


def _in_points(score: Score | None) -> Text:
    if score is None:
        return Text("–")
    interval = ""
    if score.low is not None and score.high is not None:
        interval = f" [{100 * score.low:.0f}, {100 * score.high:.0f}]"
    return Text(f"{100 * score.score:.1f}{interval}")


def parse_margin(text: str) -> float:
    """A margin as a fraction of the score; UserError for anything but a number in (0, 1)."""
    try:
        margin = float(text)
    except ValueError:
        raise UserError(
            f"margin={text} is not a number", "give margin=0.01 for one point"
        ) from None
    if not 0 < margin < 1:
        raise UserError(f"margin={text} is not between 0 and 1", "give margin=0.01 for one point")
    return margin
