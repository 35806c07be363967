import pytest
from simulated_race import WORLD, world_tracks

from wvexp.arms import FOUR_NAMES, Arm
from wvexp.config.compose import compose
from wvexp.decision.tracks import is_race, tracks_of
from wvexp.experiment.describe import describe_run
from wvexp.experiment.inputs import prepare


@pytest.fixture(scope="module")
def world():
    config = compose(WORLD, "decide")
    return config, prepare(config)


def of_world(world, *overrides):
    return tracks_of(compose([*WORLD, *overrides], "decide"), [("", *world)])


def names(track):
    return [arm.name for arm in track.arms]


def test_a_track_for_each_model_first_to_last_with_the_four_arms_and_the_treatments(world):
    tracks = of_world(world, "model=[cnn,mean]", "treatment=[slow,both]")
    assert [track.base.model.name for track in tracks] == ["cnn", "mean"]
    for track in tracks:
        assert set(FOUR_NAMES) <= set(names(track))
        assert set(names(track)) - set(FOUR_NAMES) == {"pretrained-slow", "pretrained-both"}
        assert len(track.arms) == 6
    every = [recipe.name for track in tracks for recipe in track.recipes]
    assert len(set(every)) == 12
    assert is_race(tracks)


def test_the_base_of_a_track_is_a_run_of_its_configuration_over_all_examples(world):
    for track in of_world(world, "model=[mean,cnn]"):
        assert track.base == describe_run(track.config, track.inputs, sweeping=True)
        assert track.config.model.name == track.base.model.name
        assert track.base.train_size == world[1].corpus.train.examples
        assert not track.config.grid.model
        runs = [track.base.of_arm(arm) for arm in track.arms]
        assert {run.condition for run in runs} == {track.base.condition}
        assert [run.recipe.arm for run in runs] == list(track.arms)


@pytest.mark.parametrize(
    "overrides",
    [[], ["model=mean"], ["model=[mean]"], ["treatment=[frozen]"], ["treatment=[frozen,tuned]"]],
)
def test_one_model_and_the_usual_treatments_are_no_race(world, overrides):
    tracks = of_world(world, *overrides)
    assert len(tracks) == 1
    assert sorted(names(tracks[0])) == sorted(FOUR_NAMES)
    assert not is_race(tracks)


def test_another_start_alone_is_no_race_and_is_frozen_and_tuned(world):
    [track] = tracks = of_world(world, "embed=shuffled")
    assert set(names(track)) - set(FOUR_NAMES) == {"shuffled-frozen", "shuffled-tuned"}
    assert not is_race(tracks)
    [more] = of_world(world, "embed=shuffled", "treatment=[slow]")
    assert set(names(more)) - set(names(track)) == {"pretrained-slow"}


def test_a_model_named_twice_is_one(world):
    """`auto` is the mean for sentences: the same runs would race against themselves."""
    tracks = of_world(world, "model=[auto,mean]")
    assert [track.base.model.name for track in tracks] == ["mean"]
    assert not is_race(tracks)


def test_random_vectors_run_over_the_first_of_several_files_alone(world):
    config = compose([*WORLD, "model=[mean,cnn]", "treatment=[slow]"], "decide")
    files = [("glove", *world), ("own", *world)]
    tracks = tracks_of(config, files)
    assert [(t.base.model.name, t.vectors) for t in tracks] == [
        ("mean", "glove"),
        ("mean", "own"),
        ("cnn", "glove"),
        ("cnn", "own"),
    ]
    assert ["random-tuned" in names(track) for track in tracks] == [True, False, True, False]
    called = [recipe.name for track in tracks for recipe in track.recipes]
    assert len(set(called)) == len(called)
    assert "mean pretrained-slow (own)" in called
    assert "mean random-tuned" in called


def test_recipes_are_found_again_by_their_arm():
    for track in world_tracks():
        for recipe in track.recipes:
            assert Arm.parse(recipe.arm.name) == recipe.arm
            assert recipe.model == track.base.model.name
