"""The report as one HTML page that needs nothing else."""

import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import get_args

from wvexp.analysis.verdict import Status
from wvexp.report.advice import advice, headline
from wvexp.report.findings import Findings
from wvexp.report.ledger import ledger_table
from wvexp.report.reasons import all_in_words
from wvexp.report.score_tables import score_tables
from wvexp.report.style import Figure
from wvexp.report.table import Row, Table
from wvexp.report.tables import run_table, tables, verdict_table
from wvexp.report.words import about

_TEMPLATE = Path(__file__).with_name("page.html")
_ROWS_SHOWN = 5_000


def html(f: Findings, figures: Sequence[Figure], moved: Sequence[Row] = ()) -> str:
    """The page as text; everything that comes from data is escaped."""
    specs = [{"id": figure.name, "spec": figure.chart.to_dict()} for figure in figures]
    names = dict(f.described)
    minded = _list("What to mind", all_in_words(f.problems))
    parts = {
        "title": escape(": ".join(filter(None, [names.get("data"), headline(f)]))),
        "headline": escape(headline(f)),
        "advice": "".join(f"<li>{escape(line)}</li>" for line in advice(f)[1:]),
        "described": _described(f.described),
        "about": escape(about(f)),
        "read": _pairs("What was read", f.read.rows()) if f.read else "",
        "scores": "".join(map(_section, score_tables(f))),
        "verdicts": _section(verdict_table(f), "verdicts"),
        "figures": "".join(map(_figure, figures)) or "<p>Nothing to draw.</p>",
        "tables": "".join(map(_section, tables(f))),
        "moved": _section(ledger_table(moved)) if moved else "",
        "missing": minded + _list("Failed runs", f.failures),
        "runs": _section(run_table(f, _ROWS_SHOWN)),
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


def _described(pairs: Iterable[tuple[str, str]]) -> str:
    entries = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs)
    return f'<dl class="described">{entries}</dl>' if entries else ""


def _pairs(title: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Names and what is said of them, under a heading."""
    return f"<section><h2>{escape(title)}</h2>{_described(pairs)}</section>"


def _figure(figure: Figure) -> str:
    """The place of the chart, and for readers without scripts a picture of it.

    As an image, nothing in the picture can meet the page: neither its names nor text from data.
    """
    picture = b64encode(figure.svg.encode()).decode()
    return (
        f"<figure><h3>{escape(figure.title)}</h3>"
        f'<div class="chart" id="{escape(figure.name)}"></div>'
        f'<noscript><img alt="{escape(figure.title)}" src="data:image/svg+xml;base64,{picture}">'
        f"</noscript><figcaption>{escape(figure.caption)}</figcaption></figure>"
    )


def _section(table: Table, name: str = "") -> str:
    if table.folded:
        return _folded(f"{table.title} ({len(table.rows):,})", _table(table))
    return f"<section><h2>{escape(table.title)}</h2>{_table(table, name)}</section>"


def _table(table: Table, name: str = "") -> str:
    head = "".join(f'<th scope="col">{escape(str(cell))}</th>' for cell in table.head)
    body = "".join(
        f"<tr>{''.join(f'<td>{_cell(cell, name)}</td>' for cell in row)}</tr>" for row in table.rows
    )
    kind = f' class="{name}"' if name else ""
    return (
        f'<div class="wide"><table{kind}><caption><span>{escape(table.caption)}</span></caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(cell: object, table: str) -> str:
    """A verdict in its colour, anything else as it is."""
    text = escape(str(cell))
    if table == "verdicts" and text in get_args(Status):
        return f'<b class="{text.replace(" ", "-")}">{text}</b>'
    return text


def _list(title: str, entries: Sequence[str]) -> str:
    if not entries:
        return ""
    items = "".join(f"<li>{escape(entry)}</li>" for entry in entries)
    return f"<section><h2>{escape(title)}</h2><ul>{items}</ul></section>"


def _folded(title: str, content: str) -> str:
    return f'<details class="folded"><summary>{escape(title)}</summary>{content}</details>'


@cache
def _library() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script."""
    import vl_convert

    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")
