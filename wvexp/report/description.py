"""What was measured on, as names and values; what the rows of earlier versions lack is left out."""

from collections.abc import Iterable, Mapping

from wvexp.data.contents import SplitContents
from wvexp.report.measurements import Measurements
from wvexp.report.wording import counted, listed
from wvexp.tasks import SENTENCE

# Labels that are named with their counts, the most frequent first, and letters of each; the table
# by label has all in full.
_NAMED, _LETTERS = 12, 40
_PARTS = {"train": "to train on", "validation": "to validate on", "test": "to test on"}


def described(m: Measurements) -> tuple[tuple[str, str], ...]:
    """The data's name, the day, the examples and the labels.

    Of rows that say what was read (`wvexp.data.overview`), the latter two stand there.
    """
    told = [
        ("data", listed(_distinct(run.data.name for run in m.runs if run.data is not None))),
        ("trained", _days(run.date for run in m.runs if run.date is not None)),
    ]
    if not any(run.read is not None for run in m.runs):
        told += _examples(m)
    return tuple((name, value) for name, value in told if value)


def _examples(m: Measurements) -> list[tuple[str, str]]:
    # Every run of a condition has the same data; a cross-fit that lacks a fold has no row.
    data = next((run.data for run in m.runs if run.data is not None), None)
    if data is None:
        return []
    if data.pool is not None:
        examples, where = f"{_size(data.pool, m)}, in {m.folds} folds", "all the data"
    else:
        named = ((getattr(data, part), what) for part, what in _PARTS.items())
        parts = [f"{_size(split, m)} {what}" for split, what in named if split is not None]
        examples, where = ", ".join(parts), "the training data"
    return [("examples", examples), ("labels", _labels(data.training_labels, where))]


def _distinct(names: Iterable[str]) -> list[str]:
    return sorted(set(names))


def _days(dates: Iterable[str]) -> str:
    days = _distinct(dates)
    if not days:
        return ""
    return f"{days[0]} (UTC)" if len(days) == 1 else f"{days[0]} to {days[-1]} (UTC)"


def _size(split: SplitContents, m: Measurements) -> str:
    sentences = counted(split.sentences, SENTENCE.noun)
    kind = m.runs[0].kind
    examples = counted(kind.examples(split.sentences, split.tokens), kind.noun)
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
