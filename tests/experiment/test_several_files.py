"""Several files of vectors side by side: one corpus, and names that tell them apart."""

import numpy as np
import pytest

from wvexp.config.compose import compose
from wvexp.config.listed import is_list, items_of
from wvexp.config.schema import Embed
from wvexp.config.vector_files import each_file, short_names
from wvexp.decision.procedure import decide
from wvexp.errors import UserError
from wvexp.experiment.inputs import prepare, prepare_all
from wvexp.experiment.run import run_experiment
from wvexp.results.store import Store
from wvexp.sweeps.session import run_config
from wvexp.training.saved import SavedModel
from wvexp.vectors.writing import save_vectors

WORDS = ["Good", "bad", "film", "plot", "Ann", "sees"]


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Text with capitals; vectors as typed of three, and lower-cased of five dimensions."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WVEXP_CACHE", str(tmp_path / "cache"))
    rng = np.random.default_rng(0)
    rows = [
        f"{'Good' if i % 2 else 'Bad'} film {rng.choice(['plot', 'Ann', 'sees'])} n{i},{i % 2}"
        for i in range(80)
    ]
    (tmp_path / "a.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    (tmp_path / "own.txt").write_text("\n".join(row.partition(",")[0] for row in 2 * rows) + "\n")
    typed = [*WORDS, *(f"N{i}" for i in range(80))]
    save_vectors("typed.vec", typed, rng.normal(size=(len(typed), 3)).astype("f4"))
    lowered = ["good", "bad", "film", "plot", "ann", "sees", *(f"n{i}" for i in range(80))]
    save_vectors("lower.bin", lowered, rng.normal(size=(len(lowered), 5)).astype("f4"))
    return tmp_path


DATA = ["data=files", "data.train=a.csv", "model=mean", "optim.epochs=1"]
BOTH = "embed.path=[typed.vec,lower.bin]"


def test_files_of_other_casing_share_sentences_splits_and_units(files):
    config = compose([*DATA, BOTH, "grid.seed=[0,1]"])
    (first, typed), (second, lower) = prepare_all(config)
    assert (first, second) == ("typed", "lower")
    assert (typed.lowercase, lower.lowercase) == (False, True)
    assert (typed.reference.dim, lower.reference.dim) == (3, 5)
    for name in ("train", "validation", "test"):
        one, other = getattr(typed.corpus, name), getattr(lower.corpus, name)
        np.testing.assert_array_equal(one.offsets, other.offsets)
        np.testing.assert_array_equal(one.labels, other.labels)
        as_typed = [typed.corpus.lexicon[i].lower() for i in one.word_ids]
        assert as_typed == [lower.corpus.lexicon[i] for i in other.word_ids]
    np.testing.assert_array_equal(typed.corpus.units.ids, lower.corpus.units.ids)


@pytest.mark.parametrize("place", [0, 1])
def test_each_is_what_it_is_alone(files, place):
    several = prepare_all(compose([*DATA, BOTH, "grid.seed=[0,1]"]))[place][1]
    alone = prepare(compose([*DATA, f"embed.path={['typed.vec', 'lower.bin'][place]}"]))
    assert several.reference.fingerprint == alone.reference.fingerprint
    assert several.source == alone.source
    assert several.corpus.lexicon == alone.corpus.lexicon
    assert several.notes == alone.notes


def test_the_corpus_is_read_once_and_prepare_takes_the_first(files, monkeypatch):
    import wvexp.experiment.inputs as inputs

    read, count = inputs.read_corpus, []
    monkeypatch.setattr(inputs, "read_corpus", lambda *a: count.append(1) or read(*a))
    config = compose([*DATA, BOTH, "grid.seed=[0,1]"])
    assert len(prepare_all(config)) == 2
    assert count == [1]
    assert prepare(config).reference.dim == 3


def test_own_text_is_one_more_of_a_list_and_goes_on_from_one_file(files):
    own = ["embed.corpus=own.txt", "embed.own.epochs=2", "embed.min_coverage=0.1"]
    config = compose([*DATA, "embed.path=[typed.vec]", *own, "embed.dim=3", "grid.seed=[0,1]"])
    (first, typed), (second, alone) = prepare_all(config)
    assert (first, second) == ("typed", "own-word2vec")
    assert typed.source.path.endswith("typed.vec")
    going_on = prepare(compose([*DATA, "embed.path=typed.vec", *own]))
    assert alone.reference.fingerprint != going_on.reference.fingerprint
    assert {alone.reference.dim, going_on.reference.dim} == {3}


def test_a_model_folder_names_own_vectors_and_finds_them_again(files):
    own = ["embed.corpus=own.txt", "embed.method=fasttext", "embed.own.epochs=2", "embed.dim=4"]
    run_experiment(compose([*DATA, *own, "out=run", "store=r.sqlite"]))
    saved = SavedModel.load(files / "run" / "model")
    assert "cache/own/own-fasttext-4d-" in saved.source.path
    assert "filmlike" in saved.pretrained_vectors({"filmlike"})  # by its pieces


def test_a_dry_run_trains_no_vectors(files, capsys):
    run_config(compose([*DATA, "embed.corpus=own.txt", "dry_run=true"]))
    assert not (files / "cache" / "own").exists()


def test_a_sweep_has_scores_and_a_page_for_each_file(files, capsys):
    words = [*DATA, BOTH, "grid.finetune=[false,true]", "grid.seed=[0,1]", "store=r.sqlite"]
    run_config(compose([*words, "report=out.html"]))
    printed = capsys.readouterr().out
    assert printed.index("vectors=typed") < printed.index("vectors=lower")
    rows = list(Store(files / "r.sqlite").runs())
    assert len(rows) == 8
    conditions = {run.condition for run in rows}
    assert len(conditions) == 2
    pages = sorted(path.name for path in files.glob("out*.html"))
    assert [name.split("-")[1] for name in pages] == ["lower", "typed"]
    run_config(compose(words))  # nothing is trained again
    assert len(list(Store(files / "r.sqlite").runs())) == 8


def test_one_run_has_one_file_and_a_decision_several(files):
    with pytest.raises(UserError, match="2 files of vectors: a run has one"):
        run_config(compose([*DATA, BOTH]))
    decided = compose([*DATA[:3], BOTH], "decide")
    assert decided.grid.path == ["typed.vec", "lower.bin"]
    with pytest.raises(UserError, match=r"grid\.path"):
        compose([BOTH, "experiment=large"])


def test_a_list_of_one_is_that_file(files):
    config = compose([*DATA, "embed.path=[typed.vec]"])
    assert (config.embed.path, config.grid.path) == ("typed.vec", [])
    config = compose(["embed.name=['glove-x']"])
    assert (config.embed.name, config.grid.name) == ("glove-x", [])


def test_paths_and_names_join_and_contradictions_are_refused(files):
    config = compose([*DATA, BOTH, "embed.name=[glove-x]"])
    assert [name for name, _ in each_file(config)] == ["typed", "lower", "glove-x"]
    for words in (
        ["embed.path=typed.vec", "embed.name=[a,b]"],
        ["embed.path=typed.vec", "grid.path=[a,b]"],
        [BOTH, "embed.path=[c,d]"],
        [BOTH, "embed.member=x"],
        ["embed.path=[typed.vec,typed.vec]"],
        ["embed.method=fasttext", "embed.path=typed.vec"],
    ):
        with pytest.raises(UserError):
            compose([*DATA, *words])


def test_items_of_a_list_are_paths_with_any_character(files):
    (files / "x,y.txt").touch()
    (files / "[z].txt").touch()
    (files / "[w]").touch()
    assert items_of("[x,y.txt]") == ["x,y.txt"]
    assert items_of("[a.txt,x,y.txt , b=c.vec,]") == ["a.txt", "x,y.txt", "b=c.vec"]
    assert items_of("['p,q', \"r,s\",it's]") == ["p,q", "r,s", "it's"]
    assert items_of("[]") == []
    assert is_list("[a]")
    assert not is_list("[w]")
    assert not is_list("[z].txt")
    odd = ["x,y.txt", "b=c{d}.vec", "[z].txt", "it's é.bin"]
    config = compose([*DATA, f"embed.path=[{','.join(odd)}]"])
    assert config.grid.path == odd
    assert compose([*DATA, "embed.path=[w]"]).embed.path == "[w]"


def test_short_names_tell_files_apart():
    paths = ["/d/glove.6B.50d.txt", "/d/cc.en.300.bin.gz", "/a/v.txt", "/b/v.bin", "/b/v.vec", "/m"]
    named = [Embed(path=path) for path in paths]
    named += [Embed(name="glove-wiki"), Embed(corpus="/x/mine.txt.gz", method="fasttext")]
    assert short_names(named) == [
        *("glove.6B.50d", "cc.en.300", "a-v", "b-v", "b-v-2", "m"),
        *("glove-wiki", "mine-fasttext"),
    ]


def test_a_decision_races_over_every_file_on_the_same_units(files):
    decision = decide(*DATA, BOTH, "data.folds=1", "margin=0.4", "store=d.sqlite")
    race = decision.findings.race
    there = {(one.vectors, one.arm) for one in race.standings}
    pretrained = {"pretrained-frozen", "pretrained-tuned"}
    assert {file for file, arm in there if arm in pretrained} == {"typed", "lower"}
    # Random vectors take only dimension and spread: they run over the first file alone.
    assert len([arm for _, arm in there if arm not in pretrained]) <= 2
    store = Store(files / "d.sqlite")
    runs = store.runs()
    assert len({run.condition for run in runs}) == 2
    assert len({tuple(store.unit_ids(run.key)) for run in runs}) == 1
