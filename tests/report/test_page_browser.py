"""The page in a real browser: it draws, stays silent, asks the network for nothing."""

import json
import re
import shutil
import subprocess

import pytest

from wvexp.arms import FOUR_NAMES
from wvexp.report.figures import draw
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
  // On a telephone: the legends' names, and whether all lie within their figures.
  const narrow = async () => {
    document.querySelector("main").style.maxWidth = "390px";
    dispatchEvent(new Event("resize"));
    await new Promise((done) => setTimeout(done, 300));
    await Promise.all(window.views.map((one) => one.runAsync()));
    return [...document.querySelectorAll(".chart")].map((one) => {
      const outer = one.querySelector("svg.marks").getBoundingClientRect();
      const names = [...one.querySelectorAll(".role-legend-label text")];
      return {
        names: names.map((name) => name.textContent), width: outer.width,
        whole: names.every((name) => name.getBoundingClientRect().right <= outer.right),
      };
    });
  };
  const opacities = () => [...chart.querySelectorAll(".mark-symbol.role-mark path")]
    .map((path) => path.getAttribute("opacity"));
  const before = new Set(opacities()).size;
  const label = chart.querySelectorAll(".role-legend-label text")[1];
  label.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  await view.runAsync();
  document.body.dataset.probe = JSON.stringify({
    label: label.textContent, before, after: new Set(opacities()).size,
    isolated: view.data("isolated_store").flatMap((one) => one.values),
    narrow: await narrow(),
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
    done = browse(folder / "probed.html", "--dump-dom")
    return done.stdout, done.stderr


def browse(page, *flags):
    command = [BROWSER, *FLAGS, f"--user-data-dir={page.parent / 'profile'}", *flags]
    return subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module", params=["scripts", "no scripts"])
def printed(simulated, tmp_path_factory, request):
    """The findings, and the text of the printed page."""
    if BROWSER is None or shutil.which("pdftotext") is None:
        pytest.skip("no Chromium or no pdftotext here")
    folder = tmp_path_factory.mktemp("printed")
    f = find(measure(simulated(seeds=2), "c0ffee"))
    write_report(f, folder / "report.html")
    page = folder / "report.html"
    if request.param == "no scripts":  # a sandbox allows none
        page = folder / "frame.html"
        page.write_text('<iframe sandbox src="report.html" width="700" height="20000"></iframe>')
    browse(page, f"--print-to-pdf={folder / 'report.pdf'}")
    pdf = [shutil.which("pdftotext"), str(folder / "report.pdf"), "-"]
    return f, subprocess.run(pdf, capture_output=True, text=True, check=True).stdout


def test_print_shows_what_is_folded(printed):
    f, text = printed
    [version] = f.versions["wvexp"]
    assert text.count(version) > len(f.runs)  # one in the row of every run
    assert '"learning_rates"' in text


def test_print_shows_every_figure(printed):
    f, text = printed
    sizes = [x for x in draw(f) if x.name.startswith(("learning", "difference", "error"))]
    assert text.count("training sentences (log scale)") == len(sizes)


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


def test_legends_are_whole_at_390_pixels(opened):
    dom, _ = opened
    figures = probed(dom)["narrow"]
    assert all(figure["width"] < 390 for figure in figures)
    with_legend = [figure for figure in figures if figure["names"]]
    assert len(with_legend) >= 4
    for figure in with_legend:
        assert figure["names"] == list(FOUR_NAMES)
        assert figure["whole"]


def probed(dom):
    return json.loads(re.search(r'data-probe="([^"]*)"', dom)[1].replace("&quot;", '"'))
