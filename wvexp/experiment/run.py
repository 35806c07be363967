"""From a configuration to a run folder: read, train, keep.

`wvexp.experiment.inputs` and this module unpack a `Config`; everything below takes plain values.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import yaml
from rich.console import Console

from wvexp.analysis.movement import movement_ledger
from wvexp.analysis.rare import enough_units
from wvexp.analysis.reason import Reason, Why
from wvexp.arms import Arm, treatment_of
from wvexp.config.schema import Config
from wvexp.data.corpus import Corpus
from wvexp.data.folds import FOLDS
from wvexp.data.records import read_record
from wvexp.data.unseen import count_unseen
from wvexp.data.vocabulary import UNK
from wvexp.errors import UserError
from wvexp.experiment.describe import describe_run
from wvexp.experiment.inputs import Inputs, prepare
from wvexp.parity.watching import watcher
from wvexp.report.reasons import in_words
from wvexp.report.terminal import LiveEpochs, say, summary
from wvexp.report.unseen import unseen_words
from wvexp.report.wording import counted
from wvexp.results.folder import run_folder
from wvexp.results.store import Store
from wvexp.results.stored_run import StoredRun
from wvexp.tasks import SENTENCE
from wvexp.training.engine import never
from wvexp.training.identity import RunConfig
from wvexp.training.result import RunResult
from wvexp.training.run import Epoch, TrainedRun, train
from wvexp.training.saved import SavedModel
from wvexp.vectors.initial import STARTS

log = logging.getLogger(__name__)


def run_experiment(config: Config) -> None:
    """Train one run, write its folder and its row, and print what came out."""
    console = Console(highlight=False)
    device = choose_device(config.device, config.engine)
    arm = Arm(config.embed.kind, treatment_of(config.finetune, config.tuning)).name
    store_path = Path(config.store).expanduser()
    if config.out and Path(config.out).expanduser().resolve() in store_path.resolve().parents:
        raise UserError(
            f"store={config.store} lies in out={config.out}, which the run replaces",
            "give another out=FOLDER",
        )
    if config.dry_run:
        inputs = prepare(config)
        describe_run(config, inputs)
        tell_of_data(config, inputs, console)
        return
    with run_folder(config.out, arm) as (scratch, final):
        inputs = prepare(config)
        run = describe_run(config, inputs)
        store = Store(store_path)
        tell_of_data(config, inputs, console)
        live = LiveEpochs(console, run.optim.epochs, run.metric)
        with live.running():
            result = train_into(scratch, config, run, inputs, device=device, on_epoch=live)
    # Said before it is stored: the run is there, whatever may become of its row.
    for line in summary(read_record(StoredRun, result.to_json()), final):
        console.print(line, soft_wrap=True)
    store.save(result)


def tell_of_data(config: Config, inputs: Inputs, console: Console) -> None:
    """Say what was read, and what there is to mind about it."""
    say(console, inputs.reading.lines())
    warn_of_data(config, inputs.corpus)


def warn_of_data(config: Config, corpus: Corpus) -> None:
    """Say what stands in the way of a fair test.

    Training text in the test split too, labels that nobody can learn, and a test part split off
    that is too small to tell arms apart.
    """
    data, enough = config.data, enough_units(config.margin)
    split_off = data.kind == "files" and data.test is None and data.folds is None
    if split_off and corpus.folds is None and (units := len(corpus.units.ids)) < enough:
        kind = SENTENCE.noun if corpus.test.documents is None else "document"
        log.warning(
            "the test part split off has %s, and with fewer than %s no two arms can be told to "
            "be alike; data.folds=%d tests every example, data.test=FILE others",
            counted(units, kind),
            f"{enough:,}",
            FOLDS,
        )
    if corpus.leakage is not None:
        log.warning("%s", in_words(Reason(Why.LEAKAGE, **asdict(corpus.leakage))))
    if unseen := unseen_words(count_unseen(corpus), corpus.task):
        log.warning("%s", unseen)


def train_into(
    folder: Path,
    config: Config,
    run: RunConfig,
    inputs: Inputs,
    *,
    device: str,
    on_epoch: Callable[[Epoch], None],
    should_stop: Callable[[], bool] = never,
    time_is_up: Callable[[], bool] = never,
) -> RunResult:
    """Train the run and fill its folder: configuration, epochs, result, movement and model.

    `should_stop` and `time_is_up` as in `wvexp.training.run.train`.
    """
    with (folder / "metrics.jsonl").open("w") as metrics:

        def write_epoch(epoch: Epoch) -> None:
            metrics.write(json.dumps(asdict(epoch)) + "\n")
            metrics.flush()
            on_epoch(epoch)

        trained = train(
            run,
            inputs.corpus,
            inputs.reference,
            device=device,
            watch=watcher(config.parity.every),
            on_epoch=write_epoch,
            should_stop=should_stop,
            time_is_up=time_is_up,
        )
    result = _write_ledger(folder, trained) if run.moves_rows else trained.result
    result = replace(result, read=inputs.reading)
    _write_run(folder, config, result, inputs, trained)
    return result


def choose_device(device: str, engine: str) -> str:
    """The device to train on: `auto` is the first GPU if there is one and the engine can use it.

    Raises
    ------
    UserError
        The device is unknown or not there.
    """
    if device == "cpu" or (device == "auto" and engine == "handwritten"):
        return "cpu"
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    name, _, number = device.partition(":")
    if name != "cuda" or (number and not number.isdecimal()):
        raise UserError(f"device={device} is not one of auto, cpu, cuda, cuda:N")
    if int(number or 0) >= torch.cuda.device_count():
        raise UserError(
            f"device={device}: this machine shows {torch.cuda.device_count()} GPUs",
            "take device=cpu, or install a CUDA build of torch",
        )
    return device


def _write_ledger(folder: Path, trained: TrainedRun) -> RunResult:
    """Write the movement of every row as Parquet; the result with its summary."""
    import pyarrow
    import pyarrow.parquet

    table, real = trained.table, slice(UNK + 1, None)
    fixed = trained.result.run.tuning.fixed(table.rows.shape[1])
    ledger = movement_ledger(
        table.forms[real],
        trained.counts[real],
        trained.trainable[real],
        table.rows[real, fixed:],
        trained.parameters["embedding.weight"][real, fixed:],
    )
    pyarrow.parquet.write_table(pyarrow.table(ledger.columns()), folder / "movement.parquet")
    movement = {**trained.result.movement, **ledger.summary()}
    return replace(trained.result, movement=movement)


def _as_read(config: Config, inputs: Inputs) -> Config:
    """The configuration with what was guessed of the data, so that it reads the same again."""
    corpus, data = inputs.corpus, config.data
    if data.kind != "world":
        text, label = corpus.columns
        data = replace(data, text=data.text or text, label=data.label or label, task=corpus.task)
        data = replace(data, label_separator=data.label_separator or corpus.separator)
        if not corpus.train.kind.listed:
            data = replace(data, tokenizer=corpus.tokenizer)
    return replace(config, data=replace(data, lowercase=str(inputs.lowercase).lower()))


def _write_run(
    folder: Path, config: Config, result: RunResult, inputs: Inputs, trained: TrainedRun
) -> None:
    (folder / "config.yaml").write_text(
        yaml.safe_dump(asdict(_as_read(config, inputs)), sort_keys=False, allow_unicode=True),
        encoding="utf-8",
    )
    (folder / "result.json").write_text(
        json.dumps(result.to_json(), indent=2, allow_nan=False) + "\n"
    )
    run = result.run
    SavedModel(
        task=inputs.corpus.task,
        model=run.model,
        label_names=inputs.corpus.label_names,
        lowercase=inputs.lowercase,
        tokenizer=inputs.corpus.tokenizer,
        forms=trained.table.forms,
        origin=trained.table.origin,
        parameters=trained.parameters,
        source=inputs.source if STARTS[run.embed].looks_up else None,
        row_weights=trained.row_weights,
        moves=trained.moves,
        how=run.tuning.how,
        target=trained.kind.state,
        separator=inputs.corpus.separator,
    ).save(folder / "model")
