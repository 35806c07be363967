"""What was measured on, as names and values; what the rows of earlier versions lack is left out."""

from collections.abc import Iterable, Mapping
from typing import Any

from wvexp.report.measurements import Measurements
from wvexp.report.wording import counted, listed
from wvexp.tasks import TASKS

# Labels that are named with their counts, the most frequent first, and letters of each; the table
# by label has all in full.
_NAMED, _LETTERS = 12, 40
_PARTS = {"train": "to train on", "validation": "to validate on", "test": "to test on"}


def described(m: Measurements) -> tuple[tuple[str, str], ...]:
    """The data's name, the day, the examples and the labels.

    Of rows that say what was read (`wvexp.data.overview`), the latter two stand there.
    """
    told = [
        ("data", listed(_distinct(run["data"]["name"] for run in m.runs if "data" in run))),
        ("trained", _days(run["date"] for run in m.runs if "date" in run)),
    ]
    if not any("read" in run for run in m.runs):
        told += _examples(m)
    return tuple((name, value) for name, value in told if value)


def _examples(m: Measurements) -> list[tuple[str, str]]:
    # Every run of a condition has the same data; a cross-fit that lacks a fold has no row.
    data: dict[str, Any] = next((run["data"] for run in m.runs if "data" in run), {})
    if "pool" in data:
        examples = f"{_size(data['pool'], m)}, in {m.folds} folds"
    else:
        parts = [f"{_size(data[part], m)} {what}" for part, what in _PARTS.items() if part in data]
        examples = ", ".join(parts)
    where = "all the data" if "pool" in data else "the training data"
    labels = _labels(training_labels(data), where)
    return [("examples", examples), ("labels", labels)]


def training_labels(data: Mapping[str, Any]) -> dict[str, int]:
    """How often each label occurs in the training data, or in all that is cross-fitted."""
    counts: dict[str, int] = (data.get("train") or data.get("pool") or {}).get("labels", {})
    return counts


def _distinct(names: Iterable[str]) -> list[str]:
    return sorted(set(names))


def _days(dates: Iterable[str]) -> str:
    days = _distinct(dates)
    if not days:
        return ""
    return f"{days[0]} (UTC)" if len(days) == 1 else f"{days[0]} to {days[-1]} (UTC)"


def _size(split: Mapping[str, Any], m: Measurements) -> str:
    sentences = counted(split["sentences"], "sentence")
    kind = TASKS[m.runs[0]["task"]]
    examples = counted(kind.examples(split["sentences"], split["tokens"]), kind.noun)
    return sentences if examples == sentences else f"{examples} in {sentences}"


def _labels(counts: Mapping[str, int], where: str) -> str:
    if not counts:
        return ""
    named = sorted(counts.items(), key=lambda item: -item[1])
    told = ", ".join(f"{_short(label)} {count:,}" for label, count in named[:_NAMED])
    more = f" and {len(named) - _NAMED:,} more" if len(named) > _NAMED else ""
    return f"{len(named):,} in {where}: {told}{more}"


def _short(label: str) -> str:
    return label if len(label) <= _LETTERS else f"{label[: _LETTERS - 1]}…"
