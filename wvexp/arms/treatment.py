"""Treatment: what training does to the word vectors, and the numbers of one that moves them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from wvexp.config.key import key
from wvexp.registry import Registry


@dataclass
class Tuning:
    rows: str = key(
        "all",
        "rows that finetune=true moves; oov: those without a pretrained vector",
        choices=("all", "oov"),
    )
    lr_scale: float = key(
        1.0, "the rows' learning rate relative to the network's", above=0, below=1e6
    )
    start_epoch: int = key(1, "first epoch in which rows move", minimum=1)
    anchor: float = key(0.0, "pull of each row towards its start", minimum=0)
    min_count: int = key(1, "fewest training occurrences for a row to move", minimum=1)


class Treatment(ABC):
    """One treatment.

    name   as the names of its arms end
    moves  whether rows move
    """

    name: str
    moves: bool

    @abstractmethod
    def words(self, given: bool) -> str:
        """What to do with the vectors; given: they come from a file and are not just drawn."""


TREATMENTS: Registry[Treatment] = Registry("treatment", Treatment)


class Frozen(Treatment):
    """Every row stays what it starts from."""

    name, moves = "frozen", False

    def words(self, given: bool) -> str:
        return "freeze them"


class Tuned(Treatment):
    """Rows move with the network, as `Tuning` says."""

    name, moves = "tuned", True

    def words(self, given: bool) -> str:
        return "fine-tune them" if given else "train them"


FROZEN = TREATMENTS.register(Frozen())
TUNED = TREATMENTS.register(Tuned())


def treatment_of(finetune: bool) -> Treatment:
    """The treatment that the key `finetune` asks for."""
    return TUNED if finetune else FROZEN
