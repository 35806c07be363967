"""What a configuration may hold: every key by itself, and keys together.

A refusal is one line that names the value and says what to give instead.
"""

import dataclasses
import difflib
import re
from collections.abc import Mapping
from typing import Any

from wvexp.arms import Tuning, check_tuning
from wvexp.config.decision_checks import check_decision
from wvexp.config.schema import KEYS, Config, Data
from wvexp.config.sweep_checks import check_sweep_keys
from wvexp.config.treatments import take_treatment, treatments_of
from wvexp.config.values import check_value, lookup, of_type
from wvexp.config.vector_files import has_several, take_vectors
from wvexp.errors import UserError
from wvexp.metrics import check_metric_for_task
from wvexp.models import AUTO, MODELS, check_model_for_task
from wvexp.rules import RULES
from wvexp.tasks import TOKEN
from wvexp.vectors.initial import RANDOM, STARTS


def parse_config(values: Mapping[str, Any], command: str = "train") -> Config:
    """A checked `Config` from nested plain values that already have the schema's types.

    command: `train` or `decide`, which takes fewer keys

    Raises
    ------
    UserError
        An unknown key, a value out of its range, a combination that cannot be.
    """
    config = _build(Config, values, "")
    config.data.lowercase = config.data.lowercase.lower()  # YAML's true arrives as "True"
    for key in KEYS.values():
        group, _, name = key.name.rpartition(".")
        owner = lookup(config, group) if group else config
        setattr(owner, name, of_type(key, getattr(owner, name)))
        check_value(key, getattr(owner, name))
    take_treatment(config, command)
    take_vectors(config)
    if command == "decide":
        check_decision(config)
    _check_combination(config, command)
    return config


def unknown_key(name: str) -> UserError:
    """The error for a key that the schema lacks, with the nearest one that it has."""
    close = difflib.get_close_matches(name, [key.name for key in KEYS.values()], n=1)
    remedy = f"did you mean {close[0]}?" if close else "--help lists every key"
    return UserError(f"unknown key {name}", remedy)


def check_engine(engine: str, model: str, rule: str, device: str) -> None:
    """UserError where the hand-written engine has not the model, the update rule or the device."""
    if engine != "handwritten":
        return
    remedy = "take engine=autograd"
    if model != AUTO and MODELS[model].by_hand is None:
        raise UserError(f"engine={engine} has no model={model}", remedy)
    if RULES[rule].kernel is None:
        raise UserError(f"engine={engine} has no optim={rule}", remedy)
    if device not in ("auto", "cpu"):
        raise UserError(
            f"engine={engine} computes on the CPU, not on device={device}",
            f"take device=cpu or {remedy.removeprefix('take ')}",
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
        raise UserError(f"budget={text} is not a duration", "give one such as 90s, 5m or 1h")
    return float(matched[1]) * {"s": 1, "m": 60, "h": 3600}[matched[2]]


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


def _check_combination(config: Config, command: str) -> None:
    data, embed, model = config.data, config.embed, config.model
    _check_unused(config)
    check_sweep_keys(config)
    if data.kind == "files" and not data.train:
        raise UserError("data=files needs a training file", "give data.train=PATH")
    if data.kind == "hub" and not data.name:
        raise UserError("data=hub needs the name of a data set", "give data.name=NAME")
    if embed.path and embed.name:
        raise UserError(
            f"embed.path={embed.path} and embed.name={embed.name} are both given",
            "give one of them",
        )
    starts = [k for k in config.grid.embed or [embed.kind] if STARTS[k].needs_vectors]
    named = embed.path or embed.name or embed.corpus or has_several(config)
    if data.kind != "world" and starts and not named:
        raise UserError(
            f"embed={starts[0]} with data={data.kind} needs word vectors",
            "give embed.path=FILE or embed.name=NAME"
            + (f", or embed={RANDOM.name}" if command == "train" else ""),
        )
    names = config.grid.model or [model.name]
    for spec in MODELS:
        if spec.name in names or (spec.usual and AUTO in names):
            spec.check(spec.keys_in(model))
    for name in names:
        check_engine(config.engine, name, config.optim.name, config.device)
    task = data.task or (TOKEN.name if data.kind == "world" else None)
    if task:
        for name in names:
            check_model_for_task(name, task)
        check_metric_for_task(config.metric, task)
    treatments = treatments_of(config)
    tunes = any(moves for moves, _ in treatments)
    if config.tuning != Tuning() and not tunes:
        raise UserError("tuning.* is set, but the word vectors are frozen", "add finetune=true")
    check_tuning(config.tuning)
    if config.report is not None and not config.report.endswith(".html"):
        raise UserError(f"report={config.report} does not end in .html", "give report=NAME.html")
    if config.budget is not None:
        parse_duration(config.budget)
    latest = max(tuning.start_epoch for moves, tuning in treatments if moves) if tunes else 1
    if latest > config.optim.epochs:
        raise UserError(
            f"tuning.start_epoch={latest} is after the last epoch",
            f"give 1 to {config.optim.epochs}, or raise optim.epochs",
        )


# Keys of the `data` group that mean something for some kinds of data alone.
_KEYS_OF_KINDS = {
    ("files",): ("train", "validation", "test", "max_line_mb", "max_file_gb"),
    ("hub",): ("name", "config_name", "revision", "train_split", "validation_split", "test_split"),
    ("world",): ("world_seed", "world_size", "world_vocabulary"),
    ("files", "hub"): ("text", "label", "group", "missing"),
}


def _check_unused(config: Config) -> None:
    """Refuse keys that the kind of data would silently ignore."""
    data, plain = config.data, Data()
    for kinds, names in _KEYS_OF_KINDS.items():
        for name in names:
            value = getattr(data, name)
            if data.kind not in kinds and value != getattr(plain, name):
                raise UserError(
                    f"data.{name}={value} means nothing with data={data.kind}",
                    f"add data={kinds[0]}" if data.kind == "world" else "leave it out",
                )
    if data.split_seed and (data.kind == "world" or data.cross_fit):
        where = "data=world" if data.kind == "world" else f"data.folds={data.folds}"
        raise UserError(
            f"data.split_seed={data.split_seed} means nothing with {where}", "leave it out"
        )
    if config.embed.member and not config.embed.path:
        raise UserError(
            f"embed.member={config.embed.member} is a file of a .zip", "give embed.path=FILE.zip"
        )
