"""Tracks: what a race is run over, each a model over one vector file and the arms trained in it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wvexp.arms import FROZEN, PRETRAINED_TUNED, RANDOM_TUNED, TUNED, Arm, Recipe, Treatment
from wvexp.config.schema import Config
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


def tracks_of(
    config: Config, files: Sequence[tuple[str, Config, Inputs]], treatments: Sequence[Treatment]
) -> list[Track]:
    """A track for each model and vector file, the first of both first.

    Random vectors take only dimension and spread from a file: they run over the first alone.

    Parameters
    ----------
    config
        Of the decision; `grid.model` names the models, or `model` the one.
    files
        Short name, configuration and inputs of each vector file.
    """
    models = config.grid.model or [config.model.name]
    tracks = []
    for name in models:
        for place, (vectors, of_file, inputs) in enumerate(files):
            one = replace(of_file, model=replace(config.model, name=name))
            arms = [Arm(PRETRAINED_TUNED.embed, treatment) for treatment in treatments]
            if place == 0:
                starts = {RANDOM_TUNED.embed: None, config.embed.kind: None}
                starts.pop(PRETRAINED_TUNED.embed, None)
                arms += [Arm(start, t) for start in starts for t in treatments if t in _PLAIN]
            base = describe_run(one, inputs, sweeping=True)
            tracks.append(Track(vectors if len(files) > 1 else "", one, inputs, base, tuple(arms)))
    return tracks
