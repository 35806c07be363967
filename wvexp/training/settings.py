"""Settings: how an engine trains, in plain values."""

from dataclasses import dataclass
from typing import Any

from wvexp.rules import UpdateRule
from wvexp.tasks import TaskKind
from wvexp.training.dropout import Dropout


@dataclass(frozen=True)
class Settings:
    """How an engine trains a model.

    kind        the kind of task, which has the loss and says what is predicted
    rule        update rule
    lr, row_lr  learning rates of the network and of the word vectors
    dropout     draws the masks
    l2, anchor  penalties as in `wvexp.training.objective.Objective`
    clip        largest norm of the gradient of all parameters together, to which a longer one is
                scaled (Pascanu et al. 2013); None for any
    most        parameter -> largest norm of its rows, to which longer ones are scaled after a step
    fixed       how many numbers of each row never move, the first ones
    moves       which labels may follow each other, `wvexp.backprop.crf.Moves`; None without a CRF
    """

    kind: TaskKind
    rule: UpdateRule
    lr: float
    row_lr: float
    dropout: Dropout
    l2: float = 0.0
    anchor: float = 0.0
    clip: float | None = None
    most: dict[str, float] | None = None
    fixed: int = 0
    moves: Any = None
