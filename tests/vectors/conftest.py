from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own for every test."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("WVEXP_CACHE", str(folder))
    monkeypatch.delenv("WVEXP_CACHE_BYTES", raising=False)
    return folder
