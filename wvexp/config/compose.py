"""The Hydra side: a command line becomes a checked `Config`.

Hydra's grammar refuses paths with `=`, commas, brackets or accents unless they are quoted, and
its exit status for any mistake is 1: both are put right here.
"""

import os
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wvexp.config.checks import parse_config, unknown_key
from wvexp.config.folder import GROUPS, config_folder
from wvexp.config.help import help_text
from wvexp.config.listed import OF_TEXT, is_list, items_of
from wvexp.config.options import own_options
from wvexp.config.plugins import load_plugins, named_plugins
from wvexp.config.schema import KEYS, Config
from wvexp.config.sweep_checks import LISTED, check_typed
from wvexp.errors import RunError, UserError

_A_LIST = "give a list in brackets, such as grid.seed=[0,1,2]; ranges are for -m"
_SWEEP_FLAGS = {"-m", "--multirun"}


def compose(overrides: Sequence[str], config_name: str = "train") -> Config:
    """The configuration for the given overrides, such as `["embed=random", "seed=3"]`."""
    from hydra import compose as hydra_compose
    from hydra import initialize_config_dir

    load_plugins(named_plugins(overrides))
    _register_schema()
    with _errors_in_one_line(), initialize_config_dir(str(config_folder()), version_base="1.3"):
        node = hydra_compose(config_name, overrides=quoted(overrides))
    config = _checked(node, config_name)
    check_typed(overrides, config)
    return config


@dataclass(frozen=True)
class Job:
    """One job of a sweep over the command line: its configuration, and the folder it may have."""

    config: Config
    folder: Path


class HydraTask:
    """What Hydra runs: `command` for one configuration, `sweep` for all jobs of a `-m`.

    The pool launcher (`hydra_plugins/wvexp_pool.py`) composes the jobs and hands them to
    `run_jobs`; another launcher calls the task job by job.
    """

    def __init__(
        self,
        command: Callable[[Config], None],
        sweep: Callable[[list[Job]], None] | None,
        config_name: str,
        argv: Sequence[str],
    ) -> None:
        self.command, self.sweep = command, sweep
        self.config_name, self.argv = config_name, argv
        # Raised through Hydra, an error would be announced a second time in Hydra's own words.
        self.failures: list[UserError | RunError] = []
        self.sweep_folder: Path | None = None
        self.called = False

    def __call__(self, node: Any) -> None:
        self.called = True
        try:
            config = _checked(node, self.config_name)
            check_typed(self.argv, config)
            self.command(config)
        except (UserError, RunError) as error:
            self.failures.append(error)

    def run_jobs(self, nodes: list[Any], folders: list[Path]) -> None:
        """Check every job's composed configuration, then run them all."""
        self.called |= bool(nodes)
        placed = zip(nodes, folders, strict=True)
        jobs = [Job(_checked(node, self.config_name), folder) for node, folder in placed]
        if self.sweep is not None:
            self.sweep(jobs)
            return
        for job in jobs:
            self.command(job.config)


def run_hydra_command(
    command: Callable[[Config], None],
    argv: Sequence[str],
    config_name: str = "train",
    *,
    sweep: Callable[[list[Job]], None] | None = None,
) -> None:
    """Compose the configuration of a command line with Hydra and hand it to `command`.

    With `-m` all jobs go to `sweep` at once, or to `command` one after another.
    """
    load_plugins(named_plugins(argv))
    if {"--help", "-h"} & set(argv):
        print(help_text(shutil.get_terminal_size().columns, config_name))
        return
    for flag in argv:
        if flag.startswith("-") and flag not in _SWEEP_FLAGS:
            raise UserError(f"unknown flag {flag}", "known are --help and -m, to sweep")
    if _sweeps(argv) and any(argument.lstrip("+").startswith("out=") for argument in argv):
        raise UserError("out= with -m: the runs cannot share one folder", "leave out= out")
    import hydra

    _register_schema()
    task = HydraTask(command, sweep, config_name, argv)
    # Hydra's parser takes overrides in one piece only: its flags go before them.
    flags = [argument for argument in argv if argument in _SWEEP_FLAGS]
    overrides = [argument for argument in argv if argument not in _SWEEP_FLAGS]
    sys.argv = [sys.argv[0], *flags, *quoted([*flags, *overrides])[len(flags) :]]
    os.environ["HYDRA_FULL_ERROR"] = "1"  # makes Hydra raise instead of printing and exiting
    try:
        with _errors_in_one_line():
            hydra.main(str(config_folder()), config_name, version_base="1.3")(task)()
    finally:
        if task.sweep_folder is not None:
            _remove_if_bare(task.sweep_folder)
    if task.failures:
        raise task.failures[0]
    if _sweeps(argv) and not task.called:  # Hydra finds nothing to do in range(3,0)
        raise UserError(f"{' '.join(overrides)}: not one run in it", "give ranges as range(0,10)")


def _remove_if_bare(folder: Path) -> None:
    """Remove a sweep's folder in which no job has left anything."""
    if folder.is_dir() and {path.name for path in folder.iterdir()} <= {"multirun.yaml"}:
        (folder / "multirun.yaml").unlink(missing_ok=True)
        for empty in (folder, *folder.parents[:3]):
            try:
                empty.rmdir()
            except OSError:
                break


def quoted(argv: Sequence[str]) -> list[str]:
    """The same arguments with path and text values quoted for Hydra's grammar.

    Choices are text too: Hydra would read `data.lowercase=true` as a truth value, and the option
    of `data=null` as none at all.
    """
    text_keys = {key.name for key in KEYS.values() if key.type in (str, str | None)}
    groups = set(GROUPS) - {"experiment"}
    sweeping = _sweeps(argv)

    def quote(argument: str) -> str:
        name, equals, value = argument.partition("=")
        if name in LISTED and is_list(value):
            axis = LISTED[name]
            beside = [other for other in argv if other.startswith((f"{axis}=", f"{name}="))]
            if len(beside) > 1:
                raise UserError(f"{' and '.join(beside)} are both given", "give one of them")
            name = axis
        if name in OF_TEXT and is_list(value):
            return f"{name}=[{','.join(map(_in_quotes, items_of(value)))}]"
        if name in LISTED.values():
            return f"{name}={value}"
        if equals and not name:
            raise UserError(f"{argument!r} is not of the form key=value", "--help lists every key")
        # Hydra's ways to take a key out, and to place its own files, would do nothing here.
        if argument.startswith("~") or name == "hydra.run.dir":
            raise UserError(f"{argument}: not a key that is taken", "--help lists every key")
        if equals and name in GROUPS and value.startswith(("[", "{")):
            raise UserError(f"{argument}: {name}= takes the name of an option", "see --help")
        if named := named_plugins([argument]):
            return f"{name}=[{','.join(map(_in_quotes, named))}]"
        if argument == "experiment=null":
            raise UserError(f"{argument}: the name of an experiment is missing", "leave it out")
        is_option = name in groups
        is_text = name.lstrip("+") in text_keys and value not in ("", "null")
        if not equals or not (is_option or is_text):
            return argument
        already = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
        a_sweep = sweeping and "," in value and not Path(value).exists()
        if already or (a_sweep and set(value) & set("'\"([{")):  # in Hydra's own words
            return argument
        parts = value.split(",") if a_sweep else [value]
        return f"{name}={','.join(p if is_text and p == 'null' else _in_quotes(p) for p in parts)}"

    return [quote(argument) for argument in argv]


def _in_quotes(text: str) -> str:
    # OmegaConf gives meaning to ${, Hydra to a quote; both to the backslashes before them.
    escaped = re.sub(r"(\\*)\$\{", r"\1\1\\${", text)
    escaped = re.sub(r"(\\*)('|\Z)", lambda m: 2 * m[1] + (m[2] and f"\\{m[2]}"), escaped)
    return f"'{escaped}'"


def _sweeps(argv: Sequence[str]) -> bool:
    return bool(_SWEEP_FLAGS & set(argv))


def _register_schema() -> None:
    from hydra.core.config_store import ConfigStore

    store = ConfigStore.instance()
    store.store("schema", Config)
    for group, options in own_options().items():
        for name, values in options.items():
            store.store(group=group, name=name, node=values)


def _checked(node: Any, command: str) -> Config:
    from omegaconf import OmegaConf

    with _errors_in_one_line():
        ours = OmegaConf.masked_copy(node, [name for name in node if name != "hydra"])
        values = OmegaConf.to_container(ours, resolve=True, throw_on_missing=True)
    assert isinstance(values, dict)
    return parse_config({str(name): value for name, value in values.items()}, command)


class _errors_in_one_line:  # noqa: N801  (reads as a statement)
    """Turn Hydra's and OmegaConf's exceptions into a `UserError`."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        from hydra.errors import (
            HydraException,
            MissingConfigException,
            OverrideParseException,
        )
        from omegaconf.errors import OmegaConfBaseException

        if isinstance(error, MissingConfigException) and error.options is not None:
            group, _, option = str(error.missing_cfg_file).partition("/")
            choices = ", ".join(error.options)
            raise UserError(f"{group}={option} is not one of {choices}") from error
        if not isinstance(error, HydraException | OmegaConfBaseException):
            return
        if isinstance(error, OverrideParseException):
            if "=" not in str(error.override):
                raise UserError(
                    f"{error.override!r} is not of the form key=value", "--help lists every key"
                ) from error
            raise UserError(
                f"{error.override}: the value cannot be read",
                """put it in quotes of both kinds, as in key='"value"'""",
            ) from error
        message = str(error).strip().splitlines()[0]
        cause = error if isinstance(error, OmegaConfBaseException) else error.__cause__
        if isinstance(cause, OmegaConfBaseException):
            key = getattr(cause, "full_key", None)
            detail = str(cause).strip().splitlines()[0]
            unknown = re.fullmatch(r"Key '.*' (is )?not in .*", detail)
            if unknown:
                raise unknown_key(str(key)) from error
            message = f"{key}: {detail}" if key else detail
        if "is not a ListConfig" in message:
            raise UserError(f"{getattr(cause, 'full_key', '')}= takes a list", _A_LIST) from error
        if "requires --multirun" in message:
            raise UserError(message.removesuffix(" requires --multirun"), _A_LIST) from error
        if message.startswith("Ambiguous value"):
            raise UserError(message, "quote the value, or add -m to sweep over it") from error
        raise UserError(message.rstrip("."), "--help lists every key") from error
