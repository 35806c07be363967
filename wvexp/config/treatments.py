"""What a configuration asks to be done to the word vectors: by name, or key by key."""

from dataclasses import replace

from wvexp.arms import TREATMENTS, Arm, Tuning, treatment_of
from wvexp.config.schema import Config
from wvexp.errors import UserError


def take_treatment(config: Config, command: str) -> None:
    """Set `finetune` and `tuning.*` as `treatment` names it, which is taken back.

    So that a run is described one way, and a configuration that is written is read back to it. For
    a decision it is one that its arms are joined by.

    Raises
    ------
    UserError
        The treatment is named, and other keys say what is not it.
    """
    if command == "decide" and config.treatment is not None and not config.grid.treatment:
        config.grid.treatment, config.treatment = [config.treatment], None
    axis = config.grid.treatment
    if axis and config.grid.finetune:
        raise UserError(
            f"grid.treatment={axis} and grid.finetune={config.grid.finetune} are both given",
            "leave one of them out, or give it as []",
        )
    if axis and (config.finetune or config.tuning != Tuning()):
        given = "finetune=true" if config.finetune else "tuning.*"
        raise UserError(f"{given} means nothing beside grid.treatment={axis}", "leave it out")
    if config.treatment is None:
        return
    treatment = TREATMENTS[config.treatment]
    if axis:
        raise UserError(
            f"treatment={treatment.name} means nothing beside grid.treatment={axis}",
            f"leave it out, or give grid.treatment=[{treatment.name}] in its place",
        )
    if config.grid.finetune:
        raise UserError(
            f"treatment={treatment.name} means nothing beside grid.finetune={config.grid.finetune}",
            "leave one of them out, or give grid.finetune=[]",
        )
    plain, meant = Tuning(), treatment.tuning
    for name, value in vars(config.tuning).items():
        if value not in (getattr(plain, name), getattr(meant, name)):
            raise UserError(
                f"treatment={treatment.name} has tuning.{name}={getattr(meant, name)}, not {value}",
                "leave one of them out",
            )
    if config.finetune and not treatment.moves:
        raise UserError(
            f"treatment={treatment.name} has finetune=false, not true", "leave one of them out"
        )
    config.finetune, config.tuning = treatment.moves, replace(meant)
    config.treatment = None


def treatments_of(config: Config) -> list[tuple[bool, Tuning]]:
    """Whether vectors move, and how, in each of the arms that the configuration asks for."""
    if config.grid.treatment:
        named = [TREATMENTS[name] for name in config.grid.treatment]
        return [(one.moves, one.tuning) for one in named]
    tunes = config.grid.finetune or [config.finetune]
    return [(moves, config.tuning if moves else Tuning()) for moves in tunes]


def arms_of(config: Config) -> list[Arm]:
    """The arms that the configuration asks for: `grid.*` where given, the single values else."""
    return [
        Arm(embed, treatment_of(moves, tuning), tuning)
        for embed in config.grid.embed or [config.embed.kind]
        for moves, tuning in treatments_of(config)
    ]
