"""What a configuration may not hold is refused with one line that names the value."""

import pytest

from wvexp.config.checks import parse_config, parse_duration
from wvexp.config.schema import KEYS, Config
from wvexp.errors import UserError
from wvexp.models import CNN


def nested(name, value):
    for part in reversed(name.split(".")):
        value = {part: value}
    return value


def refusal(values):
    with pytest.raises(UserError) as caught:
        parse_config(values)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_defaults_pass_their_own_checks():
    assert parse_config({}) == Config()


@pytest.mark.parametrize(
    "key", [key for key in KEYS.values() if key.choices], ids=lambda key: key.name
)
def test_a_choice_that_is_none_is_refused_with_the_choices(key):
    message = refusal(nested(key.name, "nonsense"))
    assert f"{key.name}=nonsense" in message
    assert all(choice in message for choice in key.choices)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((key.name, key.minimum - 1) for key in KEYS.values() if key.minimum is not None),
        *((key.name, key.above) for key in KEYS.values() if key.above is not None),
        *((key.name, key.below) for key in KEYS.values() if key.below is not None),
        ("optim.lr", float("nan")),
        ("optim.lr", float("inf")),
        ("optim.l2", float("inf")),
        ("tuning.anchor", float("nan")),
    ],
)
def test_a_number_out_of_its_range_is_refused(name, value):
    assert f"{name}={value}" in refusal(nested(name, value))


@pytest.mark.parametrize(
    ("values", "named", "remedy"),
    [
        ({"data": {"kind": "files"}}, "data=files", "data.train=PATH"),
        ({"data": {"kind": "hub"}}, "data=hub", "data.name=NAME"),
        ({"data": {"kind": "files", "train": "a.csv"}}, "embed=pretrained", "embed.path=FILE"),
        (
            {"data": {"kind": "hub", "name": "x"}, "embed": {"kind": "shuffled"}},
            "embed=shuffled with data=hub",
            "embed=random",
        ),
        ({"embed": {"path": "a.bin", "name": "b"}}, "embed.path=a.bin", "give one of them"),
        ({"model": {"window": 4}}, "model.window=4", "middle"),
        (
            {"data": {"task": "sentence"}, "model": {"name": "cnn", "widths": []}},
            "model.widths=[]",
            "width",
        ),
        (
            {"data": {"task": "sentence"}, "model": {"name": "cnn", "widths": [3, 0]}},
            "model.widths=[3, 0]",
            "width",
        ),
        ({"data": {"task": "sentence"}, "model": {"name": "window"}}, "model=window", "model=mean"),
        ({"model": {"name": "cnn"}}, "model=cnn", "model=window"),
        ({"data": {"task": "token"}, "model": {"name": "mean"}}, "model=mean", "model=window"),
        ({"data": {"task": "sentence"}, "metric": "entity_f1"}, "metric=entity_f1", "accuracy"),
        ({"tuning": {"rows": "oov"}}, "tuning.*", "finetune=true"),
        (
            {"finetune": True, "tuning": {"start_epoch": 16}},
            "tuning.start_epoch=16",
            "optim.epochs",
        ),
        ({"epochs": 3}, "unknown key epochs", "optim.epochs"),
        ({"optim": {"epoch": 3}}, "unknown key optim.epoch", "optim.epochs"),
        ({"zzzz": 3}, "unknown key zzzz", "--help"),
    ],
)
def test_an_impossible_combination_is_refused_with_its_remedy(values, named, remedy):
    message = refusal(values)
    assert named in message
    assert remedy in message


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"grid": {"embed": ["pretrained", "glove"]}}, "grid.embed=glove"),
        ({"grid": {"train_size": [100, 0]}}, "grid.train_size=0"),
        ({"grid": {"seed": [-1]}}, "grid.seed=-1"),
        ({"grid": {"lr": [0.0]}}, "grid.lr=0.0"),
        ({"grid": {"lr": [0.1, 0.1]}}, "grid.lr=[0.1, 0.1] holds 0.1 twice"),
        ({"grid": {"ladder": 3, "train_size": [100]}}, "grid.ladder=3"),
        ({"grid": {"finetune": [False]}, "tuning": {"rows": "oov"}}, "tuning.*"),
        (
            {"data": {"kind": "files", "train": "a"}, "embed": {"kind": "random"},
             "grid": {"embed": ["random", "pretrained"]}},
            "embed=pretrained with data=files",
        ),
        ({"grid": {"model": ["window", "cnn"]}}, "model=cnn does not fit token"),
        (
            {"grid": {"finetune": [False, True]}, "tuning": {"start_epoch": 16}},
            "tuning.start_epoch=16",
        ),
        ({"finetune": True, "grid": {"finetune": [False]}, "tuning": {"rows": "oov"}}, "tuning.*"),
        ({"grid": {"seed": [1]}, "parity": {"every": 5}}, "parity.every=5 means nothing"),
        ({"data": {"split_seed": 3}}, "data.split_seed=3 means nothing with data=world"),
        ({"large": {"tokens": [10]}, "search": {"trials": 3}}, "search.trials=3"),
    ],
)  # fmt: skip
def test_an_impossible_grid_is_refused(values, named):
    assert named in refusal(values)


def test_tuning_belongs_to_a_grid_with_a_tuned_arm():
    config = parse_config({"grid": {"finetune": [False, True]}, "tuning": {"lr_scale": 2.0}})
    assert config.grid.given
    assert not Config().grid.given


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": {"name": "cnn"}}, "engine=handwritten has no model=cnn"),
        ({"grid": {"model": ["mean", "cnn"]}}, "engine=handwritten has no model=cnn"),
        ({"device": "cuda"}, "not on device=cuda"),
    ],
)
def test_the_hand_written_engine_refuses_what_it_lacks(monkeypatch, changes, message):
    monkeypatch.setattr(type(CNN), "by_hand", None)
    with pytest.raises(UserError, match=message):
        parse_config({"engine": "handwritten", "data": {"task": "sentence"}, **changes})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"data": {"train": "a.csv"}}, "data.train=a.csv means nothing with data=world"),
        ({"data": {"name": "imdb"}}, "data.name=imdb means nothing with data=world; add data=hub"),
        ({"data": {"label": "y"}}, "data.label=y means nothing with data=world; add data=files"),
        (
            {"data": {"kind": "files", "train": "a.csv", "world_size": 5}},
            "data.world_size=5 means nothing with data=files; leave it out",
        ),
        ({"embed": {"member": "x"}}, "give embed.path=FILE.zip"),
    ],
)
def test_keys_that_would_be_ignored_are_refused(values, message):
    with pytest.raises(UserError) as caught:
        parse_config(values)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("5m", 300), ("1h", 3600), ("1.5m", 90)]
)
def test_durations(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "-5m", "0s", "5 min", "1h30m", "infs", "nan"])
def test_what_is_no_duration_is_one_clear_line(text):
    with pytest.raises(UserError, match="is not a duration; give one such as 90s"):
        parse_duration(text)
