"""The report as Markdown."""

from collections.abc import Sequence

from wvexp.report.advice import advice, headline
from wvexp.report.findings import Findings
from wvexp.report.reasons import all_in_words
from wvexp.report.score_tables import score_tables
from wvexp.report.style import Figure
from wvexp.report.table import Table
from wvexp.report.tables import tables, verdict_table
from wvexp.report.words import about


def markdown(f: Findings, figures: Sequence[Figure], images: str) -> str:
    """The text, the figures as links into the folder `images`."""
    lines = [f"# {_md(headline(f))}", "", *(f"- {_md(line)}" for line in advice(f)[1:]), ""]
    # Not as a list: those are the answer's lines.
    lines += [*(f"**{_md(name)}**: {_md(value)}  " for name, value in f.described), ""]
    lines += [_md(about(f)), ""]
    if f.read:
        said = [f"- {name}: {_md(words)}" for name, words in f.read.rows()]
        lines += ["## What was read", "", *said, ""]
    for table in (*score_tables(f), verdict_table(f)):
        lines += _md_table(table)
    for figure in figures:
        title = _md(figure.title)
        lines += [f"## {title}", "", f"![{title}]({images}/{figure.name}.svg)", ""]
        lines += [_md(figure.caption), ""]
    for table in tables(f):
        lines += _md_table(table)
    minded = all_in_words(f.problems)
    for title, entries in (("What to mind", minded), ("Failed runs", f.failures)):
        if entries:
            lines += [f"## {title}", "", *(f"- {_md(entry)}" for entry in entries), ""]
    return "\n".join(lines)


def _md(text: str) -> str:
    """Text that Markdown shows as it is: data could hold markup of its own."""
    for mark in "\\`*_[]<>|#!":
        text = text.replace(mark, f"\\{mark}")
    return text


def _md_table(table: Table) -> list[str]:
    head = [_md(str(cell)) for cell in table.head]
    lines = [head, ["---"] * len(head), *([_md(str(c)) for c in row] for row in table.rows)]
    shown = ["| " + " | ".join(line) + " |" for line in lines]
    return [f"## {_md(table.title)}", "", _md(table.caption), "", *shown, ""]
