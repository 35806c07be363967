"""The report: one HTML page that needs nothing else, with Markdown, JSON and images beside it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from wvexp.atomic import replacing, write_text
from wvexp.errors import UserError
from wvexp.report.figures import Figure, draw
from wvexp.report.findings import PAIRS, Findings
from wvexp.report.words import (
    CLAIMS,
    advice,
    crossover_words,
    fade_words,
    headline,
    number,
    percent,
    points,
    unit,
)

Row = Sequence[object]

_TEMPLATE = Path(__file__).with_name("page.html")
# Pixels of a figure's width outside the page.
_IMAGE_WIDTH = 720
_IMAGE_SCALE = 2
_ROWS_SHOWN = 5_000


def write_report(findings: Findings, out: Path, ledger: Path | None = None) -> None:
    """Write `out` (.html) and, beside it, .md, .json and a folder with PNG and SVG of each figure.

    ledger: a `movement.parquet`, whose neighbours before and after are then shown

    Raises
    ------
    UserError
        `out` does not end in .html, or nothing can be written there.
    """
    if out.suffix != ".html":
        raise UserError(f"out={out} does not end in .html", "give out=report.html")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        images = out.with_name(f"{out.stem}_figures")
        images.mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(f"out={out}: {error.strerror}", "give another out=FILE.html") from error
    figures = draw(findings)
    moved = read_ledger(ledger) if ledger else []
    for old in images.iterdir():
        if old.suffix in (".svg", ".png"):
            old.unlink()
    for figure in figures:
        _write_images(figure, images)
    # An unpaired surrogate in a word of the data cannot be written as UTF-8.
    write_text(out.with_suffix(".json"), json.dumps(findings.to_json(), allow_nan=False))
    write_text(out.with_suffix(".md"), _writable(markdown(findings, figures, images.name)))
    write_text(out, _writable(html(findings, figures, moved)))


def html(f: Findings, figures: Sequence[Figure], moved: Sequence[Row] = ()) -> str:
    """The page as text; everything that comes from data is escaped."""
    specs = [{"id": figure.name, "spec": figure.chart.to_dict()} for figure in figures]
    parts = {
        "headline": escape(headline(f)),
        "advice": "".join(f"<li>{escape(line)}</li>" for line in advice(f)[1:]),
        "about": escape(_about(f)),
        "verdicts": _verdict_table(f),
        "figures": "".join(_figure(figure) for figure in figures) or "<p>Nothing to draw.</p>",
        "tables": "".join(_section(title, head, rows) for title, head, rows in tables(f)),
        "moved": _section("Neighbours before and after", _LEDGER_HEAD, moved) if moved else "",
        "missing": _list("What is missing", f.problems) + _list("Failed runs", f.failures),
        "runs": _folded(
            f"Every run ({len(f.runs):,})", _table(_RUN_HEAD, map(_run_row, f.runs[:_ROWS_SHOWN]))
        ),
        "configuration": _folded(
            "Configuration and versions",
            f"<pre>{escape(json.dumps({**f.about, 'versions': f.versions}, indent=1))}</pre>",
        ),
        # In a script element only "</" and "<!--" could end the data.
        "specs": json.dumps(specs, allow_nan=False).replace("<", "\\u003c"),
        "library": _library(),
    }
    page = _TEMPLATE.read_text("utf-8")
    pieces = page.split("%%")  # text, name, text, name, ..., text
    pieces[1::2] = [parts[name] for name in pieces[1::2]]
    return "".join(pieces)


def markdown(f: Findings, figures: Sequence[Figure], images: str) -> str:
    """The same as Markdown, the figures as links into the folder `images`."""
    lines = [f"# {_md(headline(f))}", "", *(f"- {_md(line)}" for line in advice(f)[1:]), ""]
    lines += [_md(_about(f)), "", "## The guidance, claim by claim", ""]
    lines += _md_table(("claim", "verdict", "because"), _verdict_rows(f))
    for figure in figures:
        title = _md(figure.title)
        lines += [f"## {title}", "", f"![{title}]({images}/{figure.name}.svg)", ""]
        lines += [_md(figure.caption), ""]
    for title, head, rows in tables(f):
        lines += [f"## {title}", "", *_md_table(head, rows)]
    for title, entries in (("What is missing", f.problems), ("Failed runs", f.failures)):
        if entries:
            lines += [f"## {title}", "", *(f"- {_md(entry)}" for entry in entries), ""]
    return "\n".join(lines)


def tables(f: Findings) -> list[tuple[str, Row, list[Row]]]:
    """Title, head and rows of every table that has rows."""
    size = f"{unit(f)}"
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
            "Where arms change places",
            ("arms", "status", "what is known"),
            [
                (f"{a} against {b}", f.crossovers[name].status.replace("_", " "), said)
                for a, b in PAIRS
                if (name := f"{a} - {b}") in f.crossovers
                for said in [crossover_words(f.crossovers[name], a, b, size)]
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
            ("arms", size, "difference", "95 % interval", "P(first better)", "p", "call"),
            [
                (
                    f"{c.a} - {c.b}",
                    number(c.size),
                    points(d.estimate, signed=True),
                    _span(d.low, d.high, signed=True),
                    "" if d.p_a_better is None else f"{d.p_a_better:.3f}",
                    "" if d.adjusted_p is None else f"{d.adjusted_p:.2g}",
                    {"A": c.a, "B": c.b}.get(d.call, d.call),
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
                    number(n),
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
                (m["arm"], f"{m['size']:,}", f"{m['rows']:,}", f"{m['moved']:,}",
                 f"{m['mean']:.3f}", f"{m['max']:.3f}")
                for m in f.movement
            ],
        ),
    ]  # fmt: skip
    return [(title, *_without_empty(head, rows)) for title, head, rows in found if rows]


_LEDGER_HEAD = ("word", "in training", "moved by", "nearest before", "nearest after")
_LEDGER_ROWS = 12
_NEIGHBOURS = 6


def read_ledger(path: Path) -> list[Row]:
    """The most moved words, then the most telling of those that stayed, with their neighbours.

    A word that stayed is telling when words near it moved: the television that TV and telly left.
    """
    import pyarrow.parquet

    try:
        lines = pyarrow.parquet.read_table(path).to_pylist()
    except (OSError, pyarrow.ArrowException) as error:
        raise UserError(f"{path} is no movement ledger", "give movement.parquet") from error
    distance = {line["word"]: line["distance"] for line in lines}
    looked_up = [line for line in lines if line["neighbours_before"]]
    moved = sorted((x for x in looked_up if x["distance"] > 0), key=lambda x: -x["distance"])
    left = sorted(
        (x for x in looked_up if x["distance"] == 0),
        key=lambda x: -sum(distance[word] for word in x["neighbours_before"]),
    )

    def names(words: Iterable[str]) -> str:
        # A dot marks what stayed where it was.
        return ", ".join(w if distance[w] > 0 else f"{w}\u00b7" for w in list(words)[:_NEIGHBOURS])

    return [
        (
            line["word"],
            f"{line['count']:,}",
            f"{line['distance']:.3f}" if line["distance"] else "stayed",
            names(line["neighbours_before"]),
            names(line["neighbours_after"]),
        )
        for line in [*moved[:_LEDGER_ROWS], *left[: _LEDGER_ROWS // 2]]
    ]


_RUN_HEAD = ("key", "arm", "size", "seed", "lr", "validation", "test", "epochs", "seconds", "wvexp")


def _run_row(run: Mapping[str, Any]) -> Row:
    return (
        run["key"],
        run["arm"],
        f"{run['train_size']:,}",
        run["seed"],
        f"{run['lr']:g}",
        f"{run['metric']['validation']:.4f}",
        f"{run['metric']['test']:.4f}",
        run.get("epochs", ""),
        f"{run['seconds']:.2f}" if "seconds" in run else "",
        run.get("versions", {}).get("wvexp", ""),
    )


def _about(f: Findings) -> str:
    seeds = f"{len(f.seeds)} seed{'' if len(f.seeds) == 1 else 's'}"
    rates = ", ".join(f"{rate:g}" for rate in f.about["learning_rates"])
    said = (
        f"{len(f.runs):,} runs: {len(f.arms)} arms, {len(f.sizes)} training sizes, {seeds}; "
        f"learning rates {rates}, chosen on validation for each arm and size; {f.about['model']} "
        f"model, {f.metric.replace('_', ' ')}; condition {f.condition}."
    )
    if f.full_size:
        said += (
            f" At {f.full_size:,} {unit(f)} all seeds share the whole training data: what is said "
            "there holds for this data."
        )
    if f.folds:
        said += (
            f" Cross-fitted over {f.folds} folds, drawn anew for each seed: every example was "
            "tested once a seed. Training sets overlap, so what is said holds for these examples."
        )
    return said


def _verdict_rows(f: Findings) -> list[Row]:
    return [(CLAIMS[v.claim], v.status, f"{v.reason}.") for v in f.verdicts]


def _verdict_table(f: Findings) -> str:
    body = "".join(
        f'<tr><td>{escape(str(claim))}</td><td><b class="{escape(str(status).replace(" ", "-"))}">'
        f"{escape(str(status))}</b></td><td>{escape(str(reason))}</td></tr>"
        for claim, status, reason in _verdict_rows(f)
    )
    head = "<tr><th>claim</th><th>verdict</th><th>because</th></tr>"
    return f'<div class="wide"><table class="verdicts">{head}{body}</table></div>'


def _parity_rows(parity: Mapping[str, Any]) -> list[Row]:
    if not parity["runs"]:
        return [("runs checked as they trained", "none: a sweep compares its engines beforehand")]
    return [
        ("runs checked as they trained", f"{parity['runs']:,}"),
        ("passed", f"{parity['passed']:,}"),
        ("batches compared", f"{parity['checks']:,}"),
        ("largest relative error", f"{parity['max_rel_error']:.1e}"),
    ]


def _figure(figure: Figure) -> str:
    return (
        f"<figure><h3>{escape(figure.title)}</h3>"
        f'<div class="chart" id="{escape(figure.name, quote=True)}"></div>'
        f"<figcaption>{escape(figure.caption)}</figcaption></figure>"
    )


def _section(title: str, head: Row, rows: Sequence[Row]) -> str:
    table = _table(head, rows)
    if len(rows) > 12:
        return _folded(f"{title} ({len(rows)})", table)
    return f"<section><h2>{escape(title)}</h2>{table}</section>"


def _without_empty(head: Row, rows: list[Row]) -> tuple[Row, list[Row]]:
    """The table without the columns in which nothing was measured."""
    kept = [i for i in range(len(head)) if any(row[i] != "" for row in rows)]
    return [head[i] for i in kept], [[row[i] for i in kept] for row in rows]


def _table(head: Row, rows: Iterable[Row]) -> str:
    def line(cells: Row, tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(str(c))}</{tag}>" for c in cells) + "</tr>"

    body = "".join(line(row, "td") for row in rows)
    return f'<div class="wide"><table>{line(head, "th")}{body}</table></div>'


def _list(title: str, entries: Sequence[str]) -> str:
    if not entries:
        return ""
    items = "".join(f"<li>{escape(entry)}</li>" for entry in entries)
    return f"<section><h2>{escape(title)}</h2><ul>{items}</ul></section>"


def _folded(title: str, content: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{content}</details>"


def _span(low: float | None, high: float | None, signed: bool = False) -> str:
    if low is None or high is None:
        return "none"
    sign = "+" if signed else ""
    return f"{100 * low:{sign}.1f} to {100 * high:{sign}.1f}"


def _count(value: float | None) -> str:
    return "" if value is None else number(value)


def _share(value: float | None) -> str:
    return "" if value is None else percent(value)


def _md(text: str) -> str:
    """Text that Markdown shows as it is: data could hold markup of its own."""
    for mark in "\\`*_[]<>|#!":
        text = text.replace(mark, f"\\{mark}")
    return text


def _md_table(head: Row, rows: Iterable[Row]) -> list[str]:
    lines = [head, ["---"] * len(head), *([_md(str(cell)) for cell in row] for row in rows)]
    return [*("| " + " | ".join(map(str, line)) + " |" for line in lines), ""]


def _writable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _write_images(figure: Figure, folder: Path) -> None:
    import vl_convert

    spec = figure.chart.properties(width=_IMAGE_WIDTH).to_dict()
    write_text(folder / f"{figure.name}.svg", vl_convert.vegalite_to_svg(spec))
    with replacing(folder / f"{figure.name}.png") as file:
        file.write(vl_convert.vegalite_to_png(spec, scale=_IMAGE_SCALE))


@cache
def _library() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script."""
    import vl_convert

    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")
