"""Treatment: what training does to the word vectors."""

from abc import ABC, abstractmethod

from wvexp.arms.tuning import Tuning, check_tuning
from wvexp.errors import UserError
from wvexp.registry import Registry


class Treatment(ABC):
    """One treatment: a name for a choice of the keys `finetune` and `tuning.*`.

    name    as `treatment` names it, and as the names of its arms end
    moves   whether training changes the vectors: `finetune`
    tuning  the keys `tuning.*`
    """

    name: str
    moves: bool
    tuning: Tuning = Tuning()

    @abstractmethod
    def words(self, given: bool) -> str:
        """What to do with the vectors; given: they come from a file and are not just drawn."""


def _check(treatment: Treatment) -> None:
    """UserError for one that is another by a second name, or cannot be."""
    if not treatment.moves and treatment.tuning != Tuning():
        raise UserError(
            f"treatment={treatment.name} has tuning, and moves is false", "let moves be true"
        )
    check_tuning(treatment.tuning)
    for other in TREATMENTS:
        same = (other.moves, other.tuning) == (treatment.moves, treatment.tuning)
        if same and other.name != treatment.name:
            raise UserError(
                f"treatment={treatment.name} does what treatment={other.name} does",
                "leave it out, or give it another tuning",
            )


TREATMENTS: Registry[Treatment] = Registry("treatment", Treatment, _check)


class Frozen(Treatment):
    """Every row stays what it starts from."""

    name, moves = "frozen", False

    def words(self, given: bool) -> str:
        return "freeze them"


class Tuned(Treatment):
    """Rows move with the network."""

    name, moves = "tuned", True

    def words(self, given: bool) -> str:
        return "fine-tune them" if given else "train them"


class Staged(Tuned):
    """Rows move once the network has learnt to read them: Howard and Ruder 2018, section 3.3."""

    name, tuning = "staged", Tuning(start_epoch=4)

    def words(self, given: bool) -> str:
        return f"{super().words(given)} from epoch {self.tuning.start_epoch}"


class Slow(Tuned):
    """Rows move at a tenth of the network's rate: Howard and Ruder 2018, section 3.2."""

    name, tuning = "slow", Tuning(lr_scale=0.1)

    def words(self, given: bool) -> str:
        return f"{super().words(given)} at a tenth of the network's learning rate"


class Anchored(Tuned):
    """Rows move, each pulled back to where it started."""

    name, tuning = "anchored", Tuning(anchor=0.003)

    def words(self, given: bool) -> str:
        return f"{super().words(given)}, each held near its start"


class Oov(Tuned):
    """Only the rows of words without a pretrained vector move."""

    name, tuning = "oov", Tuning(rows="oov")

    def words(self, given: bool) -> str:
        which = "only those of words without a pretrained vector"
        return f"{'fine-tune' if given else 'train'} {which}"


class Reprojected(Treatment):
    """Rows stay; one learned d x d map, first the identity, moves all words, unseen ones too."""

    name, moves, tuning = "reprojected", True, Tuning(how="map")

    def words(self, given: bool) -> str:
        return "learn one linear map of all of them"


class Both(Treatment):
    """A frozen and a tuned copy side by side: the two channels of Kim 2014, concatenated."""

    name, moves, tuning = "both", True, Tuning(how="both")

    def words(self, given: bool) -> str:
        return f"keep a frozen copy beside one that you {'fine-tune' if given else 'train'}"


FROZEN = TREATMENTS.register(Frozen())
TUNED = TREATMENTS.register(Tuned())
STAGED = TREATMENTS.register(Staged())
SLOW = TREATMENTS.register(Slow())
ANCHORED = TREATMENTS.register(Anchored())
OOV = TREATMENTS.register(Oov())
REPROJECTED = TREATMENTS.register(Reprojected())
BOTH = TREATMENTS.register(Both())


def treatment_of(finetune: bool, tuning: Tuning) -> Treatment:
    """The treatment that the keys `finetune` and `tuning.*` ask for: tuned where none is that."""
    if not finetune:
        return FROZEN
    return next((one for one in TREATMENTS if one.moves and one.tuning == tuning), TUNED)
