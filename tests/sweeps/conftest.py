"""What the tests of sweeps share."""

import pytest
import tiny_sweeps


@pytest.fixture(scope="session")
def inputs():
    return tiny_sweeps.make_inputs()


@pytest.fixture(scope="session")
def tiny():
    """The makers of small corpora, runs and grids, for tests and the processes they start."""
    return tiny_sweeps
