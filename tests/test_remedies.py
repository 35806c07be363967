"""Every remedy that names a key is typed as the message says, and does what it says.

Each case provokes a refusal; what its remedy names is then given, every alternative by itself, and
the command is to go through: at once, or after other refusals whose remedies are followed too, as
long as none refuses a key that a remedy has just named.
"""

import ast
import re
import runpy
import sqlite3
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from simulated_store import SimulatedStore

import wvexp
from wvexp.config.compose import compose, run_hydra_command
from wvexp.data.reading.reader import _text_column
from wvexp.errors import UserError
from wvexp.experiment.describe import describe_run
from wvexp.experiment.inputs import prepare
from wvexp.experiment.run import choose_device, run_experiment
from wvexp.report.conditions import choose_condition
from wvexp.report.store_report import parse_margin
from wvexp.report.writing import write_report
from wvexp.results.folder import run_folder
from wvexp.results.store import Store
from wvexp.sweeps.checks import check_fit, check_single, check_sweep
from wvexp.sweeps.search import run_search
from wvexp.sweeps.session import describes_grid, sweep

ROOT = Path(wvexp.__file__).parents[1]
KEY = re.compile(r"""\b([a-z_]+(?:\.[a-z_]+)*)=(\[[^]]*\]|"[^"]*"|[^\s,;:?]+)""")
FILES = ("data=files", "data.train={csv}", "embed.path={vectors}")
TOKENS = ("data=files", "data.train={conll}", "embed.path={vectors}")


class EnoughError(Exception):
    """Everything that could be refused has been accepted."""


def enough(*args, **kwargs):
    raise EnoughError


# Commands, as far as their refusals go: words in, UserError out.
def trained(words, command="train"):
    config = compose(words, command)
    if command == "train" and config.search.trials is None and config.large.tokens is None:
        (check_sweep if describes_grid(config) else check_single)(config)
    return config


def decided(words):
    trained(words, "decide")


def by_hydra(words):
    sys.argv = ["train.py"]
    run_hydra_command(lambda config: None, ["-m", *words], sweep=lambda jobs: None)


def read(words):
    config = trained(words)
    inputs = prepare(config)
    check_fit(config, inputs)
    describe_run(config, inputs)


def searched(words):
    run_search(compose(words))


def swept(words):
    sweep(words)


def one_run(words):
    run_experiment(compose(words))


def script(name):
    main = runpy.run_path(str(ROOT / "scripts" / f"{name}.py"))["main"]
    return lambda words: main(list(words))


def coverage(words):
    vectors, *rest = words
    script("vectors")(["coverage", vectors, *rest])


def value(words, key):
    return dict(word.partition("=")[::2] for word in words).get(key)


def placed(words):
    with run_folder(value(words, "out"), "decision"):
        pass


def reported(words):
    write_report(None, Path(value(words, "out")))


def of_condition(words):
    store = SimulatedStore({"random-tuned": (0.5,)}, (100,), (0.01,), 2, 10, draw=1)
    store.change(lambda run: run.update(condition="beef") if run["seed"] else None)
    choose_condition(store, value(words, "condition"))


# (command, words): what provokes each refusal.
CASES = [
    (trained, ["engine=handwritten", "device=cuda"]),
    (trained, ["model=cnn"]),
    (trained, ["data.task=sentence", "model=mean", "model.pool=max", "model.weights=idf"]),
    (trained, ["model=window", "data.task=sentence"]),
    (trained, ["metric=entity_f1", "data.task=sentence"]),
    (read, ["data.task=regression", "embed=random"]),
    (read, [*TOKENS, "model=bilstm", "model.crf=true", "optim.class_weight=balanced"]),
    (trained, ["data=files", "embed.path={vectors}"]),
    (trained, ["data=hub", "embed.path={vectors}"]),
    (trained, ["data=files", "data.train={csv}"]),
    (trained, ["tuning.anchor=0.1"]),
    (trained, ["report=a.txt", "grid.seed=[0,1]"]),
    (trained, ["embed.member=a.txt"]),
    (trained, ["embed.path=[a.txt,b.txt]"]),
    (trained, ["embed.path={vectors}", "embed.name=[a,b]", "grid.seed=[0,1]"]),
    (trained, ["embed.method=fasttext"]),
    (trained, ["embed.own.epochs=3"]),
    (trained, ["data.text=words"]),
    (trained, ["data.train={csv}", "embed.path={vectors}"]),
    (trained, [*FILES, "data.name=x"]),
    (trained, ["data.split_seed=3"]),
    (trained, [*FILES, "data.split_seed=3", "data.folds=3"]),
    (trained, ["large.tokens=[]"]),
    (trained, ["experiment=large", "data.task=sentence"]),
    (trained, [*FILES, "experiment=large"]),
    (trained, ["experiment=large", "train_size=50"]),
    (trained, ["experiment=search", "search.study={new}/r.sqlite", "store={new}/r.sqlite"]),
    (trained, ["experiment=search", "optim.lr=0.1"]),
    (trained, ["experiment=search", "data.folds=3"]),
    (trained, ["grid.seed=[4]", "seed=3"]),
    (trained, ["grid.ladder=3", "train_size=50"]),
    (trained, ["grid.model=[window]", "model=auto"]),
    (trained, ["grid.embed=[random]", "embed=shuffled"]),
    (trained, ["grid.seed=[0,1]", "parity.every=3"]),
    (trained, ["grid.seed=3"]),
    (trained, ["seed=range(0,3)"]),
    (trained, ["grid.seed=[0,1]", "out=a"]),
    (trained, ["grid.seed=[0,1]", "device=cuda"]),
    (trained, ["grid.seed=[0,1]", "workers=2", "dispatch=ray"]),
    (trained, ["grid.seed=[0,1]", "budget=1m"]),
    (trained, ["report=a.html"]),
    (trained, ["workers=2"]),
    (trained, ["dispatch=ray"]),
    (trained, ["engine=handwritten", "parity.every=3"]),
    (trained, ["budget=1m"]),
    (trained, ["yardsticks=false"]),
    (trained, ["yardstick.encoder=a"]),
    (by_hydra, ["out=a", "seed=0"]),
    (decided, ["data=files", "data.train={csv}"]),
    (decided, ["data=files", "data.train={csv}", "embed=random"]),
    (decided, ["finetune=true"]),
    (decided, ["tuning.anchor=0.1"]),
    (decided, ["optim.lr=0.1"]),
    (decided, ["grid.seed=[0,1]"]),
    (decided, ["experiment=guidance"]),
    (decided, ["report=a.html"]),
    (decided, ["device=cuda"]),
    (decided, ["data.text=words"]),
    (decided, ["yardstick.encoder=a", "yardsticks=false"]),
    (read, [*FILES[:2], "embed.path={few}"]),
    (read, [*FILES[:2], "embed.corpus={rare}", "embed.dim=2"]),
    (read, [*FILES, "train_size=1000"]),
    (read, [*FILES, "data.folds=1000"]),
    (read, [*TOKENS, "metric=entity_f1"]),
    (read, [*TOKENS, "data.train={tab}"]),
    (read, [*TOKENS, "data.train={bio}", "data.test={outside}", "metric=entity_f1"]),
    (searched, [*FILES, "experiment=search", "grid.seed=[0,1]"]),
    (searched, [*FILES, "experiment=search", "grid.train_size=[10,20]"]),
    (swept, ["seed=3"]),
    (one_run, [*FILES, "optim.epochs=1", "out={new}/a", "store={new}/a/r.sqlite"]),
    (lambda words: choose_device(value(words, "device"), "autograd"), ["device=cuda:99"]),
    (lambda words: _text_column(Path("a.csv"), value(words, "column"), ["a", "b"]), []),
    (of_condition, []),
    (of_condition, ["condition=nonsense"]),
    (reported, ["out={new}/a.txt"]),
    (reported, ["out={csv}/a.html"]),
    (lambda words: parse_margin(value(words, "margin")), ["margin=a"]),
    (lambda words: parse_margin(value(words, "margin")), ["margin=3"]),
    (placed, ["out={full}"]),
    (placed, ["out={csv}/a"]),
    (lambda words: Store(Path(value(words, "store"))), ["store={csv}/a.sqlite"]),
    (lambda words: Store(Path(value(words, "store"))), ["store={foreign}"]),
    (lambda words: Store(Path(value(words, "store"))), ["store={csv}"]),
    (lambda words: Store.to_read(Path(value(words, "store"))), ["store={new}/none.sqlite"]),
    (lambda words: Store.to_read(Path(value(words, "store"))), ["store={foreign}"]),
    (coverage, ["{vectors}", "data=files", "data.train={csv}", "seed=3"]),
    (read, ["data=files", "data.train={unlabelled}", "embed.path={vectors}"]),
    (trained, ["treatment=slow", "grid.treatment=[both]"]),
    (trained, ["treatment=slow", "grid.finetune=[true]"]),
    (script("graph"), []),
    (script("graph"), ["expr=x*y", "x=1"]),
    (script("graph"), ["expr=" + "+".join(["x*x"] * 150), "x=1", "out={dir}/a.svg"]),
]
# Remedies that name a key and cannot be typed here: where they stand, and why.
ELSEWHERE = {
    "wvexp/decision/procedure.py": "of a budget, whose least is tested in test_allocation.py",
    "wvexp/data/reading/hub.py": "without a network",
    "wvexp/data/reading/limits.py": "of files too large for here; test_limits.py types the keys",
    "wvexp/arms/arm.py": "Python's own argument",
    "wvexp/sweeps/run.py": "inputs made in Python",
    "wvexp/results/folder.py": "of a full disk, in the battery",
    "wvexp/config/compose.py": "which quotes to type",
    "wvexp/registry.py": "of what a plug-in brings: test_extending.py follows it",
    "wvexp/models/spec.py": "of a plug-in's kind of task",
    "wvexp/config/values.py": "Python's own argument: a command line is refused by compose",
}
# And by line of text: results files and texts to predict, odd in many ways, are in the battery.
ELSEWHERE_WORDS = (
    'give text="..." or file=PATH',
    "give {key}=NAME of the text",
    "give inputs=prepare(config)",
    "wait for its end",
    "give another store=FILE",
)


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Files by name, for the words of the cases."""
    folder = tmp_path_factory.mktemp("places")
    rng = np.random.default_rng(0)
    rows = [
        f"{w} {x:.3f} {y:.3f}\n"
        for w in [f"w{i}" for i in range(50)]
        for x, y in [rng.normal(size=2)]
    ]
    texts = {
        "vectors": ("v.txt", "".join(rows)),
        "few": ("few.txt", "".join(rows[:1])),
        "rare": ("rare.txt", " ".join(f"w{i}" for i in range(50))),
        "csv": (
            "a.csv",
            "text,label\n" + "".join(f"w{i % 50} w{i % 7},{'ab'[i % 2]}\n" for i in range(60)),
        ),
        "unlabelled": (
            "unlabelled.csv",
            "text,label\n" + "".join(f"w{i % 50},{'ab '[i % 3].strip()}\n" for i in range(60)),
        ),
        "conll": ("a.conll", "".join(f"w{i % 50}\tN\nw{i % 9}\tV\n\n" for i in range(60))),
        "tab": ("tab.conll", "".join(f"w{i % 50}\t{'NV'[i % 2]}\t\n\n" for i in range(60))),
        "bio": ("bio.conll", "".join(f"w{i % 50}\tB-x\nw{i % 9}\tO\n\n" for i in range(60))),
        "outside": ("outside.conll", "".join(f"w{i % 50}\tO\n\n" for i in range(60))),
    }
    found = {}
    for name, (file, text) in texts.items():
        (folder / file).write_text(text)
        found[name] = str(folder / file)
    with sqlite3.connect(folder / "foreign.sqlite") as connection:
        connection.execute("CREATE TABLE theirs (a)")
    Store(folder / "results.sqlite")
    (folder / "full").mkdir()
    (folder / "full" / "letter.txt").write_text("mine")
    for name, file in (
        ("foreign", "foreign.sqlite"),
        ("results", "results.sqlite"),
        ("full", "full"),
    ):
        found[name] = str(folder / file)
    return found


# The places in the program whose refusals the cases have been through.
SITES = set()


def refusal(run, words):
    """The UserError of the words, whose place in the program is noted; None where they pass."""
    try:
        run(words)
    except EnoughError:
        return None
    except UserError as error:
        frame = error.__traceback__
        while frame.tb_next is not None:
            frame = frame.tb_next
        SITES.add((frame.tb_frame.f_code.co_filename, frame.tb_lineno))
        return error
    return None


def alternatives(error, words, fill):
    """What the remedy says to type: every alternative as (words, keys that it names)."""
    problem = str(error).removesuffix(error.remedy)
    named = KEY.search(problem)
    for piece in re.split(r",? or ", error.remedy):
        new, keys = list(words), []
        if "any experiment=" in piece:
            new = without(new, "experiment")
        if "leave it out" in piece or "in its place" in piece:
            new = without(new, named[1])
        if found := re.search(r"leave (\w+)= (?:out|away)", piece):
            new, piece = without(new, found[1]), piece.replace(found[0], "")
        if "leave the data keys out" in piece:
            new = [word for word in new if not word.startswith("data")]
        if found := re.search(r"a number from 1 to (\d+)|give (\d+) at most", piece):
            piece += f" {named[1]}={found[1] or found[2]}"
        for key, text in KEY.findall(piece):
            new = without(without(new, key), key.removeprefix("grid."))
            new.append(f"{key}={fill(key, text.strip(chr(34)), error.remedy)}")
            keys.append(key)
        if new != list(words):
            yield new, keys


def without(words, key):
    names = {key, key.removesuffix(".kind")}
    if key in ("model.name", "optim.name"):
        names.add(key.removesuffix(".name"))
    return [word for word in words if word.partition("=")[0] not in names]


def follow(run, words, fill, given=(), steps=0):
    """Follow each alternative of each refusal until the command goes through."""
    error = refusal(run, words)
    if error is None:
        return steps
    named = KEY.search(str(error).removesuffix(error.remedy))
    if named and " needs " not in str(error):
        assert named[1] not in given, f"{words}: a remedy gave {named[1]}, then: {error}"
    assert steps < 5, f"{words}: {error}"
    tried = list(alternatives(error, words, fill))
    assert tried, f"{words}: nothing to type in: {error}"
    return max(follow(run, new, fill, (*given, *keys), steps + 1) for new, keys in tried)


def test_every_remedy_that_names_a_key_does_what_it_says(places, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["train.py"])
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
    monkeypatch.setenv("WVEXP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("wvexp.report.writing.draw", enough)
    monkeypatch.setattr("wvexp.sweeps.session.sweep_grid", enough)
    monkeypatch.setattr("wvexp.sweeps.search.check_scorable", enough)

    def fill(key, text, remedy):
        """A value for a placeholder such as FILE; any other as it stands."""
        if not re.match(r"[A-Z]{4,}", text):
            return text
        listed = re.search(r"one of:? (\w+)", remedy)
        known = {
            "embed.path": places["vectors"],
            "data.train": places["csv"],
            "store": places["results"],
            "column": listed and listed[1],
            "condition": listed and listed[1],
            "out": f"{Path.cwd()}/fresh" + (".html" if "html" in text else ""),
        }
        return known.get(key) or {"NUMBER": "2", "NAME.html": "fresh.html"}.get(text, "fresh")

    for number, (run, words) in enumerate(CASES):
        if run is searched and not find_spec("optuna"):
            continue
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.chdir(folder)
        files = {**places, "dir": str(folder), "new": str(folder / "new")}
        assert follow(run, [word.format(**files) for word in words], fill) >= 1, words
    missed, elsewhere = [], dict(ELSEWHERE)
    if not find_spec("optuna"):
        elsewhere["wvexp/sweeps/search.py"] = "without optuna"
    for path in [*ROOT.glob("wvexp/**/*.py"), *ROOT.glob("scripts/*.py")]:
        source = path.read_text()
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "UserError":
                continue
            remedy = ast.get_source_segment(source, node.args[1]) if len(node.args) > 1 else ""
            names_a_key = re.search(r"[a-z_}]=(?!=)", remedy)
            name = path.relative_to(ROOT).as_posix()
            if not names_a_key or name in elsewhere or any(w in remedy for w in ELSEWHERE_WORDS):
                continue
            lines = range(node.lineno - 1, node.end_lineno + 1)
            if not any(str(path) == file and line in lines for file, line in SITES):
                missed.append(f"{name}:{node.lineno}: {remedy}")
    assert not missed, "\n".join(missed)
