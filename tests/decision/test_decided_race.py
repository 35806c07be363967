"""A decision among recipes, trained for real on the built-in world: what it is kept as and says."""

import json
from dataclasses import replace

import pytest

import wvexp
from wvexp.config.compose import compose
from wvexp.decision.procedure import run_decision
from wvexp.training.saved import SavedModel

GIVEN = [
    *("data=world", "data.task=sentence", "data.world_size=200", "data.folds=1"),
    *("model=[mean,cnn]", "treatment=[slow]", "optim.epochs=2", "optim.batch_size=16"),
    *("model.hidden=8", "model.filters=4", "model.widths=[2]", "train_size=110"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("race")


@pytest.fixture(scope="module")
def said(folder):
    """What the command wrote, of a decision without a budget."""
    config = compose([*GIVEN, f"store={folder / 'r.sqlite'}"], "decide")
    run_decision(replace(config, out=str(folder / "out")))
    return json.loads((folder / "out" / "decision.json").read_text())


@pytest.fixture(scope="module")
def decided(folder, said):
    return wvexp.decide(*GIVEN, f"store={folder / 'r.sqlite'}")


def test_begun_again_it_trains_nothing_and_says_the_same(folder, said, decided):
    again = {**decided.to_json(), "model": said["model"], "seconds": said["seconds"]}
    assert again == said
    keys = decided.store.keys()
    wvexp.decide(*GIVEN, f"store={folder / 'r.sqlite'}")
    assert decided.store.keys() == keys


def test_decision_json_has_every_recipe_the_recommended_first(said, decided):
    called = [one["recipe"] for one in said["recipes"]]
    assert len(called) == len(set(called)) == 10
    assert called[0] == said["recommended"] == decided.recommended
    assert said["choice"] in (said["recommended"], "undecided")
    assert said["confidence"] == decided.findings.race.confidence
    first = said["recipes"][0]
    assert {"model", "arm", "lr", "score", "low", "high", "given_up"} <= set(first)
    assert said["complete"]
    assert len(said["advice"]) <= 12
    assert f"{said['recommended']}: model={first['model']}, " in said["advice"][0]


def test_the_model_that_is_kept_is_that_of_the_recipe(folder, said):
    result = json.loads((folder / "out" / "result.json").read_text())
    first = said["recipes"][0]
    kept = (result["model"], result["arm"], result["lr"], result["train_size"])
    assert kept == (first["model"], first["arm"], first["lr"], 110)
    SavedModel.load(folder / "out" / "model")


def test_so_is_the_model_of_fit(folder, said, decided):
    result = json.loads((decided.fit(folder / "fit") / "result.json").read_text())
    first = said["recipes"][0]
    assert (result["model"], result["arm"], result["lr"]) == tuple(
        first[name] for name in ("model", "arm", "lr")
    )


def test_the_guidance_is_of_the_model_of_the_recipe(said, decided):
    assert decided.base.model.name == said["recipes"][0]["model"]
    assert {run.model for run in decided.findings.runs} == {decided.base.model.name}
    assert set(said["arms"]) == {
        "pretrained-frozen",
        "pretrained-tuned",
        "random-frozen",
        "random-tuned",
    }


def test_yardsticks_are_held_against_the_recipe(said, decided):
    assert said["yardsticks"]
    assert {one.arm for one in decided.findings.yardsticks} == {said["recommended"]}
    score = said["recipes"][0]["score"]
    for one in said["yardsticks"]:
        assert one["minus_recommended"] == pytest.approx(one["score"] - score, abs=1e-9)


def test_the_page_has_chart_and_table(folder, said):
    page = (folder / "out" / "report.html").read_text()
    assert "Recipes, ranked" in page
    for one in said["recipes"]:
        assert one["recipe"] in page
    assert (folder / "out" / "report_figures" / "recipes.svg").is_file()


def test_a_failed_run_is_named_with_its_model(folder, monkeypatch):
    train = wvexp.sweeps.run.train

    def sometimes(run, *args, **kwargs):
        if run.recipe.name == "cnn pretrained-slow":
            raise RuntimeError("planted")
        return train(run, *args, **kwargs)

    monkeypatch.setattr("wvexp.sweeps.run.train", sometimes)
    found = wvexp.decide(*GIVEN, f"store={folder / 'failing.sqlite'}").findings
    assert found.failures
    assert all("cnn pretrained-slow at size 110" in failure for failure in found.failures)
    assert found.race.chosen.recipe != "cnn pretrained-slow"
    assert "cnn pretrained-slow" not in {one.recipe for one in found.race.standings}


def test_a_model_that_does_not_fit_the_labels_is_one_clear_line():
    message = "model=window does not fit sentence labels; take model="
    with pytest.raises(wvexp.UserError, match=message):
        wvexp.decide(*GIVEN[:4], "model=[window,mean]")
