"""The report's files: the page, with Markdown, JSON and images beside it."""

import json
import shutil
from pathlib import Path

from wvexp.errors import UserError
from wvexp.files import replacing, write_text
from wvexp.report.figures import draw
from wvexp.report.findings import Findings
from wvexp.report.ledger import read_ledger
from wvexp.report.markdown import markdown
from wvexp.report.page import html
from wvexp.report.style import Figure


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
    moved = read_ledger(ledger) if ledger else []
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        images = out.with_name(f"{out.stem}_figures")
        texts = [out, out.with_suffix(".md"), out.with_suffix(".json")]
        made = [path for path in (images, *texts) if not path.exists()]
        images.mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(f"out={out}: {error.strerror}", "give another out=FILE.html") from error
    try:
        figures = draw(findings)
        for old in images.iterdir():
            if old.suffix in (".svg", ".png"):
                old.unlink()
        for figure in figures:
            _write_images(figure, images)
        # An unpaired surrogate in a word of the data cannot be written as UTF-8.
        write_text(out.with_suffix(".json"), json.dumps(findings.to_json(), allow_nan=False))
        write_text(out.with_suffix(".md"), _writable(markdown(findings, figures, images.name)))
        write_text(out, _writable(html(findings, figures, moved)))
    except BaseException:  # half a report is none
        for path in made:
            if path == images:
                shutil.rmtree(images, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        raise


def _writable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _write_images(figure: Figure, folder: Path) -> None:
    write_text(folder / f"{figure.name}.svg", figure.svg)
    with replacing(folder / f"{figure.name}.png") as file:
        file.write(figure.png())
