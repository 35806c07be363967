"""The report as Markdown."""

from collections.abc import Iterable, Sequence

from wvexp.report.advice import advice, headline
from wvexp.report.findings import Findings
from wvexp.report.style import Figure
from wvexp.report.tables import Row, tables, verdict_rows
from wvexp.report.words import about


def markdown(f: Findings, figures: Sequence[Figure], images: str) -> str:
    """The text, the figures as links into the folder `images`."""
    lines = [f"# {_md(headline(f))}", "", *(f"- {_md(line)}" for line in advice(f)[1:]), ""]
    lines += [_md(about(f)), ""]
    if f.read:
        said = [f"- {name}: {_md(words)}" for name, words in f.read.rows()]
        lines += ["## What was read", "", *said, ""]
    lines += ["## The guidance, claim by claim", ""]
    lines += _md_table(("claim", "verdict", "because"), verdict_rows(f))
    for figure in figures:
        title = _md(figure.title)
        lines += [f"## {title}", "", f"![{title}]({images}/{figure.name}.svg)", ""]
        lines += [_md(figure.caption), ""]
    for title, head, rows in tables(f):
        lines += [f"## {title}", "", *_md_table(head, rows)]
    for title, entries in (("What to mind", f.problems), ("Failed runs", f.failures)):
        if entries:
            lines += [f"## {title}", "", *(f"- {_md(entry)}" for entry in entries), ""]
    return "\n".join(lines)


def _md(text: str) -> str:
    """Text that Markdown shows as it is: data could hold markup of its own."""
    for mark in "\\`*_[]<>|#!":
        text = text.replace(mark, f"\\{mark}")
    return text


def _md_table(head: Row, rows: Iterable[Row]) -> list[str]:
    lines = [head, ["---"] * len(head), *([_md(str(cell)) for cell in row] for row in rows)]
    return [*("| " + " | ".join(map(str, line)) + " |" for line in lines), ""]
