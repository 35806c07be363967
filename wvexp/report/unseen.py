"""The words on labels that validation or test alone hold."""

from collections.abc import Mapping

from wvexp.data.unseen import UnseenLabels
from wvexp.tasks import TASKS

# Labels that are named; the most frequent first.
_NAMED = 5
_SHOWN = 60  # characters of a name


def unseen_words(found: Mapping[str, UnseenLabels], task: str) -> str:
    """What `count_unseen` found, in one line for whoever reads the scores; empty for nothing."""
    parts = []
    for name, split in sorted(found.items()):  # the test split first
        counts = sorted(split.labels.items(), key=lambda item: -item[1])
        named = [f"{label!r:.{_SHOWN}} {count:,}x" for label, count in counts[:_NAMED]]
        if len(counts) > _NAMED:
            named.append(f"{len(counts) - _NAMED:,} labels more")
        parts.append(
            f"{sum(split.labels.values()):,} of {split.examples:,} {name} "
            f"{TASKS[task].nouns} ({', '.join(named)})"
        )
    if not parts:
        return ""
    return (
        "labels that the training data lacks count as wrong, whatever is predicted: "
        + " and ".join(parts)
    )
