"""The benchmark measures what it says."""

from pathlib import Path

import numpy as np
import pytest

from wvexp.benchmarks.vectors import PeakMemory, make_files, measure
from wvexp.vectors.pretrained import load_vectors


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_both_files_hold_the_same_vectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WVEXP_CACHE", str(tmp_path / "cache"))
    make_files(tmp_path, rows=300, dim=40, wanted=30, seed=0)
    text, binary = load_vectors(tmp_path / "text"), load_vectors(tmp_path / "binary")
    assert text.vectors.shape == (300, 40)
    assert text.index_to_key == binary.index_to_key
    np.testing.assert_array_equal(text.vectors, binary.vectors)
    wanted, other = (set((tmp_path / n).read_text().split("\n")) for n in ("wanted", "other"))
    assert (len(wanted), len(other), len(wanted & other)) == (30, 30, 15)
    assert wanted | other <= set(text.index_to_key)
    for step in ("gensim", "first", "second", "other"):
        assert measure(tmp_path, "text", step)["seconds"] > 0


def test_peak_memory_sees_what_was_freed_again() -> None:
    with PeakMemory() as memory:
        for _ in range(3):
            np.ones(10_000_000)  # 80 MB, gone at once
    assert 60e6 < memory.peak < 200e6
