"""The tables of the report, as rows of plain text: the same for the page and for Markdown."""

from collections.abc import Mapping
from typing import Any

from wvexp.arms import PRETRAINED_TUNED, RANDOM_TUNED
from wvexp.metrics import METRICS
from wvexp.report.findings import PAIRS, Findings
from wvexp.report.quantities import percent, points
from wvexp.report.reasons import in_words
from wvexp.report.score_tables import rate_table
from wvexp.report.table import Row, Table
from wvexp.report.wording import margin_words
from wvexp.report.words import CLAIMS, fade_words, places, unit
from wvexp.report.worth import worth_rows
from wvexp.results.stored_run import StoredRun
from wvexp.tasks import TASKS

_RUN_HEAD = (
    *("key", "arm", "size", "seed", "learning rate", "validation, %", "test, %", "epochs"),
    *("seconds", "wvexp"),
)


def tables(f: Findings) -> list[Table]:
    """Every table that has rows, but for the scores and the list of all runs."""
    size = unit(f)
    metric = METRICS[f.metric].words
    whole = TASKS[f.about["task"]].listed  # sentences are whole: more tokens than asked for
    asked = f"{size} asked for" if whole else f"training {size}"
    found = [
        rate_table(f),
        Table(
            "Where arms change places",
            "By 95 % intervals, one size at a time.",
            ("arms", "status", "what is known"),
            [
                (f"{a} against {b}", f.crossovers[name].status.replace("_", " "), places(f, a, b))
                for a, b in PAIRS
                if (name := f"{a} - {b}") in f.crossovers
            ],
        ),
        Table(
            "Where the gain of pretrained vectors fades",
            f"By number of training {size}, from 95 % intervals.",
            ("arms", "status", "what is known"),
            [
                (f"{PRETRAINED_TUNED} against {RANDOM_TUNED}", fade.status, fade_words(fade, size))
                for fade in [f.fade]
                if fade
            ],
        ),
        Table(
            "What labels and vectors are worth",
            "What twice the labels of the largest size would add to the recommended arm's score; "
            "and how many times the labels the arm without the vectors needs to score as the one "
            "with them, with 95 % intervals.",
            ("what", f"training {size}", "status", "what is known"),
            worth_rows(f),
        ),
        Table(
            "Every comparison",
            f"Difference of test {metric}, first arm minus second, in percentage points, by number "
            f"of training {size}. p is adjusted over all comparisons (Holm), and on it the call "
            "rests.",
            (
                "arms",
                size,
                "difference",
                "95 % interval",
                "P(first better)",
                "p",
                "call",
                "equivalent within",
                "p over seeds, this test set alone",
            ),
            [
                (
                    f"{c.a} - {c.b}",
                    f"{c.size:,.0f}",
                    points(d.estimate, signed=True),
                    _span(d.low, d.high, signed=True),
                    "" if d.p_a_better is None else percent(d.p_a_better),
                    "" if d.adjusted_p is None else f"{d.adjusted_p:.2g}",
                    {"A": c.a, "B": c.b}.get(d.call, d.call),
                    "" if d.smallest_margin is None else points(d.smallest_margin),
                    "" if d.sign_flip_p is None else f"{d.sign_flip_p:.2g}",
                )
                for c in f.comparisons
                for d in [c.difference]
                if d.estimate is not None
            ],
        ),
        Table(
            "Size and coverage",
            "Means over the runs of a size; labels with a training example are the fewest over its "
            "seeds, of all in the training data. Types are distinct word forms, and the vectors "
            "are the pretrained ones.",
            (
                asked,
                "training tokens",
                "labels with a training example",
                "test types seen in training",
                "training types with a vector",
                "training tokens with a vector",
            ),
            [
                (
                    f"{n:,.0f}",
                    _count(m.tokens),
                    f.labels_present.get(int(n), ""),
                    _share(m.type_coverage),
                    _share(f.coverage.get(int(n), {}).get("types")),
                    _share(f.coverage.get(int(n), {}).get("tokens")),
                )
                for n, m in f.measures.items()
            ],
        ),
        Table(
            "Parity of both gradients",
            "Autograd against backprop by hand, on the same batches.",
            ("what", "value"),
            _parity_rows(f.parity),
        ),
        Table(
            "How far the vectors moved",
            "Euclidean distance from start to end. Rows: the vectors that training had; moved: "
            "those that changed at all.",
            ("arm", f"training {size}", "rows", "moved", "mean distance", "largest distance"),
            [
                (m["arm"], f"{m['size']:,}", f"{m['rows']:,.0f}", f"{m['moved']:,.0f}",
                 f"{m['mean']:.3f}", f"{m['max']:.3f}")
                for m in f.movement
            ],
        ),
    ]  # fmt: skip
    return [table.without_empty() for table in found if table.rows]


def verdict_table(f: Findings) -> Table:
    """Claim, verdict and reason of every claim of the guidance."""
    rows = [(CLAIMS[v.claim], v.status, f"{in_words(v.reason)}.") for v in f.verdicts]
    caption = f"Judged on the arms at all sizes, with a margin of {margin_words(f.margin)}."
    return Table("The guidance, claim by claim", caption, ("claim", "verdict", "because"), rows)


def run_table(f: Findings, most: int) -> Table:
    """All runs, or the first `most`."""
    shown = f" The first {most:,}." if len(f.runs) > most else ""
    caption = f"Size in training {unit(f)}; validation and test {METRICS[f.metric].words}.{shown}"
    rows = [_run_row(run) for run in f.runs[:most]]
    return Table("Every run", caption, _RUN_HEAD, rows)


def _run_row(run: StoredRun) -> Row:
    """One run under `_RUN_HEAD`."""
    return (
        _key(run),
        run.arm,
        f"{run.train_size:,}",
        run.seed,
        f"{run.lr:g}",
        f"{100 * run.metric.validation:.2f}",
        f"{100 * run.metric.test:.2f}",
        "" if run.epochs is None else f"{run.epochs:.0f}",
        f"{run.seconds:.2f}",
        (run.versions or {}).get("wvexp", ""),
    )


def _key(run: StoredRun) -> str:
    others = len(run.fold_keys or ()) - 1
    return f"{run.key} and {others} folds more" if others > 0 else run.key


def _parity_rows(parity: Mapping[str, Any]) -> list[Row]:
    if not parity["runs"]:
        return [("runs checked as they trained", "none: a sweep compares its engines beforehand")]
    return [
        ("runs checked as they trained", f"{parity['runs']:,}"),
        ("passed", f"{parity['passed']:,}"),
        ("batches compared", f"{parity['checks']:,}"),
        ("largest relative error", f"{parity['max_rel_error']:.1e}"),
    ]


def _span(low: float | None, high: float | None, signed: bool = False) -> str:
    if low is None or high is None:
        return "none"
    sign = "+" if signed else ""
    return f"{100 * low:{sign}.1f} to {100 * high:{sign}.1f}"


def _count(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _share(value: float | None) -> str:
    return "" if value is None else percent(value)
