"""Yardsticks of a decision: fitted once, within a share of the budget, said first if better."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from run_configs import make_run
from texts import corpus_of, drawn_texts

import wvexp
import wvexp.decision.yardsticks
from wvexp.analysis.paired import call_together, paired_difference
from wvexp.config.compose import compose
from wvexp.config.schema import YardstickKeys
from wvexp.decision.budget import Budget
from wvexp.decision.procedure import run_decision
from wvexp.decision.yardsticks import Yardsticks
from wvexp.errors import RunStopped, UserError
from wvexp.experiment.inputs import Inputs
from wvexp.report.reasons import in_words
from wvexp.report.store_report import report_store
from wvexp.results.store import Store
from wvexp.yardsticks.fitted import fit_yardstick

KEYS = YardstickKeys()


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """Which of two words comes first: pairs say it, and a mean of word vectors does not."""
    folder = tmp_path_factory.mktemp("order")
    rng = np.random.default_rng(0)
    words = [f"w{i}" for i in range(60)]
    rows = rng.normal(0, 0.4, (len(words), 8))
    lines = [f"{w} {' '.join(f'{x:.4f}' for x in v)}" for w, v in zip(words, rows, strict=True)]
    (folder / "vectors.txt").write_text("\n".join(lines) + "\n")
    for name, size in (("train", 400), ("validation", 150), ("test", 300)):
        with (folder / f"{name}.csv").open("w") as file:
            file.write("text,label\n")
            for _ in range(size):
                pair, ahead = int(rng.integers(12)), bool(rng.integers(2))
                two = [f"w{2 * pair}", f"w{2 * pair + 1}"][:: 1 if ahead else -1]
                said = [*rng.choice(words[24:], 2), *two, *rng.choice(words[24:], 2)]
                file.write(f"{' '.join(said)},{'ahead' if ahead else 'behind'}\n")
    files = [f"data.{name}={folder / name}.csv" for name in ("train", "validation", "test")]
    quick = ["model=mean", "model.hidden=8", "optim.epochs=2", "train_size=120"]
    return ["data=files", *files, f"embed.path={folder / 'vectors.txt'}", *quick]


@pytest.fixture(scope="module")
def decided(given, tmp_path_factory):
    return wvexp.decide(*given, f"store={tmp_path_factory.mktemp('d') / 'r.sqlite'}")


def test_the_first_line_says_that_a_yardstick_is_better(decided):
    first = decided.advice[0]
    said = r"(TF-IDF with logistic regression|NB-SVM) is [\d.]+ points better \[[\d.]+, [\d.]+\]; "
    assert re.match(said + "word vectors are not what is missing here. Of the arms ", first)
    assert decided.recommended in first
    assert len(decided.advice) <= 11
    best, *_ = decided.findings.yardsticks
    assert best.ahead
    assert best.standing == "better"
    assert f"is {100 * best.difference.estimate:.1f} points better" in first
    [score] = [line for line in decided.advice if line.startswith("Its test accuracy")]
    assert "; without word vectors: " in score
    assert all(
        f"{one.words} {100 * one.score:.1f} %" in score for one in decided.findings.yardsticks
    )


def test_differences_are_those_of_the_stored_counts(decided):
    store, f = decided.store, decided.findings
    arm, size = decided.recommended, f.sizes[-1]
    score = f.score(arm, size)
    runs = store.runs(arm=arm, train_size=size, lr=score.lr)
    corpus = decided.inputs.corpus
    fits = store.yardsticks(corpus.as_typed().fingerprint, "accuracy")

    def right(key):
        counts = store.unit_counts(key)
        assert (counts[:, 1] == 1).all()  # a sentence each
        return counts[:, 0].astype(float)

    assert store.unit_ids(runs[0].key) == store.unit_ids(fits[0].key)
    seeds = sorted(run.seed for run in runs)
    differences = {}
    for one in f.yardsticks:
        of_seed = {fit.seed: fit for fit in fits if fit.yardstick == one.name}
        assert one.seeds == len(of_seed) == 5
        kept = [seed for seed in seeds if seed in of_seed]
        by_seed = {run.seed: run for run in runs}
        a = np.stack([right(of_seed[seed].key) for seed in kept])
        b = np.stack([right(by_seed[seed].key) for seed in kept])
        assert one.score == pytest.approx(a.mean())
        differences[one.name] = paired_difference(a, b, f.margin)
    called = call_together(list(differences.values()))
    for one, expected in zip(f.yardsticks, called, strict=True):
        assert one.difference.estimate == pytest.approx(expected.estimate)
        assert one.difference.low == pytest.approx(expected.low)
        assert one.difference.high == pytest.approx(expected.high)
        assert one.difference.adjusted_p == pytest.approx(expected.adjusted_p)
        assert one.difference.call == expected.call


def test_begun_again_nothing_is_fitted(decided, given, monkeypatch):
    def fail(*args):
        raise AssertionError("fitted anew")

    monkeypatch.setattr(wvexp.decision.yardsticks, "fit_yardstick", fail)
    again = wvexp.decide(*given, f"store={decided.store.path}")
    assert again.to_json()["yardsticks"] == decided.to_json()["yardsticks"]
    assert {one["name"] for one in again.to_json()["yardsticks"]} == {
        "tfidf",
        "nbsvm",
        "most_frequent",
    }


def test_false_leaves_them_out(decided, given):
    without = wvexp.decide(*given, f"store={decided.store.path}", "yardsticks=false")
    assert without.to_json()["yardsticks"] == []
    assert without.advice[0].startswith(("Take ", "Undecided"))


def test_the_command_says_it_and_writes_it(decided, given, tmp_path, capsys):
    config = compose([*given, f"store={decided.store.path}"], "decide")
    run_decision(replace(config, out=str(tmp_path / "out")))
    assert capsys.readouterr().out.splitlines()[2] == decided.advice[0]
    content = json.loads((tmp_path / "out" / "decision.json").read_text())
    best = content["yardsticks"][0]
    assert best["standing"] == "better"
    assert 0 < best["minus_recommended_low"] < best["minus_recommended"]
    assert best["train_size"] == 120
    text = (tmp_path / "out" / "report.md").read_text()
    [table] = re.findall(r"## Yardsticks\n.*?\n\n(\| .*?)\n\n", text, re.DOTALL)
    assert len(table.splitlines()) == 5
    drawn = (tmp_path / "out" / "report_figures" / "learning-curves.svg").read_text()
    assert "NB-SVM" in drawn


def test_a_report_shows_those_of_the_corpus(decided, tmp_path):
    """Whatever the casing of the vectors: they go by the words as typed."""
    out = tmp_path / "report.html"
    report_store(decided.store.path, out, condition=None, movement=None, margin="0.01")
    content = json.loads(out.with_suffix(".json").read_text())
    expected = [(one.name, one.score) for one in decided.findings.yardsticks]
    assert [(one["name"], one["score"]) for one in content["yardsticks"]] == expected


def test_a_cross_fit_has_a_fit_for_each_fold_and_seed(given, tmp_path):
    few = [key for key in given if not key.startswith(("data.validation", "data.test", "optim"))]
    found = wvexp.decide(
        *few, "data.folds=2", "optim.epochs=1", f"store={tmp_path / 'results.sqlite'}"
    )
    fits = found.store.yardsticks(found.inputs.corpus.as_typed().fingerprint, "accuracy")
    for one in found.findings.yardsticks:
        own = {(fit.seed, fit.fold) for fit in fits if fit.yardstick == one.name}
        assert own == {(seed, fold) for seed in range(5) for fold in range(2)}
        assert (one.units, one.seeds) == (found.findings.scores[0].units, 5)
        tests = [fit.test for fit in fits if fit.yardstick == one.name]
        assert one.score == pytest.approx(np.mean(tests), abs=0.01)  # folds differ by a sentence


class Clock:
    """Time that fits alone take."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


# Seconds of a fit on n examples: what comes with each, and what an example takes.
COSTS = {"most_frequent": (0.0, 0.0), "tfidf": (0.1, 1e-3), "nbsvm": (0.2, 4e-3)}


@pytest.fixture
def simulated(tmp_path, monkeypatch):
    """Fits that take what `COSTS` says by the clock: (yardsticks, clock, what was fitted)."""
    corpus = drawn_texts(1, (2000, 100, 50))
    clock, fitted = Clock(), []

    def fit(fit, corpus, keys, should_stop):
        fixed, each = COSTS[fit.yardstick]
        seconds = fixed + each * fit.train_size
        for _ in range(10):
            clock.now += seconds / 10
            if should_stop():
                raise RunStopped
        fitted.append((fit.yardstick, fit.train_size, fit.seed))
        return replace(fit_yardstick(replace(fit, yardstick="most_frequent"), corpus, keys),
                       fit=fit, seconds=seconds)  # fmt: skip

    monkeypatch.setattr(wvexp.decision.yardsticks, "fit_yardstick", fit)

    def make():
        base = make_run(task="sentence", train_size=2000, data=corpus.fingerprint)
        inputs = Inputs(corpus, None, None, False)
        return Yardsticks(inputs, base, Store(tmp_path / "r.sqlite"), KEYS)

    return make, clock, fitted


def test_without_a_budget_nothing_is_looked_at_or_kept(simulated):
    make, clock, fitted = simulated
    budget = Budget(None, 1, clock=clock)
    assert make().reserve(budget) is budget
    assert fitted == []
    assert make().fit(2000, [0, 1, 2], budget, 0.0) == []
    # At the full size the seed is none.
    assert sorted(fitted) == [(name, 2000, None) for name in sorted(COSTS)]


def test_a_share_is_kept_that_looks_on_few_examples_foretell(simulated):
    make, clock, fitted = simulated
    kept = make().reserve(Budget(200.0, 1, clock=clock))
    sizes = {name: {size for one, size, _ in fitted if one == name} for name in COSTS}
    assert min(map(len, sizes.values())) == 1
    assert sizes["nbsvm"] == {100, 450}
    takes = sum(fixed + each * 2000 for fixed, each in COSTS.values())
    assert kept.reserved == pytest.approx(1.25 * takes, rel=0.35)
    assert kept.reserved >= takes
    assert kept.left() == pytest.approx(Budget(200.0, 1, clock=clock).left() - kept.reserved)
    # And is enough.
    clock.now = 150.0
    assert make().fit(2000, [0, 1], replace(kept, reserved=0.0), 0.0, "200s") == []


def test_what_is_stored_is_neither_fitted_nor_kept_time_for(simulated):
    make, clock, fitted = simulated
    make().fit(2000, [0, 1], Budget(None, 1, clock=clock), 0.0)
    before = len(fitted)
    kept = make().reserve(Budget(200.0, 1, clock=clock))
    assert kept.reserved == 0.0
    assert make().fit(2000, [0, 1], kept, 0.0) == []
    assert len(fitted) == before


def test_a_budget_too_small_leaves_them_out_with_a_note(simulated):
    make, clock, fitted = simulated
    budget = Budget(12.0, 1, clock=clock)
    assert make().reserve(budget) is budget
    clock.now = 5.0
    [note] = make().fit(2000, [0, 1], budget, 0.0, "12s")
    assert fitted == []
    said = "budget=12s left out the most frequent label, TF-IDF with logistic regression and NB-SVM"
    assert in_words(note) == f"{said}, of the methods without word vectors"


def test_one_that_does_not_fit_is_left_out_alone(simulated):
    make, clock, fitted = simulated
    budget = Budget(60.0, 1, clock=clock)
    make().reserve(budget)
    clock.now += 60.0 - clock.now - budget.closing - 5.0  # of which 1.5 are kept around a model
    [note] = make().fit(2000, [0, 1], budget, 0.0, "60s")
    assert in_words(note).startswith("budget=60s left out NB-SVM, of")
    assert {name for name, size, _ in fitted if size == 2000} == {"most_frequent", "tfidf"}


def test_of_smaller_sizes_as_many_seeds_as_there_is_time_for_and_no_half_interval(simulated):
    make, clock, fitted = simulated
    budget = Budget(100.0, 1, clock=clock)
    make().reserve(budget)
    before = len(fitted)
    clock.now = 100.0 - budget.closing - 1.5 - 8.0
    notes = make().fit(1000, range(20), budget, 0.0, "100s")
    seeds = {name: [s for one, _, s in fitted[before:] if one == name] for name in COSTS}
    assert seeds["most_frequent"] == seeds["tfidf"] == [0, 1, 2, 3, 4]
    assert notes or 2 <= len(seeds["nbsvm"]) < 5
    assert clock.now <= 100.0 - budget.closing


def test_one_that_fails_is_named_and_the_others_are_there(simulated, monkeypatch):
    make, clock, fitted = simulated
    fit = wvexp.decision.yardsticks.fit_yardstick

    def sometimes(one, *args):
        if one.yardstick == "tfidf":
            raise ValueError("planted")
        return fit(one, *args)

    monkeypatch.setattr(wvexp.decision.yardsticks, "fit_yardstick", sometimes)
    [note] = make().fit(2000, [0, 1], Budget(None, 1, clock=clock), 0.0)
    said = "TF-IDF with logistic regression could not be fitted: ValueError: planted"
    assert in_words(note) == said
    assert {name for name, *_ in fitted} == {"most_frequent", "nbsvm"}


def test_a_disk_that_is_full_is_no_failed_yardstick(simulated, monkeypatch):
    make, clock, _ = simulated

    def full(self, result):
        raise UserError("store=r.sqlite: full")

    monkeypatch.setattr(Store, "save_yardstick", full)
    with pytest.raises(UserError, match="full"):
        make().fit(2000, [0, 1], Budget(None, 1, clock=clock), 0.0)


def test_an_encoder_for_tokens_is_one_line(tmp_path):
    part = [(["a", "b"], ["x", "y"])] * 5
    corpus = corpus_of([part] * 3, "token")
    (tmp_path / "modules.json").write_text("[]")
    base = make_run(data=corpus.fingerprint)
    message = f"yardstick.encoder={tmp_path} does not serve token labels; leave it out"
    with pytest.raises(UserError, match=re.escape(message)):
        Yardsticks(
            Inputs(corpus, None, None, False),
            base,
            Store(tmp_path / "r.sqlite"),
            YardstickKeys(str(tmp_path)),
        )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["yardstick.encoder=a", "yardsticks=false"], "yardstick.encoder=a means nothing with yar"),
        (["yardsticks=maybe"], "yardsticks"),
    ],
)
def test_a_mistake_is_one_clear_line(words, message):
    with pytest.raises(UserError, match=re.escape(message)):
        compose(words, "decide")


def test_a_folder_that_is_not_there_is_said_before_anything_is_read(given, tmp_path):
    store = tmp_path / "r.sqlite"
    with pytest.raises(UserError, match=r"yardstick\.encoder=nowhere: no such folder"):
        wvexp.decide(
            *given, "data.train=nowhere.csv", "yardstick.encoder=nowhere", f"store={store}"
        )
    assert not store.exists()
