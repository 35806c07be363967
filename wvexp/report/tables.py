"""The tables of the report, as rows of plain text: the same for the page and for Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

from wvexp.report.findings import PAIRS, Findings
from wvexp.report.quantities import percent, points
from wvexp.report.words import CLAIMS, fade_words, places, unit

Row = Sequence[object]

RUN_HEAD = ("key", "arm", "size", "seed", "lr", "validation", "test", "epochs", "seconds", "wvexp")


def tables(f: Findings) -> list[tuple[str, Row, list[Row]]]:
    """Title, head and rows of every table that has rows."""
    size = unit(f)
    found: list[tuple[str, Row, list[Row]]] = [
        (
            "Test scores",
            ("arm", size, "score", "95 % interval", "learning rate", "seeds"),
            [
                (s.arm, f"{s.size:,}", percent(s.score), _span(s.low, s.high), f"{s.lr:g}", s.seeds)
                for s in f.scores
            ],
        ),
        (
            "Where arms change places (95 % intervals, one size at a time)",
            ("arms", "status", "what is known"),
            [
                (f"{a} against {b}", f.crossovers[name].status.replace("_", " "), places(f, a, b))
                for a, b in PAIRS
                if (name := f"{a} - {b}") in f.crossovers
            ],
        ),
        (
            "Where the gain of pretrained vectors fades",
            ("arms", "status", "what is known"),
            [("pretrained-tuned against random-tuned", f.fade.status, fade_words(f.fade, size))]
            if f.fade
            else [],
        ),
        (
            "Every comparison (Holm over all)",
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
                    "" if d.p_a_better is None else f"{d.p_a_better:.3f}",
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
        (
            "Size and coverage",
            (size, "tokens", "labels", "test word types seen", "types with a vector", "tokens"),
            [
                (
                    f"{n:,.0f}",
                    _count(m.tokens),
                    _count(m.labels),
                    _share(m.type_coverage),
                    _share(f.coverage.get(int(n), {}).get("types")),
                    _share(f.coverage.get(int(n), {}).get("tokens")),
                )
                for n, m in f.measures.items()
            ],
        ),
        ("Parity of both gradients", ("what", "value"), _parity_rows(f.parity)),
        (
            "How far the vectors moved",
            ("arm", size, "rows", "moved", "mean distance", "largest"),
            [
                (m["arm"], f"{m['size']:,}", f"{m['rows']:,.0f}", f"{m['moved']:,.0f}",
                 f"{m['mean']:.3f}", f"{m['max']:.3f}")
                for m in f.movement
            ],
        ),
    ]  # fmt: skip
    return [(title, *_without_empty(head, rows)) for title, head, rows in found if rows]


def verdict_rows(f: Findings) -> list[Row]:
    """Claim, verdict and reason of every claim of the guidance."""
    return [(CLAIMS[v.claim], v.status, f"{v.reason}.") for v in f.verdicts]


def run_row(run: Mapping[str, Any]) -> Row:
    """One run under `RUN_HEAD`."""
    return (
        _key(run),
        run["arm"],
        f"{run['train_size']:,}",
        run["seed"],
        f"{run['lr']:g}",
        f"{run['metric']['validation']:.4f}",
        f"{run['metric']['test']:.4f}",
        f"{run['epochs']:.0f}" if "epochs" in run else "",
        f"{run['seconds']:.2f}" if "seconds" in run else "",
        run.get("versions", {}).get("wvexp", ""),
    )


def _key(run: Mapping[str, Any]) -> str:
    others = len(run.get("fold_keys", ())) - 1
    return f"{run['key']} and {others} folds more" if others > 0 else str(run["key"])


def _parity_rows(parity: Mapping[str, Any]) -> list[Row]:
    if not parity["runs"]:
        return [("runs checked as they trained", "none: a sweep compares its engines beforehand")]
    return [
        ("runs checked as they trained", f"{parity['runs']:,}"),
        ("passed", f"{parity['passed']:,}"),
        ("batches compared", f"{parity['checks']:,}"),
        ("largest relative error", f"{parity['max_rel_error']:.1e}"),
    ]


def _without_empty(head: Row, rows: list[Row]) -> tuple[Row, list[Row]]:
    """The table without the columns in which nothing was measured."""
    kept = [i for i in range(len(head)) if any(row[i] != "" for row in rows)]
    return [head[i] for i in kept], [[row[i] for i in kept] for row in rows]


def _span(low: float | None, high: float | None, signed: bool = False) -> str:
    if low is None or high is None:
        return "none"
    sign = "+" if signed else ""
    return f"{100 * low:{sign}.1f} to {100 * high:{sign}.1f}"


def _count(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _share(value: float | None) -> str:
    return "" if value is None else percent(value)
