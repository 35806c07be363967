"""Every knob: its type, its default, its meaning, and which values it accepts.

The dataclasses are the only place where defaults live; the YAML files under `configs/` hold what
an option changes. `wvexp.config.checks` refuses what cannot be; `wvexp.config.compose` turns a
command line into a `Config`; neither this module nor the checks know of Hydra.
"""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from wvexp.arms import TREATMENTS, Tuning
from wvexp.config.key import Key, key, keys_of
from wvexp.config.model_group import model_group
from wvexp.metrics import METRICS
from wvexp.models import MODELS
from wvexp.rules import ADAM, RULES
from wvexp.tasks import TASKS
from wvexp.vectors.initial import PRETRAINED, STARTS
from wvexp.vectors.limits import MAX_FILE_GB, MAX_LINE_MB
from wvexp.vectors.own.settings import METHODS, WORD2VEC, Training


@dataclass
class Data:
    kind: str = key("world", "where the text comes from", choices=("world", "files", "hub"))
    task: str | None = key(
        None,
        "one label per token or per sentence; by the data when null",
        choices=lambda: TASKS.names,
    )
    train: str | None = key(None, "training file (.csv .tsv .jsonl .json .parquet .conll .conllu)")
    validation: str | None = key(None, "validation file; split off, seeded, when null")
    test: str | None = key(None, "test file; split off, seeded, when null")
    split_seed: int = key(0, "draws what is split off where a file is missing", minimum=0)
    folds: int | None = key(
        None,
        "for small data: pool all splits and cross-fit, so that each example is tested once, by "
        "one of that many models; 1 splits a test part off; decide.py takes 5 by itself where that "
        "part would be too small",
        minimum=1,
    )
    text: str | None = key(None, "column of the text; guessed when one choice is obvious")
    label: str | None = key(None, "column of the label; guessed when one choice is obvious")
    group: str | None = key(
        None, "column whose equal values (a customer, an author) stay on one side of a split"
    )
    missing: str = key(
        "refuse", "rows without a label: refuse the file, or drop them", choices=("refuse", "drop")
    )
    lowercase: str = key(
        "auto", "lower-case the text; auto follows the vectors", choices=("auto", "true", "false")
    )
    tokenizer: str = key(
        "auto",
        "how text becomes words; auto takes whitespace where the text is pre-tokenised",
        choices=("auto", "whitespace", "treebank", "tweet", "toktok"),
    )
    max_line_mb: float = key(
        10.0, "files: most million characters of a line, row or sentence", above=0, below=1000
    )
    max_file_gb: float = key(16.0, "files: most gigabytes of a file, unpacked", above=0)
    name: str | None = key(None, "hub: name of the data set")
    config_name: str | None = key(None, "hub: configuration of the data set")
    revision: str | None = key(None, "hub: revision of the data set")
    train_split: str | None = key(None, "hub: split to train on; the usual name when null")
    validation_split: str | None = key(
        None, "hub: split to validate on; the usual name or split off"
    )
    test_split: str | None = key(None, "hub: split to test on; the usual name or split off")
    world_seed: int = key(0, "world: which world is generated", minimum=0, below=2**32)
    world_size: int | None = key(
        None, "world: training examples generated; by the task when null", minimum=1
    )
    world_vocabulary: int = key(20_000, "world: word forms", minimum=2_000, below=1_000_001)

    @property
    def cross_fit(self) -> int | None:
        """The folds of a cross-fit; None for a test split."""
        return None if self.folds == 1 else self.folds


@dataclass
class Embed:
    kind: str = key(
        PRETRAINED.name,
        "what the word vectors start from; shuffled gives pretrained rows to the wrong words",
        choices=lambda: STARTS.names,
    )
    path: str | None = key(
        None, "a vector file; random takes its dimension and spread; a list for a sweep over files"
    )
    name: str | None = key(
        None, "a gensim-data name, such as glove-wiki-gigaword-100; a list for a sweep"
    )
    member: str | None = key(None, "the file to take out of a .zip")
    corpus: str | None = key(
        None,
        "one's own text, plain or a table, to train vectors on, once; with embed.path=FILE its "
        "words go on from that file's vectors, beside a list of files they are one more entry",
    )
    corpus_text: str | None = key(
        None, "own text: column of a table; guessed when one choice is obvious"
    )
    method: str = key(
        WORD2VEC,
        "own text: what is trained; fasttext gives unseen words a vector by their pieces",
        choices=METHODS,
    )
    own: Training = field(default_factory=Training)
    dim: int | None = key(
        None,
        "dimension of random vectors and own text's; 100 when nothing gives it",
        minimum=1,
    )
    trust_pickle: bool = key(False, "read gensim's own pickled files, which can run any code")
    max_line_mb: int = key(
        MAX_LINE_MB,
        "most megabytes (2**20 bytes) that a line or row of the vectors may take",
        minimum=1,
    )
    max_file_gb: int = key(
        MAX_FILE_GB, "most gigabytes (10**9 bytes) that the vectors may take unpacked", minimum=1
    )
    min_coverage: float = key(
        0.2, "least share of training tokens that must have a pretrained vector", minimum=0, below=1
    )


if TYPE_CHECKING:
    Model = Any
else:
    Model = model_group()


@dataclass
class Optim:
    name: str = key(
        ADAM.name,
        "update rule; word vectors get its lazy form (rows of the batch)",
        choices=lambda: RULES.names,
    )
    lr: float = key(1e-3, "learning rate", above=0, below=1e6)
    epochs: int = key(15, "most passes over the training data", minimum=1)
    patience: int = key(3, "epochs without a better validation score before stopping", minimum=1)
    batch_size: int = key(
        64, "labels per step, of sentences that stay whole about so many tokens", minimum=1
    )
    l2: float = key(0.0, "L2 penalty on weights and on the batch's tuned rows", minimum=0)
    clip: float | None = key(
        None, "largest norm of the gradient, to which a longer one is scaled", above=0, added=True
    )


@dataclass
class Parity:
    every: int | None = key(
        None,
        "steps between checks of autograd against backprop by hand; once per epoch when null",
        minimum=1,
    )


@dataclass
class Axes:
    """Lists of values that a grid crosses; an empty list leaves a key at its single value."""

    embed: list[str] = key([], "grid: what the word vectors start from")  # noqa: RUF009
    finetune: list[bool] = key([], "grid: frozen and tuned")  # noqa: RUF009
    treatment: list[str] = key([], "grid: treatments of the vectors, in place of finetune")  # noqa: RUF009
    train_size: list[int] = key([], "grid: training sizes")  # noqa: RUF009
    ladder: int | None = key(
        None,
        "grid: number of training sizes, 100 to all in equal ratios",
        minimum=2,
        below=1001,
    )
    seed: list[int] = key([], "grid: seeds")  # noqa: RUF009
    lr: list[float] = key([], "grid: learning rates")  # noqa: RUF009
    model: list[str] = key([], "grid: classifiers, each with scores and report of its own")  # noqa: RUF009
    path: list[str] = key([], "grid: vector files, each with scores and report of its own")  # noqa: RUF009
    name: list[str] = key([], "grid: gensim-data names, which join the files")  # noqa: RUF009

    @property
    def given(self) -> bool:
        """Whether anything is crossed; several vector files alone say nothing of what is."""
        return replace(self, path=[], name=[]) != Axes()


@dataclass
class Search:
    trials: int | None = key(None, "search: runs of each arm; no search when null", minimum=1)
    batch: int = key(8, "search: runs asked for at once", minimum=1)
    study: str = key("runs/search.sqlite", "search: Optuna's own file, from which it goes on")


@dataclass
class Large:
    tokens: list[int] | None = key(  # noqa: RUF009
        None, "large: numbers of training tokens of the world to stream in one pass"
    )


@dataclass
class Config:
    data: Data = field(default_factory=Data)
    embed: Embed = field(default_factory=Embed)
    model: Model = field(default_factory=lambda: Model())
    optim: Optim = field(default_factory=Optim)
    tuning: Tuning = field(default_factory=Tuning)
    parity: Parity = field(default_factory=Parity)
    grid: Axes = field(default_factory=Axes)
    search: Search = field(default_factory=Search)
    large: Large = field(default_factory=Large)
    plugins: list[str] = key(  # noqa: RUF009
        [], "modules or .py files with one's own models, metrics and the like: docs/extending.md"
    )
    finetune: bool = key(False, "train the word vectors too")
    treatment: str | None = key(
        None,
        "what training does to the word vectors, by name: sets finetune and tuning.*",
        choices=lambda: TREATMENTS.names,
    )
    train_size: int | None = key(
        None, "training examples: sentences or tokens, by task; all when null", minimum=1
    )
    metric: str | None = key(
        None,
        "score that stops training and is reported; by task when null",
        choices=lambda: METRICS.names,
    )
    seed: int = key(0, "root of every random draw of the run", minimum=0, below=2**63)
    engine: str = key(
        "auto",
        "who computes the gradients: torch, or compiled backprop by hand, where the model has it",
        choices=("auto", "autograd", "handwritten"),
    )
    dispatch: str = key(
        "local",
        "where the runs of a sweep are trained",
        choices=("local", "ray", "slurm"),
    )
    workers: int | None = key(
        None, "runs trained at once on this machine; its cores when null", minimum=1
    )
    device: str = key("auto", "auto, cpu, cuda or cuda:N")
    dry_run: bool = key(
        False, "say what is read, check it, and stop: nothing is trained or written"
    )
    out: str | None = key(None, "run folder; a fresh one under runs/ when null")
    store: str = key("runs/results.sqlite", "results file, a row for every run")
    report: str | None = key(
        None, "page to write after a grid (.html); its name is followed by that of the condition"
    )
    budget: str | None = key(None, "most time to spend, such as 90s, 5m or 1h; as needed when null")
    margin: float = key(
        0.01, "differences of the score below it do not matter; 0.01 is a point", above=0, below=1
    )


KEYS: dict[str, Key] = {}  # every key in dotted form, groups first


def take_registered() -> None:
    """Let the schema have what is registered by now: keys of models, and what names are accepted.

    Raises
    ------
    UserError
        Two models mean different things by one key.
    """
    global Model, _taken
    names = tuple(table.names for table in (MODELS, METRICS, RULES, TASKS, STARTS, TREATMENTS))
    if names == _taken:
        return
    if not _taken or names[0] != _taken[0]:
        Model = model_group()
        Config.__annotations__["model"] = Config.__dataclass_fields__["model"].type = Model
    KEYS.clear()
    KEYS.update((one.name, one) for one in keys_of(Config))
    _taken = names


_taken: tuple[tuple[str, ...], ...] = ()
take_registered()
