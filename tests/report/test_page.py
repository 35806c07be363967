import json
import re
from html.parser import HTMLParser

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from wvexp.analysis.movement import movement_ledger
from wvexp.errors import UserError
from wvexp.report.figures import draw
from wvexp.report.findings import find
from wvexp.report.ledger import read_ledger
from wvexp.report.markdown import markdown
from wvexp.report.measurements import measure
from wvexp.report.page import html
from wvexp.report.writing import write_report

EVIL = "<script>alert(1)</script>"


class Page(HTMLParser):
    """Text outside scripts, elements, and the scripts."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.scripts, self.shown, self._in = [], [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._in = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        self._in = None

    def handle_data(self, data):
        if self._in == "script":
            self.scripts[-1] += data
        elif self._in != "style":
            self.shown.append(data)


def poison(run):
    """Data whose every text is markup."""
    run["movement"]["most_moved"] = [{"word": EVIL, "distance": 1.0}]
    run["labels_missing"] = [EVIL]
    run["versions"] = {EVIL: EVIL}
    run["config"]["data"] = EVIL


@pytest.fixture(scope="module")
def findings(simulated):
    return find(measure(simulated(seeds=2).change(poison), "c0ffee"), failures=(EVIL,))


def test_all_files_are_written_and_the_page_is_whole_and_small(findings, tmp_path):
    out = tmp_path / "new" / "report.html"
    write_report(findings, out)
    assert 500_000 < out.stat().st_size < 3_000_000
    names = {figure.name for figure in draw(findings)}
    assert "learning-curves" in names
    images = out.with_name("report_figures")
    assert {path.name for path in images.iterdir()} == {
        f"{n}.{x}" for n in names for x in ("png", "svg")
    }
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in images.glob("*.png"))
    assert json.loads(out.with_suffix(".json").read_text())["condition"] == "c0ffee"
    text = out.with_suffix(".md").read_text()
    assert all(f"report_figures/{name}.svg" in text for name in names)


def test_nothing_is_fetched_and_nothing_from_data_is_markup(findings):
    page = Page(html(findings, draw(findings), [(EVIL,) * 5]))
    assert len(page.scripts) == 3
    assert not [script for script in page.scripts if script.startswith("alert")]
    assert EVIL in "".join(page.shown)
    for tag, attributes in page.elements:
        assert tag not in ("iframe", "object", "embed")
        assert attributes.get("src", "").startswith("data:image/svg+xml;base64,") == (tag == "img")
        assert not attributes.get("href", "data:").startswith(("http", "/"))
    [bars] = [s for s in json.loads(page.scripts[0]) if s["id"] == "movement-random-tuned"]
    assert bars["spec"]["data"]["values"][0]["word"] == EVIL


def test_markdown_keeps_markup_from_data_as_text(findings):
    text = markdown(findings, draw(findings), "figures")
    assert EVIL not in text
    assert r"\<script\>alert(1)\</script\>" in text


def test_every_run_is_listed_with_its_key_and_configuration(findings):
    shown = "".join(Page(html(findings, [])).shown)
    assert all(run.key in shown for run in findings.runs)
    assert '"learning_rates"' in shown
    assert '"versions"' in shown


def test_figures_are_those_that_the_evidence_allows(simulated):
    def names(store):
        return {figure.name for figure in draw(find(measure(store, "c0ffee")))}

    everything = names(simulated(seeds=2))
    assert {"error-seen", "error-pretrained-only", "tuning", "movement-random-tuned"} <= everything
    assert "error-neither" not in everything  # no test example there
    frozen = names(simulated(seeds=2).drop(finetune=True))
    assert "difference-pretrained-frozen-random-frozen" in frozen
    assert not [n for n in frozen if "tuned" in n]
    one_seed = names(simulated(seeds=1))
    assert "learning-curves" in one_seed


def test_the_crossover_band_is_where_the_crossover_is(simulated):
    f = find(measure(simulated(seeds=8, units=3000), "c0ffee"))
    [figure] = [x for x in draw(f) if x.name == "difference-pretrained-frozen-pretrained-tuned"]
    [layer] = [x for x in figure.chart.to_dict()["layer"] if x["mark"]["type"] == "rect"]
    crossing = f.crossovers["pretrained-frozen - pretrained-tuned"]
    assert layer["data"]["values"] == [{"from": crossing.low, "to": crossing.high}]


def test_a_wrong_place_is_one_clear_line(findings, tmp_path):
    with pytest.raises(UserError, match=r"does not end in \.html"):
        write_report(findings, tmp_path / "report.pdf")
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="give another out="):
        write_report(findings, tmp_path / "file" / "report.html")


def test_the_ledger_shows_what_its_neighbours_left_behind(tmp_path):
    """TV and telly move together; television, near them before, stays."""
    words = ["TV", "telly", "television", "fish", "river", "stone"]
    before = np.eye(6, 8, dtype=np.float32)
    before[:3] = [
        [1, 0.1, 0, 0, 0, 0, 0, 0],
        [1, 0, 0.1, 0, 0, 0, 0, 0],
        [1, 0, 0, 0.1, 0, 0, 0, 0],
    ]
    after = before.copy()
    after[:2, 6] = 3
    ledger = movement_ledger(
        words, np.array([9, 8, 0, 5, 0, 0]), np.array([1, 1, 0, 1, 0, 0], bool), before, after
    )
    path = tmp_path / "movement.parquet"
    pyarrow.parquet.write_table(pyarrow.table(ledger.columns()), path)
    lines = read_ledger(path)
    by_word = {line[0]: line for line in lines}
    assert [line[0] for line in lines[:2]] == ["TV", "telly"]
    assert by_word["television"][2] == "stayed"
    assert lines[2][0] == "television"
    assert re.match(r"(TV, telly|telly, TV)", by_word["television"][3])
    assert "television\u00b7" in by_word["TV"][3].split(", ")[:2]
    with pytest.raises(UserError, match="no movement ledger"):
        read_ledger(tmp_path / "none.parquet")
