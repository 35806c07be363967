"""scikit-learn is read when a yardstick is fitted, and by nothing that `train.py` does."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["wvexp.yardsticks", "wvexp.experiment.run", "wvexp.sweeps.run"])
def test_it_is_not_read_before_it_is_needed(module):
    program = f"import sys, {module}; print(*({{*sys.modules}} & {{'sklearn', 'joblib'}}))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
