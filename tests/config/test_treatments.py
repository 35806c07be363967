"""A treatment by name is its keys; what contradicts it is one line."""

from dataclasses import asdict

import pytest

from wvexp.arms import TREATMENTS
from wvexp.config.checks import parse_config
from wvexp.config.compose import compose
from wvexp.config.treatments import arms_of
from wvexp.errors import UserError


@pytest.mark.parametrize("treatment", list(TREATMENTS), ids=lambda one: one.name)
def test_a_name_sets_its_keys_and_is_read_back_from_what_was_written(treatment):
    config = compose([f"treatment={treatment.name}"])
    assert (config.finetune, config.tuning) == (treatment.moves, treatment.tuning)
    assert config.tuning is not treatment.tuning
    again = parse_config(asdict(config))
    assert again == config
    assert [arm.name for arm in arms_of(again)] == [f"pretrained-{treatment.name}"]


def test_lists_by_the_plain_key_are_axes():
    listed = compose(["treatment=[frozen,slow]", "model=[window,bilstm]"])
    assert listed == compose(["grid.treatment=[frozen,slow]", "grid.model=[window,bilstm]"])
    assert [arm.name for arm in arms_of(listed)] == ["pretrained-frozen", "pretrained-slow"]


@pytest.mark.parametrize("words", [["treatment=slow"], ["treatment=[slow]"]])
def test_a_decision_adds_the_arms(words):
    config = compose(words, "decide")
    assert config.grid.treatment == ["slow"]
    assert not config.finetune


REFUSED = {
    "treatment=fast": "treatment=fast is not one of frozen, tuned, .*both",
    "treatment=[slow,fast]": "grid.treatment=fast is not one of frozen",
    "treatment=slow finetune=false": "treatment=slow has finetune=true, not false",
    "treatment=frozen finetune=true": "treatment=frozen has finetune=false, not true",
    "treatment=slow tuning.lr_scale=1": r"has tuning.lr_scale=0.1, not 1; leave one of them out",
    "treatment=slow tuning.min_count=2": "has tuning.min_count=1, not 2",
    "treatment=[slow,both] finetune=true": r"finetune=true means nothing beside grid.treatment",
    "treatment=[slow,both] grid.finetune=[true]": "are both given",
    "treatment=slow grid.treatment=[both]": "means nothing beside grid.treatment",
    "treatment=[slow] grid.treatment=[both]": "are both given",
    "treatment=staged optim.epochs=3": "tuning.start_epoch=4 is after the last epoch",
    "treatment=[slow,staged] optim.epochs=3": "tuning.start_epoch=4 is after the last epoch",
    "finetune=true tuning.how=map tuning.anchor=1": "tuning.anchor=1.0 is about rows that move",
    "experiment=large grid.finetune=[] treatment=both": "tuning.how=both means nothing with",
    "experiment=large grid.finetune=[] treatment=[both]": "large, which has no treatment=both",
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_contradicts_is_one_line(words):
    with pytest.raises(UserError, match=REFUSED[words]) as refused:
        compose(words.split())
    assert "\n" not in str(refused.value)


def test_a_value_that_says_the_same_is_taken():
    assert compose(["treatment=slow", "finetune=true", "tuning.lr_scale=0.10"]) == compose(
        ["treatment=slow"]
    )
