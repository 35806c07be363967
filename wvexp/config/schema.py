"""Every knob: its type, its default, its meaning, and which values it accepts.

The dataclasses are the only place where defaults live; the YAML files under `configs/` hold what
an option changes. `wvexp.config.checks` refuses what cannot be; `wvexp.config.compose` turns a
command line into a `Config`; neither this module nor the checks know of Hydra.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


def _key(
    default: Any,
    meaning: str,
    *,
    choices: tuple[str, ...] = (),
    minimum: float | None = None,
    above: float | None = None,
    below: float | None = None,
) -> Any:
    metadata = {
        "meaning": meaning,
        "choices": choices,
        "minimum": minimum,
        "above": above,
        "below": below,
    }
    if isinstance(default, list):
        return field(default_factory=lambda: list(default), metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass
class Data:
    kind: str = _key("world", "where the text comes from", choices=("world", "files", "hub"))
    task: str | None = _key(
        None,
        "one label a token or a sentence; by the data when null",
        choices=("token", "sentence"),
    )
    train: str | None = _key(None, "training file (.csv .tsv .jsonl .json .parquet .conll .conllu)")
    validation: str | None = _key(None, "validation file; split off, seeded, when null")
    test: str | None = _key(None, "test file; split off, seeded, when null")
    split_seed: int = _key(0, "draws what is split off where a file is missing", minimum=0)
    folds: int | None = _key(
        None,
        "for small data: pool all splits and cross-fit, so that each example is tested once, by "
        "one of so many models; 1 splits a test part off; decide.py takes 5 by itself where that "
        "part would be too small",
        minimum=1,
    )
    text: str | None = _key(None, "column of the text; guessed when one choice is obvious")
    label: str | None = _key(None, "column of the label; guessed when one choice is obvious")
    group: str | None = _key(
        None, "column whose equal values (a customer, an author) stay on one side of a split"
    )
    missing: str = _key(
        "refuse", "rows without a label: refuse the file, or drop them", choices=("refuse", "drop")
    )
    lowercase: str = _key(
        "auto", "lower-case the text; auto follows the vectors", choices=("auto", "true", "false")
    )
    tokenizer: str = _key(
        "auto",
        "how text becomes words; auto takes whitespace where the text is pre-tokenised",
        choices=("auto", "whitespace", "treebank", "tweet", "toktok"),
    )
    max_line_mb: float = _key(
        10.0, "files: most million characters of a line, row or sentence", above=0, below=1000
    )
    max_file_gb: float = _key(16.0, "files: most gigabytes of a file, unpacked", above=0)
    name: str | None = _key(None, "hub: name of the data set")
    config_name: str | None = _key(None, "hub: configuration of the data set")
    revision: str | None = _key(None, "hub: revision of the data set")
    train_split: str | None = _key(None, "hub: split to train on; the usual name when null")
    validation_split: str | None = _key(
        None, "hub: split to validate on; the usual name or split off"
    )
    test_split: str | None = _key(None, "hub: split to test on; the usual name or split off")
    world_seed: int = _key(0, "world: which world is generated", minimum=0, below=2**32)
    world_size: int | None = _key(
        None, "world: training examples generated; by the task when null", minimum=1
    )
    world_vocabulary: int = _key(20_000, "world: word forms", minimum=2_000, below=1_000_001)

    @property
    def cross_fit(self) -> int | None:
        """The folds of a cross-fit; None for a test split."""
        return None if self.folds == 1 else self.folds


@dataclass
class Embed:
    kind: str = _key(
        "pretrained",
        "what the word vectors start from; shuffled gives pretrained rows to the wrong words",
        choices=("pretrained", "random", "shuffled"),
    )
    path: str | None = _key(None, "a vector file; random takes its dimension and spread")
    name: str | None = _key(None, "a gensim-data name, such as glove-wiki-gigaword-100")
    member: str | None = _key(None, "the file to take out of a .zip")
    dim: int | None = _key(
        None, "dimension of random vectors; 100 when nothing gives it", minimum=1
    )
    trust_pickle: bool = _key(False, "read gensim's own pickled files, which can run any code")
    max_line_mb: int = _key(
        4, "most megabytes (2**20 bytes) that a line or row of the vectors may take", minimum=1
    )
    max_file_gb: int = _key(
        64, "most gigabytes (10**9 bytes) that the vectors may take unpacked", minimum=1
    )
    min_coverage: float = _key(
        0.2, "least share of training tokens that must have a pretrained vector", minimum=0, below=1
    )


@dataclass
class Model:
    name: str = _key(
        "auto",
        "the classifier; auto takes window for token tasks and mean for sentence tasks",
        choices=("auto", "window", "mean", "cnn"),
    )
    window: int = _key(5, "window: words in a window, odd", minimum=1)
    hidden: int = _key(100, "window, mean: hidden units; 0 for a linear classifier", minimum=0)
    dropout: float = _key(0.0, "share of the last layer's inputs dropped", minimum=0, below=1)
    widths: list[int] = _key([3, 4, 5], "cnn: words each filter spans")  # noqa: RUF009
    filters: int = _key(100, "cnn: filters of each width", minimum=1)


@dataclass
class Optim:
    name: str = _key(
        "adam",
        "update rule; word vectors get its lazy form (rows of the batch)",
        choices=("adam", "adagrad", "sgd"),
    )
    lr: float = _key(1e-3, "learning rate", above=0, below=1e6)
    epochs: int = _key(15, "most passes over the training data", minimum=1)
    patience: int = _key(3, "epochs without a better validation score before stopping", minimum=1)
    batch_size: int = _key(64, "examples a step", minimum=1)
    l2: float = _key(0.0, "L2 penalty on weights and on the batch's tuned rows", minimum=0)


@dataclass
class Tuning:
    rows: str = _key(
        "all",
        "rows that finetune=true moves; oov: those without a pretrained vector",
        choices=("all", "oov"),
    )
    lr_scale: float = _key(
        1.0, "the rows' learning rate relative to the network's", above=0, below=1e6
    )
    start_epoch: int = _key(1, "first epoch in which rows move", minimum=1)
    anchor: float = _key(0.0, "pull of each row towards its start", minimum=0)
    min_count: int = _key(1, "fewest training occurrences for a row to move", minimum=1)


@dataclass
class Parity:
    every: int | None = _key(
        None,
        "steps between checks of autograd against backprop by hand; once an epoch when null",
        minimum=1,
    )


@dataclass
class Axes:
    """Lists of values that a grid crosses; an empty list leaves a key at its single value."""

    embed: list[str] = _key([], "grid: what the word vectors start from")  # noqa: RUF009
    finetune: list[bool] = _key([], "grid: frozen and tuned")  # noqa: RUF009
    train_size: list[int] = _key([], "grid: training sizes")  # noqa: RUF009
    ladder: int | None = _key(
        None, "grid: so many training sizes from 100 to all, in equal ratios", minimum=2, below=1001
    )
    seed: list[int] = _key([], "grid: seeds")  # noqa: RUF009
    lr: list[float] = _key([], "grid: learning rates")  # noqa: RUF009
    model: list[str] = _key([], "grid: classifiers, each with scores and report of its own")  # noqa: RUF009

    @property
    def given(self) -> bool:
        return self != Axes()


@dataclass
class Search:
    trials: int | None = _key(None, "search: runs of each arm; no search when null", minimum=1)
    batch: int = _key(8, "search: runs asked for at once", minimum=1)
    study: str = _key("runs/search.sqlite", "search: Optuna's own file, from which it goes on")


@dataclass
class Large:
    tokens: list[int] | None = _key(  # noqa: RUF009
        None, "large: numbers of training tokens of the world to stream in one pass"
    )


@dataclass
class Config:
    data: Data = field(default_factory=Data)
    embed: Embed = field(default_factory=Embed)
    model: Model = field(default_factory=Model)
    optim: Optim = field(default_factory=Optim)
    tuning: Tuning = field(default_factory=Tuning)
    parity: Parity = field(default_factory=Parity)
    grid: Axes = field(default_factory=Axes)
    search: Search = field(default_factory=Search)
    large: Large = field(default_factory=Large)
    finetune: bool = _key(False, "train the word vectors too")
    train_size: int | None = _key(
        None, "training examples: sentences or tokens, by task; all when null", minimum=1
    )
    metric: str | None = _key(
        None,
        "score that stops training and is reported; by task when null",
        choices=("accuracy", "macro_f1", "entity_f1"),
    )
    seed: int = _key(0, "root of every random draw of the run", minimum=0, below=2**63)
    engine: str = _key(
        "auto",
        "who computes the gradients: torch, or compiled backprop by hand (window and mean)",
        choices=("auto", "autograd", "handwritten"),
    )
    dispatch: str = _key(
        "local",
        "where the runs of a sweep are trained",
        choices=("local", "ray", "slurm"),
    )
    workers: int | None = _key(
        None, "runs trained at once on this machine; its cores when null", minimum=1
    )
    device: str = _key("auto", "auto, cpu, cuda or cuda:N")
    dry_run: bool = _key(
        False, "say what is read, check it, and stop: nothing is trained or written"
    )
    out: str | None = _key(None, "run folder; a fresh one under runs/ when null")
    store: str = _key("runs/results.sqlite", "results file, a row for every run")
    report: str | None = _key(
        None, "page to write after a grid (.html); its name is followed by that of the condition"
    )
    budget: str | None = _key(
        None, "most time to spend, such as 90s, 5m or 1h; as needed when null"
    )
    margin: float = _key(
        0.01, "differences of the score below it do not matter; 0.01 is a point", above=0, below=1
    )


@dataclass(frozen=True)
class Key:
    """One configurable key, as `--help` lists it."""

    name: str
    type: Any
    default: Any
    meaning: str
    choices: tuple[str, ...]
    minimum: float | None
    above: float | None
    below: float | None


def keys(schema: type = Config, prefix: str = "") -> Iterator[Key]:
    """Every key of the schema in dotted form, groups first."""
    for entry in dataclasses.fields(schema):
        name = prefix + entry.name
        if dataclasses.is_dataclass(entry.type):
            assert isinstance(entry.type, type)
            yield from keys(entry.type, f"{name}.")
            continue
        made = entry.default_factory
        default = entry.default if made is dataclasses.MISSING else made()
        yield Key(name, entry.type, default, **entry.metadata)
