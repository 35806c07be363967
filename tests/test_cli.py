"""key=value words in, a dictionary or one clear line out."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import wvexp
from wvexp.cli import parse_key_values, run_command, whole_number
from wvexp.errors import UserError

KNOWN = {"expr": "the expression", "out": "where the drawing goes"}


def test_a_word_is_split_at_its_first_equal_sign():
    assert parse_key_values(["expr=a==b", "out="], KNOWN) == {"expr": "a==b", "out": ""}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["expr"], "'expr' is not of the form key=value"),
        (["=3"], "'=3' is not of the form key=value"),
        (["expr=1", "expr=2"], "expr= is given twice"),
        (["exp=1"], "unknown key 'exp'; did you mean expr=?"),
        (["zzz=1"], "unknown key 'zzz'; known are expr, out"),
    ],
)
def test_a_mistake_is_named(words, message):
    with pytest.raises(UserError) as caught:
        parse_key_values(words, KNOWN)
    assert message in str(caught.value)


def test_other_keys_pass_where_they_are_allowed():
    assert parse_key_values(["x=1"], KNOWN, other_keys="a variable") == {"x": "1"}


def test_help_lists_every_key_and_ends_well(capsys):
    with pytest.raises(SystemExit) as caught:
        parse_key_values(["--help"], KNOWN, about="Draws.", other_keys="a variable")
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    assert all(text in shown for text in ("Draws.", "expr=", "where the drawing goes", "KEY="))


def test_a_whole_number_or_its_default():
    assert whole_number({"seed": "7"}, "seed", 0) == 7
    assert whole_number({}, "seed", 3) == 3
    with pytest.raises(UserError, match="seed=x is not a whole number"):
        whole_number({"seed": "x"}, "seed", 0)
    with pytest.raises(UserError, match="trials=0 is too small; give 1 or more"):
        whole_number({"trials": "0"}, "trials", 5, minimum=1)


@pytest.mark.parametrize(
    ("body", "status", "shown"),
    [
        ("return 3", 3, ""),
        ("raise UserError('got 1', 'give 2')", 2, "error: got 1; give 2\n"),
        ("raise UserError('label \\x1b[31mred\\x1b')", 2, "error: label \\x1b[31mred\\x1b\n"),
        ("raise RunError('diverged')", 1, "error: diverged\n"),
        ("raise KeyboardInterrupt", 130, "interrupted\n"),
        ("raise BrokenPipeError", 141, ""),
    ],
)
def test_exit_status_and_one_line(body, status, shown):
    program = f"""
from wvexp.cli import run_command
from wvexp.errors import RunError, UserError
def main(arguments):
    {body}
run_command(main)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (status, shown)


SCRIPTS = sorted((Path(__file__).parents[1] / "scripts").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_every_script_says_its_version_and_helps_whatever_else_is_typed(
    script, capsys, monkeypatch
):
    main = runpy.run_path(str(script))["main"]
    monkeypatch.setattr(sys, "argv", [str(script), "seed=1", "--version"])
    with pytest.raises(SystemExit) as caught:
        run_command(main)
    assert (caught.value.code, capsys.readouterr().out) == (0, f"wvexp {wvexp.__version__}\n")
    words = ["inspect"] if script.stem == "vectors" else []
    monkeypatch.setattr(sys, "argv", [str(script), *words, "--help"])
    with pytest.raises(SystemExit) as caught:
        run_command(main)
    assert caught.value.code == 0
    assert len(capsys.readouterr().out.splitlines()) > 2
