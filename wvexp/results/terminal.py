"""What a run says to the person at the terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.table import Table


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


def summary_table(result: dict[str, Any], folder: Path) -> Table:
    """The short table at the end of a run, from the content of `result.json`."""
    table = Table(show_header=False, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    metric, name = result["metric"], result["metric"]["name"]
    table.add_row("arm", f"{result['arm']} · {result['model']} model")
    if result["task"] == "token":
        size = f"{result['train_tokens']:,} tokens, {result['train_types']:,} word forms"
    else:
        size = (
            f"{result['train_size']:,} sentences, {result['train_tokens']:,} tokens, "
            f"{result['train_types']:,} word forms"
        )
    table.add_row("trained on", size)
    if result["labels_missing"]:
        table.add_row("labels missing", ", ".join(result["labels_missing"]))
    table.add_row(f"test {name}", f"{metric['test']:.4f}")
    table.add_row(f"validation {name}", f"{metric['validation']:.4f}")
    for group, scores in result["groups"].items():
        if scores["n"]:
            score = f"{scores['score']:.4f}" if "score" in scores else "–"
            table.add_row(f"  {group.replace('_', ' ')}", f"{score}  of {scores['n']:,}")
    if "coverage" in result:
        share = result["coverage"]
        table.add_row(
            "coverage", f"{share['types']:.1%} of word forms, {share['tokens']:.1%} of tokens"
        )
    moved = result["movement"]
    table.add_row(
        "vectors",
        f"{moved['moved']:,} of {moved['rows']:,} rows moved, {moved['mean']:.3f} on average"
        if moved["rows"]
        else "frozen, every row bit-identical",
    )
    if "parity" in result:
        parity = result["parity"]
        table.add_row(
            "parity",
            f"hand and autograd agree to {parity['max_rel_error']:.1e} "
            f"({parity['checked']} checks)",
        )
    table.add_row(
        "epochs", f"{result['epochs']}, best {result['best_epoch']}, {result['seconds']:.1f} s"
    )
    table.add_row("model", str(folder / "model"))
    return table
