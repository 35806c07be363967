"""An arm is its name and the name is its arm; what it says of itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wvexp.arms import (
    FOUR_ARMS,
    FOUR_NAMES,
    FROZEN,
    TREATMENTS,
    TUNED,
    Arm,
    Recipe,
    Tuning,
    treatment_of,
)
from wvexp.errors import UserError

TUNINGS = st.builds(
    Tuning,
    rows=st.sampled_from(["all", "oov"]),
    lr_scale=st.floats(1e-9, 1e5),
    start_epoch=st.integers(1, 99),
    anchor=st.floats(0, 1e9),
    min_count=st.integers(1, 10**9),
)


def test_the_names_of_the_four_stand_in_results_files():
    assert FOUR_NAMES == ("pretrained-frozen", "pretrained-tuned", "random-frozen", "random-tuned")


@given(
    st.sampled_from(["random", "shuffled", "my-own_2"]), st.sampled_from(list(TREATMENTS)), TUNINGS
)
def test_an_arm_is_read_from_its_name(embed, treatment, tuning):
    arm = Arm(embed, treatment, tuning if treatment.moves else Tuning())
    assert Arm.parse(arm.name) == arm
    assert {arm: 1}[Arm.parse(arm.name)] == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("first", "treatment=first is unknown.*frozen, tuned"),
        ("random-melted", "treatment=melted is unknown"),
        ("random-tuned(speed=2)", r"no arm is called random-tuned\(speed=2\)"),
        ("random-tuned(anchor=much)", "no arm is called"),
        ("random-frozen(anchor=1.0)", "tuning of the frozen arm embed=random.*finetune=true"),
    ],
)
def test_what_is_no_name_is_refused(name, message):
    with pytest.raises(UserError, match=message):
        Arm.parse(name)


def test_an_arm_says_what_to_do():
    assert [arm.words for arm in FOUR_ARMS] == [
        "start from pretrained vectors and freeze them",
        "start from pretrained vectors and fine-tune them",
        "start from random vectors and freeze them",
        "start from random vectors and train them",
    ]


def test_the_start_knows_whether_unseen_words_are_looked_up():
    starts = ("pretrained", "random", "shuffled", "of_an_absent_plugin")
    assert [Arm(start, FROZEN).looks_up for start in starts] == [True, False, False, False]


def test_a_recipe_is_an_arm_and_a_model():
    one = Recipe(Arm("random", TUNED, Tuning(anchor=0.5)), "window")
    assert one.name == "window random-tuned(anchor=0.5)"
    file = Recipe(Arm.parse("pretrained-slow"), "mean", "glove")
    assert file.name == "mean pretrained-slow (glove)"
    assert len({one, Recipe(Arm.parse("random-tuned(anchor=0.5)"), "window")}) == 1


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("pretrained-tuned(lr_scale=0.1)", "pretrained-slow"),
        ("random-tuned(start_epoch=4)", "random-staged"),
        ("pretrained-tuned(rows=oov)", "pretrained-oov"),
        ("pretrained-tuned(how=map)", "pretrained-reprojected"),
        ("my-own-tuned(how=both)", "my-own-both"),
        ("pretrained-tuned(lr_scale=0.1,min_count=2)",) * 2,
        ("pretrained-slow(min_count=2)", "pretrained-tuned(lr_scale=0.1,min_count=2)"),
    ],
)
def test_an_arm_has_the_name_of_its_treatment_however_it_was_named(name, canonical):
    assert Arm.parse(name).name == canonical
    assert Arm.parse(name) == Arm.parse(canonical)


def test_each_treatment_is_found_again_by_its_keys():
    for one in TREATMENTS:
        assert treatment_of(one.moves, one.tuning) is one
        assert Arm("random", one).name == f"random-{one.name}"
    assert treatment_of(True, Tuning(min_count=7)) is TUNED


class Later(type(TUNED)):
    name, tuning = "later-on", Tuning(start_epoch=9)


def test_a_treatment_of_a_plug_in_is_an_arm_like_another(monkeypatch):
    monkeypatch.setattr(TREATMENTS, "_things", dict(TREATMENTS._things))
    TREATMENTS.register(Later())
    assert Arm.parse("pretrained-tuned(start_epoch=9)").name == "pretrained-later-on"
    assert Arm.parse("pretrained-later-on").embed == "pretrained"
    twin = Later()
    twin.name = "again"
    with pytest.raises(UserError, match="treatment=again does what treatment=later-on does"):
        TREATMENTS.register(twin)


def test_a_map_has_no_numbers_about_rows():
    with pytest.raises(UserError, match=r"tuning.anchor=0.5 is about rows that move"):
        Arm("random", TREATMENTS["reprojected"], Tuning(how="map", anchor=0.5))
