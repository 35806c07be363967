"""A run of an earlier file, or of a plug-in that is not there, has the arm's name of today."""

import json
from dataclasses import replace

import pytest
from stored_runs import stored_run

from wvexp.data.records import to_plain
from wvexp.results.rows import read_run


@pytest.mark.parametrize(
    ("arm", "tuning", "found"),
    [
        ("random-tuned(lr_scale=0.1)", {"lr_scale": 0.1}, "random-slow"),
        ("random-tuned(min_count=3)", {"min_count": 3}, "random-tuned(min_count=3)"),
        ("random-of-a-plugin", {"lr_scale": 0.3}, "random-tuned(lr_scale=0.3)"),
        ("random-of-a-plugin", {"speed": 2}, "random-of-a-plugin"),
        ("pretrained-frozen", {}, "pretrained-frozen"),
    ],
)
def test_an_arm_is_named_as_today(arm, tuning, found):
    run = replace(stored_run(arm="random-tuned"), arm=arm, finetune=True, embed="random")
    text = json.dumps(to_plain(replace(run, config={"tuning": tuning})))
    assert read_run(text, {"arm": arm}).arm == found
