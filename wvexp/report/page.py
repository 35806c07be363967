"""The report as one HTML page that needs nothing else."""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from pathlib import Path

from wvexp.report.advice import advice, headline
from wvexp.report.findings import Findings
from wvexp.report.ledger import LEDGER_HEAD
from wvexp.report.style import Figure
from wvexp.report.tables import RUN_HEAD, Row, run_row, tables, verdict_rows
from wvexp.report.words import about

_TEMPLATE = Path(__file__).with_name("page.html")
_ROWS_SHOWN = 5_000


def html(f: Findings, figures: Sequence[Figure], moved: Sequence[Row] = ()) -> str:
    """The page as text; everything that comes from data is escaped."""
    specs = [{"id": figure.name, "spec": figure.chart.to_dict()} for figure in figures]
    parts = {
        "headline": escape(headline(f)),
        "advice": "".join(f"<li>{escape(line)}</li>" for line in advice(f)[1:]),
        "about": escape(about(f)),
        "read": _pairs("What was read", f.read.rows()) if f.read else "",
        "verdicts": _verdict_table(f),
        "figures": "".join(_figure(figure) for figure in figures) or "<p>Nothing to draw.</p>",
        "tables": "".join(_section(title, head, rows) for title, head, rows in tables(f)),
        "moved": _section("Neighbours before and after", LEDGER_HEAD, moved) if moved else "",
        "missing": _list("What to mind", f.problems) + _list("Failed runs", f.failures),
        "runs": _folded(
            f"Every run ({len(f.runs):,})", _table(RUN_HEAD, map(run_row, f.runs[:_ROWS_SHOWN]))
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


def _pairs(title: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Names and what is said of them."""
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(said)}</dd>" for name, said in pairs)
    return f"<section><h2>{escape(title)}</h2><dl>{items}</dl></section>"


def _verdict_table(f: Findings) -> str:
    body = "".join(
        f'<tr><td>{escape(str(claim))}</td><td><b class="{escape(str(status).replace(" ", "-"))}">'
        f"{escape(str(status))}</b></td><td>{escape(str(reason))}</td></tr>"
        for claim, status, reason in verdict_rows(f)
    )
    head = "<tr><th>claim</th><th>verdict</th><th>because</th></tr>"
    return f'<div class="wide"><table class="verdicts">{head}{body}</table></div>'


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


@cache
def _library() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script."""
    import vl_convert

    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")
