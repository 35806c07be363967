"""Run folders appear whole or not at all, and no two runs share one."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from wvexp.errors import UserError
from wvexp.results import folder as folder_module
from wvexp.results.folder import run_folder


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def everything(root):
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def failing_run(out):
    with run_folder(out, "arm") as (scratch, _):
        (scratch / "half").write_text("")
        raise KeyError


def write_run(out, arm="arm", content="new"):
    with run_folder(out, arm) as (scratch, final):
        (scratch / "result.json").write_text(content)
    return final


def test_a_fresh_folder_is_named_after_time_and_arm(here):
    final = write_run(None, "random-tuned")
    assert final.parts[0] == "runs"
    assert final.name.endswith("-random-tuned")
    assert everything(here / final) == ["result.json"]
    assert final.stat().st_mode & 0o777 == 0o777 & ~folder_module.current_umask()


def test_runs_of_one_second_never_share_a_folder(monkeypatch):
    monkeypatch.setattr(folder_module.time, "localtime", lambda: (2026, 1, 2, 3, 4, 5, 4, 2, 0))
    finals, gate = [], threading.Barrier(8, timeout=60)  # one that fails lets the others end

    def one(number):
        with run_folder(None, "arm") as (scratch, final):
            gate.wait()  # all are inside at once
            (scratch / "result.json").write_text(str(number))
        finals.append((final, number))

    threads = [threading.Thread(target=one, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({final for final, _ in finals}) == 8
    assert all((final / "result.json").read_text() == str(number) for final, number in finals)


@pytest.mark.parametrize("out", [None, "mine", "deep/down/mine"])
def test_nothing_remains_after_a_failure(here, out):
    with pytest.raises(KeyError):
        failing_run(out)
    assert everything(here) == []


def test_a_failure_leaves_what_others_have_made(here):
    other = write_run(None, "other")
    with pytest.raises(KeyError):
        failing_run(None)
    assert everything(here / other) == ["result.json"]
    assert len(list((here / "runs").glob("*/*"))) == 1


def test_a_run_is_replaced_whole_and_only_by_a_finished_one(here):
    write_run("mine", content="old")
    (here / "mine" / "more").write_text("of the old run")
    with pytest.raises(KeyError):
        failing_run("mine")
    assert (here / "mine" / "result.json").read_text() == "old"
    write_run("mine")
    assert (here / "mine" / "result.json").read_text() == "new"
    assert everything(here) == ["mine", "mine/result.json"]


def test_an_empty_folder_is_taken(here):
    (here / "mine").mkdir()
    write_run("mine")
    assert everything(here / "mine") == ["result.json"]


def thesis(path):
    path.mkdir()
    (path / "thesis.tex").write_text("years of work")


def plain_file(path):
    path.write_text("years of work")


@pytest.mark.parametrize("make", [thesis, plain_file])
def test_what_is_no_run_is_never_replaced(here, make):
    make(here / "mine")
    with pytest.raises(UserError, match="out=mine exists and is no run folder"):
        write_run("mine")
    assert everything(here) == ["mine", *(["mine/thesis.tex"] if make is thesis else [])]


def test_what_came_while_the_run_trained_is_never_replaced(here):
    with pytest.raises(UserError, match="no run folder"), run_folder("mine", "arm"):
        thesis(here / "mine")
    assert everything(here) == ["mine", "mine/thesis.tex"]


def test_the_folder_one_stands_in_is_refused(here):
    write_run("mine")
    os.chdir("mine")
    for out in (".", str(here / "mine")):
        with pytest.raises(UserError, match="no run folder"):
            write_run(out)
    assert everything(here) == ["mine", "mine/result.json"]


def test_a_place_that_cannot_be_written_is_refused(here):
    (here / "file").write_text("")
    with pytest.raises(UserError, match="out=file/mine cannot be written"):
        write_run("file/mine")
    assert everything(here) == ["file"]


KILLED = """
import os, signal
from wvexp.results.folder import run_folder
with run_folder({out!r}, "arm") as (scratch, final):
    (scratch / "half").write_text("")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("out", [None, "mine"])
def test_what_a_killed_process_left_is_removed_by_the_next(here, monkeypatch, out):
    monkeypatch.setenv("PYTHONPATH", str(Path(folder_module.__file__).parents[2]))
    subprocess.run([sys.executable, "-c", KILLED.format(out=out)], check=False)
    [half] = here.rglob("half")
    (half.parent.parent / ".others").mkdir()
    final = write_run(out)
    assert not half.exists()
    kept = {path.name for path in final.parent.iterdir()}
    assert kept == {final.name, ".others"}


def test_a_living_process_keeps_its_scratch(here):
    with run_folder("mine", "arm") as (scratch, _):
        (scratch / "result.json").write_text("first")
        write_run("other")
        assert scratch.exists()
    assert (here / "mine" / "result.json").read_text() == "first"


def test_a_decision_without_a_model_is_replaced(here):
    with run_folder("mine", "arm") as (scratch, _):
        (scratch / "decision.json").write_text("{}")
    write_run("mine")
    assert everything(here) == ["mine", "mine/result.json"]


def test_the_home_folder_can_be_named_by_its_sign(here, monkeypatch):
    monkeypatch.setenv("HOME", str(here))
    assert write_run("~/mine") == Path(here / "mine")
