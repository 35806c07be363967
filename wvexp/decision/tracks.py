"""Tracks: what a race is run over, each a model over one vector file and the arms trained in it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wvexp.arms import FROZEN, PRETRAINED_TUNED, RANDOM_TUNED, TREATMENTS, TUNED, Arm, Recipe
from wvexp.config.schema import Axes, Config
from wvexp.experiment.describe import describe_run
from wvexp.experiment.inputs import Inputs
from wvexp.training.identity import RunConfig

# What a random start is worth trying with; the others want vectors that say something.
_PLAIN = (FROZEN, TUNED)


@dataclass(frozen=True)
class Track:
    """One model over one vector file.

    vectors  short name of the file; empty where there is but one
    config   of a run of it
    base     its run of the full size, from which those of its arms differ
    """

    vectors: str
    config: Config
    inputs: Inputs
    base: RunConfig
    arms: tuple[Arm, ...]

    @property
    def recipes(self) -> list[Recipe]:
        return [Recipe(arm, self.base.model.name, self.vectors) for arm in self.arms]


def tracks_of(config: Config, files: Sequence[tuple[str, Config, Inputs]]) -> list[Track]:
    """A track for each model and vector file, the first of both first.

    In each the vectors frozen, tuned, and as `grid.treatment` names it. Random vectors take only
    dimension and spread from a file: they run over the first alone, frozen and tuned.

    Parameters
    ----------
    config
        Of the decision; `grid.model` names the models, or `model` the one.
    files
        Short name, configuration and inputs of each vector file.
    """
    treatments = dict.fromkeys((*_PLAIN, *(TREATMENTS[name] for name in config.grid.treatment)))
    starts = dict.fromkeys((config.embed.kind, RANDOM_TUNED.embed))
    starts.pop(PRETRAINED_TUNED.embed, None)
    tracks: list[Track] = []
    for name in config.grid.model or [config.model.name]:
        for place, (vectors, of_file, inputs) in enumerate(files):
            one = replace(of_file, model=replace(config.model, name=name), grid=Axes())
            arms = [Arm(PRETRAINED_TUNED.embed, treatment) for treatment in treatments]
            if place == 0:
                arms += [Arm(start, treatment) for start in starts for treatment in _PLAIN]
            base = describe_run(one, inputs, sweeping=True)
            track = Track(vectors if len(files) > 1 else "", one, inputs, base, tuple(arms))
            # `auto` may be a model that is named too.
            if track.recipes[0] not in [recipe for there in tracks for recipe in there.recipes]:
                tracks.append(track)
    return tracks


def is_race(tracks: Sequence[Track]) -> bool:
    """Whether there is more to choose from than the arms of the guidance, over one start more."""
    [first, *others] = tracks
    return bool(others) or any(arm.treatment not in _PLAIN for arm in first.arms)
