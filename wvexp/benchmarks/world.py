"""How quickly the built-in world writes text, and that its memory does not grow with it."""

import time
from typing import Any

from wvexp.benchmarks.vectors import PeakMemory
from wvexp.data.world import world_stream

_CHUNK = 500_000
_VOCABULARY = 20_000


def world_speed(rounds: int = 3, tokens: tuple[int, ...] = (1_000_000, 10_000_000)) -> Any:
    """A row for each number of tokens: tokens a CPU second (the best round) and peak memory."""
    for _ in world_stream(0, _CHUNK, _CHUNK, _VOCABULARY):
        pass  # compiles nothing, but imports and draws the lexicon
    rows = []
    for number in tokens:
        seconds, peaks = [], []
        for _ in range(rounds):
            with PeakMemory() as memory:
                began = time.process_time()
                written = sum(c.tokens for c in world_stream(0, number, _CHUNK, _VOCABULARY))
                seconds.append(time.process_time() - began)
            peaks.append(memory.peak / 1e6)
        rows.append(
            {
                "tokens": written,
                "tokens_a_cpu_second": written / min(seconds),
                "peak_megabytes": max(peaks),
            }
        )
    return {"world": rows}
