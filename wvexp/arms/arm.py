"""Arm: what the word vectors start from, and how they are treated."""

from dataclasses import asdict, dataclass, replace
from functools import cached_property, lru_cache

from wvexp.arms.treatment import FROZEN, TREATMENTS, TUNED, Treatment, treatment_of
from wvexp.arms.tuning import Tuning, check_tuning
from wvexp.errors import UserError
from wvexp.vectors.initial import PRETRAINED, RANDOM, STARTS


@dataclass(frozen=True, repr=False)
class Arm:
    """One of the ways to start and treat the word vectors.

    embed      name of an `Initialisation`; that of a plug-in that is not there is known by name
               alone
    treatment  the one whose tuning the arm has, whichever it was made with; `tuned` where none is
    tuning     that of the treatment, unless another is given
    """

    embed: str
    treatment: Treatment
    tuning: Tuning = None  # type: ignore[assignment]  # that of the treatment

    def __post_init__(self) -> None:
        moves = self.treatment.moves
        tuning = replace(self.treatment.tuning if self.tuning is None else self.tuning)
        if not moves and tuning != Tuning():
            raise UserError(
                f"tuning of the {self.treatment.name} arm embed={self.embed}",
                "an arm with tuning is finetune=true",
            )
        check_tuning(tuning)
        object.__setattr__(self, "tuning", tuning)
        object.__setattr__(self, "treatment", treatment_of(moves, tuning))

    @classmethod
    def parse(cls, name: str) -> "Arm":
        """The arm of that `name`; UserError where it is the name of none."""
        return cls._parsed(name, tuple(TREATMENTS.names))

    @classmethod
    @lru_cache
    def _parsed(cls, name: str, treatments: tuple[str, ...]) -> "Arm":
        """The same while the `treatments` are those: every run that is read has its arm parsed."""
        plain, _, special = name.partition("(")
        ends = [one for one in treatments if plain.endswith(f"-{one}")]
        called = max(ends, key=len, default=plain.rpartition("-")[2])
        treatment, embed = TREATMENTS[called], plain.removesuffix(f"-{called}")
        kinds = {k: type(v) for k, v in asdict(Tuning()).items()}
        pairs = [pair.partition("=") for pair in special.removesuffix(")").split(",") if pair]
        try:
            tuning = replace(treatment.tuning, **{k: kinds[k](v) for k, _, v in pairs})
        except (KeyError, ValueError) as error:
            raise UserError(
                f"no arm is called {name}", f"{PRETRAINED_TUNED}(anchor=0.3) would be one"
            ) from error
        return cls(embed, treatment, tuning)

    @cached_property
    def name(self) -> str:
        """Such as `pretrained-slow`; what no treatment is, as `pretrained-tuned(min_count=2)`."""
        arm, preset = f"{self.embed}-{self.treatment.name}", asdict(self.treatment.tuning)
        special = [f"{k}={v}" for k, v in asdict(self.tuning).items() if v != preset[k]]
        return f"{arm}({','.join(special)})" if special else arm

    @property
    def treated(self) -> str:
        """The name without what the vectors start from: what is done to them."""
        return self.name.removeprefix(f"{self.embed}-")

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
