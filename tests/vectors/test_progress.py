"""Progress shows where it helps and nowhere else."""

import io
import sys

import pytest

from wvexp.vectors import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("patience", [0.0, 60.0])
@pytest.mark.parametrize("terminal", [True, False])
def test_a_bar_is_for_terminals_and_long_reads(
    patience: float, terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "PATIENCE", patience)
    with progress.reading("reading big.txt", 100) as advance:
        for _ in range(10):
            advance(10)
    assert ("reading big.txt" in stream.getvalue()) == (terminal and patience == 0)
