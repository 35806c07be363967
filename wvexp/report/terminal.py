"""What a run says to the person at the terminal."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.text import Text

from wvexp.models import MODELS
from wvexp.printable import printable
from wvexp.report.unseen import unseen_words
from wvexp.results.stored_run import StoredRun


def say(console: Console, lines: Iterable[str]) -> None:
    """Print lines that hold text from data, neither wrapped nor read as markup."""
    for line in lines:
        console.print(printable(line), markup=False, soft_wrap=True)


class EpochLine(Protocol):
    """What the live line shows of an epoch."""

    @property
    def epoch(self) -> int: ...
    @property
    def loss(self) -> float: ...
    @property
    def validation(self) -> float: ...


class LiveEpochs:
    """One line that follows training on a terminal; silent when piped."""

    def __init__(self, console: Console, epochs: int, metric: str) -> None:
        self._status = console.status("training ...")
        self._shown = console.is_terminal
        self._epochs, self._metric = epochs, metric

    def __call__(self, epoch: EpochLine) -> None:
        self._status.update(
            f"epoch {epoch.epoch}/{self._epochs}  loss {epoch.loss:.4f}  "
            f"validation {self._metric} {epoch.validation:.4f}"
        )

    @contextmanager
    def running(self) -> Iterator[None]:
        if not self._shown:
            yield
            return
        with self._status:
            yield


def summary(run: StoredRun, folder: Path) -> Iterator[Text]:
    """The short table at the end of a run, line by line.

    Lines are neither wrapped nor padded, so that a path in them can be copied; names and labels
    from the data are text, never markup.
    """
    metric, name = run.metric, run.metric.name
    size = f"{run.train_tokens:,} tokens, {run.train_types:,} word forms"
    if not run.kind.listed:
        size = f"{run.train_size:,} {run.kind.nouns}, {size}"
    rows = {"arm": f"{run.arm} · {run.model} model", "trained on": size}
    if run.labels_missing:
        rows["labels missing"] = ", ".join(run.labels_missing)
    if run.labels_unseen is not None:
        rows["mind"] = unseen_words(run.labels_unseen, run.task)
    rows[f"test {name}"] = f"{metric.test:.4f}"
    rows[f"validation {name}"] = f"{metric.validation:.4f}"
    for measure, found in (run.measures or {}).items():
        rows[f"  {measure.replace('_', ' ')}"] = f"{found:.4g}"
    for group, scores in run.groups.items():
        if scores.n:
            score = "–" if scores.score is None else f"{scores.score:.4f}"
            rows[f"  {group.replace('_', ' ')}"] = f"{score}  of {scores.n:,}"
    if (share := run.coverage) is not None:
        rows["coverage"] = f"{share.types:.1%} of word forms, {share.tokens:.1%} of tokens"
    moved = run.movement
    rows["vectors"] = (
        f"{moved.moved:,} of {moved.rows:,} rows moved, {moved.mean:.3f} on average"
        if moved.rows
        else "read through a learned map, every row bit-identical"
        if run.finetune
        else "frozen, every row bit-identical"
    )
    if (parity := run.parity) is not None:
        error, checks = parity.max_rel_error, parity.checked
        rows["parity"] = f"hand and autograd agree to {error:.1e} ({checks} checks)"
    elif MODELS[run.model].by_hand is None:
        rows["parity"] = "not checked: this model has no gradient by hand to set beside autograd's"
    rows["epochs"] = f"{run.epochs}, best {run.best_epoch}, {run.seconds:.1f} s"
    rows["model"] = str(folder / "model")
    width = max(map(len, rows))
    for name, value in rows.items():
        yield Text.assemble((name.ljust(width), "bold"), "  ", printable(value))
