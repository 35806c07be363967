"""The page in a real browser: it draws, stays silent, asks the network for nothing."""

import json
import re
import shutil
import subprocess

import pytest

from wvexp.report.findings import find
from wvexp.report.measurements import measure
from wvexp.report.writing import write_report

EVIL = "<script>document.body.dataset.evil = 1</script>"
BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--virtual-time-budget=20000",
]
# Clicks the second arm in the first figure's legend once all is drawn, and notes what came of it.
PROBE = """
<script>
(async () => {
  while (!document.body.dataset.drawn) await new Promise((done) => setTimeout(done, 50));
  const view = window.views[0], chart = document.querySelector(".chart");
  const opacities = () => [...chart.querySelectorAll(".mark-symbol.role-mark path")]
    .map((path) => path.getAttribute("opacity"));
  const before = new Set(opacities()).size;
  const label = chart.querySelectorAll(".role-legend-label text")[1];
  label.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  await view.runAsync();
  document.body.dataset.probe = JSON.stringify({
    label: label.textContent, before, after: new Set(opacities()).size,
    isolated: view.data("isolated_store").flatMap((one) => one.values),
    fetched: performance.getEntriesByType("resource").map((entry) => entry.name),
  });
})();
</script>
"""


@pytest.fixture(scope="module")
def opened(simulated, tmp_path_factory):
    """The DOM after everything was drawn, and what the console said."""
    if BROWSER is None:
        pytest.skip("no Chromium here")
    folder = tmp_path_factory.mktemp("page")

    def poison(run):
        run["movement"]["most_moved"] = [{"word": EVIL, "distance": 1.0}]
        run["versions"] = {EVIL: EVIL}

    write_report(find(measure(simulated(seeds=2).change(poison), "c0ffee")), folder / "report.html")
    text = (folder / "report.html").read_text()
    before, end, after = text.rpartition("</body>")  # the library's own code holds others
    (folder / "probed.html").write_text(before + PROBE + end + after)
    command = [BROWSER, *FLAGS, f"--user-data-dir={folder / 'profile'}", "--dump-dom"]
    done = subprocess.run(
        [*command, (folder / "probed.html").as_uri()], capture_output=True, text=True, timeout=120
    )
    return done.stdout, done.stderr


def test_every_figure_is_drawn(opened):
    dom, _ = opened
    charts = re.findall(r'<div class="chart[^"]*" id="([^"]+)"', dom)
    assert len(charts) >= 8
    assert int(re.search(r'data-drawn="(\d+)"', dom)[1]) == len(charts)
    assert dom.count('class="marks"') == len(charts)


def test_the_console_is_silent_and_nothing_is_fetched(opened):
    dom, log = opened
    assert not [line for line in log.splitlines() if "CONSOLE" in line]
    assert probed(dom)["fetched"] == []


def test_a_click_in_the_legend_isolates_an_arm(opened):
    dom, _ = opened
    found = probed(dom)
    assert found["label"] == "pretrained-tuned"
    assert found["isolated"] == ["pretrained-tuned"]
    assert (found["before"], found["after"]) == (1, 2)


def test_a_word_that_is_markup_stays_text(opened):
    dom, _ = opened
    assert "data-evil" not in dom
    assert "&lt;script&gt;document.body.dataset.evil" in dom


def probed(dom):
    return json.loads(re.search(r'data-probe="([^"]*)"', dom)[1].replace("&quot;", '"'))
