"""Arm: what the word vectors start from, and how they are treated."""

from dataclasses import asdict, dataclass, field

from wvexp.arms.treatment import FROZEN, TREATMENTS, TUNED, Treatment, Tuning
from wvexp.errors import UserError
from wvexp.vectors.initial import PRETRAINED, RANDOM, STARTS


@dataclass(frozen=True, repr=False)
class Arm:
    """One of the four (or more) ways to start and treat the word vectors.

    embed  name of an `Initialisation`; that of a plug-in that is not there is known by name alone
    """

    embed: str
    treatment: Treatment
    tuning: Tuning = field(default_factory=Tuning)

    def __post_init__(self) -> None:
        if not self.treatment.moves and self.tuning != Tuning():
            raise UserError(
                f"tuning of the {self.treatment.name} arm embed={self.embed}",
                "an arm with tuning is finetune=true",
            )

    @classmethod
    def parse(cls, name: str) -> "Arm":
        """The arm of that `name`; UserError where it is the name of none."""
        plain, _, special = name.partition("(")
        embed, _, treatment = plain.rpartition("-")
        kinds = {k: type(v) for k, v in asdict(Tuning()).items()}
        pairs = [pair.partition("=") for pair in special.removesuffix(")").split(",") if pair]
        try:
            tuning = Tuning(**{k: kinds[k](v) for k, _, v in pairs})
        except (KeyError, ValueError) as error:
            raise UserError(
                f"no arm is called {name}", f"{PRETRAINED_TUNED}(anchor=0.1) would be one"
            ) from error
        return cls(embed, TREATMENTS[treatment], tuning)

    @property
    def name(self) -> str:
        """Such as `pretrained-tuned`, with whatever departs from plain tuning behind it."""
        arm, plain = f"{self.embed}-{self.treatment.name}", asdict(Tuning())
        special = [f"{k}={v}" for k, v in asdict(self.tuning).items() if v != plain[k]]
        return f"{arm}({','.join(special)})" if special else arm

    @property
    def words(self) -> str:
        """What to do."""
        treated = self.treatment.words(STARTS[self.embed].needs_vectors)
        return f"start from {self.embed} vectors and {treated}"

    @property
    def looks_up(self) -> bool:
        """Whether its vectors know words that training lacks."""
        return self.embed in STARTS and STARTS[self.embed].looks_up

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return self.name


PRETRAINED_FROZEN, PRETRAINED_TUNED = Arm(PRETRAINED.name, FROZEN), Arm(PRETRAINED.name, TUNED)
RANDOM_FROZEN, RANDOM_TUNED = Arm(RANDOM.name, FROZEN), Arm(RANDOM.name, TUNED)
# Those of the lecture's question, in the order in which they are named.
FOUR_ARMS = (PRETRAINED_FROZEN, PRETRAINED_TUNED, RANDOM_FROZEN, RANDOM_TUNED)
FOUR_NAMES = tuple(arm.name for arm in FOUR_ARMS)
