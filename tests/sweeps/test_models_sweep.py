"""Sweeps over several models: each with rows, resume and report of its own."""

import sys
from dataclasses import replace

import pytest
from layered_runs import VARIANTS, configure, make_data, task_of

from wvexp.cli import run_command
from wvexp.config.compose import compose
from wvexp.data.features import fingerprint_of
from wvexp.errors import RunError, UserError
from wvexp.experiment.inputs import Inputs, prepare
from wvexp.parity.engines import require_parity
from wvexp.results.store import Store
from wvexp.sweeps.planning import grid_of
from wvexp.sweeps.run import run_sweep
from wvexp.sweeps.session import run_config
from wvexp.training import layered

SMALL = ["embed=random", "embed.dim=4", "model.hidden=3", "optim.epochs=2", "store=x.sqlite"]


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A token task and a sentence task in which capitals and words say something."""
    monkeypatch.chdir(tmp_path)
    names = ["Ann", "Bob", "Rome"]
    sentences = [
        f"{names[i % 3]} B-E\nsees O\n{'the' if i % 2 else names[(i + 1) % 3]} "
        f"{'O' if i % 2 else 'B-E'}\ndog{i} O\n"
        for i in range(60)
    ]
    (tmp_path / "tags.conll").write_text("\n".join(sentences))
    rows = [f"{'good' if i % 2 else 'bad'} film {i} indeed,{i % 2}" for i in range(60)]
    (tmp_path / "texts.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    return tmp_path


TASKS = {
    "tags.conll": ["window", "bilstm"],
    "texts.csv": ["mean", "cnn", "bilstm"],
}


@pytest.mark.parametrize("name", TASKS)
def test_every_model_is_swept_resumed_and_reported(files, name, capsys):
    models = TASKS[name]
    grid = ["data=files", f"data.train={name}", *SMALL, "grid.seed=[0,1]", "model.filters=2"]
    grid += ["grid.finetune=[true,false]", f"grid.model=[{','.join(models)}]"]
    run_config(compose([*grid[:-1], f"grid.model=[{models[0]}]", "report=first.html"]))
    assert {run.model for run in Store(files / "x.sqlite").runs()} == {models[0]}
    capsys.readouterr()
    run_config(compose([*grid, "report=all.html"]))
    said = capsys.readouterr().out
    places = [said.index(f"model={model}\n") for model in models]
    assert places == sorted(places)
    rows = Store(files / "x.sqlite").runs()
    assert sorted(run.model for run in rows) == sorted(models * 4)
    pages = [path.read_text() for path in files.glob("all-*.html")]
    assert len(pages) == len(models)
    for model in models:
        assert sum(f"{model}" in page for page in pages) >= 1
    before = {run.key: run.date for run in rows}
    run_config(compose(grid))
    assert {run.key: run.date for run in Store(files / "x.sqlite").runs()} == before


NONE = "model.features=[]"


@pytest.mark.parametrize(
    "keys", [["model.features=[case]"], ["model.crf=true", NONE], ["optim.clip=1", NONE]]
)
def test_keys_of_layers_are_swept_by_hand(files, keys):
    """Lower-cased, so that a feature reads more of the words than the model does."""
    base = ["data=files", "data.train=tags.conll", "data.lowercase=true", *SMALL, "grid.seed=[0]"]
    for model in ("window", "bilstm"):
        config = compose([*base, *keys, f"model={model}"])
        inputs = prepare(config)
        (run,) = grid_of(config, inputs).runs()
        assert run.engine == "handwritten"
        typed = keys == ["model.features=[case]"]
        assert (run.data == inputs.corpus.typed_fingerprint) == typed
        assert (run.data == inputs.corpus.fingerprint) == (not typed)
        run_config(config)
    assert len(Store(files / "x.sqlite").runs()) == 2


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_run_is_on_what_its_model_reads(variant, tmp_path):
    data = make_data(task_of(variant))
    inputs = Inputs(data.corpus, data.reference, None, True)
    run = configure(data, variant, epochs=1)
    assert run.data == fingerprint_of(run.spec.view(run.model_keys).features, data.corpus)
    assert data.corpus.typed_fingerprint != data.corpus.fingerprint
    assert run_sweep([run], inputs, Store(tmp_path / "x.sqlite")).done == 1
    other = ({data.corpus.typed_fingerprint, data.corpus.fingerprint} - {run.data}).pop()
    with pytest.raises(UserError, match=f"is on data {other}"):
        run_sweep([replace(run, data=other)], inputs, Store(tmp_path / "y.sqlite"))


FAULTS = [
    *((variant, "tables") for variant in ("window both", "bilstm all", "mean all")),
    *((variant, "clip") for variant in ("window both", "bilstm all", "mean all", "cnn max_norm")),
    *((variant, "rate") for variant in ("window both", "bilstm all", "mean all", "cnn max_norm")),
    ("cnn max_norm", "norm"),
]


@pytest.mark.parametrize(("variant", "fault"), FAULTS)
def test_a_fault_of_the_layered_engine_stops_a_sweep(variant, fault, monkeypatch):
    data = make_data(task_of(variant))
    run = configure(data, variant, l2=0.01, anchor=0.1, clip=0.05, rule="sgd")
    assert require_parity([run], data.corpus, data.reference) == 1
    moments = layered._Moments
    if fault == "norm":
        monkeypatch.setattr(layered, "constrain_rows", lambda rows, most: None)
    elif fault == "clip":
        right = layered.LayeredEngine._update

        def unclipped(self, gradients, move_rows):
            self.settings = replace(self.settings, clip=None)
            right(self, gradients, move_rows)

        monkeypatch.setattr(layered.LayeredEngine, "_update", unclipped)
    else:
        step = moments.step

        def wrong(self, rule, gradient, lr, rows=None):
            if (rows is not None) == (fault == "tables"):
                lr *= 1.01
            step(self, rule, gradient, lr, rows)

        monkeypatch.setattr(moments, "step", wrong)
    with pytest.raises(RunError, match=f"parity failed for {run.model.name}"):
        require_parity([run], data.corpus, data.reference)


REFUSED = {
    "model.features=[foo]": "model.features: foo is unknown; take [affix,case]",
    "model.features=[case,case]": "model.features: case stands twice",
    "model=bilstm model.hidden=0": "model.hidden=0: an LSTM has at least one hidden unit",
    "model=bilstm model.layers=3": "model.layers=3: it must be below 3",
    "model=bilstm model.pool=mean": "model.pool=mean means nothing where every token has a label",
    "optim.clip=0": "optim.clip=0.0: it must be above 0",
    "data.task=sentence model=bilstm model.pool=both": "model.pool=both is not one of model=bilstm",
    "data.task=sentence model=bilstm model.crf=true": "model.crf=true needs a label for every",
    "data.task=sentence model.pool=max model.weights=idf": "model.pool=max has no mean for model.",
    "data.task=sentence model.pool=max model.bigrams=true": "model.pool=max has no mean for model.",
    "data.task=sentence model=mean model.pool=last": "model.pool=last is not one of model=mean",
    "data.task=sentence model=cnn model.max_norm=-1": "model.max_norm=-1.0: it must be above 0",
    "data.task=sentence model.weights=tfidf": "model.weights=tfidf is not one of uniform, idf, sif",
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_a_model_cannot_have_is_one_line_and_status_2(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    small = ["data.world_size=60", "data.world_vocabulary=2000", "embed=random", "embed.dim=4"]

    def main(argv):
        run_config(compose([*small, *words.split()]))
        return 0

    monkeypatch.setattr(sys, "argv", ["train.py"])
    with pytest.raises(SystemExit) as caught:
        run_command(main)
    assert caught.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {REFUSED[words]}")
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
