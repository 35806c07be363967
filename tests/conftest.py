"""Shared fixtures."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with real data sets; tests that need it are skipped where it is absent."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("WVEXP_REALDATA", default))
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder}: set WVEXP_REALDATA to its folder")
    return folder
