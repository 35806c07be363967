"""Sets of labels, numbers and weighted labels from file to model folder, in both engines."""

import csv
import json

import numpy as np
import pytest
from made_labels import VOCABULARY, write_multilabel, write_numbers

import wvexp
from wvexp.analysis.reason import Why
from wvexp.commands.predict import run_prediction
from wvexp.config.compose import compose
from wvexp.data.world import world_vectors
from wvexp.errors import UserError
from wvexp.experiment.describe import describe_run
from wvexp.experiment.inputs import prepare
from wvexp.experiment.run import run_experiment
from wvexp.report.findings import find
from wvexp.report.measurements import measure
from wvexp.report.writing import write_report
from wvexp.results.store import Store
from wvexp.training.layered import LayeredEngine
from wvexp.training.run import train
from wvexp.training.saved import SavedModel

WORDS = [f"w{i}" for i in range(40)]
MODELS = {
    "linear": ["model=mean", "model.hidden=0"],
    "plain": ["model=mean"],
    "layers": ["model=mean", "model.pool=both", "model.dropout=0.2", "optim.clip=1"],
    "cnn": ["model=cnn", "model.filters=6"],
    "bilstm": ["model=bilstm", "model.hidden=6"],
}
KINDS = ("sets", "numbers", "rare", "tags")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files in which words tell labels and numbers, but for some noise; vectors of the words."""
    folder = tmp_path_factory.mktemp("kinds")
    rng = np.random.default_rng(0)
    worth = rng.normal(size=40)
    of_label = rng.random((40, 3)) < 0.15
    vectors = np.column_stack([worth, of_label, rng.normal(size=(40, 2))])
    rows = zip(WORDS, vectors.round(4).astype(str).tolist(), strict=True)
    (folder / "vectors.txt").write_text("".join(f"{w} {' '.join(v)}\n" for w, v in rows))
    made = {name: [] for name in KINDS}
    for _ in range(400):
        ids = rng.integers(40, size=rng.integers(3, 7))
        text = " ".join(WORDS[i] for i in ids)
        labels = np.array(list("abc"))[of_label[ids].any(axis=0)].tolist()
        made["sets"].append((text, ";".join(labels)))
        made["numbers"].append((text, f"{50 + 10 * worth[ids].mean() + rng.normal(0, 0.5):.2f}"))
        made["rare"].append((text, "rare" if worth[ids].mean() > 0.5 else "common"))
        made["tags"].append([(WORDS[i], "X" if worth[i] > 1 else "O") for i in ids])
    for name in KINDS[:3]:
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("text", "label"), *made[name]])
    blocks = ["".join(f"{w} {t}\n" for w, t in sentence) for sentence in made["tags"]]
    (folder / "tags.conll").write_text("\n".join(blocks))
    return folder


def words_of(folder, kind, *more):
    task = {"sets": ["data.task=multilabel"], "numbers": []}.get(
        kind, ["optim.class_weight=balanced"]
    )
    name = "tags.conll" if kind == "tags" else f"{kind}.csv"
    return [
        "data=files",
        f"data.train={folder / name}",
        f"embed.path={folder / 'vectors.txt'}",
        "embed=pretrained",
        "optim.epochs=4",
        "optim.lr=0.01",
        "optim.batch_size=32",
        *task,
        *more,
    ]


def trained(words):
    config = compose(words)
    inputs = prepare(config)
    run, losses = describe_run(config, inputs), []
    found = train(
        run,
        inputs.corpus,
        inputs.reference,
        device="cpu",
        on_epoch=lambda epoch: losses.append(epoch.loss),
    )
    return found, losses


@pytest.mark.parametrize("finetune", ["true", "false"])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("kind", KINDS)
def test_both_engines_train_the_same_run(folder, kind, model, finetune):
    keys = MODELS[model]
    if kind == "tags":
        if model not in ("plain", "bilstm"):
            pytest.skip("a model of sentences")
        keys = ["model=window", "model.window=3"] if model == "plain" else keys
    words = words_of(folder, kind, *keys, f"finetune={finetune}")
    (hand, losses), (auto, by_torch) = (
        trained([*words, f"engine={engine}"]) for engine in ("handwritten", "autograd")
    )
    assert losses == pytest.approx(by_torch, rel=2e-4)
    for name, array in auto.parameters.items():
        np.testing.assert_allclose(hand.parameters[name], array, rtol=5e-2, atol=5e-3)
    assert hand.result.test == pytest.approx(auto.result.test, abs=0.02)
    assert hand.result.units.counts.dtype == (np.float64 if kind == "numbers" else np.int32)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_compared_while_a_run_trains(folder, kind, tmp_path):
    model = ["model=window"] if kind == "tags" else ["model=mean"]
    out = tmp_path / "run"
    words = words_of(folder, kind, *model, "engine=autograd", "finetune=true", f"out={out}")
    run_experiment(compose([*words, f"store={tmp_path / 'r.sqlite'}"]))
    result = json.loads((out / "result.json").read_text())
    assert result["parity"]["passed"]
    assert result["parity"]["checked"] == result["epochs"]
    assert result["parity"]["max_rel_error"] < 1e-4
    # The units come back from the results file as they were counted.
    store = Store(tmp_path / "r.sqlite")
    [run] = store.runs()
    counts = store.unit_counts(run.key)
    assert counts.dtype == (np.float64 if kind == "numbers" else np.int32)
    if kind == "numbers":
        number, squares = counts[:, 0].sum(), counts[:, 1].sum()
        assert run.measures["rmse"] == pytest.approx(np.sqrt(squares / number))


def test_weights_make_the_rare_label_found(folder):
    """Of a model that has learnt little: it names the rare label where it leans to it."""
    metric = "metric=balanced_accuracy"
    keys = ["model=mean", "model.hidden=0", "engine=handwritten", metric, "optim.lr=0.003"]
    words = words_of(folder, "rare", *keys, "embed=random", "embed.path=null", "finetune=false")
    plain = [word for word in words if "class_weight" not in word]
    (weighted, _), (unweighted, _) = trained(words), trained(plain)
    rare = [run.result.per_class["rare"]["recall"] for run in (weighted, unweighted)]
    assert rare[0] > rare[1]
    assert weighted.result.run.key != unweighted.result.run.key
    assert weighted.result.run.condition != unweighted.result.run.condition


def test_weighted_plain_models_are_trained_by_layers(folder, monkeypatch):
    made = []
    init = LayeredEngine.__init__
    monkeypatch.setattr(
        LayeredEngine, "__init__", lambda self, *a, **k: made.append(1) or init(self, *a, **k)
    )
    words = words_of(folder, "rare", "model=mean", "engine=handwritten")
    trained(words)
    assert made == [1]
    trained([word for word in words if "class_weight" not in word])
    assert made == [1]  # compiled


def test_weights_and_what_has_none_are_refused_in_one_line(folder):
    for kind, keys, said in (
        ("tags", ["model=bilstm", "model.crf=true"], "a CRF scores whole sentences"),
        ("numbers", ["optim.class_weight=balanced"], "a regression task has another loss"),
        ("sets", ["optim.class_weight=balanced"], "a multilabel task has another loss"),
    ):
        config = compose(words_of(folder, kind, *keys))
        with pytest.raises(UserError, match=said):
            describe_run(config, prepare(config))


@pytest.mark.parametrize("kind", ["sets", "numbers"])
def test_a_model_folder_predicts_as_the_engine_did(folder, kind, tmp_path, capsys):
    out = tmp_path / "run"
    words = words_of(folder, kind, "model=mean", "finetune=true", "optim.epochs=15", f"out={out}")
    run_experiment(compose([*words, f"store={tmp_path / 'r.sqlite'}"]))
    inputs = prepare(compose(words))
    result = json.loads((out / "result.json").read_text())
    saved = SavedModel.load(out / "model")
    test, lexicon = inputs.corpus.test, inputs.corpus.lexicon
    ends = zip(test.offsets[:-1], test.offsets[1:], strict=True)
    texts = [[lexicon[w] for w in test.word_ids[a:b]] for a, b in ends]
    found = np.concatenate([one.labels for one in saved.label(texts)])
    if kind == "numbers":
        r2 = 1 - np.mean((found - test.labels) ** 2) / test.labels.var()
        assert r2 == pytest.approx(result["metric"]["test"], abs=1e-4)
        assert result["metric"]["name"] == "r2"
        assert r2 > 0.5
    else:
        right = (found & test.labels).sum()
        f1 = 2 * right / (found.sum() + test.labels.sum())
        assert f1 == pytest.approx(result["metric"]["test"])
        assert f1 > 0.8
    predictions(out / "model", kind, saved, texts, capsys, tmp_path)


def predictions(model, kind, saved, texts, capsys, tmp_path):
    """The same from the command line, in every form."""
    plain = [" ".join(words) for words in texts[:5]]
    (tmp_path / "t.txt").write_text("\n".join(plain) + "\n")
    labelled = saved.label(texts[:5])
    capsys.readouterr()
    run_prediction(str(model), None, str(tmp_path / "t.txt"), None, None)
    shown = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    for suffix in (".csv", ".jsonl"):
        out = str(tmp_path / f"o{suffix}")
        run_prediction(str(model), None, str(tmp_path / "t.txt"), None, out)
    with (tmp_path / "o.csv").open(newline="") as file:
        head, *table = csv.reader(file)
    records = [json.loads(line) for line in (tmp_path / "o.jsonl").read_text().splitlines()]
    if kind == "numbers":
        numbers = [float(one.labels[0]) for one in labelled]
        assert head == ["text", "number"]
        assert [float(row[1]) for row in table] == numbers
        assert records == [{"text": t, "number": n} for t, n in zip(plain, numbers, strict=True)]
        assert [row[0] for row in shown] == [f"{number:.6g}" for number in numbers]
        return
    named = [np.array(saved.label_names)[one.labels[0]].tolist() for one in labelled]
    shares = [np.exp(one.log_probabilities[0]) for one in labelled]
    assert head == ["text", "labels", "a", "b", "c"]
    assert [row[1] for row in table] == [";".join(labels) for labels in named]
    np.testing.assert_allclose(np.array([row[2:] for row in table], float), shares, rtol=1e-6)
    assert [record["labels"] for record in records] == named
    assert [[record["probabilities"][n] >= 0.5 for n in "abc"] for record in records] == [
        one.labels[0].tolist() for one in labelled
    ]
    assert [row[0] for row in shown] == [";".join(labels) for labels in named]


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("numbers", {"target": {"average": 1.0}}, "target is damaged"),
        ("numbers", {"target": {"average": 1.0, "spread": 0.0}}, "target is damaged"),
        ("numbers", {"target": [1]}, "target is damaged"),
        ("numbers", {"labels": ["a"]}, "labels is"),
        ("sets", {"labels": []}, "labels is"),
        ("sets", {"target": {"average": 1.0, "spread": 1.0}}, "target is damaged"),
        ("sets", {"separator": 3}, "separator is 3"),
        ("sets", {"labels": ["a", "b"]}, "shape"),
    ],
)
def test_a_damaged_folder_is_refused_in_one_line(folder, tmp_path, kind, change, said):
    out = tmp_path / "run"
    words = words_of(folder, kind, "model=mean", "optim.epochs=1", f"out={out}")
    run_experiment(compose([*words, f"store={tmp_path / 'r.sqlite'}"]))
    path = out / "model" / "model.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(UserError, match=said):
        SavedModel.load(out / "model")


@pytest.mark.parametrize(("kind", "baseline"), [("sets", (0.4, 0.9)), ("numbers", (-0.3, 0.01))])
@pytest.mark.parametrize("folds", [2, 1])
def test_a_sweep_is_compared_and_its_report_written(folder, tmp_path, kind, baseline, folds):
    axes = ["grid.embed=[pretrained,random]", "grid.finetune=[false,true]", "grid.seed=[0,1]"]
    report, store = tmp_path / "report.html", tmp_path / "r.sqlite"
    words = words_of(folder, kind, "model=mean", f"data.folds={folds}", f"store={store}", *axes)
    wvexp.sweep([word for word in words if word != "embed=pretrained"])
    runs = Store.to_read(store)
    found = find(measure(runs, runs.runs()[0].condition))
    write_report(found, report)
    page = report.read_text()
    constant = "the most frequent labels" if kind == "sets" else "the mean of training"
    assert f"{constant} alone would score" in page
    assert not [problem for problem in found.problems if problem.kind is Why.NO_SCORE]
    assert all(c.difference.low is not None for c in found.comparisons)
    assert baseline[0] < found.baseline < baseline[1]
    top = found.score(found.choice.recommended, found.sizes[-1])
    assert top.low <= top.score <= top.high
    assert top.score > found.baseline
    if kind == "numbers":
        assert found.beside[found.choice.recommended]["rmse"] > 0
        assert not found.labels
    else:
        assert {score.label for score in found.labels} == set("abc")


def scored_by_tfidf(inputs, make, score):
    """The best score on the test set of scikit-learn's models of TF-IDF, made of each strength."""
    text = pytest.importorskip("sklearn.feature_extraction.text")
    (train_x, train_y), (test_x, test_y) = (texts_of(inputs, split) for split in ("train", "test"))
    tfidf = text.TfidfVectorizer(token_pattern=r"\S+", lowercase=False)
    x, held = tfidf.fit_transform(train_x), tfidf.transform(test_x)
    return max(score(test_y, make(c).fit(x, train_y).predict(held)) for c in (0.3, 1, 3, 10, 100))


def test_made_sets_are_learnt_as_well_as_by_a_logistic_regression_each(tmp_path):
    """Within a point of the best of it on the test set, or better."""
    sklearn = pytest.importorskip("sklearn")
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score
    from sklearn.multiclass import OneVsRestClassifier

    assert sklearn
    write_multilabel(tmp_path, seed=1, train=1500, test=600)
    keys = ["data.task=multilabel", "model=cnn", "model.dropout=0.5", "optim.lr=0.003"]
    found, inputs = of_made(tmp_path, "token", *keys)
    theirs = scored_by_tfidf(
        inputs,
        lambda c: OneVsRestClassifier(LogisticRegression(C=c)),
        lambda gold, given: f1_score(gold, given, average="micro"),
    )
    assert found.result.test > theirs - 0.01


def test_made_numbers_are_learnt_as_well_as_by_ridge_regression(tmp_path):
    sklearn = pytest.importorskip("sklearn")
    from sklearn.linear_model import Ridge
    from sklearn.metrics import r2_score

    assert sklearn
    write_numbers(tmp_path, seed=1, train=1500, test=600)
    found, inputs = of_made(tmp_path, "sentence", "model=mean", "optim.lr=0.003")
    theirs = scored_by_tfidf(inputs, lambda alpha: Ridge(alpha=alpha), r2_score)
    assert found.result.test > theirs - 0.01


def of_made(folder, task, *keys):
    """A run on the files, from the vectors of the world that they are of."""
    world_vectors(task, 1, 50, VOCABULARY).save_word2vec_format(str(folder / "vectors.txt"))
    words = [
        "data=files",
        f"data.train={folder / 'train.csv'}",
        f"data.test={folder / 'test.csv'}",
        f"embed.path={folder / 'vectors.txt'}",
        "finetune=true",
        "engine=handwritten",
        *keys,
    ]
    return trained(words)[0], prepare(compose(words))


def texts_of(inputs, part):
    split, lexicon = getattr(inputs.corpus, part), inputs.corpus.lexicon
    ends = zip(split.offsets[:-1], split.offsets[1:], strict=True)
    return [" ".join(lexicon[w] for w in split.word_ids[a:b]) for a, b in ends], split.labels
