import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

MEMORY = 1 << 30  # bytes of address space beyond what the process has: no header may ask for more


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own for every test."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("WVEXP_CACHE", str(folder))
    monkeypatch.delenv("WVEXP_CACHE_BYTES", raising=False)
    return folder


@pytest.fixture
def bounded_memory() -> Iterator[None]:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)
