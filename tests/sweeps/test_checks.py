"""What a sweep, and a single run, refuse before anything is trained."""

import numpy as np
import pytest

from wvexp.config.compose import compose
from wvexp.data.corpus import Corpus
from wvexp.data.split import Split
from wvexp.errors import UserError
from wvexp.experiment.inputs import Inputs
from wvexp.sweeps.checks import check_fit, check_scorable, check_single, check_sweep

GRID = ["grid.seed=[0,1]"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([*GRID, "out=a"], "out=a: the runs of a sweep cannot share one folder"),
        ([*GRID, "device=cuda"], "device=cuda: sweeps run on the CPU"),
        ([*GRID, "dispatch=ray", "workers=2"], "workers=2 are threads of this machine"),
        ([*GRID, "budget=5m"], "budget=5m means nothing to train.py"),
        (["dispatch=ray", "parity.every=3"], "parity.every=3 means nothing here"),
        ([*GRID, f"report={__file__}/a.html"], "nothing can be written"),
    ],
)
def test_a_sweep_refuses(words, said):
    with pytest.raises(UserError) as refused:
        check_sweep(compose(words))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["report=a.html"], "report=a.html means nothing for one run"),
        (["workers=2"], "workers=2 means nothing for one run"),
        (["dispatch=slurm"], "dispatch=slurm means nothing for one run"),
        (["budget=5m"], "budget=5m means nothing to train.py"),
        (["engine=handwritten", "parity.every=3"], "parity.every=3 means nothing here"),
    ],
)
def test_one_run_refuses(words, said):
    with pytest.raises(UserError) as refused:
        check_single(compose(words))
    assert said in str(refused.value)


@pytest.mark.parametrize("words", [[], ["parity.every=3"], ["engine=autograd", "parity.every=3"]])
def test_what_means_something_passes(words):
    check_single(compose(words))
    check_sweep(compose([word for word in words if "parity" not in word]))


def test_the_models_and_the_metric_must_fit_the_data(inputs):
    task = inputs.corpus.task
    other = {"token": "mean", "sentence": "window"}[task]
    config = compose(["data=files", "data.train=a.csv", "embed=random", f"grid.model=[{other}]"])
    with pytest.raises(UserError, match=f"model={other} does not fit {task} labels"):
        check_fit(config, inputs)


def test_an_entity_that_a_small_part_lacks_is_found_before_the_first_run(tiny, inputs):
    def split(tags):
        n = len(tags)
        return Split("token", np.zeros(n, "i4"), np.arange(n + 1), np.array(tags, "i4"), None)

    names = ["B-x", "O"]
    some, none = split([0, 1, 1, 0]), split([1, 1, 1, 1])
    run = tiny.base_run(inputs)
    from dataclasses import replace

    run = replace(run, metric="entity_f1", task="token", folds=None, fold=None)
    good = Inputs(Corpus("toy", ["w"], names, some, some, some), None, None, False)
    check_scorable([run], good)
    bad = Inputs(Corpus("toy", ["w"], names, some, some, none), None, None, False)
    with pytest.raises(UserError, match="the test split has no entity"):
        check_scorable([run], bad)
