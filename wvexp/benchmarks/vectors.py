"""Loading 20,000 wanted words of 400,000: this package beside gensim's full load.

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

import numpy as np

from wvexp.seeds import stream

WANTED = 20_000


def run(rows: int = 400_000, dims: tuple[int, ...] = (100, 300), repeats: int = 1) -> list[dict]:
    """Benchmark of generated files, GloVe text and word2vec binary.

    Returns
    -------
    list of dict
        One a dimension and format. Seconds (the least of `repeats`, measured in turn): `gensim`
        (its full load), `first` (nothing in the cache), `second` (same words), `other` (as many
        other words, half of them new). Bytes: `peak_first`, `peak_second`, the most anonymous
        memory above that of the interpreter with its imports.
    """
    results = []
    for dim in dims:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            make_files(folder, rows, dim, seed=dim)
            for kind in ("text", "binary"):
                results.append(_compare(folder, kind, rows, dim, repeats))
        binary, text = results[-1], results[-2]
        for result in (text, binary):
            result["times_faster_than_gensim_text"] = text["gensim"] / result["first"]
        binary["times_faster_than_gensim_binary"] = binary["gensim"] / binary["first"]
    return results


def make_files(folder: Path, rows: int, dim: int, seed: int) -> None:
    """Write `text` (GloVe), `binary` (word2vec), and two word lists `wanted` and `other`."""
    rng = stream(seed, "benchmark vectors")
    # Formatting every number would take minutes: rows draw from a pool of formatted ones.
    pool = np.round(rng.normal(0, 0.4, 1 << 16), 5).astype(np.float32)
    formatted = [f"{value:.5f}".encode() for value in pool.tolist()]
    pool = np.array([float(text) for text in formatted], dtype=np.float32)
    words = [f"{np.base_repr(i, 36).lower()}{'x' * (i % 7)}" for i in rng.permutation(rows)]
    with (folder / "text").open("wb") as text, (folder / "binary").open("wb") as binary:
        binary.write(f"{rows} {dim}\n".encode())
        for word in words:
            chosen = rng.integers(0, len(pool), dim)
            numbers = b" ".join([formatted[i] for i in chosen.tolist()])
            text.write(b"%s %s\n" % (word.encode(), numbers))
            binary.write(b"%s %s\n" % (word.encode(), pool[chosen].tobytes()))
    picked = rng.permutation(rows)[: WANTED * 3 // 2]
    for name, part in (("wanted", picked[:WANTED]), ("other", picked[WANTED // 2 :])):
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
    result = {step: got["seconds"] for step, got in best.items()}
    return {
        "rows": rows,
        "dim": dim,
        "format": kind,
        "bytes": (folder / kind).stat().st_size,
        **result,
        "peak_first": best["first"]["peak"],
        "peak_second": best["second"]["peak"],
        "peak_gensim": best["gensim"]["peak"],
    }


def _measured(folder: Path, kind: str, step: str, cache: str) -> dict:
    command = [sys.executable, "-m", "wvexp.benchmarks.vectors", str(folder), kind, step]
    environment = {**os.environ, "WVEXP_CACHE": cache, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def _measure(folder: Path, kind: str, step: str) -> dict:
    """Seconds and peak anonymous bytes of one load, in this process."""
    from gensim.models import KeyedVectors

    from wvexp.vectors.pretrained import load_vectors

    words = (folder / ("other" if step == "other" else "wanted")).read_text().split("\n")
    with PeakMemory() as memory:
        begun = time.perf_counter()
        if step == "gensim":
            path = str(folder / kind)
            KeyedVectors.load_word2vec_format(
                path, binary=kind == "binary", no_header=kind == "text"
            )
        else:
            assert len(load_vectors(folder / kind, words)) == len(words)
        seconds = time.perf_counter() - begun
    return {"seconds": seconds, "peak": memory.peak}


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
    print(json.dumps(_measure(Path(sys.argv[1]), *sys.argv[2:4])))
