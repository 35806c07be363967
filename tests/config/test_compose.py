"""Hydra's side: command lines become configurations unchanged, or one clear line."""

import json
import re
import sys

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from wvexp.config.compose import compose, quoted, run_hydra_command
from wvexp.config.decision_checks import DECISION_KEYS
from wvexp.config.folder import config_folder
from wvexp.config.help import help_text
from wvexp.config.schema import KEYS, Config
from wvexp.errors import RunError, UserError

PARSER = OverridesParser.create()
FILES = ["data=files", "data.train=a.csv", "embed=random"]

# Printable text, rich in what Hydra's and OmegaConf's grammars give meaning to. A value wholly in
# quotes is one that the user has already quoted for Hydra.
special = st.sampled_from(["\\", "'", '"', "${", "}", "=", ",", "[", "]", "(", ")", " ", "#", "é"])
plain = st.characters(categories=["L", "N", "P", "S", "Zs"])
texts = st.lists(special | plain, min_size=1, max_size=12).map("".join)
values = texts.filter(
    lambda text: text not in ("null", "???") and not (text[0] == text[-1] and text[0] in "'\"")
)


@settings(max_examples=500, deadline=None)
@given(values)
def test_any_text_passes_the_grammars_unchanged(value):
    (argument,) = quoted([f"data.train={value}"])
    override = PARSER.parse_override(argument)
    assert override.key_or_group == "data.train"
    assert OmegaConf.create({"train": override.value()}).train == value


@settings(max_examples=12, deadline=None)
@given(st.lists(values, min_size=5, max_size=5))
def test_any_text_is_composed_unchanged(given_values):
    train, text, label, path, out = given_values
    config = compose(
        [
            *("data=files", "embed=random", f"data.train={train}", f"data.text={text}"),
            *(f"data.label={label}", f"embed.path={path}", f"out={out}"),
        ]
    )
    found = [config.data.train, config.data.text, config.data.label, config.embed.path, config.out]
    assert found == given_values


def test_a_quoted_value_and_null_mean_what_they_mean_to_hydra():
    config = compose([*FILES[:1], "data.train='a b.csv'", "embed=random", "data.test=null"])
    assert (config.data.train, config.data.test) == ("a b.csv", None)


def test_nothing_given_is_the_schema_and_its_defaults():
    assert compose([]) == Config()


@pytest.mark.parametrize("value", ["true", "false", "auto"])
def test_a_choice_that_looks_like_a_truth_value_stays_text(value):
    assert compose([f"data.lowercase={value}"]).data.lowercase == value


@pytest.mark.parametrize("path", sorted(config_folder().glob("*/*.yaml")), ids=lambda p: p.stem)
def test_every_option_composes(path):
    group, option = path.parent.name, path.stem
    needs = {
        "files": ["data.train=a.csv", "embed=random"],
        "hub": ["data.name=x", "embed=random"],
        "mean": ["data.task=sentence"],
        "cnn": ["data.task=sentence"],
        "kim2014": ["data.task=sentence"],
    }
    config = compose([f"{group}={option}", *needs.get(option, [])])
    chosen = {
        "data": config.data.kind,
        "embed": config.embed.kind,
        "model": config.model.name,
        "optim": config.optim.name,
        "experiment": option,
    }
    assert chosen[group] == option


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["seed=x"], "seed: Value 'x'"),
        (["seed=1.5"], "seed: Value '1.5'"),
        (["seed=true"], "seed: Value 'True'"),
        (["seed=null"], "seed"),
        (["seed=???"], "seed"),
        (["seed=${nowhere}"], "nowhere"),
        (["finetune=maybe"], "'maybe'"),
        (["optim.lr=fast"], "optim.lr: Value 'fast'"),
        (["embed.dim=2.5"], "embed.dim: Value '2.5'"),
        (["model.widths=3"], "model.widths"),
        (["model.widths=[3,x]"], "'x'"),
        (["train_size=0"], "train_size=0"),
        (["seed=99999999999999999999"], "seed=99999999999999999999"),
        (["tuning=3"], "tuning"),
        (["foo=1"], "unknown key foo"),
        (["+foo=1"], "unknown key foo"),
        (["data.foo=1"], "unknown key data.foo"),
        (["+data.foo=1"], "unknown key data.foo"),
        (["++optim.foo=1"], "unknown key optim.foo"),
        (["model=nope"], "model=nope is not one of auto, bilstm, cnn, mean, window"),
        (["model=3"], "model=3 is not one of"),
        (["data=null"], "data=null is not one of files, hub, world"),
        (["experiment=nope"], "experiment=nope is not one of"),
        (["data={a: 1}"], "data={a: 1}: data= takes the name of an option"),
        (["~seed"], "~seed: not a key"),
        (["hydra.run.dir=x"], "hydra.run.dir=x: not a key"),
        (["experiment=null"], "experiment=null: the name of an experiment is missing"),
        (["=3"], "'=3'"),
        (["seed"], "'seed'"),
        (["seed=[1"], "[1"),
        (
            ["grid.seed=3"],
            "grid.seed= takes a list; give a list in brackets, such as",
        ),
        (["grid.model=[lstm]"], "grid.model=lstm is not one of auto, bilstm, cnn, mean, window"),
        (["grid.seed=[4]", "seed=3"], "seed=3 means nothing beside grid.seed=[4]"),
        (["model=cnn"], "model=cnn does not fit token labels"),
    ],
)
def test_a_bad_argument_is_one_line_that_names_it(arguments, named):
    with pytest.raises(UserError) as caught:
        compose(arguments)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_help_lists_every_key_with_its_default_in_eighty_columns():
    shown = help_text(80)
    assert max(map(len, shown.splitlines())) <= 80
    flat = " ".join(shown.split())
    for key in KEYS.values():
        if key.name in DECISION_KEYS:
            continue  # of decide.py alone (test_help.py)
        if key.name.endswith(".kind") or key.name in ("model.name", "optim.name"):
            assert all(option in flat for option in key.choices), key.name  # listed as a group
            continue
        default = str(key.default)
        if key.default is None or isinstance(key.default, bool):
            default = json.dumps(key.default)
        entry = re.escape(f" {key.name} {key.meaning} ")
        assert re.search(rf"{entry}(\([^)]*\) )?\[{re.escape(default)}[];]", flat), key.name


def test_help_needs_no_hydra(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "hydra", None)
    run_hydra_command(lambda config: pytest.fail("it ran"), ["seed=x", "--help"])
    assert capsys.readouterr().out.startswith("usage: train.py")


@pytest.fixture
def in_tmp_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["train.py"])
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
    return tmp_path


def test_a_command_gets_its_configuration_and_hydra_leaves_nothing(in_tmp_path):
    seen = []
    run_hydra_command(seen.append, ["seed=3", "model=window", "out=a=b, c"])
    (config,) = seen
    assert (config.seed, config.model.name, config.out) == (3, "window", "a=b, c")
    assert list(in_tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [UserError("got 1", "give 2"), RunError("diverged")])
def test_an_error_of_the_command_passes_unchanged(in_tmp_path, error):
    def command(config):
        raise error

    with pytest.raises(type(error)) as caught:
        run_hydra_command(command, [])
    assert caught.value is error


def test_a_bad_argument_stops_before_the_command(in_tmp_path):
    with pytest.raises(UserError, match=r"unknown key data\.foo"):
        run_hydra_command(lambda config: pytest.fail("it ran"), ["+data.foo=1"])


def test_a_sweep_runs_every_value(in_tmp_path, capsys):
    seen = []
    run_hydra_command(
        lambda config: seen.append((config.seed, config.data.lowercase)),
        ["-m", "seed=1,2", "data.lowercase=true,false"],
    )
    assert seen == [(1, "true"), (1, "false"), (2, "true"), (2, "false")]


def test_sweeps_over_text_and_in_hydras_own_words():
    assert quoted(["-m", "data.train=a=1.csv,é.csv"])[1] == "data.train='a=1.csv','é.csv'"
    assert quoted(["-m", "data.task=null,token"])[1] == "data.task=null,'token'"
    for argument in ("data.train='a,b'", "data.train=choice(a,b)", "seed=range(1,4)"):
        assert quoted(["-m", argument])[1] == argument


def test_a_sweep_into_one_folder_is_refused(in_tmp_path):
    with pytest.raises(UserError, match="out= with -m"):
        run_hydra_command(lambda config: pytest.fail("it ran"), ["-m", "seed=1,2", "out=x"])
