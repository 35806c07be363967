"""What the tests of the report share."""

import pytest
from simulated_store import SimulatedStore


@pytest.fixture(scope="session")
def simulated():
    """Makes simulated results files."""
    return SimulatedStore
