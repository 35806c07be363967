"""Loading the words that are wanted: this package beside gensim's full load.

Each measurement runs in a process of its own, after its imports, on files that lie in the page
cache for both. Anonymous memory is what counts: pages of mapped files can be dropped at will.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from wvexp.seeds import stream


def vectors_cost(rounds: int = 1) -> dict[str, Any]:
    """`run` at full size, as `scripts/bench.py` reports it."""
    return {"files": run(repeats=rounds)}


def run(
    rows: int = 400_000, dims: tuple[int, ...] = (100, 300), wanted: int = 20_000, repeats: int = 1
) -> list[dict]:
    """Benchmark of generated files, GloVe text and word2vec binary, `wanted` words of `rows`.

    Returns
    -------
    list of dict
        One a dimension and format. Seconds (the least of `repeats`, measured in turn): `gensim`
        (its full load), `first` (nothing in the cache), `second` (same words), `other` (as many
        words, half of them new); `cpu_` the same in CPU seconds, which other work on the machine
        disturbs less. Bytes: `peak_`, the most anonymous memory above that of the interpreter
        with its imports. Ratios are of CPU seconds.
    """
    results = []
    for dim in dims:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            make_files(folder, rows, dim, wanted, seed=dim)
            for kind in ("text", "binary"):
                results.append(_compare(folder, kind, rows, dim, repeats))
        binary, text = results[-1], results[-2]
        for result in (text, binary):
            result["times_faster_than_gensim_text"] = text["cpu_gensim"] / result["cpu_first"]
        binary["times_faster_than_gensim_binary"] = binary["cpu_gensim"] / binary["cpu_first"]
    return results


def make_files(folder: Path, rows: int, dim: int, wanted: int, seed: int) -> None:
    """Write `text` (GloVe), `binary` (word2vec), and two word lists `wanted` and `other`.

    `dim` is a multiple of 20: formatting every number would take minutes, so a row is put together
    from ready pieces of 20.
    """
    rng = stream(seed, "benchmark vectors")
    pieces = np.round(rng.normal(0, 0.4, (4096, 20)), 5)
    as_text = [b" ".join(b"%.5f" % value for value in piece) for piece in pieces.tolist()]
    as_bytes = [piece.tobytes() for piece in pieces.astype("<f4")]
    words = [f"{i:x}{'x' * (i % 7)}" for i in rng.permutation(rows).tolist()]
    chosen = rng.integers(0, len(pieces), (rows, dim // 20))
    with (folder / "text").open("wb") as text, (folder / "binary").open("wb") as binary:
        binary.write(f"{rows} {dim}\n".encode())
        for word, row in zip(words, chosen, strict=True):
            picks = row.tolist()
            text.write(b"%s %s\n" % (word.encode(), b" ".join([as_text[i] for i in picks])))
            binary.write(b"%s %s\n" % (word.encode(), b"".join([as_bytes[i] for i in picks])))
    picked = rng.permutation(rows)[: wanted * 3 // 2]
    for name, part in (("wanted", picked[:wanted]), ("other", picked[wanted // 2 :])):
        (folder / name).write_text("\n".join(words[i] for i in part))


def _compare(folder: Path, kind: str, rows: int, dim: int, repeats: int) -> dict:
    (folder / kind).read_bytes()  # into the page cache
    best: dict[str, dict] = {}
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as cache:
            for step in ("gensim", "first", "second", "other"):
                got = _measured(folder, kind, step, cache)
                if step not in best or got["seconds"] < best[step]["seconds"]:
                    best[step] = got
    return {
        "rows": rows,
        "dim": dim,
        "format": kind,
        "bytes": (folder / kind).stat().st_size,
        **{step: got["seconds"] for step, got in best.items()},
        **{f"cpu_{step}": got["cpu"] for step, got in best.items()},
        **{f"peak_{step}": got["peak"] for step, got in best.items()},
    }


def _measured(folder: Path, kind: str, step: str, cache: str) -> dict:
    command = [sys.executable, "-m", "wvexp.benchmarks.vectors", str(folder), kind, step]
    environment = {**os.environ, "WVEXP_CACHE": cache, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def measure(folder: Path, kind: str, step: str) -> dict:
    """Seconds and peak anonymous bytes of one load, in this process."""
    from gensim.models import KeyedVectors

    from wvexp.vectors.pretrained import load_vectors

    words = (folder / ("other" if step == "other" else "wanted")).read_text().split("\n")
    with PeakMemory() as memory:
        begun, worked = time.perf_counter(), time.process_time()
        if step == "gensim":
            path = str(folder / kind)
            KeyedVectors.load_word2vec_format(
                path, binary=kind == "binary", no_header=kind == "text"
            )
        else:
            assert len(load_vectors(folder / kind, words)) == len(words)
        seconds = time.perf_counter() - begun
        cpu = time.process_time() - worked
    return {"seconds": seconds, "cpu": cpu, "peak": memory.peak}


class PeakMemory:
    """The most anonymous memory, in bytes, above that at entry; sampled every few milliseconds."""

    peak = 0

    def __enter__(self) -> "PeakMemory":
        self._before = anonymous_bytes()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.peak = max(self.peak, anonymous_bytes() - self._before)
            if self._done.wait(0.005):
                return


def anonymous_bytes() -> int:
    """Anonymous resident memory of this process (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise OSError("/proc/self/status has no RssAnon")


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), *sys.argv[2:4])))
