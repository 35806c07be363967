"""StoredYardstick: a fitted yardstick as a results file keeps it, typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class StoredYardstick:
    """One fit of a yardstick; the fields are those of `YardstickResult` and its `YardstickFit`.

    seed  None where all is trained on, so that it holds for every seed
    fold  None where there are no folds
    """

    key: str
    yardstick: str
    corpus: str
    task: str
    metric: str
    train_size: int
    seed: int | None
    fold: int | None
    folds: int | None
    version: int
    keys: Mapping[str, Any]
    validation: float
    test: float
    settings: Mapping[str, Any]
    seconds: float

    @property
    def method(self) -> str:
        """What tells the yardsticks of one corpus apart: the name, and the keys if any."""
        return " ".join([self.yardstick, *(str(self.keys[name]) for name in sorted(self.keys))])


def whole(fits: Sequence[StoredYardstick]) -> list[tuple[StoredYardstick, ...]]:
    """The fits of the latest versions, those of all folds of one cross-fit together.

    Without those that lack a fold.
    """
    latest = {fit.method: 0 for fit in fits}
    for fit in fits:
        latest[fit.method] = max(latest[fit.method], fit.version)
    parts: dict[tuple[Any, ...], list[StoredYardstick]] = {}
    for fit in fits:
        if fit.version == latest[fit.method]:
            place = (fit.method, fit.train_size, fit.seed, fit.folds)
            parts.setdefault(place, []).append(fit)
    return [
        tuple(sorted(of_one, key=lambda fit: fit.fold or 0))
        for of_one in parts.values()
        if len(of_one) == (of_one[0].folds or 1)
    ]
