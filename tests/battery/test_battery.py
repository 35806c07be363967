"""Awkward inputs, one after another: a right outcome or one clear line, and never anything else.

A subset runs with the suite; `WVEXP_BATTERY=all` runs them all.
"""

import os

import config_cases
import data_cases
import disk_cases
import kill_cases
import model_cases
import pytest
import store_cases
import vector_cases
from judging import SECONDS, Case, Step, faults, faults_of, files_of

AREAS = (model_cases, store_cases, disk_cases, vector_cases, data_cases, kill_cases, config_cases)
ALL = [case for area in AREAS for case in area.cases()]
WANTED = ALL if os.environ.get("WVEXP_BATTERY") == "all" else [c for c in ALL if c.quick]


def name_of(case):
    return f"{case.area}-{case.name}".encode("ascii", "backslashreplace").decode()


def test_the_battery_is_large_and_its_names_are_distinct():
    names = [name_of(case) for case in ALL]
    assert len(names) >= 500
    assert len(names) == len(set(names))


@pytest.mark.parametrize("case", WANTED, ids=name_of)
def test_awkward(case, commands, tmp_path):
    folder = tmp_path / "here"
    folder.mkdir()
    case.make(folder)
    before = files_of(folder)
    environment = {"WVEXP_CACHE": str(tmp_path / "cache"), **case.environment}
    ends = [
        commands(
            script=step.script,
            words=list(step.words),
            folder=str(folder),
            environment=environment,
            signal=step.signal,
            file_limit=step.file_limit,
            stdout=step.stdout,
            timeout=SECONDS,
        )
        for step in case.steps
    ]
    found = faults(case, folder, before, ends)
    disk_cases.unmount(folder)
    assert found == []


SOUND = {"status": 2, "hung": False, "megabytes": 500, "stdout": "", "stderr": "error: x=1; take 2"}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"stderr": "Traceback (most recent call last):\nValueError: x"}, "traceback"),
        ({"stderr": "error: x=1; take 2\nerror: again; no"}, "2 error lines"),
        ({"stderr": "error: x=1 cannot be"}, "no remedy"),
        ({"stderr": "error: ValueError(3); take 2"}, "inside of the program"),
        ({"stdout": "a \x1b[31mred"}, "on stdout"),
        ({"megabytes": 2000}, "took 2,000 MB"),
        ({"hung": True, "status": -9}, "hung"),
        ({"status": -11, "stderr": ""}, "status -11"),
    ],
)
def test_the_judge_finds_what_is_planted(change, fault):
    step = Step("train", [])
    assert faults_of(step, SOUND) == []
    found = faults_of(step, {**SOUND, **change})
    assert len(found) == 1
    assert fault in found[0]


def test_the_judge_finds_wrong_outcomes_and_what_is_left(tmp_path):
    step = Step("train", [])
    works = Case("a", "b", [step], lambda folder: None, expect="works")
    refused = Case("a", "b", [step], lambda folder: None, expect="refused", says=["other"])
    (tmp_path / "half.csv").touch()
    assert [f.split(":")[0] for f in faults(works, tmp_path, set(), [SOUND])] == [
        "refused",
        "half-written",
    ]
    assert "none of ['other']" in faults(refused, tmp_path, {"half.csv"}, [SOUND])[0]
    well = {**SOUND, "status": 0, "stderr": ""}
    assert faults(refused, tmp_path, {"half.csv"}, [well]) == ["accepted without a word of it"]
