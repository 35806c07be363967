"""What was read: on the terminal before anything trains, in every file that a run leaves."""

import json
import logging
import os
import re
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from wvexp.config.checks import parse_config
from wvexp.config.compose import compose, run_hydra_command
from wvexp.data.overview import Part, Reading, VectorFile
from wvexp.data.records import read_record, to_plain
from wvexp.decision.procedure import decide_config, run_decision
from wvexp.errors import DamagedError, UserError
from wvexp.experiment.inputs import prepare
from wvexp.report.findings import find
from wvexp.report.markdown import markdown
from wvexp.report.measurements import measure
from wvexp.report.page import html
from wvexp.results.rows import read_run
from wvexp.results.store import Store
from wvexp.sweeps.jobs import run_jobs
from wvexp.sweeps.session import run_config

WORDS = [f"w{i}" for i in range(40)]


def made(**changed):
    """An account whose every number is known."""
    plain = {
        "data": "tickets",
        "task": "sentence",
        "text": "body",
        "label": "category",
        "group": None,
        "labels": {"bug": 716, "wish": 684},
        "classes": 2,
        "words": (180, 2300),
        "parts": {
            "train": Part("tickets.csv", 1120, 200_000),
            "validation": Part(None, 140, 26_000),
            "test": Part("test.csv", 140, 26_000),
        },
        "folds": None,
        "tokenizer": "treebank",
        "lowercase": True,
        "vectors": VectorFile("glove.6B.50d.txt", 0.934, 0.981),
        "notes": ("mind this",),
    }
    return Reading(**{**plain, **changed})


def test_two_lines_say_it_all():
    assert made().lines() == [
        "read tickets: text=body, label=category: 2 labels (bug 716, wish 684); "
        "1,400 documents, 252,000 words, 180 in the median and 2,300 at most",
        "train 1,120 (tickets.csv), validation 140 (split off), test 140 (test.csv); "
        "tokenizer treebank, lower-cased; "
        "glove.6B.50d.txt covers 93.4% of training words, 98.1% of tokens",
    ]


def test_what_is_not_known_is_not_said():
    bare = made(text=None, label=None, vectors=None, lowercase=False, words=(9, 20))
    first, second = bare.lines()
    assert first.startswith("read tickets: 2 labels (bug 716, wish 684); 1,400 sentences")
    assert second.endswith("tokenizer treebank, as written")
    assert not {"vectors", "text", "label", "folds"} & set(bare.to_json())


def test_many_labels_are_counted_and_some_shown():
    labels = {f"label {i}" + "x" * 50 * (i == 0): 100 - i for i in range(40)}
    said = dict(made(labels=labels, classes=77).rows())["labels"]
    assert said.startswith(f"77 labels (label 0{'x' * 23}... 100, label 1 99, ")
    assert said.endswith("label 5 95, and 71 more)")


@pytest.mark.parametrize(
    "reading",
    [
        made(),
        made(text=None, label=None, vectors=None, notes=()),
        made(folds=5, parts={"all": Part("tickets.csv", 1400, 252_000)}),
    ],
)
def test_json_gives_it_back(reading):
    assert read_record(Reading, json.loads(json.dumps(reading.to_json()))) == reading


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("labels", {"bug": "many"}),
        ("labels", []),
        ("classes", True),
        ("words", [1]),
        ("words", 3),
        ("parts", {"train": 3}),
        ("parts", {"train": {"sentences": 3}}),
        ("vectors", {"name": "v"}),
        ("notes", [3]),
        ("lowercase", "yes"),
        ("data", None),
    ],
)
def test_a_row_whose_account_is_damaged_is_a_damaged_row(name, value):
    content = {**made().to_json(), name: value}
    with pytest.raises(ValueError, match=r"."):
        read_record(Reading, content)


@pytest.fixture
def given(tmp_path, monkeypatch):
    """A file whose columns and texts are to be guessed: overrides."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    rows = ["Body,id,category"]
    for i in range(120):
        mood = i % 3 == 0
        words = [WORDS[j] for j in rng.integers(20 * mood, 20 * mood + 20, size=6)]
        rows.append(f"{' '.join(words)} Sent{i}.,{i},{['bug', 'wish'][mood]}")
    Path("tickets.csv").write_text("\n".join(rows) + "\n")
    vectors = rng.normal(size=(40, 4))
    lines = (f"{w} {' '.join(f'{x:.3f}' for x in v)}" for w, v in zip(WORDS, vectors, strict=True))
    Path("vectors.txt").write_text("\n".join(lines) + "\n")
    return ["data=files", "data.train=tickets.csv", "embed.path=vectors.txt", "model.hidden=4"]


FIRST = "read tickets: text=Body, label=category: 2 labels (bug 80, wish 40); 120 sentences, "
SECOND = (
    r"train 96 \(tickets.csv\), validation 12 \(split off\), test 12 \(split off\); "
    r"tokenizer treebank, lower-cased; vectors.txt covers \d\d.\d% of training words, \d\d.\d% of"
)


def test_a_run_says_it_first_and_keeps_it(given, capsys):
    config = compose([*given, "out=run", "optim.epochs=1"])
    run_config(config)
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith(FIRST)
    assert re.match(SECOND, second)
    [row] = Store(Path("runs/results.sqlite")).runs()
    assert row.read.to_json() == json.loads(Path("run/result.json").read_text())["read"]
    assert row.read.lines() == [first, second]


def test_the_kept_configuration_reads_the_same(given):
    run_config(compose([*given, "out=run", "optim.epochs=1"]))
    content = yaml.safe_load(Path("run/config.yaml").read_text())
    assert content["data"]["text"] == "Body"
    assert content["data"]["label"] == "category"
    assert content["data"]["tokenizer"] == "treebank"
    assert content["data"]["lowercase"] == "true"
    again, before = prepare(parse_config(content)), prepare(compose(given))
    assert again.corpus.fingerprint == before.corpus.fingerprint
    assert again.reading == before.reading


def test_the_kept_configuration_of_token_data_reads_the_same(given):
    lines = "".join(f"{WORDS[i % 40]}\t{'XY'[i % 2]}\n" + "\n" * (i % 5 == 4) for i in range(200))
    Path("tags.conll").write_text(lines)
    keys = [*given, "data.train=tags.conll"]
    run_config(compose([*keys, "out=run", "optim.epochs=1"]))
    again = prepare(parse_config(yaml.safe_load(Path("run/config.yaml").read_text())))
    assert again.reading == prepare(compose(keys)).reading
    assert again.reading.text is None


def files_here():
    return sorted(str(path) for path in Path().rglob("*"))


@pytest.mark.parametrize(
    "keys",
    [
        [],
        ["out=run"],
        ["data.folds=4", "embed=random"],
        ["grid.seed=[0,1]", "grid.train_size=[10,20]"],
    ],
)
def test_a_dry_run_says_it_and_leaves_nothing(given, capsys, keys):
    before = files_here()
    run_config(compose([*given, *keys, "dry_run=true"]))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(FIRST)
    assert files_here() == before


def test_a_dry_decision_says_it_and_leaves_nothing(given, capsys):
    before = files_here()
    run_decision(compose([*given, "dry_run=true", "budget=1s"], "decide"))
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(FIRST)
    assert second.startswith("all 120 in 5 folds")  # so few are not split
    run_decision(compose([*given, "dry_run=true", "data.folds=1"], "decide"))
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(FIRST)
    assert re.match(SECOND, second)
    assert files_here() == before
    with pytest.raises(UserError, match="makes no decision"):
        decide_config(compose([*given, "dry_run=true"], "decide"))


def test_dry_jobs_say_it_once(given, capsys, tmp_path):
    from wvexp.config.compose import Job

    jobs = [Job(compose([*given, f"seed={i}", "dry_run=true"]), tmp_path / str(i)) for i in (0, 1)]
    before = files_here()
    run_jobs(jobs)
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert files_here() == before


def test_a_dry_run_refuses_what_a_run_would(given):
    with pytest.raises(UserError, match="train_size=5000"):
        run_config(compose([*given, "train_size=5000", "dry_run=true"]))


class OneRun:
    """A results file of one run."""

    def __init__(self, run):
        self.run = run

    def runs(self, **equal):
        return [self.run]

    def unit_counts(self, key):
        return np.array([[1, 1], [0, 1]])

    def unit_ids(self, key):
        return ["a", "b"]


def test_a_report_without_it_says_nothing_and_one_with_it_says_it_escaped(given):
    run_config(compose([*given, "out=run", "optim.epochs=1"]))
    [run] = Store(Path("runs/results.sqlite")).runs()
    read = replace(run.read, text="<b>|x", notes=("<i>mind</i>",))
    page = find(measure(OneRun(replace(run, read=read)), run.condition))
    assert "text=&lt;b&gt;|x" in html(page, [])
    assert "&lt;i&gt;mind" in html(page, [])
    assert "text=\\<b\\>\\|x" in markdown(page, [], "images")
    older = find(measure(OneRun(replace(run, read=None)), run.condition))
    assert older.read is None
    assert "What was read" not in html(older, []) + markdown(older, [], "images")


def test_a_row_with_a_damaged_account_is_refused(given):
    run_config(compose([*given, "out=run", "optim.epochs=1"]))
    run = json.loads(Path("run/result.json").read_text())
    assert to_plain(read_run(json.dumps(run), {})) == run
    with pytest.raises(DamagedError, match=r"read\.classes"):
        read_run(json.dumps({**run, "read": {**run["read"], "classes": "two"}}), {})


def notes_of(keys, caplog):
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        inputs = prepare(compose(keys))
    assert set(inputs.reading.notes) <= set(caplog.messages)
    return inputs.reading.notes


def test_a_label_that_most_have_proposes_macro_f1(given, caplog):
    rows = ["text,label", *(f"w{i % 40} w{i % 7},{'rare' if i % 10 == 0 else 'usual'}"
                            for i in range(200))]  # fmt: skip
    Path("tickets.csv").write_text("\n".join(rows))
    (note,) = notes_of(given, caplog)
    assert re.match(r"90\.\d% of the training data have the label 'usual'", note)
    assert "metric=macro_f1" in note
    assert notes_of([*given, "metric=macro_f1"], caplog) == ()


def test_outside_is_no_majority_to_mind(given, caplog):
    lines = "".join(
        f"{WORDS[i % 40]}\t{'B-PER' if i % 10 == 0 else 'O'}\n" + "\n" * (i % 5 == 4)
        for i in range(300)
    )
    Path("tags.conll").write_text(lines)
    assert notes_of([*given, "data.train=tags.conll"], caplog) == ()


GERMAN = """der Zug nach Hamburg hatte gestern wieder eine Verspätung
das Essen war kalt und die Bedienung unfreundlich
ich habe mein Paket immer noch nicht erhalten
die Ware wurde beschädigt geliefert und nicht umgetauscht
wir waren mit dem Zimmer sehr zufrieden
leider funktioniert die neue Anwendung überhaupt nicht
der Kundendienst hat schnell und freundlich geantwortet
meine Rechnung stimmt nicht mit der Bestellung überein"""


def english_vectors(path):
    """As GloVe knows them: the short German words that English text holds too."""
    known = "der das die ich und war nach mein mit dem in neue Hamburg hat wieder".lower().split()
    path.write_text("".join(f"{word} 0.1 0.2 0.{i}\n" for i, word in enumerate(known)))


def test_text_of_another_language_is_noticed_though_tokens_look_covered(given, caplog):
    rows = ["text,label"]
    for i in range(64):
        rows.append(f"{GERMAN.splitlines()[i % 8]} der die und {i},{'ab'[i // 2 % 2]}")
    Path("tickets.csv").write_text("\n".join(rows))
    english_vectors(Path("vectors.txt"))
    (note,) = notes_of(given, caplog)
    assert re.match(r"vectors.txt lacks \d\d of the \d\d training words of letters \(\d\d%", note)
    assert "embed.path=" in note
    assert "data.tokenizer" in note


@pytest.mark.parametrize("dim", ["50", "100"])
def test_no_english_set_is_taken_for_another_language(real_data, caplog, dim):
    """The threshold lies above what GloVe lacks of any of them."""
    path = Path(os.environ.get("WVEXP_GLOVE", "."), f"glove.6B.{dim}d.txt")
    if not path.is_file():
        pytest.skip("no GloVe vectors: set WVEXP_GLOVE to their folder")
    for folder in sorted(real_data.iterdir()):
        train = next(folder.glob("train.*"), None)
        if train is not None:
            keys = ["data=files", f"data.train={train}", f"embed.path={path}", "model.features=[]"]
            assert notes_of(keys, caplog) == (), folder


@pytest.mark.parametrize(
    "texts",
    [
        ["这家餐厅的菜很好吃我们下次还会再来", "服务员的态度非常差等了一个小时"],
        ["この映画はとても面白かったです", "二度とこの店には行きたくありません"],
        ["อาหารอร่อยมากและบริการดีเยี่ยม", "รอนานมากพนักงานไม่สุภาพเลย"],
    ],
)
def test_text_without_blanks_is_noticed(given, caplog, texts):
    rows = ["text,label", *(f"{texts[i % 2]}{i},{'ab'[i % 2]}" for i in range(40))]
    Path("tickets.csv").write_text("\n".join(rows), encoding="utf-8")
    random = ["data=files", "data.train=tickets.csv", "embed=random"]
    (note,) = notes_of(random, caplog)
    assert "no blanks between its words" in note
    assert "data.tokenizer=whitespace" in note


@pytest.mark.parametrize(
    "texts",
    [
        ["这 家 餐厅 的 菜 很 好吃 我们 下次 还 会 再 来", "服务员 的 态度 非常 差"],
        ["the 東京 office was closed", "東京 is a fine town to be in"],
        ["อาหาร อร่อย มาก และ บริการ ดีเยี่ยม", "รอ นาน มาก พนักงาน ไม่ สุภาพ เลย"],
    ],
)
def test_parted_words_are_fine(given, caplog, texts):
    rows = ["text,label", *(f"{texts[i % 2]} {i},{'ab'[i % 2]}" for i in range(40))]
    Path("tickets.csv").write_text("\n".join(rows), encoding="utf-8")
    assert notes_of(["data=files", "data.train=tickets.csv", "embed=random"], caplog) == ()


def test_the_built_in_world_says_what_it_is():
    keys = ["data.world_vocabulary=2000", "data.world_size=2000", "data.task=sentence"]
    reading = prepare(compose(keys)).reading
    assert reading.lines()[1].startswith("train 2,000, validation 2,000, test 10,000; ")
    assert reading.vectors is not None
    assert reading.vectors.name == "the built-in vector table"
    assert asdict(reading)["parts"]["train"]["source"] is None


def test_dry_jobs_of_the_command_line_leave_nothing(given, monkeypatch, capfd):
    monkeypatch.setattr(sys, "argv", ["train.py"])
    before = files_here()
    run_hydra_command(run_config, [*given, "-m", "seed=0,1", "dry_run=true"], sweep=run_jobs)
    assert capfd.readouterr().out.startswith(FIRST)
    assert files_here() == before
