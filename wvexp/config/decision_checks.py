"""What a decision chooses itself: its `--help` leaves these keys out, and giving one is refused."""

from wvexp.config.schema import KEYS, Config
from wvexp.config.sweep_checks import refuse_unused
from wvexp.config.values import lookup
from wvexp.errors import UserError
from wvexp.rules import RULES
from wvexp.vectors.initial import PRETRAINED, RANDOM, SHUFFLED

# Keys of other ways to train: a decision trains here, and writes its own report.
_UNUSED = (
    *("dispatch", "report", "parity.every", "large.tokens"),
    *("search.trials", "search.batch", "search.study"),
    *(name for name in KEYS if name.startswith("tuning.")),
)
# Of the axes of a grid those that add to what it chooses from.
_ADDED = ("grid.treatment", "grid.model", "grid.path", "grid.name")
_AXES = tuple(name for name in KEYS if name.startswith("grid.") and name not in _ADDED)
_CHOSEN = ("finetune", "optim.lr", *_AXES)
REFUSED = frozenset({*_UNUSED, *_CHOSEN})
# What a decision alone reads.
DECISION_KEYS = frozenset({"budget", "yardsticks", "yardstick.encoder"})
# The options of a group that a decision takes, where it does not take all.
OPTIONS = {"embed": (PRETRAINED.name, SHUFFLED.name), "experiment": ("sentence",)}


def check_decision(config: Config) -> None:
    """UserError for keys that a decision sets itself."""
    if config.embed.kind == RANDOM.name:
        raise UserError(
            f"embed={config.embed.kind}: a decision compares pretrained with random vectors",
            "leave it out, and give embed.path=FILE",
        )
    if config.finetune:
        raise UserError("finetune=true: a decision tries both", "leave it out")
    for name in _CHOSEN:
        value = lookup(config, name)
        if name.startswith("grid.") and value != KEYS[name].default:
            raise UserError(
                f"{name}={value}: a decision chooses its own arms, sizes and seeds",
                "leave it out, and any experiment= that sets it",
            )
    refuse_unused(config, _UNUSED, "a decision")
    if config.optim.lr != RULES[config.optim.name].first_rate:
        raise UserError(
            f"optim.lr={config.optim.lr:g}: a decision tries learning rates of its own",
            "leave it out",
        )
    if config.device not in ("auto", "cpu"):
        raise UserError(f"device={config.device}: decisions run on the CPU", "take device=cpu")
    if config.yardstick.encoder is not None and not config.yardsticks:
        raise UserError(
            f"yardstick.encoder={config.yardstick.encoder} means nothing with yardsticks=false",
            "leave it out",
        )
