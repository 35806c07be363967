"""Tuning: what a run changes of its word vectors, in numbers."""

from dataclasses import dataclass

from wvexp.config.key import key
from wvexp.errors import UserError

# What training changes: the rows themselves, one map of all of them, a copy beside fixed ones.
_ROWS, _MAP, _BOTH = "rows", "map", "both"
# Of the rows, all or those without a pretrained vector.
_ALL, _OOV = "all", "oov"


@dataclass
class Tuning:
    rows: str = key(
        _ALL,
        "rows that finetune=true moves; oov: those without a pretrained vector",
        choices=(_ALL, _OOV),
    )
    lr_scale: float = key(
        1.0, "the rows' learning rate relative to the network's", above=0, below=1e6
    )
    start_epoch: int = key(1, "first epoch in which rows move", minimum=1)
    anchor: float = key(0.0, "pull of each row towards its start", minimum=0)
    min_count: int = key(1, "fewest training occurrences for a row to move", minimum=1)
    how: str = key(
        _ROWS,
        "what finetune=true moves: the rows; one linear map of all of them, which stay; or a copy "
        "of each beside a fixed one",
        choices=(_ROWS, _MAP, _BOTH),
        added=True,
    )

    @property
    def usual(self) -> bool:
        """Whether a model reads the rows as they are, and moves all or nothing of one."""
        return self.how == _ROWS

    @property
    def mapped(self) -> bool:
        """Whether the rows stay and one learned map of all of them is what a model reads."""
        return self.how == _MAP

    @property
    def doubled(self) -> bool:
        """Whether a fixed copy stands beside each row."""
        return self.how == _BOTH

    @property
    def oov_only(self) -> bool:
        """Whether of the rows those alone move that have no pretrained vector."""
        return self.rows == _OOV

    def fixed(self, width: int) -> int:
        """How many numbers of a word's `width` never move, wherever they do: the first ones."""
        return width // 2 if self.doubled else 0


def check_tuning(tuning: Tuning) -> None:
    """UserError for numbers about rows that move where none do."""
    if not tuning.mapped:
        return
    plain = Tuning(how=tuning.how)
    for name, value in vars(tuning).items():
        if value != getattr(plain, name):
            raise UserError(
                f"tuning.{name}={value} is about rows that move; with tuning.how={tuning.how} none "
                "do",
                "leave it out",
            )
