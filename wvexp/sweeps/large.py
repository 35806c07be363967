"""`experiment=large`: one pass over up to hundreds of millions of tokens of the built-in world.

The text is generated as it is read, so memory does not grow with it. A model that has read n tokens
of the stream is the model of training size n: one pass gives a whole curve.
"""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from sys import platform

import numpy as np
from rich.console import Console

from wvexp.config.schema import Config
from wvexp.data.corpus import Corpus
from wvexp.data.split import Split
from wvexp.data.vocabulary import Vocabulary
from wvexp.data.world import world_stream
from wvexp.errors import RunStopped, UserError
from wvexp.experiment.describe import describe_run
from wvexp.experiment.inputs import Inputs, prepare
from wvexp.experiment.run import tell_of_data
from wvexp.parity.engines import require_parity
from wvexp.results.store import Store
from wvexp.sweeps.checks import check_sweep
from wvexp.sweeps.interrupt import interruptible
from wvexp.sweeps.planning import grid_of
from wvexp.sweeps.pool import thread_count
from wvexp.sweeps.streamed import StreamedRun
from wvexp.training.identity import RunConfig
from wvexp.training.result import RunResult

# Tokens generated and kept at a time.
CHUNK = 500_000
# Where a piece of the stream ends besides: the usual sizes are reached at the end of one.
DECADES = [10**power for power in range(5, 19)]


def run_large(config: Config) -> None:
    """Train every arm of the grid on one pass of the stream; a row for each number of tokens."""
    check_sweep(config)
    assert config.large.tokens is not None
    if config.dispatch != "local":
        raise UserError(f"dispatch={config.dispatch}: one stream feeds all arms", "leave it out")
    console = Console(highlight=False)
    # The stream takes the place of the training text, of which the words alone are needed.
    small = replace(config, data=replace(config.data, world_size=10_000), train_size=None)
    inputs = prepare(small)
    if config.dry_run:
        _runs(small, inputs)
        tell_of_data(config, inputs, console)
        return
    sizes = sorted(config.large.tokens)
    runs = _runs(small, inputs)
    stop = threading.Event()
    with Store(Path(config.store).expanduser()) as store, interruptible(stop):
        stored = store.keys()
        missing = [run for run in runs if any(at(run, n).key not in stored for n in sizes)]
        total = len(runs) * len(sizes)
        left = [n for n in sizes if any(at(run, n).key not in stored for run in runs)]
        done = sum(at(run, n).key in stored for run in runs for n in sizes)
        if done:
            console.print(f"{done:,} of {total:,} points are in the results file: skipped")
        if not missing:
            return
        require_parity(missing, inputs.corpus, inputs.reference)
        try:
            for result in stream_arms(config, missing, inputs, left, config.workers, stop):
                if result.run.key not in stored:
                    store.save(result)
                    console.print(_line(result), soft_wrap=True)
        except RunStopped:
            console.print("stopped: the points above are stored, the next time begins the stream")


def _line(result: RunResult) -> str:
    return (
        f"{result.run.train_size:>13,} tokens  {result.run.arm:<18} "
        f"test {result.run.metric} {result.test:.4f}  "
        f"{result.seconds:9.1f} s of CPU  peak {peak_megabytes():,.0f} MB"
    )


def _runs(config: Config, inputs: Inputs) -> list[RunConfig]:
    base = describe_run(config, inputs, sweeping=True)
    if base.engine != "handwritten":
        raise UserError(f"engine={config.engine}: the stream is trained by hand", "leave it out")
    grid = replace(grid_of(config, inputs), sizes=[1])
    # One pass: there is no second epoch to stop before.
    return [replace(run, optim=replace(run.optim, epochs=1)) for run in grid.runs()]


def at(run: RunConfig, tokens: int) -> RunConfig:
    """The run as it stands after this many tokens of the stream.

    The stream continues the text of the corpus, so it has a name of its own.
    """
    return replace(run, train_size=tokens, data=f"{run.data}-streamed")


def stream_arms(
    config: Config,
    runs: Sequence[RunConfig],
    inputs: Inputs,
    sizes: Sequence[int],
    workers: int | None,
    stop: threading.Event,
) -> Iterator[RunResult]:
    """Train all runs on the same stream, piece by piece; a result of each at every size.

    The draws of a piece go by its place in the stream. At a size within a piece, copies of the
    models read the piece so far, and the models themselves go on with the whole of it: what they
    are at one size does not depend on the others.

    RunStopped soon after `stop` is set.
    """
    corpus = inputs.corpus
    vocabulary = whole_vocabulary(corpus)
    streamed = [StreamedRun(run, corpus, inputs.reference, vocabulary) for run in runs]
    stream = world_stream(config.data.world_seed, max(sizes), CHUNK, config.data.world_vocabulary)
    with ThreadPoolExecutor(thread_count(workers)) as pool:

        def train(arms: Sequence[StreamedRun], piece: Split, number: int) -> None:
            for outcome in [pool.submit(a.train_on, piece, number, stop.is_set) for a in arms]:
                outcome.result()

        for number, (piece, stops) in enumerate(with_stops(cut_at(stream, DECADES), sizes)):
            for size, sentences in stops:
                if sentences < piece.sentences:
                    arms = [run.branch() for run in streamed]
                    train(arms, piece.take(np.arange(sentences)), number)
                    yield from (arm.evaluate(at(arm.run, size)) for arm in arms)
            train(streamed, piece, number)
            for size, sentences in stops:
                if sentences == piece.sentences:
                    yield from (run.evaluate(at(run.run, size)) for run in streamed)


def whole_vocabulary(corpus: Corpus) -> Vocabulary:
    """Every word form of the world: which of them the stream will hold is not known beforehand."""
    words = len(corpus.lexicon)
    return Vocabulary(
        np.arange(words, dtype=np.int32), np.concatenate([[0, 0], np.ones(words, dtype=np.int64)])
    )


def cut_at(stream: Iterator[Split], places: Sequence[int]) -> Iterator[Split]:
    """The stream's chunks, cut after the sentence that completes each of the ascending `places`."""
    for chunk, stops in with_stops(stream, places):
        ends = [0, *(sentences for _, sentences in stops), chunk.sentences]
        for first, last in pairwise(ends):
            if first < last:
                yield chunk.take(np.arange(first, last))


def with_stops(
    stream: Iterator[Split], sizes: Sequence[int]
) -> Iterator[tuple[Split, list[tuple[int, int]]]]:
    """Each piece of the stream with those of the ascending `sizes` that it completes.

    With each size the number of the piece's sentences by which it is reached.
    """
    left, before = list(sizes), 0
    for piece in stream:
        stops = []
        while left and before + piece.tokens >= left[0]:
            size = left.pop(0)
            stops.append((size, int(np.searchsorted(piece.offsets, size - before))))
        yield piece, stops
        before += piece.tokens


def peak_megabytes() -> float:
    """Most memory that the process has held so far."""
    kilobytes = getrusage(RUSAGE_SELF).ru_maxrss / (1024 if platform == "darwin" else 1)
    return kilobytes / 1024
