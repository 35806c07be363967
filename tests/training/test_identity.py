"""What a run's key depends on, and what runs share that can be compared."""

from dataclasses import fields, replace

import pytest
from run_configs import make_run

from wvexp.arms import Arm, Tuning
from wvexp.config.schema import Model, Optim
from wvexp.training import identity
from wvexp.training.identity import RunConfig
from wvexp.vectors.initial import STARTS, Initialisation

RUN = make_run(engine="autograd", fold=0, folds=4)
OTHER = {
    "task": "sentence",
    "embed": "random",
    "dim": 51,
    "finetune": False,
    "metric": "macro_f1",
    "train_size": 1001,
    "seed": 1,
    "engine": "handwritten",
    "data": "d2",
    "vectors": None,
    "fold": 1,
    "folds": 5,
}
WITHIN = {
    "tuning": {
        "rows": "oov",
        "lr_scale": 0.5,
        "start_epoch": 2,
        "anchor": 0.1,
        "min_count": 2,
        "how": "map",
    },
    "optim": {
        "name": "sgd",
        "lr": 0.5,
        "epochs": 3,
        "patience": 1,
        "batch_size": 8,
        "l2": 0.1,
        "clip": 1.0,
        "class_weight": "balanced",
    },
    "model": {"window": 3, "hidden": 7, "dropout": 0.5, "features": ["case"], "crf": True},
}
VARIANTS = {name: replace(RUN, **{name: value}) for name, value in OTHER.items()} | {
    f"{group}.{name}": replace(RUN, **{group: replace(getattr(RUN, group), **{name: value})})
    for group, values in WITHIN.items()
    for name, value in values.items()
}
# What an arm, a size, a seed or a learning rate may change between runs that are compared.
FREE = {"embed", "finetune", "train_size", "seed", "fold", "optim.lr"}


def test_the_list_of_variants_is_complete():
    named = {f"tuning.{f.name}" for f in fields(Tuning)} | {
        f"optim.{f.name}" for f in fields(Optim)
    }
    assert named <= VARIANTS.keys()
    assert {f.name for f in fields(RunConfig)} == OTHER.keys() | WITHIN.keys()


@pytest.mark.parametrize("name", VARIANTS)
def test_every_determining_field_changes_the_key(name):
    assert VARIANTS[name].key != RUN.key


def test_equal_runs_have_equal_keys():
    assert replace(RUN, seed=0).key == RUN.key
    assert len({variant.key for variant in VARIANTS.values()}) == len(VARIANTS)


def test_the_version_of_the_engine_changes_the_key(monkeypatch):
    before = RUN.key
    monkeypatch.setattr(identity, "ENGINE_VERSION", identity.ENGINE_VERSION + 1)
    assert replace(RUN).key != before


@pytest.mark.parametrize("name", VARIANTS)
def test_the_condition_is_shared_across_arms_sizes_seeds_and_rates_alone(name):
    shared = name in FREE or name.startswith("tuning.")
    assert (VARIANTS[name].condition == RUN.condition) == shared


@pytest.mark.parametrize(
    ("model", "ignored", "read"),
    [
        ("window", {"widths": [9], "filters": 9}, {"window": 3}),
        ("mean", {"widths": [9], "filters": 9, "window": 9}, {"hidden": 3}),
        ("cnn", {"window": 9, "hidden": 9, "crf": True}, {"widths": [9]}),
        ("cnn", {"layers": 2, "weights": "idf"}, {"max_norm": 3.0}),
        ("mean", {"features": ["case"], "crf": True, "layers": 2}, {"weights": "idf"}),
        ("mean", {"variational": False}, {"bigrams": True}),
        ("window", {"pool": "max", "weights": "idf", "layers": 2}, {"crf": True}),
        ("bilstm", {"window": 3, "weights": "idf", "bigrams": True}, {"layers": 2}),
    ],
)
def test_a_key_that_the_model_does_not_read_changes_nothing(model, ignored, read):
    run = replace(RUN, model=Model(name=model))
    assert replace(run, model=replace(run.model, **ignored)).key == run.key
    assert replace(run, model=replace(run.model, **read)).key != run.key


@pytest.mark.parametrize(
    ("changes", "arm"),
    [
        ({}, "pretrained-tuned"),
        ({"finetune": False}, "pretrained-frozen"),
        ({"embed": "random"}, "random-tuned"),
        ({"tuning": Tuning(rows="oov", anchor=0.1)}, "pretrained-tuned(rows=oov,anchor=0.1)"),
    ],
)
def test_the_arm_says_what_is_special_about_it(changes, arm):
    assert replace(RUN, **changes).arm == arm
    assert RUN.of_arm(Arm.parse(arm)) == replace(RUN, **changes)


def test_a_run_from_a_start_of_ones_own_is_compared_with_the_others(monkeypatch):
    class Own(Initialisation):
        name = "own"
        start = None

    monkeypatch.setitem(STARTS._things, "own", Own())
    own = replace(RUN, embed="own")
    assert "plugins" in own.describe()
    assert own.condition == RUN.condition


@pytest.mark.parametrize(
    ("changes", "key", "condition"),
    [
        ({"model": Model(name="window")}, "ae2271dd653556dc", "df7f99d074c8e1ed"),
        ({"model": Model(name="mean"), "task": "sentence"}, "628632932cd08069", "0dc1cb920582dad0"),
        ({"model": Model(name="cnn"), "task": "sentence"}, "4319b40657ca004b", "4d59ec2543a1e311"),
        (
            {
                "model": Model(name="window", hidden=7, dropout=0.5),
                "optim": Optim(name="sgd", lr=0.5, l2=0.1),
                "tuning": Tuning(rows="oov", anchor=0.1),
                "fold": 0,
                "folds": 4,
                "engine": "autograd",
            },
            "7fd756684f6c44fb",
            "fbc535734d6aa268",
        ),
    ],
)
def test_runs_that_were_stored_before_a_key_was_added_are_found_again(changes, key, condition):
    """As the program wrote them before there were features, pools and a bound on the gradient."""
    run = make_run(**changes)
    assert (run.key, run.condition) == (key, condition)
    assert replace(run, optim=replace(run.optim, clip=1.0)).key != key
