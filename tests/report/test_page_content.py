"""What the page shows at first sight, in which units, and what it leaves out where rows lack it."""

import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from wvexp.report.figures import draw
from wvexp.report.findings import find
from wvexp.report.markdown import markdown
from wvexp.report.measurements import measure
from wvexp.report.page import html
from wvexp.report.style import COLOURS
from wvexp.report.tables import tables

VOID = {"meta", "link", "img", "br", "hr"}


class Page(HTMLParser):
    """Tables by their caption's section, with the elements that they stand in, and other text."""

    def __init__(self, text):
        super().__init__()
        self.inside, self.tables, self.described, self.title = [], [], [], ""
        self.pictures, self._heading = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "table":
            self.tables.append({"title": self._heading, "caption": "", "head": [], "rows": []})
            self.tables[-1]["folded"] = "details" in self.inside
        if tag == "tr" and "tbody" in self.inside:
            self.tables[-1]["rows"].append([])
        if tag in ("h2", "summary"):
            self._heading = ""
        if tag == "th":
            assert attrs["scope"] == "col"
            self.tables[-1]["head"].append("")
        if tag == "td":
            self.tables[-1]["rows"][-1].append("")
        if tag in ("dt", "dd"):
            self.described.append("")
        if tag == "img":
            assert "noscript" in self.inside
            self.pictures.append(attrs)
        if tag not in VOID:
            self.inside.append(tag)

    def handle_endtag(self, tag):
        assert self.inside.pop() == tag

    def handle_data(self, data):
        here = self.inside[-1] if self.inside else ""
        if "caption" in self.inside:
            self.tables[-1]["caption"] += data
        elif here == "th":
            self.tables[-1]["head"][-1] += data
        elif "td" in self.inside:
            self.tables[-1]["rows"][-1][-1] += data
        elif here in ("dt", "dd"):
            self.described[-1] += data
        elif here in ("h2", "summary"):
            self._heading += data
        elif here == "title":
            self.title += data

    def table(self, title):
        [found] = [t for t in self.tables if t["title"] == title]
        return found


def page_of(f):
    return Page(html(f, draw(f), [("word", "3", "1.0", "a", "b")]))


@pytest.fixture(scope="module")
def findings(simulated):
    return find(measure(simulated(seeds=2), "c0ffee"))


@pytest.fixture(scope="module")
def page(findings):
    return page_of(findings)


def test_the_head_names_data_day_examples_and_labels(findings, page):
    told = dict(zip(page.described[::2], page.described[1::2], strict=True))
    assert told == {
        "data": "reviews",
        "trained": "2026-11-24 to 2026-11-25 (UTC)",
        "examples": "6,400 sentences to train on, 600 sentences to validate on, 600 sentences to "
        "test on",
        "labels": "2 in the training data: positive 3,201, negative 3,199",
    }
    assert page.title.startswith("reviews: ")
    assert "**data**: reviews" in markdown(findings, [], "images")


def test_a_token_task_counts_tokens_and_many_labels_are_cut(simulated):
    def tagged(run):
        run["task"] = "token"
        run["data"]["train"]["labels"] = {f"tag{n}": 100 - n for n in range(40)}

    f = find(measure(simulated(seeds=2).change(tagged), "c0ffee"))
    told = dict(f.described)
    assert told["examples"].startswith("128,000 tokens in 6,400 sentences to train on, ")
    assert told["labels"].startswith("40 in the training data: tag0 100, tag1 99, ")
    assert told["labels"].endswith(", tag11 89 and 28 more")


def test_a_cross_fit_speaks_of_all_that_it_pools(simulated):
    def pooled(run):
        counts = {"sentences": 300, "tokens": 9_000, "labels": {"positive": 200, "x" * 99: 100}}
        run["data"] = {"name": "reviews", "pool": counts}

    f = find(replace(measure(simulated(seeds=2).change(pooled), "c0ffee"), folds=5))
    told = dict(f.described)
    assert told["examples"] == "300 sentences, in 5 folds"
    assert told["labels"] == f"2 in all the data: positive 200, {'x' * 39}… 100"
    assert "in training" not in page_of(f).table("Scores by label")["head"]


def test_a_label_that_training_lacks_is_there_no_time(simulated):
    def unseen(run):
        run["per_class"]["new"] = {"support": 7, "recall": 0.0, "f1": 0.0}

    rows = page_of(find(measure(simulated(seeds=2).change(unseen), "c0ffee")))
    rows = {row[0]: row for row in rows.table("Scores by label")["rows"]}
    assert rows["new"][1:3] == ["0", "7"]


def test_what_old_rows_lack_is_left_out(simulated):
    def of_an_earlier_version(run):
        for name in ("data", "date", "per_class"):
            del run[name]

    f = find(measure(simulated(seeds=2).change(of_an_earlier_version), "c0ffee"))
    page = page_of(f)
    assert page.described == []
    assert page.title.startswith(("Take", "Undecided"))
    assert "Scores by label" not in [table["title"] for table in page.tables]
    assert "labels with a training example" not in page.table("Size and coverage")["head"]
    assert page.table("Test scores")["rows"]
    json.dumps(f.to_json(), allow_nan=False)


def test_scores_stand_open_before_anything_else(simulated):
    """However many labels there are."""

    def with_many_labels(run):
        run["per_class"] = {
            f"label{n}": {"support": 90 - n, "predicted": 9, "precision": 0.5, "f1": 0.25}
            for n in range(40)
        }

    f = find(measure(simulated(seeds=2).change(with_many_labels), "c0ffee"))
    page = page_of(f)
    scores, by_label, claims = page.tables[:3]
    assert [t["title"] for t in (scores, by_label)] == ["Test scores", "Scores by label"]
    assert claims["title"] == "The guidance, claim by claim"
    assert not any(table["folded"] for table in (scores, by_label, claims))
    assert [row[0] for row in by_label["rows"]] == [f"label{n}" for n in range(40)]


def test_the_score_table_has_every_score(findings, page):
    table = page.table("Test scores")
    for score in findings.scores:
        [row] = [row for row in table["rows"] if row[0] == f"{score.size:,}"]
        shown = row[table["head"].index(score.arm)].replace("\u00a0", " ")
        ends = f"[{100 * score.low:.1f}, {100 * score.high:.1f}]"
        assert shown == f"{100 * score.score:.1f} {ends}"


def test_scores_of_labels_are_means_over_the_seeds_at_the_chosen_rate(simulated):
    def graded(run):
        run["per_class"]["negative"] = {"support": 300, "recall": 0.0, "f1": 0.0}
        run["per_class"]["positive"] |= {"f1": 0.5 + 0.1 * run["seed"]}

    f = find(measure(simulated(seeds=3).change(graded), "c0ffee"))
    table = page_of(f).table("Scores by label")
    arm = f.choice.recommended
    rows = {row[0]: dict(zip(table["head"], row, strict=True)) for row in table["rows"]}
    assert rows["positive"][f"F1, {arm}"] == "60.0"
    assert rows["positive"]["in training"] == "3,201"
    assert rows["negative"]["in test"] == "300"
    assert rows["negative"][f"precision, {arm}"] == ""  # it was never predicted
    assert rows["negative"][f"recall, {arm}"] == "0.0"
    assert {f"F1, {a}" for a in f.arms} <= set(table["head"])


def test_every_table_has_a_caption_and_says_each_column_once(page):
    assert len(page.tables) >= 9
    for table in page.tables:
        assert table["caption"].endswith("."), table["title"]
        assert len(set(table["head"])) == len(table["head"])
        assert all(len(row) == len(table["head"]) for row in table["rows"])


def test_the_columns_of_labels_and_tokens_hold_those(simulated):
    def without_negative(run):
        if run["train_size"] == 100 and run["seed"] == 1:
            run["labels_missing"] = ["negative"]

    f = find(measure(simulated(seeds=2).change(without_negative), "c0ffee"))
    [table] = [t for t in tables(f) if t.title == "Size and coverage"]
    rows = [dict(zip(table.head, row, strict=True)) for row in table.rows]
    assert [row["labels with a training example"] for row in rows] == ["1 of 2", *["2 of 2"] * 3]
    assert rows[-1]["training tokens"] == "128,000"
    assert rows[-1]["training tokens with a vector"] == "94.0 %"
    assert rows[-1]["training types with a vector"] == "71.0 %"


def axes_of(spec):
    """Every axis title of a chart, by channel."""
    if isinstance(spec, list):
        return [pair for part in spec for pair in axes_of(part)]
    if not isinstance(spec, dict):
        return []
    found = []
    for channel, how in spec.get("encoding", {}).items():
        if channel in ("x", "y") and how.get("type") == "quantitative":
            axis = how.get("axis") or {}
            assert "%" not in axis.get("format", "")
            title = axis.get("title", how.get("title"))
            found += [(channel, title)] if title else []
    return found + axes_of(spec.get("layer", []))


def test_a_curve_that_is_not_extrapolated_widens_no_axis(simulated):
    f = find(measure(simulated(seeds=2), "c0ffee"))
    last = [p for p in f.curves["random-tuned"].points if p.size <= f.sizes[-1]]
    cut = replace(f.curves["random-tuned"], points=(*last, last[-1]))
    f = replace(f, curves={**f.curves, "random-tuned": cut})
    [figure] = [x for x in draw(f) if x.name == "learning-curves"]
    dotted = {row["arm"] for row in figure.chart.to_dict()["layer"][-1]["data"]["values"]}
    reach = {arm: curve.points[-1].size for arm, curve in f.curves.items()}
    assert dotted == {arm for arm in f.arms if reach[arm] > f.sizes[-1]}
    assert dotted
    assert "random-tuned" not in dotted


@pytest.mark.parametrize("task", ["sentence", "token"])
def test_every_axis_says_its_unit_and_errors_have_one(simulated, task):
    store = simulated(seeds=2).change(lambda run: run.update(task=task))
    figures = {x.name: x for x in draw(find(measure(store, "c0ffee")))}
    allowed = {
        f"training {task}s (log scale)",
        "test error: 100 − accuracy (%)",
        "validation error: 100 − accuracy (%)",
        "difference of accuracy (percentage points)",
        "learning rates tried, each with a seed",
        "Euclidean distance moved",
    }
    titles = {title for x in figures.values() for _, title in axes_of(x.chart.to_dict())}
    assert titles == allowed
    for name in ("learning-curves", "error-seen", "tuning"):
        errors = re.findall(r'"error": ([\d.]+)', json.dumps(figures[name].chart.to_dict()))
        assert errors
        assert all(1 < float(error) < 100 for error in errors)


def test_what_lr_trials_buy_names_the_learning_rates(simulated):
    f = find(measure(simulated(seeds=2).drop(arm="random-tuned", lr=0.0003), "c0ffee"))
    [figure] = [x for x in draw(f) if x.name == "tuning"]
    tried = (
        "Learning rates tried: 0.0003, 0.001 and 0.003 for pretrained-frozen, pretrained-tuned and "
        "random-frozen, 0.001 and 0.003 for random-tuned; chosen on validation: "
    )
    assert tried in figure.caption
    chosen = {s.lr for s in f.scores if s.size == 6400}
    assert all(f"{rate:g} for " in figure.caption.partition(tried)[2] for rate in chosen)


def luminance(colour):
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return sum(w * x for w, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_lines_and_dots_are_seen_on_white(findings):
    assert all(1.05 / (luminance(colour) + 0.05) >= 3 for colour in COLOURS)
    for figure in draw(findings):
        for layer in figure.chart.to_dict().get("layer", []):
            mark = layer["mark"]
            if mark["type"] == "line":
                assert mark["strokeWidth"] >= 2
                opacity = layer["encoding"].get("opacity", {"condition": {"value": 1}})
                assert opacity["condition"]["value"] == 1


def test_without_scripts_every_figure_is_a_picture(findings, page):
    figures = draw(findings)
    assert [picture["alt"] for picture in page.pictures] == [x.title for x in figures]
    for picture, figure in zip(page.pictures, figures, strict=True):
        kind, _, content = picture["src"].partition(",")
        assert kind == "data:image/svg+xml;base64"
        assert base64.b64decode(content).decode() == figure.svg
        assert figure.svg.startswith("<svg")
