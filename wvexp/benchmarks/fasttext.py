"""The mean model against fastText at equal accuracy, on sentences of the built-in world.

Both learn word vectors from random ones and have no hidden layer (Joulin et al. 2017). Each has a
few settings to choose from; what counts is the quickest setting whose test accuracy comes within
half a point of the best that fastText reached.
"""

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wvexp.data.corpus import Corpus
from wvexp.data.split import Split
from wvexp.data.vocabulary import Vocabulary
from wvexp.data.world import world_corpus
from wvexp.models.draw import draw_weights, head_shapes
from wvexp.rules import ADAGRAD
from wvexp.seeds import stream
from wvexp.tasks import SENTENCE
from wvexp.training.examples import Examples
from wvexp.training.handwritten import HandwrittenEngine
from wvexp.vectors.initial import RANDOM
from wvexp.vectors.table import build_table

DIM, MARGIN = 100, 0.005
SIZES = (20_000, 100_000)
_FASTTEXT = [(lr, epochs) for lr in (0.1, 0.2, 0.5, 1.0) for epochs in (1, 2, 3, 5, 10)]
_OURS = [(lr, epochs) for lr in (0.02, 0.05, 0.1, 0.2) for epochs in (1, 2, 3, 5)]
_BATCH, _ROWS_FASTER = 1024, 2.0
Measured = dict[str, Any]


def against_fasttext(rounds: int = 3, sizes: Sequence[int] = SIZES, seed: int = 0) -> Measured:
    """CPU seconds to train each at equal accuracy, and their ratio, for each number of sentences.

    fastText's seconds include reading its file, ours begin with the word ids;
    `reading_seconds` is what fastText does once, whatever the epochs.
    """
    if importlib.util.find_spec("fasttext") is None:
        return {"left_out": "fastText is not installed"}
    return {f"{size:,} sentences": _at_size(size, rounds, seed) for size in sizes}


def _at_size(sentences: int, rounds: int, seed: int) -> Measured:
    corpus = world_corpus(SENTENCE.name, seed, sentences, 100, 10_000)
    with tempfile.TemporaryDirectory() as folder:
        for name, split in (("train", corpus.train), ("test", corpus.test)):
            Path(folder, f"{name}.txt").write_text("\n".join(_lines(corpus, split)))
        candidates = {"fasttext": _FASTTEXT, "handwritten": _OURS}
        runs: dict[tuple[str, float, int], list[tuple[float, float]]] = {}
        _train_ours(corpus, 0.1, 1, seed)  # compiles
        for _ in range(rounds):
            for way, settings in candidates.items():
                for lr, epochs in settings:
                    if way == "fasttext":
                        measured = _train_fasttext(Path(folder), lr, epochs)
                    else:
                        measured = _train_ours(corpus, lr, epochs, seed)
                    runs.setdefault((way, lr, epochs), []).append(measured)
    found: list[Measured] = [
        {
            "way": way,
            "lr": lr,
            "epochs": epochs,
            "test": measured[0][1],
            "seconds": statistics.median(seconds for seconds, _ in measured),
        }
        for (way, lr, epochs), measured in runs.items()
    ]
    target = max(row["test"] for row in found if row["way"] == "fasttext") - MARGIN
    quickest = {way: _quickest(found, way, target) for way in candidates}
    result: Measured = {"target_accuracy": target, "quickest": quickest}
    result["reading_seconds"] = reading = _reading_seconds(found)
    ours, theirs = quickest["handwritten"], quickest["fasttext"]
    if ours is not None and theirs is not None:
        result["times_as_quick"] = theirs["seconds"] / ours["seconds"]
        result["times_as_quick_without_reading"] = (theirs["seconds"] - reading) / ours["seconds"]
    return result


def _reading_seconds(rows: list[Measured]) -> float:
    """What fastText does once: a line through the seconds over the epochs, at no epoch."""
    points = [(row["epochs"], row["seconds"]) for row in rows if row["way"] == "fasttext"]
    epochs, seconds = zip(*points, strict=True)
    return max(0.0, float(np.polynomial.polynomial.polyfit(epochs, seconds, 1)[0]))


def _quickest(rows: list[Measured], way: str, target: float) -> Measured | None:
    enough = [row for row in rows if row["way"] == way and row["test"] >= target]
    return min(enough, key=lambda row: row["seconds"], default=None)


def _train_fasttext(folder: Path, lr: float, epochs: int) -> tuple[float, float]:
    """CPU seconds of training, reading the file among them, and test accuracy.

    In a process of its own: version 0.9.3 starts from what happens to lie in memory, and ends with
    a NaN where that was used before.
    """
    command = [sys.executable, "-m", "wvexp.benchmarks.fasttext", str(folder), str(lr), str(epochs)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    seconds, accuracy = json.loads(done.stdout)
    return seconds, accuracy


def train_here(folder: Path, lr: float, epochs: int) -> tuple[float, float]:
    """What `_train_fasttext` asks of its process."""
    import fasttext

    began = time.process_time()
    model = fasttext.train_supervised(
        str(folder / "train.txt"), dim=DIM, lr=lr, epoch=epochs, thread=1, minCount=1, verbose=0
    )
    seconds = time.process_time() - began
    # `f` is the library's own binding: its Python wrapper fails with NumPy 2.
    right = []
    for line in (folder / "test.txt").read_text().splitlines():
        label, text = line.split(" ", 1)
        right.append(model.f.predict(text + "\n", 1, 0.0, "strict")[0][1] == label)
    return seconds, sum(right) / len(right)


def _train_ours(corpus: Corpus, lr: float, epochs: int, seed: int) -> tuple[float, float]:
    """CPU seconds from the word ids on (vocabulary, table and training), and accuracy."""
    began = time.process_time()
    vocabulary = Vocabulary.from_subset(corpus.train, len(corpus.lexicon))
    start = RANDOM.without_vectors(len(corpus.lexicon), DIM, seed)
    table = build_table(corpus.lexicon, vocabulary, start)
    classes = len(corpus.label_names)
    trainable = np.arange(len(table.rows)) > 0
    engine = HandwrittenEngine(
        draw_weights(head_shapes(DIM, 0, classes), stream(seed, "init")),
        table,
        trainable,
        None,
        rule=ADAGRAD,
        lr=lr,
        row_lr=lr * _ROWS_FASTER,
        dropout=0.0,
        l2=0.0,
        anchor=0.0,
        predict=SENTENCE.predict,
    )
    examples = Examples.from_split(corpus.train, table, None)
    for epoch in range(epochs):
        order = stream(seed, "order", epoch).permutation(len(examples))
        engine.train_epoch(
            examples, _BATCH, order, examples.rows, stream(seed, "dropout", epoch), move_rows=True
        )
    seconds = time.process_time() - began
    predicted = engine.predict(Examples.from_split(corpus.test, table, None))
    return seconds, float((predicted == corpus.test.labels).mean())


def _lines(corpus: Corpus, split: Split) -> Iterator[str]:
    """fastText's format: a label and the words."""
    for i, label in enumerate(split.labels.tolist()):
        word_ids = split.word_ids[split.offsets[i] : split.offsets[i + 1]]
        yield f"__label__{label} " + " ".join(corpus.lexicon[i] for i in word_ids)


if __name__ == "__main__":
    where, rate, passes = sys.argv[1:]
    print(json.dumps(train_here(Path(where), float(rate), int(passes))))
