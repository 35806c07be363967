"""Labels as numbers; forms that are surely one label are one."""

import re
import unicodedata
from array import array
from itertools import chain
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from wvexp.data.split import Split
from wvexp.errors import UserError
from wvexp.machine import require_memory
from wvexp.tasks import TaskKind

# Numbers whose spread is a smaller share of their mean lose digits in sums of their squares.
_FLAT = 1e-4

# What whole numbers turn into where a column of them has a gap.
_WHOLE = re.compile(r"(-?(?:0|[1-9][0-9]*))\.0")


class LabelIds(dict[str, int]):
    """Numbers labels in the order in which they are first asked for.

    `1` and `1.0` have one number, and so have `é` composed and decomposed.

    names   of each number: the shortest of its forms, composed
    merged  the forms of each label that has several
    """

    def __init__(self) -> None:
        super().__init__()
        self._forms: list[list[str]] = []
        self._ids: dict[str, int] = {}  # by what equal labels have in common

    def __missing__(self, label: str) -> int:
        composed = unicodedata.normalize("NFC", label)
        whole = _WHOLE.fullmatch(composed)
        number = self._ids.setdefault(whole[1] if whole else composed, len(self._forms))
        if number == len(self._forms):
            self._forms.append([])
        self._forms[number].append(label)
        self[label] = number
        return number

    @property
    def names(self) -> list[str]:
        return [
            min((unicodedata.normalize("NFC", form) for form in forms), key=len)
            for forms in self._forms
        ]

    @property
    def merged(self) -> list[list[str]]:
        return [forms for forms in self._forms if len(forms) > 1]


class LabelArray(Protocol):
    """The labels of a split while it is read."""

    def add(self, labels: Any) -> None:
        """What `Example.labels` has of the next example, or of the words of the next sentence."""
        ...

    def array(self) -> NDArray[Any]:
        """As `Split.labels` has them, by the numbers of `LabelIds`."""
        ...


def label_array(kind: TaskKind, where: str, ids: LabelIds) -> LabelArray:
    """An empty one for a task of the kind; `where` is what a message calls the source."""
    if kind.numeric:
        return _Numbers()
    return _Sets(where, ids) if kind.several else _Labels(ids)


class _Labels:
    def __init__(self, ids: LabelIds) -> None:
        self._ids, self._found = ids, array("i")

    def add(self, labels: Any) -> None:
        named = [labels] if isinstance(labels, str) else labels
        self._found.extend(map(self._ids.__getitem__, named))

    def array(self) -> NDArray[Any]:
        return np.array(self._found, dtype=np.int32)


class _Sets:
    def __init__(self, where: str, ids: LabelIds) -> None:
        self._where, self._ids = where, ids
        self._found: list[array[int]] = []

    def add(self, labels: Any) -> None:
        self._found.append(array("i", map(self._ids.__getitem__, labels)))

    def array(self) -> NDArray[Any]:
        shape = len(self._found), len(self._ids.names)
        require_memory(
            f"{self._where}: {shape[0]:,} texts with {shape[1]:,} labels",
            4 * shape[0] * shape[1],
            "take fewer labels, or a machine with more",
        )
        sets = np.zeros(shape, dtype=bool)
        of_each = np.repeat(np.arange(shape[0]), list(map(len, self._found)))
        sets[of_each, list(chain.from_iterable(self._found))] = True
        return sets


class _Numbers:
    def __init__(self) -> None:
        self._found = array("d")

    def add(self, labels: Any) -> None:
        self._found.append(labels)

    def array(self) -> NDArray[Any]:
        return np.array(self._found, dtype=np.float64)


def ranked(split: Split, rank: NDArray[np.int32]) -> NDArray[Any]:
    """The labels of a split by other numbers: `rank` [labels] has the new one of each."""
    if split.kind.numeric:
        return split.labels
    if not split.kind.several:
        return rank[split.labels]
    sets = np.zeros((len(split.labels), len(rank)), dtype=bool)
    sets[:, rank[: split.labels.shape[1]]] = split.labels
    return sets


def check_differing(train: Split, where: str, names: list[str]) -> None:
    """UserError where nothing can be learnt: all examples of training have the same label."""
    labels = train.labels
    if train.kind.numeric:
        spread, middle = float(np.std(labels)), float(np.mean(labels))
        if spread == 0:
            raise UserError(
                f"{where}: every example has the number {labels[0]:g}",
                "give texts with different numbers",
            )
        if spread < _FLAT * abs(middle):
            raise UserError(
                f"{where}: the numbers are {middle:g} in the mean and differ by {spread:g}",
                f"take {middle:.0f} away from each",
            )
    elif train.kind.several:
        if (labels == labels[0]).all():
            shown = ", ".join(repr(names[i]) for i in np.flatnonzero(labels[0])[:3]) or "no label"
            raise UserError(
                f"{where}: every example has {shown}", "give texts that differ in labels"
            )
    elif len(names) < 2:
        raise UserError(
            f"{where}: every example has the label {names[0]!r}",
            "a classifier needs at least two labels",
        )
