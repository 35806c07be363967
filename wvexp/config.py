"""Every knob: its type, its default, its meaning, and which values it accepts.

The dataclasses are the only place where defaults live; the YAML files under `configs/` hold what
an option changes. `wvexp.compose` turns a command line into a `Config`; this module knows nothing
of Hydra.
"""

import dataclasses
import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from wvexp.errors import UserError


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
        "one of so many models",
        minimum=2,
    )
    text: str | None = _key(None, "column of the text; guessed when one choice is obvious")
    label: str | None = _key(None, "column of the label; guessed when one choice is obvious")
    lowercase: str = _key(
        "auto", "lower-case the text; auto follows the vectors", choices=("auto", "true", "false")
    )
    tokenizer: str = _key(
        "auto",
        "how text becomes words; auto takes whitespace where the text is pre-tokenised",
        choices=("auto", "whitespace", "treebank", "tweet", "toktok"),
    )
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
    world_vocabulary: int = _key(20_000, "world: word forms", minimum=2_000)


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
        None, "grid: so many training sizes from 100 to all, in equal ratios", minimum=2
    )
    seed: list[int] = _key([], "grid: seeds")  # noqa: RUF009
    lr: list[float] = _key([], "grid: learning rates")  # noqa: RUF009
    model: list[str] = _key([], "grid: classifiers, one after the other")  # noqa: RUF009

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
    tokens: list[int] = _key(  # noqa: RUF009
        [], "large: numbers of training tokens of the world to stream, one pass each"
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
    out: str | None = _key(None, "run folder; a fresh one under runs/ when null")
    store: str = _key("runs/results.sqlite", "results file, a row for every run")
    report: str | None = _key(
        None, "page to write after a grid (.html); its name is followed by that of the condition"
    )
    budget: str | None = _key(
        None, "decide.py: most time to spend, such as 90s, 5m or 1h; as needed when null"
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


def parse_config(values: Mapping[str, Any]) -> Config:
    """A checked `Config` from nested plain values that already have the schema's types.

    Raises
    ------
    UserError
        An unknown key, a value out of its range, a combination that cannot be.
    """
    config = _build(Config, values, "")
    config.data.lowercase = config.data.lowercase.lower()  # YAML's true arrives as "True"
    for key in keys():
        _check_value(key, _lookup(config, key.name))
    _check_combination(config)
    return config


def unknown_key(name: str) -> UserError:
    """The error for a key that the schema lacks, with the nearest one that it has."""
    close = difflib.get_close_matches(name, [key.name for key in keys()], n=1)
    remedy = f"did you mean {close[0]}?" if close else "--help lists every key"
    return UserError(f"unknown key {name}", remedy)


def _build(schema: type, values: Mapping[str, Any], prefix: str) -> Any:
    known = {entry.name: entry for entry in dataclasses.fields(schema)}
    for name in values:
        if name not in known:
            raise unknown_key(f"{prefix}{name}")
    return schema(
        **{
            name: _build(known[name].type, value, f"{prefix}{name}.")  # type: ignore[arg-type]
            if dataclasses.is_dataclass(known[name].type)
            else value
            for name, value in values.items()
        }
    )


def _lookup(config: Config, name: str) -> Any:
    value: Any = config
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _check_value(key: Key, value: Any) -> None:
    if value is None:
        return
    if key.choices and value not in key.choices:
        raise UserError(f"{key.name}={value} is not one of {', '.join(key.choices)}")
    if isinstance(value, int | float):
        if key.minimum is not None and not value >= key.minimum:
            raise UserError(f"{key.name}={value} is below its least value {key.minimum}")
        if key.above is not None and not value > key.above:
            raise UserError(f"{key.name}={value}: it must be above {key.above}")
        if key.below is not None and not value < key.below:
            raise UserError(f"{key.name}={value}: it must be below {key.below}")
        if isinstance(value, float) and value == float("inf"):
            raise UserError(f"{key.name}={value}: it must be finite")


def _check_combination(config: Config) -> None:
    data, embed, model = config.data, config.embed, config.model
    _check_unused(config)
    if data.kind == "files" and not data.train:
        raise UserError("data=files needs a training file", "give data.train=PATH")
    if data.kind == "hub" and not data.name:
        raise UserError("data=hub needs the name of a data set", "give data.name=NAME")
    if embed.path and embed.name:
        raise UserError(
            f"embed.path={embed.path} and embed.name={embed.name} are both given",
            "give one of them",
        )
    starts = [kind for kind in config.grid.embed or [embed.kind] if kind != "random"]
    if data.kind != "world" and starts and not (embed.path or embed.name):
        raise UserError(
            f"embed={starts[0]} with data={data.kind} needs word vectors",
            "give embed.path=FILE or embed.name=NAME, or embed=random",
        )
    if model.window % 2 == 0:
        raise UserError(
            f"model.window={model.window} is even", "a window needs a word in its middle"
        )
    if not model.widths or min(model.widths) < 1:
        raise UserError(f"model.widths={model.widths}: give at least one width of 1 or more")
    check_engine(config.engine, model.name, config.device)
    task = data.task or ("token" if data.kind == "world" else None)
    if task:
        for name in config.grid.model or [model.name]:
            check_model_for_task(name, task)
        check_metric_for_task(config.metric, task)
    if config.tuning != Tuning() and not (config.finetune or True in config.grid.finetune):
        raise UserError("tuning.* is set, but the word vectors are frozen", "add finetune=true")
    _check_sweep(config)
    if config.report is not None and not config.report.endswith(".html"):
        raise UserError(f"report={config.report} does not end in .html", "give report=NAME.html")
    if config.budget is not None:
        parse_duration(config.budget)
    if config.finetune and config.tuning.start_epoch > config.optim.epochs:
        raise UserError(
            f"tuning.start_epoch={config.tuning.start_epoch} is after the last epoch",
            f"give 1 to {config.optim.epochs}, or raise optim.epochs",
        )


_DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|h)")


def parse_duration(text: str) -> float:
    """Seconds of a duration such as 90s, 5m or 1.5h.

    Raises
    ------
    UserError
        Anything else.
    """
    matched = _DURATION.fullmatch(text.strip())
    if not matched or not float(matched[1]) > 0:
        raise UserError(f"budget={text} is no duration", "give one such as 90s, 5m or 1h")
    return float(matched[1]) * {"s": 1, "m": 60, "h": 3600}[matched[2]]


def _check_sweep(config: Config) -> None:
    grid, known = config.grid, {key.name: key for key in keys()}
    single = {"embed": "embed.kind", "lr": "optim.lr", "model": "model.name"}
    for name in ("embed", "finetune", "train_size", "seed", "lr", "model"):
        axis = getattr(grid, name)
        for place, value in enumerate(axis):
            _check_value(replace(known[single.get(name, name)], name=f"grid.{name}"), value)
            if value in axis[:place]:
                raise UserError(f"grid.{name}={axis} holds {value} twice")
    if grid.ladder and grid.train_size:
        raise UserError(
            f"grid.ladder={grid.ladder} and grid.train_size={grid.train_size} are both given",
            "give one of them",
        )
    if min(config.large.tokens, default=1) < 1:
        raise UserError(f"large.tokens={config.large.tokens}: give numbers of 1 or more")
    if config.large.tokens and (config.data.kind != "world" or config.data.task == "sentence"):
        raise UserError("large.tokens streams the world's token task", "take data=world")
    if config.data.folds and (config.large.tokens or config.search.trials):
        raise UserError(
            f"data.folds={config.data.folds}: a search and a stream do not cross-fit",
            "leave it out, or take experiment=guidance",
        )
    if config.large.tokens and config.search.trials:
        raise UserError("large.tokens and search.trials are both given", "take one experiment")


def check_engine(engine: str, model: str, device: str) -> None:
    """The hand-written engine trains `window` and `mean`, on the CPU."""
    if engine == "handwritten" and model == "cnn":
        raise UserError("engine=handwritten has no model=cnn", "take engine=autograd")
    if engine == "handwritten" and device not in ("auto", "cpu"):
        raise UserError(
            f"engine=handwritten computes on the CPU, not on device={device}",
            "take device=cpu or engine=autograd",
        )


# Keys that mean something for one kind of data alone.
_KEYS_OF_KIND = {
    "files": ("train", "validation", "test"),
    "hub": ("name", "config_name", "revision", "train_split", "validation_split", "test_split"),
    "world": ("world_seed", "world_size", "world_vocabulary"),
}


def _check_unused(config: Config) -> None:
    """Refuse keys that the kind of data would silently ignore."""
    data, plain = config.data, Data()
    for kind, names in _KEYS_OF_KIND.items():
        for name in names:
            value = getattr(data, name)
            if kind != data.kind and value != getattr(plain, name):
                raise UserError(
                    f"data.{name}={value} means nothing with data={data.kind}", f"add data={kind}"
                )
    for name in ("text", "label"):
        value = getattr(data, name)
        if data.kind == "world" and value is not None:
            raise UserError(f"data.{name}={value} means nothing with data=world", "add data=files")
    if config.embed.member and not config.embed.path:
        raise UserError(
            f"embed.member={config.embed.member} is a file of a .zip", "give embed.path=FILE.zip"
        )


def check_model_for_task(model: str, task: str) -> None:
    """Token tasks take `window`; sentence tasks take `mean` or `cnn`."""
    fits = ("auto", "window") if task == "token" else ("auto", "mean", "cnn")
    if model not in fits:
        raise UserError(
            f"model={model} does not fit {task} labels", f"take model={' or model='.join(fits[1:])}"
        )


def check_metric_for_task(metric: str | None, task: str) -> None:
    """Entities exist in token tasks alone."""
    if metric == "entity_f1" and task != "token":
        raise UserError(
            f"metric={metric} does not fit {task} labels", "take metric=accuracy or metric=macro_f1"
        )
